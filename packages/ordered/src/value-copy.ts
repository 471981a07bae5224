import { decodeValue, encodeValue } from '@kohakuvault/packer/value';

/** Stands for `undefined`, which a map may hold and a stored value is not. No value is encoded so. */
const UNDEFINED = Uint8Array.of(0x89, 0x4b);

/** A value as bytes, which all threads can have. */
export function bytesOf(value: unknown): Uint8Array {
  return value === undefined ? UNDEFINED : encodeValue(value);
}

/** The value again. The bytes have to be its own from now on: typed arrays in it are views of them. */
export function valueIn(bytes: Uint8Array): unknown {
  const isUndefined = bytes.length === 2 && bytes[0] === UNDEFINED[0] && bytes[1] === UNDEFINED[1];
  return isUndefined ? undefined : decodeValue(bytes);
}
