import { encodeCopy } from './value-copy.ts';

/** The bytes that a key must have. With 1, the key may be absent too. */
export type ExpectedValue = [bytes: Buffer, orAbsent: 0 | 1];

/** Returns what a key must have so that `get` returns an equal value. */
export function expectedValue(value: unknown): ExpectedValue {
  return [encodeCopy(value), value === undefined ? 1 : 0];
}

/** Returns what a key must have so that it has the same bytes as now; undefined stands for an absent key. */
export function expectedBytes(bytes: Buffer | undefined): ExpectedValue {
  return bytes ? [bytes, 0] : expectedValue(undefined);
}
