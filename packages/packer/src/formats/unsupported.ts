import { describe } from '@kohakuvault/core-native/internal';
import { EncodeError } from '../errors/encode-error.ts';

/** Creates the error for a value that an encoding does not support. It says what to give instead. */
export function unsupported(value: unknown, encoding: string): EncodeError {
  if (typeof value === 'bigint')
    return new EncodeError(`${describe(value)} does not fit 64 bits, the size of the largest ${encoding} integers`);
  const hint =
    value === undefined
      ? 'leave the property out, or give null'
      : ArrayBuffer.isView(value)
        ? 'use the dtype bytes or vec'
        : 'give plain data';
  return new EncodeError(
    `${describe(value)} cannot be written as ${encoding} that the Python package reads; ${hint} ` +
      '(null, booleans, numbers, bigints of 64 bits, strings, arrays and plain objects are supported)',
  );
}
