import { DataPacker, type DType, parseDType } from '@kohakuvault/packer';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

const SCALARS = ['i8', 'i16', 'i32', 'i64', 'u8', 'u16', 'u32', 'u64', 'f32', 'f64'] as const;

describe('parseDType', () => {
  test.each([
    ['vec:f23:3', 'vec:f23:3: unknown element type f23; did you mean f32?'],
    ['i63', 'did you mean i64?'],
    ['int32', 'unknown dtype "int32"; did you mean i32?'],
    ['float64', 'did you mean f64?'],
    ['Float64Array', 'did you mean f64?'],
    ['BigUint64Array', 'did you mean u64?'],
    ['F32', 'did you mean f32?'],
    ['double', 'did you mean f64?'],
    ['boolean', 'did you mean bool?'],
    ['half', 'did you mean f16?'],
    ['text', 'did you mean str:utf8?'],
    ['utf-8', 'did you mean str:utf8?'],
    ['JSON', 'did you mean msgpack?'],
    ['blob', 'did you mean bytes?'],
    ['vec:double:3', 'unknown element type double; did you mean f64?'],
    ['vec:text', 'unknown element type text; expected one of f32'],
    ['str:text', 'unknown encoding "text"; expected one of utf8'],
    ['constructor', 'unknown dtype "constructor"; expected one of'],
    ['strng', 'did you mean str'],
    ['str:utf9', 'did you mean utf8?'],
    ['str:utf8:8', 'str:8:utf8'],
    ['vec:f32:0', 'expected a whole number >= 1'],
    ['vec', 'names its element type'],
    ['bytes:x', '"x" is not a size'],
    ['', 'unknown dtype ""'],
  ])('%s: %s', (dtype, message) => {
    expect(thrownBy(() => parseDType(dtype))).toMatchObject({
      code: 'KV_INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    });
  });

  test.each([
    ['string:8:UTF-8', 'str:8:utf8'],
    ['str', 'str:utf8'],
    ['vector:float32:3', 'vec:f32:3'],
    ['messagepack:12', 'msgpack:12'],
    ['str:ISO-8859-1', 'str:latin1'],
    ['i64:3', 'i64'],
  ])('%s is %s', (alias, plain) => {
    expect(parseDType(alias).dtype).toBe(plain);
    expect(new DataPacker(alias as DType).dtype).toBe(plain);
  });

  test.each([undefined, null, 1, {}, ['i64']])('%s is not a dtype', (dtype) => {
    expect(thrownBy(() => parseDType(dtype as never)).code).toBe('KV_INVALID_ARGUMENT');
    expect(thrownBy(() => new DataPacker(dtype as never)).code).toBe('KV_INVALID_ARGUMENT');
  });

  test('options are checked by name', () => {
    expect(thrownBy(() => new DataPacker('i64', { int46: 'number' } as never)).message).toContain('int46');
    expect(thrownBy(() => new DataPacker('i64', { int64: 'float' } as never)).code).toBe('KV_INVALID_ARGUMENT');
  });
});

describe('numbers', () => {
  test.each<[DType, unknown]>([
    ['u8', 300],
    ['u8', -1],
    ['u8', 1.5],
    ['i8', 128],
    ['i16', 2 ** 15],
    ['u16', 65_536],
    ['i32', 2 ** 31],
    ['u32', -1],
    ['i64', 1.5],
    ['i64', 2 ** 64],
    ['i64', 2n ** 63n],
    ['u64', -1],
    ['u64', 2n ** 64n],
    ['i64', Number.NaN],
    ['i64', '1'],
    ['f64', '1'],
    ['f64', 2n ** 53n + 1n],
    ['f32', 1e39],
    ['f64', undefined],
    ['u8', true],
    ['f64', null],
  ])('%s refuses %s', (dtype, value) => {
    const packer = new DataPacker(dtype);
    expect(thrownBy(() => packer.pack(value)).code).toBe('KV_INVALID_ARGUMENT');
    const error = thrownBy(() => packer.packMany([0, value]));
    expect(error.code).toBe('KV_INVALID_ARGUMENT');
    expect(error.message).toContain('$[1]');
    const target = new Uint8Array(16).fill(7);
    expect(thrownBy(() => packer.packInto(value, target)).code).toBe('KV_INVALID_ARGUMENT');
    expect(target).toEqual(new Uint8Array(16).fill(7));
  });

  test('64-bit integers come back as bigints, or as safe numbers on request', () => {
    const bytes = new DataPacker('u64').packMany([1n, 2 ** 40, 2n ** 64n - 1n]);
    expect(new DataPacker('u64').unpackMany(bytes, { count: 3 })).toEqual(
      BigUint64Array.of(1n, 2n ** 40n, 2n ** 64n - 1n),
    );
    const numbers = new DataPacker('u64', { int64: 'number' });
    expect(numbers.unpackMany(bytes, { count: 2 })).toEqual(Float64Array.of(1, 2 ** 40));
    expect(numbers.unpack(bytes, 8)).toBe(2 ** 40);
    expect(thrownBy(() => numbers.unpack(bytes, 16)).code).toBe('KV_INVALID_ARGUMENT');
    expect(numbers.unpack(bytes, 0, 8)).toBe(numbers.unpack(bytes));
    expect(thrownBy(() => numbers.unpack(bytes, 8, 12)).code).toBe('KV_CORRUPT');
    const text = new DataPacker('str');
    expect([text.unpack(Buffer.from('abcd'), 1, 3), text.unpack(Buffer.from('abcd'), 4, 4)]).toEqual(['bc', '']);
    for (const end of [-1, 0, 5, 1.5]) {
      expect(thrownBy(() => text.unpack(Buffer.from('abcd'), 1, end)).code).toBe('KV_INVALID_ARGUMENT');
    }
    expect(thrownBy(() => numbers.unpackMany(bytes, { count: 3 })).code).toBe('KV_INVALID_ARGUMENT');
  });

  test('-0, NaN and the infinities are preserved', () => {
    const values = [-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const dtype of ['f64', 'f32'] as const) {
      const packer = new DataPacker(dtype);
      expect([...packer.unpackMany(packer.packMany(values), { count: 4 })]).toEqual(values);
      for (const value of values) expect(packer.unpack(packer.pack(value))).toBe(value);
    }
  });

  test.each(SCALARS)('%s accepts arrays, iterables, typed arrays of every type, tensors', (dtype) => {
    const packer = new DataPacker(dtype);
    const expected = packer.packMany([1, 2, 3]);
    const given = [
      new Set([1, 2, 3]),
      (function* () {
        yield* [1, 2, 3];
      })(),
      [1n, 2n, 3n],
      Int8Array.of(1, 2, 3),
      Uint8ClampedArray.of(1, 2, 3),
      Uint16Array.of(1, 2, 3),
      Float32Array.of(1, 2, 3),
      Float64Array.of(1, 2, 3),
      BigInt64Array.of(1n, 2n, 3n),
      BigUint64Array.of(1n, 2n, 3n),
      { data: Int32Array.of(1, 2, 3), shape: [3, 1], dtype: 'i32' as const },
      { data: Float32Array.of(1, 2, 3), dims: [3] } as never,
    ];
    for (const values of given) expect(packer.packMany(values)).toEqual(expected);
  });

  test('a cast of a typed array that changes a value is refused with its index', () => {
    expect(thrownBy(() => new DataPacker('u8').packMany(Float64Array.of(1, 2.5))).message).toContain('$[1]: 2.5');
    expect(thrownBy(() => new DataPacker('i32').packMany(BigInt64Array.of(0n, 2n ** 40n))).message).toContain('$[1]');
    const rounded = new DataPacker('f32').packMany(Float64Array.of(0.1));
    expect(new DataPacker('f32').unpack(rounded)).toBe(Math.fround(0.1));
  });
});

describe('strings', () => {
  test.each<[DType, string]>([
    ['str:3', 'abcd'],
    ['str:3', 'aé€'],
    ['str:ascii', 'é'],
    ['str:latin1', '€'],
    ['str', '\ud800'],
    ['str:utf16le', 'a\udc00'],
    ['str:0', 'a'],
  ])('%s refuses %j', (dtype, value) => {
    expect(thrownBy(() => new DataPacker(dtype).pack(value)).code).toBe('KV_INVALID_ARGUMENT');
  });

  test.each<[DType, string]>([
    ['str', 'ff'],
    ['str', 'c3'],
    ['str:ascii', '80'],
    ['str:utf16le', '00d8'],
    ['str:utf16be', 'd800'],
  ])('%s: the bytes %s are KV_CORRUPT', (dtype, hex) => {
    expect(thrownBy(() => new DataPacker(dtype).unpack(Buffer.from(hex, 'hex'))).code).toBe('KV_CORRUPT');
  });

  test.each(['utf8', 'utf16le', 'utf16be', 'ascii', 'latin1'] as const)(
    '%s round-trips all its characters',
    (encoding) => {
      const text = encoding === 'ascii' ? 'plain\0text' : encoding === 'latin1' ? 'ÿþ\0ß' : 'naïve 日本 😀\0x';
      const packer = new DataPacker(`str:${encoding}`);
      expect(packer.unpack(packer.pack(text))).toBe(text);
      const sized = new DataPacker(`str:64:${encoding}`);
      expect(sized.unpack(sized.pack(text))).toBe(text);
      expect(sized.pack(text)).toHaveLength(64);
    },
  );
});

describe('documents', () => {
  test.each(['msgpack', 'cbor'] as const)('%s preserves what common codecs lose', (dtype) => {
    const packer = new DataPacker(dtype);
    const value = {
      zero: -0,
      nan: Number.NaN,
      large: 2 ** 40,
      negative: -(2 ** 45),
      order: { z: 1, a: 2 },
      list: [null, true, false, '', 'é😀', 1.5, [], {}],
      exact: 2n ** 64n - 1n,
      least: -(2n ** 63n),
      ...JSON.parse('{"__proto__": {"polluted": true}}'),
    };
    const back = packer.unpack(packer.pack(value)) as typeof value;
    expect(back).toEqual(value);
    expect(Object.is(back.zero, -0)).toBe(true);
    expect(Object.keys(back.order)).toEqual(['z', 'a']);
    expect(Object.hasOwn(back, '__proto__')).toBe(true);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test.each(['msgpack', 'cbor'] as const)('%s refuses unsupported values with their path', (dtype) => {
    const packer = new DataPacker(dtype);
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    for (const wrong of [
      undefined,
      () => 1,
      Symbol('s'),
      new Date(),
      new Map(),
      new Set(),
      Buffer.from('bytes'),
      new (class Point {})(),
      2n ** 64n,
      'half \ud800',
      `${'long '.repeat(20)}\ud800`,
      cyclic,
    ]) {
      const error = thrownBy(() => packer.pack({ deep: [1, { 'odd key': wrong }] }));
      expect(error.code).toBe('KV_INVALID_ARGUMENT');
      expect(error.message).toContain('$.deep[1]["odd key"]');
    }
  });

  test.each(['msgpack:8', 'cbor:8'] as const)('%s is padded, and refuses longer documents', (dtype) => {
    const packer = new DataPacker(dtype);
    expect(packer.pack([1, 2])).toHaveLength(8);
    expect(packer.unpack(packer.pack([1, 2]))).toEqual([1, 2]);
    expect(thrownBy(() => packer.pack('longer than eight')).code).toBe('KV_INVALID_ARGUMENT');
  });

  test('a JSON Schema is checked when a value is packed; the error names every violation with path and rule', () => {
    const schema = {
      type: 'object',
      properties: { id: { type: 'integer', minimum: 0 }, mail: { type: 'string', format: 'email' } },
      required: ['id', 'mail'],
      additionalProperties: false,
    };
    for (const dtype of ['msgpack', 'cbor'] as const) {
      const packer = DataPacker.withJsonSchema<{ id: number; mail: string }, typeof dtype>(schema, dtype);
      const good = { id: 1, mail: 'a@b.example' };
      expect(packer.unpack(packer.pack(good))).toEqual(good);
      const error = thrownBy(() => packer.pack({ id: -1, mail: 'nobody', more: 1 } as never));
      expect(error.code).toBe('KV_INVALID_ARGUMENT');
      for (const part of ['/id', '[minimum]', '/mail', '[format]', 'more', '[additionalProperties]']) {
        expect(error.message).toContain(part);
      }
      expect(thrownBy(() => packer.packMany([good, {} as never])).message).toContain('$[1]');
    }
  });

  test('both drafts are supported, and an invalid schema is refused immediately', () => {
    const tuple = { $schema: 'http://json-schema.org/draft-07/schema#', type: 'array', items: [{ type: 'string' }] };
    expect(thrownBy(() => DataPacker.withJsonSchema(tuple).pack([1])).message).toContain('/0');
    const prefix = { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ type: 'string' }] };
    expect(thrownBy(() => DataPacker.withJsonSchema(prefix).pack([1])).message).toContain('/0');
    for (const bad of [{ type: 'nonsense' }, { minimum: 'x' }, null, [], 'schema']) {
      expect(thrownBy(() => DataPacker.withJsonSchema(bad as never)).code).toBe('KV_INVALID_ARGUMENT');
    }
    expect(thrownBy(() => DataPacker.withJsonSchema({}, 'str' as never)).code).toBe('KV_INVALID_ARGUMENT');
  });
});

describe('vectors', () => {
  test('are accepted in every form', () => {
    const packer = new DataPacker('vec:f32:2:2');
    const expected = packer.pack([
      [1, 2],
      [3, 4],
    ]);
    const data = Float32Array.of(1, 2, 3, 4);
    expect(packer.pack({ data, shape: [2, 2], dtype: 'f32' })).toEqual(expected);
    expect(packer.pack({ data, dims: [2, 2] })).toEqual(expected);
    expect(packer.pack({ data: Float64Array.of(9, 1, 2, 3, 4), shape: [2, 2], stride: [2, 1], offset: 1 })).toEqual(
      expected,
    );
    expect(packer.unpack(expected)).toEqual({ data, shape: [2, 2], dtype: 'f32' });
  });

  test.each<[string, unknown]>([
    ['of another length', [1, 2]],
    ['of another shape', [[1, 2, 3]]],
    ['with ragged rows', [[1, 2], [3]]],
    ['with a hole', Object.assign(new Array(3), { 0: 1, 2: 3 })],
    ['of strings', ['1', '2', '3']],
    ['that is a string', 'abc'],
    ['that is an object', { x: 1 }],
    ['whose shape does not fit its data', { data: new Float32Array(3), shape: [2] }],
    ['that is a transposed ndarray', { data: new Float32Array(4), shape: [2, 2], stride: [1, 2], offset: 0 }],
    ['that is a DataView', new DataView(new ArrayBuffer(12))],
  ])('a vector %s is refused, in bulk with its row', (_, value) => {
    const packer = new DataPacker('vec:f32:3');
    expect(thrownBy(() => packer.pack(value as never)).code).toBe('KV_INVALID_ARGUMENT');
    const error = thrownBy(() => packer.packMany([[1, 2, 3], value as never]));
    expect(error.code).toBe('KV_INVALID_ARGUMENT');
    expect(error.message).toContain('$[1]');
  });

  test('rows of another length are refused in bulk, by arrays and by tensors', () => {
    const packer = new DataPacker('vec:f32:2');
    expect(thrownBy(() => packer.packMany([[1, 2, 3], [4, 5, 6]])).message).toContain('$[0]'); // biome-ignore format: two rows
    const tensor = { data: new Float32Array(6), shape: [2, 3], dtype: 'f32' as const };
    expect(thrownBy(() => packer.packMany(tensor)).code).toBe('KV_INVALID_ARGUMENT');
  });

  test('u64 preserves all bits', () => {
    const packer = new DataPacker('vec:u64:3');
    const vector = BigUint64Array.of(0n, 1n, 2n ** 64n - 1n);
    expect(packer.unpack(packer.pack(vector))).toEqual(vector);
    expect(packer.unpack(packer.pack([0, 1, 2n ** 64n - 1n]))).toEqual(vector);
  });

  test('a tensor of rows is packed and unpacked as one block', () => {
    const packer = new DataPacker('vec:i16:3');
    const rows = { data: Int16Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3], dtype: 'i16' as const };
    const bytes = packer.packMany(rows);
    expect(bytes).toEqual(packer.packMany([Int16Array.of(1, 2, 3), [4, 5, 6]]));
    expect(packer.unpackTensor(bytes, 2)).toEqual(rows);
    const [first, second] = packer.unpackMany(bytes, { count: 2 });
    expect([first, second]).toEqual([Int16Array.of(1, 2, 3), Int16Array.of(4, 5, 6)]);
    expect(first?.buffer).toBe(second?.buffer);
    expect(thrownBy(() => new DataPacker('f64').unpackTensor(bytes, 1)).code).toBe('KV_INVALID_ARGUMENT');
  });

  test("a vector whose type byte is not the dtype's is KV_CORRUPT, in bulk with its row", () => {
    const packer = new DataPacker('vec:f32:2');
    const bytes = packer.packMany([
      [1, 2],
      [3, 4],
    ]);
    bytes[9] = 3;
    expect(thrownBy(() => packer.unpack(bytes, 9))).toMatchObject({ code: 'KV_CORRUPT' });
    expect(thrownBy(() => packer.unpackMany(bytes, { count: 2 })).message).toContain('$[1]');
    expect(thrownBy(() => packer.unpackTensor(bytes, 2)).code).toBe('KV_CORRUPT');
    bytes[9] = 99;
    expect(thrownBy(() => packer.unpack(bytes, 9)).message).toContain('99');
    expect(thrownBy(() => new DataPacker('vec:f32').unpack(new DataPacker('vec:i8').pack([1]))).code).toBe(
      'KV_CORRUPT',
    );
  });

  test('damaged sizes of a vector of any shape allocate nothing', () => {
    const packer = new DataPacker('vec:f64');
    const bytes = Buffer.from('0203ffffffffffffffffffffffff', 'hex');
    expect(thrownBy(() => packer.unpack(bytes)).code).toBe('KV_CORRUPT');
    expect(thrownBy(() => packer.unpack(Buffer.from('02', 'hex'))).code).toBe('KV_CORRUPT');
  });
});

describe('bounds', () => {
  const packer = new DataPacker('str');
  const { data, offsets } = packer.packManyWithOffsets(['a', '', 'bcd']);

  test('offsets and starts separate elements', () => {
    expect([...offsets]).toEqual([0, 1, 1, 4]);
    expect(packer.unpackMany(data, { offsets })).toEqual(['a', '', 'bcd']);
    expect(packer.unpackMany(data, { starts: [0, 1, 1] })).toEqual(['a', '', 'bcd']);
    expect(packer.unpackMany(data, { offsets: [0] })).toEqual([]);
    expect(packer.unpackMany(data, { starts: [] })).toEqual([]);
  });

  test.each([
    [{ offsets: [0, 2, 1] }],
    [{ offsets: [0, 9] }],
    [{ offsets: [-1, 2] }],
    [{ offsets: [0.5, 2] }],
    [{ offsets: [] }],
    [{ offsets: 'abc' }],
    [{ starts: [9] }],
    [{ count: 3 }],
    [{ count: 1, offsets: [0, 1] }],
    [{}],
    [undefined],
  ])('%j are refused', (bounds) => {
    expect(thrownBy(() => packer.unpackMany(data, bounds as never)).code).toBe('KV_INVALID_ARGUMENT');
  });

  test('a count beyond the bytes is KV_CORRUPT, a value that is not a count is refused', () => {
    const numbers = new DataPacker('f64');
    expect(thrownBy(() => numbers.unpackMany(Buffer.alloc(15), { count: 2 })).code).toBe('KV_CORRUPT');
    expect(numbers.unpackMany(Buffer.alloc(15), { count: 1 })).toEqual(Float64Array.of(0));
    for (const count of [-1, 1.5, Number.NaN, '1']) {
      expect(thrownBy(() => numbers.unpackMany(Buffer.alloc(8), { count: count as never })).code).toBe(
        'KV_INVALID_ARGUMENT',
      );
    }
  });

  test('an offset beyond the end is refused', () => {
    for (const offset of [9, -1, 0.5, Number.NaN]) {
      expect(thrownBy(() => new DataPacker('i64').unpack(Buffer.alloc(8), offset)).code).toBe('KV_INVALID_ARGUMENT');
    }
    expect(thrownBy(() => new DataPacker('i64').unpack(Buffer.alloc(8), 1)).code).toBe('KV_CORRUPT');
  });
});

describe('memory', () => {
  test("results are the caller's own: writable, aligned, and not a view of the input", () => {
    const input = Buffer.alloc(100, 1);
    const numbers = new DataPacker('f64').unpackMany(input.subarray(3), { count: 4 });
    numbers.fill(5);
    const vector = new DataPacker('vec:u8:4').unpack(Buffer.from('0501020304', 'hex'));
    vector.fill(9);
    const bytes = new DataPacker('bytes').unpack(input, 90);
    bytes.fill(7);
    expect(input.every((byte) => byte === 1)).toBe(true);
    const source = Float64Array.of(1, 2);
    const packed = new DataPacker('f64').packMany(source);
    packed.fill(0);
    expect(source).toEqual(Float64Array.of(1, 2));
    const given = Buffer.from('mine');
    new DataPacker('bytes').pack(given).fill(0);
    expect(given.toString()).toBe('mine');
  });

  test('packInto writes in place, and refuses a target that is too small', () => {
    const target = Buffer.alloc(20, 7);
    expect(new DataPacker('u16').packInto(513, target, 2)).toBe(2);
    expect(target.subarray(0, 5)).toEqual(Buffer.from([7, 7, 1, 2, 7]));
    expect(thrownBy(() => new DataPacker('i64').packInto(1, target, 13)).code).toBe('KV_INVALID_ARGUMENT');
    expect(thrownBy(() => new DataPacker('i64').packInto(1, [] as never)).code).toBe('KV_INVALID_ARGUMENT');
    expect(target.subarray(13)).toEqual(Buffer.alloc(7, 7));
  });

  test('bytes come from any view and any ArrayBuffer', () => {
    const packer = new DataPacker('bytes');
    const memory = Uint8Array.of(0, 1, 2, 3).buffer;
    for (const given of [memory, new DataView(memory), new Uint32Array(memory), Buffer.from(memory)]) {
      expect(packer.pack(given)).toEqual(Buffer.from([0, 1, 2, 3]));
      expect(packer.unpack(given, 1)).toEqual(Buffer.from([1, 2, 3]));
    }
    for (const wrong of ['text', [1, 2], null, 7]) {
      expect(thrownBy(() => packer.pack(wrong as never)).code).toBe('KV_INVALID_ARGUMENT');
      expect(thrownBy(() => packer.unpack(wrong as never)).code).toBe('KV_INVALID_ARGUMENT');
    }
    for (const wrong of ['text', 7, null, {}, undefined]) {
      expect(thrownBy(() => packer.packMany(wrong as never)).code).toBe('KV_INVALID_ARGUMENT');
    }
  });
});
