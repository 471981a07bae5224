import { InvalidArgument } from '@kohakuvault/core-native';

/** Far more than anybody means. The core has the same bound. */
const DEEPEST = 100;

/**
 * The key as a tree keeps it, which nothing the caller does afterwards can change: bytes and tuples are copied. What is no
 * key passes, for the core to refuse.
 */
export function ownKey(key: unknown, depth = 0): unknown {
  if (typeof key === 'number') return key + 0;
  if (typeof key !== 'object' || key === null) return key;
  if (ArrayBuffer.isView(key)) return copyOf(key);
  if (key instanceof ArrayBuffer) return Buffer.from(key.slice(0));
  if (!Array.isArray(key)) return key;
  if (depth === DEEPEST) {
    throw new InvalidArgument(`a key has arrays in arrays, more than ${DEEPEST} deep`);
  }
  return Object.freeze(Array.from(key, (element) => ownKey(element, depth + 1)));
}

/** The key as it is given out. Tuples are frozen, so only bytes have to be copied. */
export function givenKey(key: unknown): unknown {
  if (typeof key !== 'object' || key === null) return key;
  if (ArrayBuffer.isView(key)) return copyOf(key);
  return Array.isArray(key) && holdsBytes(key) ? Object.freeze(key.map(givenKey)) : key;
}

function copyOf(view: ArrayBufferView): Buffer {
  return Buffer.from(Buffer.from(view.buffer, view.byteOffset, view.byteLength));
}

function holdsBytes(tuple: readonly unknown[]): boolean {
  return tuple.some((element) => ArrayBuffer.isView(element) || (Array.isArray(element) && holdsBytes(element)));
}
