import { type Access, structuresOf } from '@kohakuvault/core-native/internal/database';
import { EncodedCodec, recordFormat } from '@kohakuvault/packer/value';
import type { EncodedBlock } from './encoded-block.ts';

/** The codec of a column of records. */
export type RecordCodec = EncodedCodec<undefined>;

export function recordCodec(connection: Access, records: 'msgpack' | 'cbor'): RecordCodec {
  const names = { given: () => 'the value', stored: () => 'an element' };
  const codec = new EncodedCodec<undefined>(names, records, recordFormat(records, structuresOf(connection)));
  const { untrusted } = connection.shared;
  if (untrusted) codec.checkPacked = (bytes, what) => untrusted.checkPacked(bytes, what);
  return codec;
}

/** Encodes all values of an iterable. */
export function encodeRecords(codec: RecordCodec, values: Iterable<unknown>): EncodedBlock {
  const parts = Array.from(values, (value) => codec.encode(value, undefined));
  const offsets = new Float64Array(parts.length + 1);
  for (const [index, part] of parts.entries()) offsets[index + 1] = (offsets[index] as number) + part.length;
  return { count: parts.length, data: Buffer.concat(parts), offsets };
}

/** Decodes the elements of a block. */
export function decodeRecords(codec: RecordCodec, { count, data, offsets }: EncodedBlock): unknown[] {
  const bounds = offsets as Float64Array;
  return Array.from({ length: count }, (_, index) =>
    codec.decodeFrom(data, bounds[index] as number, bounds[index + 1] as number, undefined),
  );
}
