// Truth values and floats of 16 bits. Node's flag --no-js-float16array takes Float16Array away, as in older Nodes.
import { spawnSync } from 'node:child_process';
import { DataPacker, type DType, parseDType, type Tensor } from '@kohakuvault/packer';
import { decodeValue, encodeValue } from '@kohakuvault/packer/value';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

const { Float16Array } = globalThis as { Float16Array?: new (values: Iterable<number>) => ArrayBufferView };

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('bool', () => {
  const packer = new DataPacker('bool');

  test('takes a byte', () => {
    expect([packer.elemSize, packer.isVarsize, packer.dtype]).toEqual([1, false, 'bool']);
    expect(hex(packer.pack(true)) + hex(packer.pack(false))).toBe('0100');
    expect(hex(packer.packMany([true, false, 1, 0]))).toBe('01000100');
    expect(hex(packer.packMany(Float64Array.of(1, 0)))).toBe('0100');
    expect(hex(packer.packMany({ data: [true, false] as never[], shape: [2] }))).toBe('0100');
  });

  test('any byte but 0 is true, as in Python', () => {
    expect(packer.unpackMany(Buffer.from('0001ff', 'hex'), { count: 3 })).toEqual([false, true, true]);
    expect(packer.unpack(Buffer.from('0007', 'hex'), 1)).toBe(true);
  });

  test.each([2, -1, 'true', null, undefined, 1n, Number.NaN])('refuses %s', (value) => {
    expect(thrownBy(() => packer.pack(value as never)).message).toContain('is not a bool; expected true or false');
    expect(thrownBy(() => packer.packMany([true, value as never])).message).toContain('$[1]');
  });

  test('numbers of an array must be 0 or 1', () => {
    expect(thrownBy(() => packer.packMany(Uint8Array.of(1, 2))).message).toContain(
      '$[1]: 2 cannot be represented in bool',
    );
  });

  test('vectors', () => {
    const fixed = new DataPacker('vec:bool:2:2');
    expect(
      hex(
        fixed.pack([
          [true, false],
          [false, 1],
        ]),
      ),
    ).toBe('0b01000001');
    expect(fixed.unpack(Buffer.from('0b01000001', 'hex'))).toEqual({
      data: Uint8Array.of(1, 0, 0, 1),
      shape: [2, 2],
      dtype: 'bool',
    });
    const any = new DataPacker('vec:bool');
    expect(hex(any.pack([true, false]))).toBe('0b01020000000100');
    expect(hex(any.pack(true))).toBe('0b0001');
    expect(any.unpack(any.pack([[true], [false]]))).toEqual({
      data: Uint8Array.of(1, 0),
      shape: [2, 1],
      dtype: 'bool',
    });
    // What was read goes back.
    expect(any.pack(any.unpack(any.pack([true, false])))).toEqual(any.pack([true, false]));
    expect(thrownBy(() => any.pack([true, 'x'] as never)).message).toContain('"x" is not a number');
    expect(thrownBy(() => new DataPacker('vec:u8').pack([true] as never)).message).toContain('true is not a number');
  });
});

