import { type Column, ColumnVault } from '@kohakuvault/columns';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { DType } from '@kohakuvault/packer';
import type { Call, OptionSpecs } from '../command.ts';
import { withTransaction } from '../file/long-transaction.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { refuseOthers } from '../file/refuse-others.ts';
import { formatOf } from '../formats/format.ts';
import { importArrow } from './import-arrow.ts';
import { importCsv } from './import-csv.ts';
import { importNpy } from './import-npy.ts';

export const COLUMN_IMPORT_OPTIONS = {
  column: { type: 'string', short: 'c', value: 'name', about: 'into a column instead: from .npy, .csv or .arrow' },
  dtype: { type: 'string', value: 'dtype', about: 'what a new column holds; .npy and .arrow tell it themselves' },
  append: { type: 'boolean', about: 'add to a column that has elements already' },
} as const satisfies OptionSpecs;

/** What a format is read into. */
export interface ColumnTarget {
  readonly name: string;
  /** The column's, or the one that was asked for: undefined where the format has to tell it. */
  readonly dtype: string | undefined;
  /** The column, made where it is missing. */
  open(dtype: string): Column;
  progress(done: number): void;
}

const READERS = { npy: importNpy, csv: importCsv, arrow: importArrow } as const;

interface ColumnImport {
  readonly path: string;
  readonly source: string;
  readonly name: string;
  readonly format: string | undefined;
  readonly busyTimeout: number | undefined;
}

/** Stores an array as a column, in one transaction. */
export async function importColumn(given: ColumnImport, call: Call<typeof COLUMN_IMPORT_OPTIONS>) {
  const { path, source, name, busyTimeout } = given;
  const { options } = call;
  const format = formatOf(source, given.format, 'columns', ['npy', 'csv', 'arrow']);
  refuseOthers(path);
  using file = new OpenedFile(path, { writable: 'or new', busyTimeout });
  using bar = call.progress({ label: 'importing', unit: 'items' });
  const imported = await withTransaction(file, () => {
    // In it too, so that what fails leaves no empty tables.
    const vault = new ColumnVault(file.source);
    const present = vault.has(name) ? vault.column(name) : undefined;
    if (present && present.length > 0 && !options.append) {
      throw new InvalidArgument(`the column ${name} has ${present.length} elements already; --append adds to them`);
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
