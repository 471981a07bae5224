import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type DType, parseDType } from '@kohakuvault/packer';
import { COMPRESSIONS, type Compression } from './compression.ts';

/** What follows the dtype of a column whose objects share their keys. The Python package refuses such a dtype. */
const RECORDS = ':records';

/** A dtype as the file has it. */
export interface StoredDType {
  readonly dtype: string;
  /** The library that makes records of objects; undefined for columns without. */
  readonly records: 'msgpack' | 'cbor' | undefined;
  /** How the elements are compressed; undefined for a column that is not. */
  readonly compression?: Compression | undefined;
}

/** Takes apart a dtype as the file has it. */
export function storedDType(text: string): StoredDType {
  const compression = COMPRESSIONS.find((known) => text.startsWith(`${known}:`));
  if (compression !== undefined) return { ...uncompressed(text.slice(compression.length + 1)), compression };
  return uncompressed(text);
}

function uncompressed(text: string): StoredDType {
  for (const records of ['msgpack', 'cbor'] as const) {
    if (text === records + RECORDS) return { dtype: records, records };
  }
  return { dtype: text, records: undefined };
}

/** Returns the dtype that the file gets for a column of records. */
export function recordDType(name: string, dtype: DType): string {
  const { dtype: plain } = parseDType(dtype);
  if (plain === 'msgpack' || plain === 'cbor') return plain + RECORDS;
  throw new InvalidArgument(
    `column ${JSON.stringify(name)}: records are for columns of 'msgpack' and 'cbor'; this is ${plain}`,
  );
}