describe('f16', () => {
  const packer = new DataPacker('f16');

  test.each([
    [0, '0000'],
    [-0, '0080'],
    [1, '003c'],
    [-2, '00c0'],
    [0.1, '662e'],
    [65_504, 'ff7b'],
    [65_519, 'ff7b'],
    [2 ** -24, '0100'],
    [Number.POSITIVE_INFINITY, '007c'],
    [Number.NEGATIVE_INFINITY, '00fc'],
    [1n, '003c'],
    // A float of 32 bits would round it up first, and then up again.
    [1 + 2 ** -11 + 2 ** -30, '013c'],
    [1 + 2 ** -11 - 2 ** -30, '003c'],
    [1 + 2 ** -11, '003c'],
    [1 + 3 * 2 ** -11, '023c'],
  ])('%s is %s', (value, bytes) => {
    expect(hex(packer.pack(value))).toBe(bytes);
    if (typeof value === 'number') expect(hex(packer.packMany(Float64Array.of(value)))).toBe(bytes);
  });

  test('all come back', () => {
    const bits = Uint16Array.from({ length: 65_536 }, (_, index) => index);
    const all = packer.unpackMany(bits, { count: 65_536 });
    expect(all).toBeInstanceOf(Float16Array ?? Float32Array);
    const isNaNAt = (index: number) => (index & 0x7c00) === 0x7c00 && (index & 0x3ff) !== 0;
    const back = packer.packMany(all);
    for (let index = 0; index < 65_536; index++) {
      const value = all[index] as number;
      expect(Number.isNaN(value)).toBe(isNaNAt(index));
      if (!Number.isNaN(value)) {
        if (back.readUInt16LE(2 * index) !== index) expect(back.readUInt16LE(2 * index)).toBe(index);
        if (index % 61 === 0) expect(packer.unpack(packer.pack(value))).toBe(value);
      }
    }
  });

  test.each([65_520, -1e300])('refuses %s, whose nearest 16-bit float is infinite', (value) => {
    expect(thrownBy(() => packer.pack(value)).message).toContain('is beyond the largest f16, 65504; use f32');
    expect(thrownBy(() => packer.packMany(Float64Array.of(value))).message).toContain('cannot be represented in f16');
  });

  test('vectors', () => {
    const fixed = new DataPacker('vec:f16:2');
    expect(hex(fixed.pack([1, 0.1]))).toBe('0c003c662e');
    expect([...fixed.unpack(fixed.pack([1, -2]))]).toEqual([1, -2]);
    const any = new DataPacker('vec:f16');
    expect(hex(any.pack([[1], [-2]]))).toBe('0c020200000001000000003c00c0');
    const { data, shape, dtype } = any.unpack(any.pack([[1], [-2]]));
    expect([[...data], shape, dtype]).toEqual([[1, -2], [2, 1], 'f16']);
    expect([
      ...new DataPacker('vec:float16:2' as 'vec:f16:2').unpackTensor(
        fixed.packMany([
          [1, 2],
          [3, 4],
        ]),
        2,
      ).data,
    ]).toEqual([1, 2, 3, 4]);
  });

  test.runIf(Float16Array)('a Float16Array goes where its numbers fit', () => {
    const Half = Float16Array as NonNullable<typeof Float16Array>;
    const values = new Half([1, 2]) as never;
    expect(hex(new DataPacker('vec:f16:2').pack(values))).toBe('0c003c0040');
    expect(hex(new DataPacker('vec:f32:2').pack(values))).toBe('010000803f00000040');
    expect(hex(new DataPacker('u8').packMany(values))).toBe('0102');
    expect(thrownBy(() => new DataPacker('u8').packMany(new Half([1.5]) as never)).message).toContain('1.5 cannot be');
    expect(parseDType('f16')).toMatchObject({ elemSize: 2, element: { type: 'f16', size: 2, isNative: true } });
  });

  test('without a Float16Array, numbers come in a Float32Array', () => {
    const program = `
      import { DataPacker } from '@kohakuvault/packer';
      const packer = new DataPacker('f16');
      const bits = Uint16Array.from({ length: 65536 }, (_, index) => index);
      const all = packer.unpackMany(bits, { count: 65536 });
      const back = packer.packMany(all);
      const wrong = bits.findIndex((bit, index) => !Number.isNaN(all[index]) && back.readUInt16LE(2 * index) !== bit);
      const vector = new DataPacker('vec:f16').unpack(new DataPacker('vec:f16').pack([1, 0.1]));
      console.log(JSON.stringify([
        typeof Float16Array, all.constructor.name, wrong,
        packer.pack(1 + 2 ** -11 + 2 ** -30).toString('hex'), packer.unpack(Buffer.from('662e', 'hex')),
        vector.data.constructor.name, [...vector.data], vector.dtype,
        new DataPacker('vec:f16:2').pack([1, -2]).toString('hex'),
        [...new DataPacker('vec:f16:2').unpack(Buffer.from('0c003c00c0', 'hex'))],
      ]));`;
    const args = ['--no-js-float16array', '--conditions=@kohakuvault/source', '--input-type=module', '-e', program];
    const run = spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' });
    expect(run.stderr).toBe('');
    const nearest = 0.0999755859375;
    expect(JSON.parse(run.stdout)).toEqual([
      'undefined',
      'Float32Array',
      -1,
      '013c',
      nearest,
      'Float32Array',
      [1, nearest],
      'f16',
      '0c003c00c0',
      [1, -2],
    ]);
  });
});

test('values are stored as before: Python knows no vectors of these types', () => {
  const tensor: Tensor = { data: Uint8Array.of(1, 0), shape: [2], dtype: 'bool' };
  for (const value of [tensor, ...(Float16Array ? [new Float16Array([1.5])] : [])]) {
    const stored = encodeValue(value);
    // The structured encoding.
    expect(stored[3]).toBe(0x20);
    expect(decodeValue(stored)).toEqual(value);
  }
  for (const code of ['0b', '0c']) {
    const stored = Buffer.from(`894b010210000000564b${code}0102000000${'00'.repeat(code === '0b' ? 2 : 4)}`, 'hex');
    expect(() => decodeValue(stored)).toThrow(/a vector of a stored value has elements of (bool|f16)/);
  }
});

test.each<[DType, DType]>([
  ['vec:float16:2' as DType, 'vec:f16:2'],
  ['vector:bool' as DType, 'vec:bool'],
])('%s is spelt %s', (given, spelt) => {
  expect(parseDType(given).dtype).toBe(spelt);
});
