import { CorruptData, describe, InvalidArgument, isArrayBuffer, isUint8Array } from '@kohakuvault/core-native/internal';

const { isUtf8 } = process.getBuiltinModule('node:buffer');

/** A key as a caller gives it. A string stands for its UTF-8 bytes. */
export type Key = string | ArrayBuffer | ArrayBufferView;

/** A key that has been checked, as the core takes it: a string or bytes. */
export type CheckedKey = string | Uint8Array;

/** How keys come back: as the strings that they are in UTF-8, or as bytes. */
export type KeyEncoding = 'utf8' | 'bytes';

/** What a key comes back as. */
export type KeyOf<K extends KeyEncoding> = K extends 'bytes' ? Buffer : string;

/** The largest key, in bytes. An index page of SQLite holds at most a quarter of such a key. */
export const LARGEST_KEY = 1024 * 1024;

/** Checks a key. Returns a string as it is, and everything else as bytes. */
export function checkKey(key: unknown): CheckedKey {
  if (typeof key === 'string') {
    if (!key.isWellFormed()) {
      throw new InvalidArgument(
        `the key ${describe(key)} contains half of a surrogate pair, which UTF-8 cannot represent; ` +
          'give bytes as the key instead',
      );
    }
    // UTF-8 takes at most three bytes for each unit of a string.
    if (key.length * 3 > LARGEST_KEY && Buffer.byteLength(key) > LARGEST_KEY) throw tooLong(Buffer.byteLength(key));
    return key;
  }
  const bytes = viewOfKey(key);
  if (bytes.length > LARGEST_KEY) throw tooLong(bytes.length);
  return bytes;
}

/** Checks a key. Returns a copy of its bytes, by which keys are ordered. */
export function keyBytes(key: unknown): Buffer {
  return toBytes(checkKey(key));
}

/** Returns a copy of a checked key's bytes. */
export function toBytes(key: CheckedKey): Buffer {
  return typeof key === 'string' ? Buffer.from(key) : Buffer.from(key);
}

/** Returns the text of a stored key. Refuses a key that is not UTF-8. */
export function keyText(memory: Buffer, start: number, end: number): string {
  const text = memory.toString('utf8', start, end);
  // What cannot be decoded becomes U+FFFD, which a key may also contain.
  if (text.includes('\ufffd') && !Buffer.from(text).equals(memory.subarray(start, end))) {
    throw new CorruptData(
      `the key ${memory.toString('hex', start, end)} (hexadecimal) is not UTF-8; ` +
        "open the vault with keyEncoding: 'bytes' to list it",
    );
  }
  return text;
}

/** Returns a key as messages show it: its text, or hexadecimal if it is not text. */
export function showKey(key: Key): string {
  if (typeof key === 'string') return describe(key);
  const bytes = keyBytes(key).subarray(0, 100);
  return isUtf8(bytes) ? describe(bytes.toString()) : bytes.toString('hex');
}

/** Returns the least bytes that come after every key with this prefix; undefined if there are none (all FF). */
export function afterPrefix(prefix: Buffer): Buffer | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const after = Buffer.from(prefix.subarray(0, length));
  after.writeUInt8(after.readUInt8(length - 1) + 1, length - 1);
  return after;
}

function viewOfKey(key: unknown): Uint8Array {
  if (isUint8Array(key)) return key;
  if (ArrayBuffer.isView(key)) return new Uint8Array(key.buffer, key.byteOffset, key.byteLength);
  if (isArrayBuffer(key)) return new Uint8Array(key);
  throw new InvalidArgument(`the key is ${describe(key)}; expected a string or bytes`);
}

function tooLong(length: number): InvalidArgument {
  return new InvalidArgument(`the key is ${length} bytes long; at most ${LARGEST_KEY} are allowed`);
}
