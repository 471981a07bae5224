import { decodeValue, encodeValue } from '@kohakuvault/packer/value';

/** The bytes for `undefined`, which is allowed in a map but not as a stored value. No other value has this encoding. */
const UNDEFINED = Buffer.of(0x89, 0x4b);

/** Copies a value into bytes, which all threads can share. */
export function encodeCopy(value: unknown): Buffer {
  return value === undefined ? UNDEFINED : encodeValue(value);
}

/** Decodes the copy of a value. A value that is bytes shares their memory, so the caller must not use them again. */
export function decodeCopy(bytes: Buffer): unknown {
  const isUndefined = bytes.length === 2 && bytes[0] === UNDEFINED[0] && bytes[1] === UNDEFINED[1];
  return isUndefined ? undefined : decodeValue(bytes);
}

/** Decodes the copy of a value from memory that is used again. A value that is bytes gets memory of its own. */
export function decodeCopyFrom(memory: Buffer, start: number, end: number): unknown {
  const value = decodeCopy(memory.subarray(start, end));
  if (!Buffer.isBuffer(value)) return value;
  const own = Buffer.allocUnsafeSlow(value.length);
  value.copy(own);
  return own;
}
