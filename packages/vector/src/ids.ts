import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';

/** The id of a vector: the bigint that `insert` returned, or the same number. */
export type VectorId = bigint | number;

export const GREATEST_ID = 2n ** 63n - 1n;
export const LEAST_ID = -GREATEST_ID - 1n;

export function checkId(owner: string, id: VectorId): bigint {
  if (typeof id === 'number' && Number.isSafeInteger(id)) return BigInt(id);
  if (typeof id === 'bigint' && id <= GREATEST_ID && id >= LEAST_ID) return id;
  throw new InvalidArgument(`${owner}: the id is ${describe(id)}; expected a 64-bit bigint, or a safe integer`);
}
