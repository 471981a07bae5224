import { closest, InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import { storedValues, tableEncoding } from '@kohakuvault/core-native/internal/database';
import { decodeValue } from '@kohakuvault/packer/value';
import { type FieldTypes, type IdKind, type Metric, VectorKVault, type VectorType } from '@kohakuvault/vector';
import { declaredVectors } from '@kohakuvault/vector/inspect';
import type { OpenedFile } from '../file/opened-file.ts';

/** The options that a table of vectors is opened with. */
export interface TableOptions {
  readonly table: string;
  readonly dimensions: number;
  readonly metric: Metric;
  readonly vectorType: VectorType;
  readonly ids: IdKind;
  readonly fields?: FieldTypes;
}

/** A vault whose types the file decides. */
// biome-ignore lint/suspicious/noExplicitAny: the kind of its ids is known to the file only.
type AnyVectors = VectorKVault<Buffer, 'auto', FieldTypes, any>;

/** What a row of an import has beside its vector and its value. */
export interface ImportedExtras {
  readonly [field: string]: unknown;
}

/** Returns the options that open a table of vectors. */
export function existingVectors(file: OpenedFile, name: string): TableOptions {
  const declared = declaredVectors(file.database);
  const found = declared.find(({ table }) => table === name);
  if (found?.shape) return { table: name, ...found.shape, ids: found.settings.ids ?? 'i64' };
  if (found) throw new InvalidArgument(`${name} is a table of sqlite-vec, but not of a VectorKVault`);
  const names = declared.map(({ table }) => table);
  const near = closest(name, names);
  const hint = near ? `did you mean ${near}?` : `there are ${names.length > 0 ? names.join(', ') : 'no vectors'}`;
  throw new NotFound(`there are no vectors called ${name}; ${hint}`);
}

/** Opens a table of vectors whose values are read and written as they are encoded. */
export function encodedVectors(file: OpenedFile, options: TableOptions): AnyVectors {
  return new VectorKVault(file.source, { ...options, autoPack: false, ...storedValues }) as AnyVectors;
}

/** Returns what writes vectors with values in the default encoding, whatever the encoding of the table. */
export function vectorsWriter(
  file: OpenedFile,
  options: TableOptions,
): (rows: (readonly [ArrayLike<number>, Buffer, ImportedExtras])[]) => void {
  const { name, valueEncoding } = tableEncoding(file.database, options.table);
  if (valueEncoding === undefined) {
    throw new InvalidArgument(
      `the values of ${options.table} are encoded by ${JSON.stringify(name)}, a codec of a program; import into ` +
        'another table',
    );
  }
  if (valueEncoding === 'auto') {
    const vault = encodedVectors(file, options);
    return (rows) => vault.insertMany(rows);
  }
  const vault = new VectorKVault(file.source, { ...options, valueEncoding }) as AnyVectors;
  return (rows) =>
    vault.insertMany(rows.map(([vector, stored, extras]) => [vector, decodeValue(stored) as Buffer, extras]));
}
