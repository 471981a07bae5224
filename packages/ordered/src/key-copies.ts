import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { bytesIn, isBytes, readableBytes } from './key-bytes.ts';

/** The deepest nesting of a key. The core has the same limit. */
const DEEPEST = 100;

/**
 * Returns a key for a look-up. Must be called before the map is accessed: an array is copied, since a getter in it may
 * do anything, also to the map. A value that is not a key is returned as it is, and the core refuses it.
 */
export function readKey(key: unknown): unknown {
  if (typeof key !== 'object' || key === null) return key;
  if (Array.isArray(key)) return copyArray(key, 0);
  return isBytes(key) ? readableBytes(key) : key;
}

/** Returns the key that a map keeps: bytes and arrays are copied, so the caller cannot change it. */
export function ownKey(key: unknown): unknown {
  return typeof key === 'number' ? key + 0 : copy(key, 0);
}

/** Returns the key that a caller gets. Arrays are frozen, so only bytes are copied. */
export function givenKey(key: unknown): unknown {
  if (typeof key !== 'object' || key === null) return key;
  if (ArrayBuffer.isView(key)) return Buffer.from(key as Buffer);
  return Array.isArray(key) && holdsBytes(key) ? Object.freeze(key.map(givenKey)) : key;
}

function copy(key: unknown, depth: number): unknown {
  if (typeof key !== 'object' || key === null) return key;
  if (Array.isArray(key)) return Object.freeze(copyArray(key, depth));
  return isBytes(key) ? Buffer.from(bytesIn(key)) : key;
}

function copyArray(key: readonly unknown[], depth: number): unknown[] {
  if (depth === DEEPEST) {
    throw new InvalidArgument(`a key has arrays that are nested more than ${DEEPEST} deep`);
  }
  const elements: unknown[] = [];
  const { length } = key;
  for (let position = 0; position < length; position++) {
    const element = key[position];
    // Checked immediately, since an array may claim any length.
    if (element === undefined || element === null) {
      throw new InvalidArgument(
        `a key is an array with ${describe(element)} at ${position}; ` +
          'expected numbers, bigints, strings, bytes and arrays of them',
      );
    }
    elements.push(typeof element === 'number' ? element + 0 : copy(element, depth + 1));
  }
  return elements;
}

function holdsBytes(tuple: readonly unknown[]): boolean {
  return tuple.some((element) => ArrayBuffer.isView(element) || (Array.isArray(element) && holdsBytes(element)));
}
