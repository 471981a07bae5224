import { describe } from '@kohakuvault/core-native/internal';
import { Refusal } from '../errors/codec-errors.ts';

/** Says that an encoding has no form for a value, and what to give instead. */
export function unsupported(value: unknown, encoding: string): Refusal {
  if (typeof value === 'bigint')
    return new Refusal(`${describe(value)} does not fit 64 bits, the most that ${encoding} integers have`);
  const hint =
    value === undefined
      ? 'leave the property out, or give null'
      : ArrayBuffer.isView(value)
        ? 'use the dtype bytes or vec'
        : 'give plain data';
  return new Refusal(
    `${describe(value)} has no form in ${encoding} that the Python package reads: ${hint} ` +
      '(null, booleans, numbers, bigints of 64 bits, strings, arrays and plain objects are kept)',
  );
}
