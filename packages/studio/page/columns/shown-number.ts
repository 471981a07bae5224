import type { PlainNumber } from '../../src/api/types.ts';
import { count, number } from '../lib/format.ts';

/** A number of the API, as a person's locale writes it. Digits of 64-bit integers stay exact. */
export function shownNumber(value: PlainNumber | string | boolean | null): string {
  if (value === null) return '–';
  if (typeof value === 'number') return number(value);
  if (typeof value === 'boolean') return String(value);
  return /^-?\d+$/.test(value) && value !== '-0' ? count(BigInt(value)) : value;
}
