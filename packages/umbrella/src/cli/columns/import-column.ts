import { ColumnVault } from '@kohakuvault/columns';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { DType } from '@kohakuvault/packer';
import type { Call, OptionSpecs } from '../command/command.ts';
import { withTransaction } from '../file/long-transaction.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { refuseOthers } from '../file/refuse-others.ts';
import { formatOf } from '../formats/format.ts';
import { importArrow } from './import-arrow.ts';
import { importCsv } from './import-csv.ts';
import { importNpy } from './import-npy.ts';

export const COLUMN_IMPORT_OPTIONS = {
  column: { type: 'string', short: 'c', value: 'name', about: 'import into a column, from .npy, .csv or .arrow' },
  dtype: { type: 'string', value: 'dtype', about: 'dtype of a new column; .npy and .arrow declare it themselves' },
  append: { type: 'boolean', about: 'add to a column that has elements' },
} as const satisfies OptionSpecs;

const READERS = { npy: importNpy, csv: importCsv, arrow: importArrow } as const;

interface ColumnImport {
  readonly path: string;
  readonly source: string;
  readonly name: string;
  readonly format: string | undefined;
  readonly busyTimeout: number | undefined;
}

/** Imports a file into a column, in one transaction. */
export async function importColumn(given: ColumnImport, call: Call<typeof COLUMN_IMPORT_OPTIONS>) {
  const { path, source, name, busyTimeout } = given;
  const { options } = call;
  const format = formatOf(source, given.format, 'columns', ['npy', 'csv', 'arrow']);
  refuseOthers(path);
  using file = new OpenedFile(path, { writable: 'or new', busyTimeout });
  using bar = call.progress({ label: 'importing', unit: 'items' });
  const imported = await withTransaction(file, () => {
    // Opened inside the transaction, so that a failed import leaves no empty tables.
    const vault = new ColumnVault(file.source);
    const present = vault.has(name) ? vault.column(name) : undefined;
    if (present && present.length > 0 && !options.append) {
      throw new InvalidArgument(`the column ${name} has ${present.length} elements; --append adds to them`);
    }
    return READERS[format](source, {
      name,
      dtype: options.dtype ?? present?.dtype,
      open: (dtype) => vault.ensure(name, (present && !options.dtype ? present.dtype : dtype) as DType),
      progress: (done) => bar.update(done),
    });
  });
  return { imported, into: name };
}
