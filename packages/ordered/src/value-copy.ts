import { decodeValue, encodeValue } from '@kohakuvault/packer/value';

/** The bytes for `undefined`, which is allowed in a map but not as a stored value. No other value has this encoding. */
const UNDEFINED = Uint8Array.of(0x89, 0x4b);

/** Copies a value into bytes, which all threads can share. */
export function encodeCopy(value: unknown): Uint8Array {
  return value === undefined ? UNDEFINED : encodeValue(value);
}

/** Decodes the copy of a value. Typed arrays in it are views of the bytes, so the caller must not use them again. */
export function decodeCopy(bytes: Uint8Array): unknown {
  const isUndefined = bytes.length === 2 && bytes[0] === UNDEFINED[0] && bytes[1] === UNDEFINED[1];
  return isUndefined ? undefined : decodeValue(bytes);
}
