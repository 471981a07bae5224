import { DataPacker, type DType } from '@kohakuvault/packer';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { inTurn, resizable, withGetter } from './support/memory.ts';

const data = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const four = new DataPacker('vec:f32:4');
const any = new DataPacker('vec:f32');

/** Checks that a value is refused in every form: alone, in a list, and as a block of rows. */
function refused(dtype: DType, value: unknown): void {
  const packer = new DataPacker(dtype);
  expect(thrownBy(() => packer.pack(value)).code).toBe('KV_INVALID_ARGUMENT');
  expect(thrownBy(() => packer.packMany([value])).code).toBe('KV_INVALID_ARGUMENT');
  expect(thrownBy(() => packer.packManyWithOffsets([value])).code).toBe('KV_INVALID_ARGUMENT');
}

describe('the elements of a tensor are within its data', () => {
  test.each([100, 5, 2 ** 40, -1, -2, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2n, '1', null, {}, Symbol('s'), true])(
    'an offset of %s is refused',
    (offset) => {
      for (const dtype of ['vec:f32:4', 'vec:f64:4', 'vec:f32', 'vec:i8'] as const) {
        refused(dtype, { data, shape: [4], stride: [1], offset });
        refused(dtype, { data, shape: [4], offset });
      }
      for (const dtype of ['f32', 'f64', 'vec:f32:2'] as const) {
        const rows = { data, shape: [2, 2], stride: [2, 1], offset: offset === 5 ? 6 : offset };
        expect(thrownBy(() => new DataPacker(dtype).packMany(rows as never)).code).toBe('KV_INVALID_ARGUMENT');
      }
    },
  );

  test('offsets within the data are accepted', () => {
    for (const offset of [0, 1, 4]) {
      const tensor = { data, shape: [4], stride: [1], offset };
      expect([...four.unpack(four.pack(tensor))]).toEqual([...data.subarray(offset, offset + 4)]);
      expect([...any.unpack(any.pack({ data, shape: [4], offset })).data]).toEqual([
        ...data.subarray(offset, offset + 4),
      ]);
    }
    expect(any.unpack(any.pack({ data, shape: [0], stride: [1], offset: 8 })).shape).toEqual([0]);
  });

  test.each<[string, unknown]>([
    ['a size that is no number', ['4']],
    ['a fraction', [4.5]],
    ['a negative size', [-4]],
    ['NaN', [Number.NaN]],
    ['a symbol', [Symbol('s')]],
    ['an object without a value', [Object.create(null)]],
    ['a hole', new Array(1)],
    ['more dimensions than a header has', new Array(256).fill(1)],
    ['dimensions without end', new Array(2 ** 32 - 1)],
    ['no array', 4],
    [
      'a Proxy that has any length',
      new Proxy([4], { get: (of, name) => (name === 'length' ? 2 ** 40 : Reflect.get(of, name)) }),
    ],
  ])('a shape with %s is refused', (_, shape) => {
    refused('vec:f32:4', { data: data.subarray(0, 4), shape });
    refused('vec:f32', { data, shape, stride: [1], offset: 0 });
  });

  test('a dimension beyond 32 bits is refused, and sizes whose product is infinite', () => {
    refused('vec:f32', { data, shape: [2 ** 32 + 4], stride: [1], offset: 0 });
    refused('vec:f32', { data: new Float32Array(0), shape: [2 ** 32, 0] });
    refused('vec:f32', { data, shape: new Array(40).fill(2 ** 31), stride: [], offset: 0 });
    const empty = { data: new Float32Array(0), shape: [...new Array(40).fill(2 ** 31), 0] };
    expect(any.unpack(any.pack(empty)).shape).toEqual(empty.shape);
  });

  test('each property is read once', () => {
    const tensor = {
      data,
      get shape() {
        return withGetter([0], 0, inTurn(4, 400));
      },
      stride: [1],
      get offset() {
        return 0;
      },
    };
    expect([...four.unpack(four.pack(tensor))]).toEqual([1, 2, 3, 4]);
    const reads = new Map<PropertyKey, number>();
    const counted = new Proxy(
      { data, shape: [4], stride: [1], offset: 2 },
      {
        get(target, name) {
          reads.set(name, (reads.get(name) ?? 0) + 1);
          return Reflect.get(target, name);
        },
      },
    );
    expect([...four.unpack(four.pack(counted))]).toEqual([3, 4, 5, 6]);
    expect([...reads.values()].every((count) => count === 1)).toBe(true);
  });

  test('memory that a getter takes away is not read', () => {
    const memory = resizable(32);
    const view = new Float32Array(memory, 0, 8);
    const tensor = {
      data: view,
      get shape() {
        memory.resize(16);
        return [8];
      },
    };
    expect(thrownBy(() => any.pack(tensor)).message).toContain('taken away');
    const growing = resizable(16);
    const tracking = {
      data: new Float32Array(growing),
      get shape() {
        growing.resize(8);
        return [4];
      },
    };
    expect(thrownBy(() => any.pack(tracking)).code).toBe('KV_INVALID_ARGUMENT');
  });

  test('a tensor with a method named stride is row-major', () => {
    const tensor = { data: data.subarray(0, 4), dims: [2, 2], stride: () => [2, 1] };
    expect(any.unpack(any.pack(tensor)).shape).toEqual([2, 2]);
  });
});

