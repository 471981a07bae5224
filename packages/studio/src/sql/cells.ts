import type { SqlCell } from '../api/types.ts';
import { plainNumber } from '../values/plain-number.ts';

const MOST_TEXT = 10_000;
const MOST_BYTES = 64;

/** Returns a value of SQL as JSON has it. */
export function cellOf(value: unknown): SqlCell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : { t: 'integer', v: String(value) };
  }
  if (typeof value === 'number') {
    const plain = plainNumber(value);
    return typeof plain === 'number' ? plain : { t: 'real', v: plain };
  }
  if (typeof value === 'string') {
    return value.length <= MOST_TEXT ? value : { t: 'text', v: value.slice(0, MOST_TEXT), length: value.length };
  }
  const bytes = value as Buffer;
  return { t: 'blob', length: bytes.length, hex: bytes.toString('hex', 0, MOST_BYTES) };
}

/** About how many bytes a cell takes in an answer. */
export function weightOf(cell: SqlCell): number {
  if (typeof cell === 'string') return cell.length + 2;
  return typeof cell === 'object' && cell !== null && 'v' in cell ? String(cell.v).length + 20 : 24;
}
