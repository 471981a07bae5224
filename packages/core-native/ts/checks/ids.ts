import { InvalidArgument } from '../errors/errors.ts';
import { describe } from './options.ts';

/** The id of a row: the bigint that an insert returned, or the same number. */
export type RowId = bigint | number;

export const GREATEST_ID = 2n ** 63n - 1n;
export const LEAST_ID = -GREATEST_ID - 1n;

export function checkId(owner: string, id: RowId): bigint {
  if (typeof id === 'number' && Number.isSafeInteger(id)) return BigInt(id);
  if (typeof id === 'bigint' && id <= GREATEST_ID && id >= LEAST_ID) return id;
  throw new InvalidArgument(`${owner}: the id is ${describe(id)}; expected a 64-bit bigint, or a safe integer`);
}

/** Checks ids. Returns them in ascending order. */
export function idsOf(owner: string, ids: Iterable<RowId>): BigInt64Array {
  return BigInt64Array.from(Array.from(ids, (id) => checkId(owner, id))).sort();
}
