import { KVault } from '@kohakuvault/kvault';
import { type Call, defineCommand, type OptionSpecs } from '../command.ts';
import { holdingsOf } from '../file/holdings.ts';
import { withSnapshot } from '../file/long-transaction.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { writeTo } from '../formats/destination.ts';
import { type Format, formatOf } from '../formats/format.ts';
import { existingTable, TABLE_OPTION } from '../kv/choose-table.ts';
import { exportFolder } from '../kv/export-folder.ts';
import { exportNdjson } from '../kv/export-ndjson.ts';
import { HEX_OPTION, keyOf } from '../kv/keys.ts';
import { StoredValues } from '../kv/stored-values.ts';
import { plural } from '../terminal/text.ts';

const OPTIONS = {
  format: {
    type: 'string',
    short: 'f',
    value: 'format',
    about: 'ndjson or folder; default: what the target is called',
  },
  prefix: { type: 'string', value: 'text', about: 'only keys that begin so' },
  ...TABLE_OPTION,
  ...HEX_OPTION,
} as const satisfies OptionSpecs;

export const command = defineCommand({
  usage: ['<file> <target>'],
  about:
    'Writes a key-value table to a folder, where bytes become files named after their keys, or to one file of JSON lines ' +
    '(.ndjson, .jsonl, or - for stdout). Either holds everything exactly, and import takes it back.',
  least: 2,
  most: 2,
  options: OPTIONS,
  examples: [
    ['media.db photos/', 'a folder of files'],
    ['vault.db users.ndjson --prefix user:', 'a part of a table, as JSON lines'],
    ['vault.db - --format ndjson | gzip > backup.gz', 'a compressed backup'],
  ],
  async run(call) {
    const { options, args } = call;
    const [path, target] = args as [string, string];
    const format = formatOf(target, options.format);
    using file = new OpenedFile(path);
    const exported = await withSnapshot(file, () => exportKeys(file, target, format, call));
    if (options.json && target !== '-') await call.output.line(JSON.stringify({ exported, target, format }));
    else call.note(`exported ${plural(exported, 'key')} to ${target === '-' ? 'stdout' : target}`);
    return undefined;
  },
});

async function exportKeys(file: OpenedFile, target: string, format: Format, call: Call<typeof OPTIONS>) {
  const { options, output } = call;
  const table = existingTable(file.path, holdingsOf(file.database), options.table);
  using vault = new KVault(file.source, { table });
  const values = new StoredValues(file.connection, table);
  using bar = call.progress({ label: 'exporting', unit: 'items', total: vault.size });
  const progress = (done: number) => bar.update(done);
  const prefix = keyOf(options.prefix ?? '', options.hex);
  if (format === 'folder') return await exportFolder(target, { values, vault, output, prefix, progress });
  let count = 0;
  await writeTo(target, output, async (sink) => {
    count = await exportNdjson(values, sink, { prefix, progress });
  });
  return count;
}
