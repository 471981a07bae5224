import { describe, InvalidArgument, isTagged, refuseDetached } from '@kohakuvault/core-native/internal';

const BIGINTS = ['BigInt64Array', 'BigUint64Array'];

/**
 * Copies the indexes that a caller gives: an array, a typed array or another iterable of numbers. They are not compared
 * with a length yet.
 */
export function copyIndexes(what: string, given: unknown): Float64Array {
  const expected = `${what} expects indexes as an array, a typed array or another iterable of whole numbers`;
  if (typeof given !== 'object' || given === null || !(Symbol.iterator in given)) {
    throw new InvalidArgument(`${expected}, got ${describe(given)}`);
  }
  if (ArrayBuffer.isView(given)) {
    refuseDetached(`${what}: the array of indexes`, given);
    if (BIGINTS.some((name) => isTagged(given, name))) {
      throw new InvalidArgument(`${expected}, got bigints; convert them with Number`);
    }
    return new Float64Array(given as Float64Array);
  }
  const list = Array.isArray(given) ? given : [...(given as Iterable<unknown>)];
  const indexes = new Float64Array(list.length);
  for (let nth = 0; nth < indexes.length; nth++) {
    const index: unknown = list[nth];
    if (typeof index !== 'number') throw new InvalidArgument(`${expected}, got ${describe(index)} at position ${nth}`);
    indexes[nth] = index;
  }
  return indexes;
}

/** Counts all indexes from the start. Throws if one is not that of an element. */
export function resolveIndexes(what: string, indexes: Float64Array, length: number): Float64Array {
  for (let nth = 0; nth < indexes.length; nth++) {
    const given = indexes[nth] as number;
    if (given >= 0 && given < length && ((given | 0) === given || Math.floor(given) === given)) continue;
    const index = given + length;
    if (given < 0 && index >= 0 && Math.floor(index) === index) indexes[nth] = index;
    else throw refused(what, nth, given, length);
  }
  return indexes;
}

function refused(what: string, nth: number, index: number, length: number): InvalidArgument {
  const range = length === 0 ? 'the column is empty' : `expected whole numbers from ${-length} to ${length - 1}`;
  return new InvalidArgument(`${what}: the index at position ${nth} is ${index}; ${range}`);
}

/** Returns the positions of the indexes in ascending order of the indexes. */
export function ascendingOrder(indexes: Float64Array): Uint32Array | undefined {
  const count = indexes.length;
  let [isAscending, most] = [true, 0];
  for (let nth = 0; nth < count; nth++) {
    const index = indexes[nth] as number;
    if (index >= most) most = index;
    else isAscending = false;
  }
  // Each index is sorted together with its position, as one number. Beyond the exact ones, the order is as given.
  if (isAscending || (most + 1) * count > Number.MAX_SAFE_INTEGER) return undefined;
  const keys = indexes.map((index, nth) => index * count + nth).sort();
  return Uint32Array.from(keys, (key) => key % count);
}
