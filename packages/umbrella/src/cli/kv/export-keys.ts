import type { Call, OptionSpecs } from '../command/command.ts';
import { contentsOf } from '../file/contents.ts';
import type { OpenedFile } from '../file/opened-file.ts';
import { writeTo } from '../formats/destination.ts';
import { formatOf } from '../formats/format.ts';
import { existingTable, TABLE_OPTION } from './choose-table.ts';
import { EncodedTable } from './encoded-table.ts';
import { exportFolder } from './export-folder.ts';
import { exportNdjson } from './export-ndjson.ts';
import { HEX_OPTION, keyOf } from './keys.ts';

export const KEY_EXPORT_OPTIONS = {
  prefix: { type: 'string', value: 'text', about: 'only keys with this prefix' },
  ...TABLE_OPTION,
  ...HEX_OPTION,
} as const satisfies OptionSpecs;

/** Writes a key-value table to a folder or to JSON lines. Returns the number of keys. */
export async function exportKeys(
  file: OpenedFile,
  target: string,
  call: Call<typeof KEY_EXPORT_OPTIONS>,
  asked: string | undefined,
): Promise<number> {
  const { options, output } = call;
  const format = formatOf(target, asked, 'keys', ['folder', 'ndjson']);
  const table = existingTable(file.path, contentsOf(file.database), options.table);
  const values = new EncodedTable(file, table);
  using bar = call.progress({ label: 'exporting', unit: 'items', total: values.vault.size });
  const progress = (done: number) => bar.update(done);
  const prefix = keyOf(options.prefix ?? '', options.hex);
  if (format === 'folder') return await exportFolder(target, { values, output, prefix, progress });
  let count = 0;
  await writeTo(target, output, async (sink) => {
    count = await exportNdjson(values, sink, { prefix, progress });
  });
  return count;
}
