import type { DType } from '@kohakuvault/columns';
import fc from 'fast-check';

const integer = (bits: number, signed: boolean) =>
  signed
    ? fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
    : fc.integer({ min: 0, max: 2 ** bits - 1 });
const buffer = (size: { minLength: number; maxLength: number }) =>
  fc.uint8Array(size).map((bytes) => Buffer.from(bytes));
const document = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }),
  fc.constant(null),
  fc.string({ maxLength: 6 }),
  fc.dictionary(fc.stringMatching(/^[a-c]$/), fc.boolean(), { maxKeys: 2, noNullPrototype: true }),
);
const text = (maxLength: number) => fc.stringMatching(new RegExp(`^[a-zé]{0,${maxLength}}$`));

/** Elements of each dtype, in the form in which they are read. */
export const FIXED: Partial<Record<DType, fc.Arbitrary<unknown>>> = {
  i8: integer(8, true),
  u8: integer(8, false),
  i16: integer(16, true),
  u16: integer(16, false),
  i32: integer(32, true),
  u32: integer(32, false),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  f32: fc.float(),
  f64: fc.double(),
  bool: fc.boolean(),
  f16: fc.integer({ min: -2048, max: 2048 }).map((number) => number / 64),
  'bytes:5': buffer({ minLength: 5, maxLength: 5 }),
  'str:13:utf8': text(6),
  'msgpack:24': document,
  'cbor:24': document,
  'vec:bool:2': fc.tuple(fc.boolean(), fc.boolean()).map((pair) => Uint8Array.from(pair, Number)),
  'vec:f32:3': fc.float32Array({ minLength: 3, maxLength: 3 }),
  'vec:i16:2:2': fc
    .int16Array({ minLength: 4, maxLength: 4 })
    .map((data) => ({ data, shape: [2, 2], dtype: 'i16' as const })),
};

export const VARIABLE: Partial<Record<DType, fc.Arbitrary<unknown>>> = {
  bytes: buffer({ minLength: 0, maxLength: 90 }),
  'str:utf8': text(30),
  'str:utf16le': text(10),
  msgpack: document,
  cbor: document,
  'vec:i16': fc.int16Array({ maxLength: 20 }).map((data) => ({ data, shape: [data.length], dtype: 'i16' as const })),
};
