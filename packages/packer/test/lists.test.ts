import { DataPacker, type DType } from '@kohakuvault/packer';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { inTurn, resizable, withGetter } from './support/memory.ts';

const DTYPES: readonly [DType, unknown][] = [
  ['i32', 1],
  ['f64', 1],
  ['i64', 1n],
  ['bytes', Buffer.from('a')],
  ['bytes:4', Buffer.from('a')],
  ['str', 'a'],
  ['str:4', 'a'],
  ['msgpack', { a: 1 }],
  ['cbor', { a: 1 }],
  ['vec:f32', [1]],
  ['vec:f32:1', [1]],
];

describe('lists that change while they are packed', () => {
  test.each(DTYPES)('%s: a list that grows or shrinks counts with its first length', (dtype, value) => {
    const packer = new DataPacker(dtype);
    const growing: unknown[] = [value, value];
    withGetter(growing, 1, () => {
      growing.push(value, value);
      return value;
    });
    const { offsets, data } = packer.packManyWithOffsets(growing);
    expect(offsets.length).toBe(3);
    expect(data).toEqual(Buffer.concat([packer.pack(value), packer.pack(value)]));
    growing.length = 2;
    expect(packer.packMany(growing)).toEqual(data);
    const shrinking: unknown[] = [value, value, value];
    withGetter(shrinking, 0, () => {
      shrinking.length = 1;
      return value;
    });
    expect(thrownBy(() => packer.packMany(shrinking)).code).toBe('KV_INVALID_ARGUMENT');
  });

  test.each(DTYPES)('%s: a wrong length, or one of holes, allocates no memory', (dtype, value) => {
    const packer = new DataPacker(dtype);
    const before = process.memoryUsage.rss();
    for (const length of [2 ** 32, -1, 1.5, Number.NaN, '2', Symbol('s'), 2n, undefined]) {
      const list = new Proxy([value], {
        get: (target, name) => (name === 'length' ? length : Reflect.get(target, name)),
      });
      expect(thrownBy(() => packer.packMany(list)).code).toBe('KV_INVALID_ARGUMENT');
      expect(thrownBy(() => packer.packManyWithOffsets(list)).code).toBe('KV_INVALID_ARGUMENT');
    }
    for (const list of [new Array(2 ** 32 - 1), Object.assign(new Array(2 ** 32 - 1), { 0: value })]) {
      expect(thrownBy(() => packer.packMany(list)).code).toBe('KV_INVALID_ARGUMENT');
      expect(thrownBy(() => packer.packManyWithOffsets(list)).code).toBe('KV_INVALID_ARGUMENT');
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(200_000_000);
  });

  test('bounds match the bytes, whatever a getter returns the second time', () => {
    for (const [dtype, first, second] of [
      ['bytes', Buffer.from('a'), Buffer.from('bcdefgh')],
      ['bytes', Buffer.from('abcdefgh'), Buffer.from('b')],
      ['bytes', Buffer.from('abcdefgh'), 7],
      ['str', 'a', 'bcd'],
      ['str', 'abc', ''],
    ] as const) {
      const packer = new DataPacker(dtype);
      const values = withGetter(
        ['', first, ''].map((value) => (dtype === 'bytes' ? Buffer.from(value) : value)),
        1,
        inTurn<unknown>(first, second),
      );
      let packed: { data: Buffer; offsets: Float64Array };
      try {
        packed = packer.packManyWithOffsets(values);
      } catch (error) {
        expect(error).toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
        continue;
      }
      expect(packed.offsets[3]).toBe(packed.data.length);
      expect([first, second]).toContainEqual(packer.unpackMany(packed.data, { offsets: packed.offsets })[1]);
    }
  });

  test('memory that a later getter resizes or takes away is refused, and nothing else is packed instead', () => {
    const memory = resizable(64);
    const view = new Uint8Array(memory, 0, 64).fill(7);
    const values = withGetter([view, view], 1, () => {
      memory.resize(0);
      return Buffer.from('a');
    });
    expect(thrownBy(() => new DataPacker('bytes').packManyWithOffsets(values)).message).toContain('$[0]');
    const tracking = resizable(64);
    const whole = new Uint8Array(tracking).fill(7);
    const resized = withGetter([whole, whole, whole], 1, () => {
      tracking.resize(8);
      return Buffer.from('a');
    });
    const { data, offsets } = new DataPacker('bytes').packManyWithOffsets(resized);
    expect(offsets[3]).toBe(data.length);
    expect(data.filter((byte) => byte !== 7)).toEqual(Buffer.from('a'));
  });

  test('a value whose getter packs another value is packed unchanged', () => {
    for (const dtype of ['msgpack', 'cbor'] as const) {
      const packer = new DataPacker(dtype);
      const value = {
        before: 1,
        get between() {
          packer.pack('another value, which is longer');
          return 2;
        },
        after: [3],
      };
      expect(packer.unpack(packer.pack(value))).toEqual({ before: 1, between: 2, after: [3] });
      const list = withGetter([1, 2], 1, () => {
        list.push(3);
        return 2;
      });
      expect(packer.unpack(packer.pack(list))).toEqual([1, 2]);
    }
  });

  test('objects that break the iterable protocol are refused', () => {
    const packer = new DataPacker('f64');
    for (const iterator of [5, null, {}, { next: 5 }, { next: () => 5 }]) {
      expect(thrownBy(() => packer.packMany({ [Symbol.iterator]: () => iterator } as never)).code).toBe(
        'KV_INVALID_ARGUMENT',
      );
    }
    expect(thrownBy(() => packer.packMany({ [Symbol.iterator]: 5 } as never)).code).toBe('KV_INVALID_ARGUMENT');
  });
});

describe('bounds that change while elements are unpacked', () => {
  test.each(['bytes', 'str', 'msgpack', 'vec:f32'] as const)('%s: each bound is read once', (dtype) => {
    const packer = new DataPacker(dtype);
    const value = { bytes: Buffer.from('ab'), str: 'ab', msgpack: [1], 'vec:f32': [1, 2] }[dtype];
    const { data, offsets } = packer.packManyWithOffsets([value, value]);
    const expected = packer.unpackMany(data, { offsets });
    for (const later of [-5, 4_000, Number.NaN, 'x']) {
      const moving = withGetter([...offsets], 1, inTurn<unknown>(offsets[1], later));
      expect(packer.unpackMany(data, { offsets: moving as number[] })).toEqual(expected);
      const starts = withGetter([...offsets.subarray(0, 2)], 1, inTurn<unknown>(offsets[1], later));
      expect(packer.unpackMany(data, { starts: starts as number[] })).toEqual(expected);
    }
    const bounds = { get offsets() {
      return turn();
    } }; // biome-ignore format: one getter
    const turn = inTurn<ArrayLike<number>>(offsets, [0, 5_000]);
    expect(packer.unpackMany(data, bounds)).toEqual(expected);
  });

  test('a long list of holes, or more elements than an array can hold', () => {
    const packer = new DataPacker('str');
    expect(thrownBy(() => packer.unpackMany(Buffer.from('a'), { offsets: new Array(2 ** 32 - 1) })).code).toBe(
      'KV_INVALID_ARGUMENT',
    );
    expect(thrownBy(() => packer.unpackMany(Buffer.from('a'), { starts: new Array(2 ** 32 - 1) })).code).toBe(
      'KV_INVALID_ARGUMENT',
    );
    expect(
      thrownBy(() => packer.unpackMany(Buffer.from('a'), { offsets: BigInt64Array.of(0n, 1n) as never })).code,
    ).toBe('KV_INVALID_ARGUMENT');
    expect(thrownBy(() => packer.unpackMany(Buffer.from('a'), { offsets: [0, 1n] as never })).message).toContain(
      'bound 1 is 1n',
    );
  });
});
