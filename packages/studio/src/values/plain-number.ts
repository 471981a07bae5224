import type { PlainNumber } from '../api/types.ts';

/** Returns a number as JSON has it. */
export function plainNumber(value: number): PlainNumber {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : (String(value) as PlainNumber);
}

/** Returns an element of a typed array as JSON has it: 64-bit integers as digits. */
export function plainElement(value: number | bigint): PlainNumber | string {
  return typeof value === 'bigint' ? String(value) : plainNumber(value);
}