describe('a vector has as many elements as its shape says', () => {
  test.each<[string, unknown]>([
    [
      'an empty array where a number should be',
      [
        [1, []],
        [3, 4],
      ],
    ],
    [
      'an array of one',
      [
        [1, [2]],
        [3, 4],
      ],
    ],
    [
      'an array of two',
      [
        [1, [2, 5]],
        [3, 4],
      ],
    ],
    ['a number where a row should be', [[1, 2], 3]],
    [
      'a longer row',
      [
        [1, 2],
        [3, 4, 5],
      ],
    ],
  ])('nested arrays with %s are refused', (_, value) => {
    refused('vec:f32:2:2', value);
    refused('vec:f32', value);
  });

  test('nested arrays are read once', () => {
    const row = withGetter([1, 0], 1, inTurn<unknown>(2, [2, 2, 2]));
    expect([...new DataPacker('vec:f32:2').unpack(new DataPacker('vec:f32:2').pack(row))]).toEqual([1, 2]);
    const rows = new DataPacker('vec:f32:2:2');
    expect(rows.pack(withGetter([[1, 2], 0], 1, inTurn([3, 4], [3])))).toEqual(
      rows.pack([
        [1, 2],
        [3, 4],
      ]),
    );
    const shrinking: unknown[] = [1, 2, 3, 4];
    withGetter(shrinking, 1, () => {
      shrinking.length = 2;
      return 2;
    });
    refused('vec:f32:4', shrinking);
  });

  test('endless or nearly endless arrays are refused', () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    refused('vec:f32', cyclic);
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    refused('vec:f32', deep);
    let wide: unknown = [1];
    for (let level = 0; level < 200; level++) wide = [wide, wide];
    refused('vec:f32', wide);
    let hollow: unknown = [];
    for (let level = 0; level < 200; level++) hollow = [hollow, hollow];
    refused('vec:f32', hollow);
    refused('vec:f32', new Array(2 ** 32 - 1));
    refused('vec:f32:4', new Array(2 ** 32 - 1));
    refused('vec:f32', Object.assign(new Array(2 ** 32 - 1), { 0: 1 }));
    refused('vec:f32', { data: new Array(2 ** 32 - 1), shape: [4] });
  });

  test('bigints among numbers keep their places, and errors name them', () => {
    const packer = new DataPacker('vec:i64:2:2');
    expect([
      ...packer.unpack(
        packer.pack([
          [1, 2],
          [3n, 4],
        ]),
      ).data,
    ]).toEqual([1n, 2n, 3n, 4n]);
    expect(
      thrownBy(() =>
        packer.pack([
          [1, 2.5],
          [3n, 4],
        ]),
      ).message,
    ).toContain('$[0][1]');
    expect(
      thrownBy(() =>
        packer.pack([
          [1, 2],
          [3n, 2n ** 70n],
        ]),
      ).message,
    ).toContain('$[1][1]');
    refused('vec:i64', Object.assign(new Array(3), { 0: 1n, 2: 2n }));
    refused('vec:i64', [1n, undefined, 2n]);
  });

  test('the elements of a view count, not its class or properties', () => {
    const disguised = Object.setPrototypeOf(new Uint8Array(4), Float32Array.prototype);
    expect(four.pack(disguised)).toEqual(four.pack([0, 0, 0, 0]));
    const longer = Object.defineProperty(Float32Array.of(1, 2), 'length', { value: 4 });
    refused('vec:f32:4', longer);
    class Odd extends Float32Array {
      override get length(): number {
        return 100;
      }
      override subarray(): never {
        throw new Error('not to be called');
      }
      static get [Symbol.species](): never {
        throw new Error('not to be called');
      }
    }
    expect(four.pack(Odd.of(1, 2, 3, 4))).toEqual(four.pack([1, 2, 3, 4]));
    const tensor = { data: Odd.of(0, 1, 2, 3, 4), shape: [4], stride: [1], offset: 1 };
    expect(four.pack(tensor)).toEqual(four.pack([1, 2, 3, 4]));
    const view = new DataView(new ArrayBuffer(16));
    refused('vec:f32:4', view);
    refused('vec:f32', { data: view, shape: [4] });
    const half = (globalThis as { Float16Array?: new (length: number) => ArrayBufferView }).Float16Array;
    if (half) refused('vec:f32:4', Object.setPrototypeOf(new half(8), Float32Array.prototype));
  });
});
