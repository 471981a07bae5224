import { statSync } from 'node:fs';
import { IoError } from '@kohakuvault/core-native';
import { KVault } from '@kohakuvault/kvault';
import { type Call, defineCommand, type OptionSpecs } from '../command.ts';
import { BUSY_OPTION, busyTimeout } from '../file/busy-option.ts';
import { withTransaction } from '../file/long-transaction.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { type Format, formatOf } from '../formats/format.ts';
import { TABLE_OPTION, tableToWrite } from '../kv/choose-table.ts';
import { importFolder } from '../kv/import-folder.ts';
import { importNdjson } from '../kv/import-ndjson.ts';
import { StoredValues } from '../kv/stored-values.ts';
import { plural } from '../terminal/text.ts';

const OPTIONS = {
  format: { type: 'string', short: 'f', value: 'format', about: 'ndjson or folder; default: what the source is' },
  ...TABLE_OPTION,
  ...BUSY_OPTION,
} as const satisfies OptionSpecs;

export const command = defineCommand({
  usage: ['<file> <source>'],
  about:
    'Stores what export has written, or any folder: each file a value, its path the key. Keys that exist are replaced. ' +
    'Everything happens in one transaction: all of it is stored, or nothing. The database is made where it is missing.',
  least: 2,
  most: 2,
  options: OPTIONS,
  examples: [
    ['media.db photos/', 'a folder of files'],
    ['vault.db users.ndjson', 'JSON lines: {"key": "user:1", "value": {"name": "Ada"}}'],
    ['copy.db - --format ndjson', 'what another program writes'],
  ],
  async run(call) {
    const { options, args } = call;
    const [path, source] = args as [string, string];
    const found = source === '-' ? undefined : statSync(source, { throwIfNoEntry: false });
    if (source !== '-' && !found) throw new IoError(`there is no file or folder ${source} to import`);
    const format = found?.isDirectory() ? 'folder' : formatOf(source, options.format);
    const table = tableToWrite(path, options.table);
    using file = new OpenedFile(path, { writable: 'or new', busyTimeout: busyTimeout(options) });
    using vault = new KVault(file.source, { table });
    const imported = await withTransaction(file, () => importKeys(file, vault, { source, format, call }));
    if (options.json) await call.output.line(JSON.stringify({ imported, table }));
    else call.note(`imported ${plural(imported, 'key')} into ${table}`);
    return undefined;
  },
});

interface Import {
  readonly source: string;
  readonly format: Format;
  readonly call: Call<typeof OPTIONS>;
}

async function importKeys(file: OpenedFile, vault: KVault, { source, format, call }: Import): Promise<number> {
  const target = { vault, stored: new StoredValues(file.connection, vault.table) };
  if (format === 'folder') {
    using progress = call.progress({ label: 'importing', unit: 'items' });
    return await importFolder(source, target, (done) => progress.update(done));
  }
  const total = source === '-' ? {} : { total: statSync(source).size };
  using progress = call.progress({ label: 'importing', unit: 'bytes', ...total });
  return await importNdjson(source, target, (done) => progress.update(done));
}
