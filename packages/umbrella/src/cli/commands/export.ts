import { exportColumns } from '../columns/export-columns.ts';
import { defineCommand, type OptionSpecs } from '../command/command.ts';
import { UsageError } from '../command/exit-code.ts';
import { withSnapshot } from '../file/long-transaction.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { UNTRUSTED_OPTION } from '../file/untrusted-option.ts';
import { exportKeys, KEY_EXPORT_OPTIONS } from '../kv/export-keys.ts';
import { plural } from '../terminal/text.ts';
import { exportTexts, TEXT_EXPORT_OPTIONS } from '../texts/export-texts.ts';
import { exportVectors, VECTOR_EXPORT_OPTIONS } from '../vectors/export-vectors.ts';

const OPTIONS = {
  column: {
    type: 'string',
    short: 'c',
    value: 'name',
    repeats: true,
    about: 'export a column, to .npy, .csv or .arrow; several of one length side by side, to .csv or .arrow',
  },
  ...VECTOR_EXPORT_OPTIONS,
  ...TEXT_EXPORT_OPTIONS,
  format: { type: 'string', short: 'f', value: 'format', about: 'default: from the name of the target' },
  ...KEY_EXPORT_OPTIONS,
  ...UNTRUSTED_OPTION,
} as const satisfies OptionSpecs;

export const command = defineCommand({
  usage: [
    '<file> <target>',
    '<file> <target> --column <name> ...',
    '<file> <target> --vectors <table>',
    '<file> <target> --texts <table>',
  ],
  about:
    'Writes a key-value table to a folder, where bytes become files named after their keys, or to one file of JSON ' +
    'lines (.ndjson, .jsonl). Both hold everything exactly, and import reads them. Writes a column to a NumPy ' +
    'array (.npy), columns to .csv or to an Arrow IPC file (.arrow), vectors to a NumPy matrix, and texts with their ' +
    'values to JSON lines. The target - is stdout.',
  least: 2,
  most: 2,
  options: OPTIONS,
  examples: [
    ['media.db photos/', 'a folder of files'],
    ['vault.db users.ndjson --prefix user:', 'part of a table, as JSON lines'],
    ['vault.db - --format ndjson | gzip > backup.gz', 'a compressed backup'],
    ['runs.db loss.npy --column loss', 'a column for NumPy'],
    ['runs.db log.csv --column step --column loss', 'columns side by side'],
    ['docs.db notes.ndjson --texts text_vault', 'documents with ids, texts and values'],
    ['docs.db embeddings.npy --vectors docs --values docs.ndjson', 'vectors, and their values'],
  ],
  async run(call) {
    const { options, args } = call;
    const [path, target] = args as [string, string];
    const { column: columns, vectors, texts, format } = options;
    if ([columns, vectors, texts].filter((one) => one !== undefined).length > 1) {
      throw new UsageError('--column, --vectors and --texts are different exports; choose one');
    }
    using file = new OpenedFile(path, { untrusted: options.untrusted });
    const exported = await withSnapshot(file, () => {
      if (columns !== undefined) return exportColumns(file, columns, target, call, format);
      if (vectors !== undefined) return exportVectors(file, vectors, target, call, format);
      if (texts !== undefined) return exportTexts(file, texts, target, call, format);
      return exportKeys(file, target, call, format);
    });
    const what =
      columns !== undefined ? 'element' : vectors !== undefined ? 'vector' : texts !== undefined ? 'document' : 'key';
    const each = columns !== undefined && columns.length > 1 ? ` of each of ${columns.length} columns` : '';
    if (options.json && target !== '-') await call.output.line(JSON.stringify({ exported, target }));
    else call.note(`exported ${plural(exported, what)}${each} to ${target === '-' ? 'stdout' : target}`);
    return undefined;
  },
});
