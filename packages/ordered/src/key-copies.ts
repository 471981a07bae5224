import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { bytesIn, isBytes, readableBytes } from './key-bytes.ts';

/** Far more than anybody means. The core has the same bound. */
const DEEPEST = 100;

/**
 * The key for one call, to be made before anything of the map is looked at: an array is copied, since a getter in it may do
 * anything, also to the map. What is no key passes, for the core to refuse.
 */
export function readKey(key: unknown): unknown {
  if (typeof key !== 'object' || key === null) return key;
  if (Array.isArray(key)) return copiedArray(key, 0);
  return isBytes(key) ? readableBytes(key) : key;
}

/** The key as a map keeps it, which nothing the caller does afterwards can change: bytes are copied as well. */
export function ownKey(key: unknown): unknown {
  return typeof key === 'number' ? key + 0 : copied(key, 0);
}

/** The key as it is given out. Tuples are frozen, so only bytes have to be copied. */
export function givenKey(key: unknown): unknown {
  if (typeof key !== 'object' || key === null) return key;
  if (ArrayBuffer.isView(key)) return Buffer.from(key as Buffer);
  return Array.isArray(key) && holdsBytes(key) ? Object.freeze(key.map(givenKey)) : key;
}

function copied(key: unknown, depth: number): unknown {
  if (typeof key !== 'object' || key === null) return key;
  if (Array.isArray(key)) return Object.freeze(copiedArray(key, depth));
  return isBytes(key) ? Buffer.from(bytesIn(key)) : key;
}

function copiedArray(key: readonly unknown[], depth: number): unknown[] {
  if (depth === DEEPEST) {
    throw new InvalidArgument(`a key has arrays in arrays, more than ${DEEPEST} deep`);
  }
  const elements: unknown[] = [];
  const { length } = key;
  for (let position = 0; position < length; position++) {
    const element = key[position];
    // At once, since an array may claim any length.
    if (element === undefined || element === null) {
      throw new InvalidArgument(
        `a key is an array with ${describe(element)} at ${position}; expected numbers, bigints, strings, bytes and arrays of those`,
      );
    }
    elements.push(typeof element === 'number' ? element + 0 : copied(element, depth + 1));
  }
  return elements;
}

function holdsBytes(tuple: readonly unknown[]): boolean {
  return tuple.some((element) => ArrayBuffer.isView(element) || (Array.isArray(element) && holdsBytes(element)));
}
