import { statSync } from 'node:fs';
import { KVault } from '@kohakuvault/kvault';
import type { Call, OptionSpecs } from '../command.ts';
import { withTransaction } from '../file/long-transaction.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { formatOf } from '../formats/format.ts';
import { TABLE_OPTION, tableToWrite } from './choose-table.ts';
import { importFolder } from './import-folder.ts';
import { importNdjson } from './import-ndjson.ts';
import { StoredValues } from './stored-values.ts';

export const KEY_IMPORT_OPTIONS = { ...TABLE_OPTION } as const satisfies OptionSpecs;

interface KeyImport {
  readonly path: string;
  readonly source: string;
  readonly format: string | undefined;
  readonly busyTimeout: number | undefined;
  readonly isFolder: boolean;
}

/** Stores what export has written, or any folder, in one transaction. */
export async function importKeys(given: KeyImport, call: Call<typeof KEY_IMPORT_OPTIONS>) {
  const { path, source, busyTimeout, isFolder } = given;
  const format = isFolder ? 'folder' : formatOf(source, given.format, 'keys', ['folder', 'ndjson']);
  const table = tableToWrite(path, call.options.table);
  using file = new OpenedFile(path, { writable: 'or new', busyTimeout });
  const total = format === 'folder' || source === '-' ? {} : { total: statSync(source).size };
  using bar = call.progress({ label: 'importing', unit: format === 'folder' ? 'items' : 'bytes', ...total });
  const read = format === 'folder' ? importFolder : importNdjson;
  const imported = await withTransaction(file, () => {
    // In it too, so that what fails leaves no empty table.
    const target = { vault: new KVault(file.source, { table }), stored: new StoredValues(file.connection, table) };
    return read(source, target, (done) => bar.update(done));
  });
  return { imported, into: table };
}
