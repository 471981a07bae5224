import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { type CheckedKey, showKey } from '../keys/keys.ts';
import type { KeyedCodec } from '../values/keyed-codec.ts';
import { Version } from './version.ts';

const { isDeepStrictEqual } = process.getBuiltinModule('node:util');

/** Whether stored bytes, or none, are what a `compareAndSet` expects: a version, a value, or undefined for no key. */
export function isExpected(
  stored: Buffer | undefined,
  expected: unknown,
  { key, codec }: { key: CheckedKey; codec: KeyedCodec },
): boolean {
  if (Version.isVersion(expected)) return Version.of(stored).equals(expected);
  if (stored === undefined || expected === undefined) return stored === expected;
  const wanted = codec.encode(expected, key);
  if (stored.equals(wanted)) return true;
  // Another program may have stored the same value in another encoding.
  return isDeepStrictEqual(codec.decode(stored, key), codec.decode(wanted, key));
}

/** Checks what a number is incremented by. */
export function checkIncrement(by: unknown): number | bigint {
  if (typeof by === 'bigint' || (typeof by === 'number' && Number.isFinite(by))) return by;
  throw new InvalidArgument(`increment expects by to be a finite number or a bigint, got ${describe(by)}`);
}

/** Adds to the value of a key. Refuses a value that is not a number, and a sum that is not exact. */
export function sumOf(
  value: unknown,
  by: number | bigint,
  { key, table }: { key: CheckedKey; table: string },
): number | bigint {
  if (typeof value === 'bigint' && typeof by === 'bigint') return value + by;
  if (typeof value === 'number' && typeof by === 'number') {
    const sum = value + by;
    const isWhole = Number.isInteger(value) && Number.isInteger(by);
    if (isWhole ? Number.isSafeInteger(sum) : Number.isFinite(sum)) return sum;
    throw new InvalidArgument(
      `increment of ${showKey(key)} in ${table}: ${value} + ${by} is not exact as a number; ` +
        'set it to a bigint, and increment by bigints',
    );
  }
  throw new InvalidArgument(
    `increment of ${showKey(key)} in ${table} by ${describe(by)}: the value is ${describe(value)}; ` +
      `expected a ${typeof by}`,
  );
}
