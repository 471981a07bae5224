import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { structuresOf, tableEncoding } from '@kohakuvault/core-native/internal/database';
import { KVault } from '@kohakuvault/kvault';
import { decodeStored, encodeValue, formatOf } from '@kohakuvault/packer/value';
import type { OpenedFile } from '../file/opened-file.ts';

/** Opens a key-value table with the encoding of its values. */
export function openTable(file: OpenedFile, table: string): KVault {
  const { name, valueEncoding } = tableEncoding(file.database, table);
  if (valueEncoding !== undefined) return new KVault(file.source, { table, valueEncoding });
  throw new InvalidArgument(
    `the values of ${table} are encoded by ${JSON.stringify(name)}, a codec of a program; get --raw prints the bytes`,
  );
}

/**
 * Returns what makes the default encoding of a stored value out of the table's: that is what JSON lines hold, and it is
 * read in every file. What only a program can decode stays as it is.
 */
export function inDefaultEncoding({ connection, database }: OpenedFile, table: string): (stored: Buffer) => Buffer {
  const { name, valueEncoding } = tableEncoding(database, table);
  if (valueEncoding === undefined || valueEncoding === 'auto') return (stored) => stored;
  const format = formatOf(valueEncoding, () => structuresOf(connection));
  return (stored) => encodeValue(decodeStored(name, format, stored));
}
