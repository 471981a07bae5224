import { CorruptData, describe, InvalidArgument } from '@kohakuvault/core-native/internal';

const { isUtf8 } = process.getBuiltinModule('node:buffer');

/** What a key is given as. A string stands for its UTF-8 bytes. */
export type Key = string | ArrayBuffer | ArrayBufferView;

/** A key as it was checked, and as the core takes it: a string, or bytes. */
export type CheckedKey = string | Uint8Array;

/** How keys come back: as the strings they are in UTF-8, or as bytes. */
export type KeyEncoding = 'utf8' | 'bytes';

/** Longer keys are refused: an index page of SQLite holds a quarter of one at best. */
export const LONGEST_KEY = 1024 * 1024;

/** Strings as they are, everything else as bytes. */
export function checkKey(key: unknown): CheckedKey {
  if (typeof key === 'string') {
    if (!key.isWellFormed()) {
      throw new InvalidArgument(`the key ${describe(key)} holds half of a surrogate pair, which UTF-8 cannot write`);
    }
    // UTF-8 takes at most three bytes for each unit of a string.
    if (key.length * 3 > LONGEST_KEY && Buffer.byteLength(key) > LONGEST_KEY) throw tooLong(Buffer.byteLength(key));
    return key;
  }
  const bytes = bytesOfKey(key);
  if (bytes.length > LONGEST_KEY) throw tooLong(bytes.length);
  return bytes;
}

/** A key as bytes, for comparing it: keys are ordered byte by byte. */
export function keyBytes(key: unknown): Buffer {
  const checked = checkKey(key);
  return typeof checked === 'string' ? Buffer.from(checked, 'utf8') : Buffer.from(checked);
}

/** The text that a stored key is; a key that is none is refused. */
export function keyText(memory: Buffer, start: number, end: number): string {
  const text = memory.toString('utf8', start, end);
  // What cannot be decoded becomes U+FFFD; a key may hold that itself.
  if (text.includes('\ufffd') && !Buffer.from(text).equals(memory.subarray(start, end))) {
    throw new CorruptData(
      `the key ${memory.toString('hex', start, end)} (hexadecimal) is no UTF-8: open the vault with keyEncoding: 'bytes' to list it`,
    );
  }
  return text;
}

/** A key as messages show it: its text, or in hexadecimal where it is none. */
export function showKey(key: Key): string {
  if (typeof key === 'string') return describe(key);
  const bytes = keyBytes(key).subarray(0, 100);
  return isUtf8(bytes) ? describe(bytes.toString()) : bytes.toString('hex');
}

function bytesOfKey(key: unknown): Uint8Array {
  if (key instanceof Uint8Array) return key;
  if (ArrayBuffer.isView(key)) return new Uint8Array(key.buffer, key.byteOffset, key.byteLength);
  if (key instanceof ArrayBuffer) return new Uint8Array(key);
  throw new InvalidArgument(`the key is ${describe(key)}; expected a string or bytes`);
}

function tooLong(length: number): InvalidArgument {
  return new InvalidArgument(`the key is ${length} bytes long; at most ${LONGEST_KEY} are allowed`);
}

/** The least bytes that come after every key with this prefix; undefined where there are none (all FF). */
export function afterPrefix(prefix: Buffer): Buffer | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const after = Buffer.from(prefix.subarray(0, length));
  after[length - 1] = (after[length - 1] as number) + 1;
  return after;
}
