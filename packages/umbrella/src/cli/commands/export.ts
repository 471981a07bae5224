import { exportColumn } from '../columns/export-column.ts';
import { defineCommand, type OptionSpecs } from '../command.ts';
import { withSnapshot } from '../file/long-transaction.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { exportKeys, KEY_EXPORT_OPTIONS } from '../kv/export-keys.ts';
import { plural } from '../terminal/text.ts';

const OPTIONS = {
  column: { type: 'string', short: 'c', value: 'name', about: 'a column instead: to .npy, .csv or .arrow' },
  format: { type: 'string', short: 'f', value: 'format', about: 'default: what the name of the target tells' },
  ...KEY_EXPORT_OPTIONS,
} as const satisfies OptionSpecs;

export const command = defineCommand({
  usage: ['<file> <target>', '<file> <target> --column <name>'],
  about:
    'Writes a key-value table to a folder, where bytes become files named after their keys, or to one file of JSON lines ' +
    '(.ndjson, .jsonl): either holds everything exactly, and import takes it back. A column goes to a NumPy array (.npy), ' +
    'to .csv or to an Arrow IPC file (.arrow). The target - is stdout.',
  least: 2,
  most: 2,
  options: OPTIONS,
  examples: [
    ['media.db photos/', 'a folder of files'],
    ['vault.db users.ndjson --prefix user:', 'a part of a table, as JSON lines'],
    ['vault.db - --format ndjson | gzip > backup.gz', 'a compressed backup'],
    ['runs.db loss.npy --column loss', 'a column for NumPy'],
  ],
  async run(call) {
    const { options, args } = call;
    const [path, target] = args as [string, string];
    using file = new OpenedFile(path);
    const { column } = options;
    const exported = await withSnapshot(file, () =>
      column === undefined
        ? exportKeys(file, target, call, options.format)
        : exportColumn(file, column, target, call, options.format),
    );
    if (options.json && target !== '-') await call.output.line(JSON.stringify({ exported, target }));
    else {
      const what = plural(exported, column === undefined ? 'key' : 'element');
      call.note(`exported ${what} to ${target === '-' ? 'stdout' : target}`);
    }
    return undefined;
  },
});
