import { statSync } from 'node:fs';
import { IoError } from '@kohakuvault/core-native/internal';
import { COLUMN_IMPORT_OPTIONS, importColumn } from '../columns/import-column.ts';
import { defineCommand, type OptionSpecs } from '../command/command.ts';
import { UsageError } from '../command/exit-code.ts';
import { BUSY_OPTION, busyTimeout } from '../file/busy-option.ts';
import { importKeys, KEY_IMPORT_OPTIONS } from '../kv/import-keys.ts';
import { plural } from '../terminal/text.ts';
import { importTexts, TEXT_IMPORT_OPTIONS } from '../texts/import-texts.ts';
import { importVectors, VECTOR_IMPORT_OPTIONS } from '../vectors/import-vectors.ts';

const OPTIONS = {
  ...COLUMN_IMPORT_OPTIONS,
  ...VECTOR_IMPORT_OPTIONS,
  ...TEXT_IMPORT_OPTIONS,
  format: { type: 'string', short: 'f', value: 'format', about: 'default: from the name of the source' },
  ...KEY_IMPORT_OPTIONS,
  ...BUSY_OPTION,
} as const satisfies OptionSpecs;

export const command = defineCommand({
  usage: [
    '<file> <source>',
    '<file> <source> --column <name>',
    '<file> <source> --vectors <table>',
    '<file> <source> --texts <table>',
  ],
  about:
    'Stores what export has written, or any folder: each file becomes a value, and its path the key. Replaces ' +
    'existing keys. Makes a column from a NumPy array (.npy), from .csv or from an Arrow IPC file, and vectors ' +
    'from the rows of a matrix, and texts from JSON lines. Runs in one transaction: it stores everything, or nothing. Creates the database if ' +
    'it does not exist.',
  least: 2,
  most: 2,
  options: OPTIONS,
  examples: [
    ['media.db photos/', 'a folder of files'],
    ['vault.db users.ndjson', 'JSON lines: {"key": "user:1", "value": {"name": "Ada"}}'],
    ['copy.db - --format ndjson', 'JSON lines from another program'],
    ['docs.db notes.ndjson --texts text_vault', 'JSON lines: {"text": "words to find", "value": 1}'],
    ['runs.db embeddings.npy --column embeddings', 'a NumPy array, as a column of vectors'],
  ],
  async run(call) {
    const { options, args } = call;
    const [path, source] = args as [string, string];
    const { column, vectors, texts } = options;
    if ([column, vectors, texts].filter((one) => one !== undefined).length > 1) {
      throw new UsageError('--column, --vectors and --texts are different imports; choose one');
    }
    const found = source === '-' ? undefined : statSync(source, { throwIfNoEntry: false });
    if (source !== '-' && !found) throw new IoError(`there is no file or folder ${source} to import`);
    const given = { path, source, format: options.format, busyTimeout: busyTimeout(options) };
    const { imported, into } = await (column !== undefined
      ? importColumn({ ...given, name: column }, call)
      : vectors !== undefined
        ? importVectors({ ...given, name: vectors }, call)
        : texts !== undefined
          ? importTexts({ ...given, name: texts }, call)
          : importKeys({ ...given, isFolder: found?.isDirectory() ?? false }, call));
    const what =
      column !== undefined ? 'element' : vectors !== undefined ? 'vector' : texts !== undefined ? 'document' : 'key';
    if (options.json) await call.output.line(JSON.stringify({ imported, into }));
    else call.note(`imported ${plural(imported, what)} into ${into}`);
    return undefined;
  },
});
