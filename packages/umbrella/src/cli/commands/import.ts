import { statSync } from 'node:fs';
import { IoError } from '@kohakuvault/core-native';
import { COLUMN_IMPORT_OPTIONS, importColumn } from '../columns/import-column.ts';
import { defineCommand, type OptionSpecs } from '../command.ts';
import { BUSY_OPTION, busyTimeout } from '../file/busy-option.ts';
import { importKeys, KEY_IMPORT_OPTIONS } from '../kv/import-keys.ts';
import { plural } from '../terminal/text.ts';

const OPTIONS = {
  ...COLUMN_IMPORT_OPTIONS,
  format: { type: 'string', short: 'f', value: 'format', about: 'default: what the name of the source tells' },
  ...KEY_IMPORT_OPTIONS,
  ...BUSY_OPTION,
} as const satisfies OptionSpecs;

export const command = defineCommand({
  usage: ['<file> <source>', '<file> <source> --column <name>'],
  about:
    'Stores what export has written, or any folder: each file a value, its path the key. Keys that exist are replaced. A ' +
    'column is made from a NumPy array (.npy), from .csv or from an Arrow IPC file. Everything happens in one ' +
    'transaction: all of it is stored, or nothing. The database is made where it is missing.',
  least: 2,
  most: 2,
  options: OPTIONS,
  examples: [
    ['media.db photos/', 'a folder of files'],
    ['vault.db users.ndjson', 'JSON lines: {"key": "user:1", "value": {"name": "Ada"}}'],
    ['copy.db - --format ndjson', 'what another program writes'],
    ['runs.db embeddings.npy --column embeddings', 'an array of NumPy, as a column of vectors'],
  ],
  async run(call) {
    const { options, args } = call;
    const [path, source] = args as [string, string];
    const found = source === '-' ? undefined : statSync(source, { throwIfNoEntry: false });
    if (source !== '-' && !found) throw new IoError(`there is no file or folder ${source} to import`);
    const given = { path, source, format: options.format, busyTimeout: busyTimeout(options) };
    const { imported, into } =
      options.column === undefined
        ? await importKeys({ ...given, isFolder: found?.isDirectory() ?? false }, call)
        : await importColumn({ ...given, name: options.column }, call);
    if (options.json) await call.output.line(JSON.stringify({ imported, into }));
    else call.note(`imported ${plural(imported, options.column === undefined ? 'key' : 'element')} into ${into}`);
    return undefined;
  },
});
