import type { OrderedKey } from '@kohakuvault/ordered';
import fc from 'fast-check';

/** Few different keys, so that they occur often. */
const numbers: fc.Arbitrary<OrderedKey> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -40, max: 40 }) },
  fc.constantFrom(
    -0,
    0.5,
    -1e300,
    5e-324,
    2 ** 53,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.MAX_VALUE,
  ),
  fc.double({ noNaN: true }),
);
const bigints: fc.Arbitrary<OrderedKey> = fc.oneof(
  fc.bigInt({ min: -40n, max: 40n }),
  fc.constantFrom(2n ** 53n, 2n ** 53n + 1n, 10n ** 30n, -(10n ** 400n), 2n ** 64n, -(2n ** 1074n)),
  fc.bigInt(),
);
const strings: fc.Arbitrary<OrderedKey> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: fc.constantFrom('a', 'b', '\0'), maxLength: 4 }) },
  { weight: 2, arbitrary: fc.nat(60).map((number) => `user/${number}/name`) },
  fc.constantFrom('\uffff', '\u{1f600}', '\ufffd', 'é', `${'long '.repeat(100)}!`),
  fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
);
const bytes: fc.Arbitrary<OrderedKey> = fc
  .array(fc.constantFrom(0, 1, 255), { maxLength: 4 })
  .map((list) => Buffer.from(list));
const tuples: fc.Arbitrary<OrderedKey> = fc.array(
  fc.oneof(numbers, bigints, strings, bytes, fc.array(strings, { maxLength: 2 })),
  {
    maxLength: 3,
  },
);

export const KINDS: Record<string, fc.Arbitrary<OrderedKey>> = {
  numbers,
  bigints,
  strings,
  bytes,
  tuples,
  'numbers and bigints': fc.oneof(numbers, bigints),
  'mixed keys': fc.oneof(numbers, bigints, strings, bytes, tuples),
};
