import { DataPacker, type ElementType, parseDType, type TypedArray } from '@kohakuvault/packer';

const ARRAYS = {
  f32: Float32Array,
  f64: Float64Array,
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
  i64: BigInt64Array,
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  u64: BigUint64Array,
  bool: Uint8Array,
} as const;

export function elementSize(type: ElementType): number {
  return parseDType(type).elemSize;
}

/** Returns the numbers in little-endian bytes. */
export function typedArray(type: ElementType, bytes: Buffer): TypedArray {
  // Not every runtime has an array of 16-bit floats.
  if (type === 'f16') return new DataPacker(type).unpackMany(bytes, { count: bytes.length / 2 });
  const Numbers = ARRAYS[type];
  const aligned =
    bytes.byteOffset % Numbers.BYTES_PER_ELEMENT === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  return new Numbers(aligned.buffer as ArrayBuffer, aligned.byteOffset, bytes.length / Numbers.BYTES_PER_ELEMENT);
}
