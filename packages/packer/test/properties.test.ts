import { DataPacker, type DType, KohakuVaultError } from '@kohakuvault/packer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const seed = Date.now();
console.log(`seed ${seed}`);
const parameters = { seed, numRuns: 200 };

const text = fc.string({ unit: 'grapheme' });
const latin = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
const document = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    // Integers that are not safe come back as bigints, so they are given as bigints below.
    fc.double().filter((value) => !Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) > 2 ** 65),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
    text,
    fc.array(tie('value'), { maxLength: 40 }),
    fc.dictionary(text, tie('value')),
  ),
})).value;

/** Numbers that 16-bit floats represent exactly. */
const halves = fc.oneof(
  fc
    .integer({ min: -2048, max: 2048 })
    .chain((fraction) => fc.integer({ min: -24, max: 4 }).map((e) => fraction * 2 ** e)),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0),
);

const VALUES: [DType, fc.Arbitrary<unknown>][] = [
  ['i8', fc.integer({ min: -128, max: 127 })],
  ['u16', fc.integer({ min: 0, max: 65_535 })],
  ['i64', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  ['u64', fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  ['f32', fc.float()],
  ['f64', fc.double()],
  ['bool', fc.boolean()],
  ['f16', halves],
  ['vec:bool:3', fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }).map((list) => Uint8Array.from(list, Number))],
  ['str', text],
  ['str:utf16le', text],
  ['str:utf16be', text],
  ['str:latin1', latin],
  ['bytes', fc.uint8Array().map((bytes) => Buffer.from(bytes))],
  ['bytes:4', fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes))],
  ['msgpack', document],
  ['cbor', document],
  ['vec:f32:3', fc.float32Array({ minLength: 3, maxLength: 3 })],
  ['vec:u64:2', fc.bigUint64Array({ minLength: 2, maxLength: 2 })],
  ['vec:i16', fc.int16Array({ maxLength: 9 }).map((data) => ({ data, shape: [1, data.length], dtype: 'i16' }))],
];

describe('every value comes back', () => {
  test.each(VALUES)('%s', (dtype, values) => {
    const packer = new DataPacker(dtype);
    fc.assert(
      fc.property(fc.array(values, { maxLength: 20 }), (list) => {
        for (const value of list) expect(packer.unpack(packer.pack(value))).toEqual(value);
        const { data, offsets } = packer.packManyWithOffsets(list);
        expect(packer.packMany(list)).toEqual(data);
        expect(Array.from(packer.unpackMany(data, { offsets }) as Iterable<unknown>)).toEqual(list);
        if (!packer.isVarsize) {
          const block = packer.unpackMany(data, { count: list.length });
          expect(Array.from(block as Iterable<unknown>)).toEqual(list);
        }
      }),
      parameters,
    );
  });
});

const DTYPES: DType[] = [
  ...(['i8', 'i16', 'i32', 'i64', 'u8', 'u16', 'u32', 'u64', 'f32', 'f64', 'bool', 'f16'] as const).flatMap(
    (element) => [element, `vec:${element}` as DType, `vec:${element}:2:3` as DType],
  ),
  'bytes',
  'bytes:3',
  'msgpack',
  'msgpack:9',
  'cbor',
  'cbor:9',
  ...(['utf8', 'utf16le', 'utf16be', 'ascii', 'latin1'] as const).flatMap((encoding) => [
    `str:${encoding}` as DType,
    `str:5:${encoding}` as DType,
  ]),
];

describe('arbitrary bytes are read or refused', () => {
  test.each(DTYPES)('%s', (dtype) => {
    const packer = new DataPacker(dtype);
    const bounds = fc.oneof(
      fc.record({ count: fc.integer({ min: -1, max: 9 }) }),
      fc.record({ offsets: fc.array(fc.integer({ min: -1, max: 70 })) }),
      fc.record({ starts: fc.array(fc.integer({ min: 0, max: 64 })).map((starts) => starts.sort((a, b) => a - b)) }),
    );
    fc.assert(
      fc.property(bytesNear(packer), fc.integer({ min: 0, max: 70 }), bounds, (bytes, offset, where) => {
        for (const call of [
          () => packer.unpack(bytes, offset),
          () => packer.unpackMany(bytes, where),
          () => packer.unpackTensor(bytes, offset),
        ]) {
          try {
            call();
          } catch (error) {
            expect(error).toBeInstanceOf(KohakuVaultError);
          }
        }
      }),
      parameters,
    );
  });
});

/** Any bytes, and packed documents and vectors with one byte changed. */
function bytesNear(packer: DataPacker<DType>): fc.Arbitrary<Uint8Array> {
  const random = fc.uint8Array({ maxLength: 64 });
  if (!/^(msgpack|cbor)$/.test(packer.dtype)) return random;
  const damaged = fc.tuple(document, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([value, position, byte]) => {
    const bytes = packer.pack(value);
    bytes[position % bytes.length] = byte;
    return bytes;
  });
  return fc.oneof(random, damaged);
}

test('documents of the greatest depth are packed, deeper ones refused without a stack overflow', () => {
  for (const dtype of ['msgpack', 'cbor'] as const) {
    const packer = new DataPacker(dtype);
    const nest = (depth: number) => {
      let value: unknown = 1;
      for (let level = 0; level < depth; level++) value = level % 2 ? [value] : { k: value };
      return value;
    };
    expect(packer.unpack(packer.pack(nest(1_000)))).toEqual(nest(1_000));
    expect(() => packer.pack(nest(1_001))).toThrow(KohakuVaultError);
    const bomb = Buffer.alloc(100_000, dtype === 'msgpack' ? 0x91 : 0x81);
    expect(() => packer.unpack(bomb)).toThrow(KohakuVaultError);
    // Arrays in arrays that each claim nearly all bytes: together they would fill the memory.
    const claims = Buffer.concat([
      ...Array.from({ length: 999 }, () => Buffer.from(dtype === 'msgpack' ? 'dd000f0000' : '9a000f0000', 'hex')),
      Buffer.alloc(1_000_000),
    ]);
    expect(() => packer.unpack(claims)).toThrow(KohakuVaultError);
  }
});
