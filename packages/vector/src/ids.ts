import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';

/** The id of a vector, as `insert` returned it, or the same as a number. */
export type VectorId = bigint | number;

const MOST = 2n ** 63n - 1n;

export function checkId(owner: string, id: VectorId): bigint {
  if (typeof id === 'number' && Number.isSafeInteger(id)) return BigInt(id);
  if (typeof id === 'bigint' && id <= MOST && id >= -MOST - 1n) return id;
  throw new InvalidArgument(`${owner}: the id is ${describe(id)}; expected a bigint of 64 bits, or a whole number`);
}

/** Ids in ascending order. */
export function idsOf(owner: string, ids: Iterable<VectorId>): BigInt64Array {
  return BigInt64Array.from(Array.from(ids, (id) => checkId(owner, id))).sort();
}
