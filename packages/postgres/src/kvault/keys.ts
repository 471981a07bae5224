import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Key, keyBytes, showKey } from '@kohakuvault/kvault/internal';

/** The largest key, in bytes: an entry of PostgreSQL's index takes a third of a page of 8 KiB, less what it adds. */
export const LARGEST_KEY = 2_600;

/** Checks a key, and returns its bytes. */
export function storedKey(key: Key): Buffer {
  const bytes = keyBytes(key);
  if (bytes.length <= LARGEST_KEY) return bytes;
  throw new InvalidArgument(
    `the key ${showKey(bytes.subarray(0, 60))}... is ${bytes.length} bytes long; PostgreSQL's index allows ${LARGEST_KEY}`,
  );
}

/** Returns a text that tells keys apart, one character for each byte. */
export function keyId(key: Buffer): string {
  return key.toString('latin1');
}
