import { isDeepStrictEqual } from 'node:util';
import { DataPacker } from '@kohakuvault/packer';
import { decodeValue, encodeValue } from '@kohakuvault/packer/value';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

const FORMATS = {
  msgpack: new DataPacker('msgpack'),
  cbor: new DataPacker('cbor'),
  value: { pack: (value: unknown) => encodeValue(value), unpack: (bytes: Buffer) => decodeValue(bytes) },
};

function wide(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, index]));
}

function within(levels: number, value: unknown): unknown {
  return levels === 0 ? value : { inner: within(levels - 1, value) };
}

describe.each(Object.keys(FORMATS) as (keyof typeof FORMATS)[])('%s', (name) => {
  const format = FORMATS[name];

  test.each([0, 1, 14, 15, 16, 17, 23, 24, 25, 255, 256, 65_535, 65_536])('an object of %i properties', (count) => {
    for (const levels of count > 1_000 ? [0, 20] : [0, 3, 14, 15, 16, 17, 40]) {
      const value = within(levels, { before: 1, object: wide(count), after: [wide(count), 'end'] });
      expect(isDeepStrictEqual(format.unpack(format.pack(value)), value)).toBe(true);
    }
  });

  test('arrays that begin with doubles', () => {
    const doubles = Array.from({ length: 100 }, (_, index) => index / 7 + 0.01);
    for (const array of [doubles, [...doubles, 'text', 1, 0.1], [...doubles, [...doubles], null], [0.1], [0.1, -0]]) {
      const bytes = format.pack({ array });
      expect(isDeepStrictEqual(format.unpack(bytes), { array })).toBe(true);
      for (const end of [bytes.length - 1, bytes.length >> 1]) {
        expect(() => format.unpack(bytes.subarray(0, end))).toThrow(/the bytes end in the middle of a value/);
      }
    }
  });

  test('results of all sizes keep their bytes while others are written', () => {
    const values = Array.from({ length: 600 }, (_, index) => ({
      id: index,
      text: 'é'.repeat((index * 37) % 900),
      list: Array.from({ length: index % 50 === 0 ? 5_000 : index % 40 }, (_, at) => at),
    }));
    const packed = values.map((value) => format.pack(value));
    const copies = packed.map((bytes) => Buffer.from(bytes));
    for (const value of values) format.pack(value);
    expect(packed.every((bytes, index) => bytes.equals(copies[index] as Buffer))).toBe(true);
    expect(
      isDeepStrictEqual(
        packed.map((bytes) => format.unpack(bytes)),
        values,
      ),
    ).toBe(true);
  });

  test('results begin at an aligned address, so that typed arrays can be made over them', () => {
    for (let length = 0; length < 20; length++) expect(format.pack(['x'.repeat(length)]).byteOffset % 8).toBe(0);
  });

  test('a getter that takes the memory away is refused; the next value has other memory', () => {
    const { poolSize } = Buffer;
    // Without a pool the memory can be transferred.
    Buffer.poolSize = 0;
    try {
      // Short values are views of one piece of memory. This uses up the piece of the pool, and begins another.
      let earlier = format.pack({ text: 'x' });
      for (let turn = 0; turn < 20_000 || earlier.byteOffset > 0; turn++) earlier = format.pack({ text: 'x' });
      const value = {
        get first() {
          structuredClone(earlier.buffer, { transfer: [earlier.buffer as ArrayBuffer] });
          return 1;
        },
        number: 1.1,
      };
      const error = thrownBy(() => format.pack(value)) as Error & { code?: string };
      expect(error.message).toMatch(/took away the memory/);
      expect(error.code).toBe('KV_INVALID_ARGUMENT');
      expect(format.unpack(format.pack({ a: 1.5 }))).toEqual({ a: 1.5 });
    } finally {
      Buffer.poolSize = poolSize;
    }
  });

  test('a property that a getter deletes is not written', () => {
    const value: Record<string, unknown> = {
      get first() {
        delete value.second;
        return 1;
      },
      second: 2,
      third: 3,
    };
    expect(format.unpack(format.pack(value))).toEqual({ first: 1, third: 3 });
  });

  test('enumerable properties of prototypes are not written', () => {
    let read: unknown;
    Object.defineProperty(Object.prototype, 'everywhere', { value: 1, enumerable: true, configurable: true });
    try {
      read = format.unpack(format.pack({ own: 1 }));
    } finally {
      delete (Object.prototype as { everywhere?: number }).everywhere;
    }
    expect(Object.keys(read as object)).toEqual(['own']);
  });
});
