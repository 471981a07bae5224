import { statSync } from 'node:fs';
import type { Call, OptionSpecs } from '../command/command.ts';
import { withTransaction } from '../file/long-transaction.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { formatOf } from '../formats/format.ts';
import { TABLE_OPTION, tableToWrite } from './choose-table.ts';
import { EncodedTable } from './encoded-table.ts';
import { importFolder } from './import-folder.ts';
import { importNdjson } from './import-ndjson.ts';
import { openTable } from './open-table.ts';

export const KEY_IMPORT_OPTIONS = { ...TABLE_OPTION } as const satisfies OptionSpecs;

interface KeyImport {
  readonly path: string;
  readonly source: string;
  readonly format: string | undefined;
  readonly busyTimeout: number | undefined;
  readonly isFolder: boolean;
}

/** Imports what export has written, or any folder, in one transaction. */
export async function importKeys(given: KeyImport, call: Call<typeof KEY_IMPORT_OPTIONS>) {
  const { path, source, busyTimeout, isFolder } = given;
  const format = isFolder ? 'folder' : formatOf(source, given.format, 'keys', ['folder', 'ndjson']);
  const table = tableToWrite(path, call.options.table);
  using file = new OpenedFile(path, { writable: 'or new', busyTimeout });
  const total = format === 'folder' || source === '-' ? {} : { total: statSync(source).size };
  using bar = call.progress({ label: 'importing', unit: format === 'folder' ? 'items' : 'bytes', ...total });
  const read = format === 'folder' ? importFolder : importNdjson;
  const imported = await withTransaction(file, () => {
    // Opened inside the transaction, so that a failed import leaves no empty table.
    const target = { vault: openTable(file, table), encoded: new EncodedTable(file, table) };
    return read(source, target, (done) => bar.update(done));
  });
  return { imported, into: table };
}
