import { DataPacker } from '@kohakuvault/packer';
import { Cbor, decodeValue, Encoding, encodeValue, header, Json, MsgPack, Pickle } from '@kohakuvault/packer/value';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../../../../tools/testing/src/thrown.ts';

const LEVELS = 100_000;

function stored(id: Encoding, ...parts: (string | Buffer)[]): Buffer {
  return Buffer.concat([
    header(id),
    ...parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : part)),
  ]);
}

function nested(wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 1;
  for (let level = 0; level < LEVELS; level++) value = wrap(value);
  return value;
}

describe('bytes with any number of levels are KV_CORRUPT', () => {
  const many = (hex: string, count = LEVELS) => Buffer.from(hex.repeat(count), 'hex');

  test.each<[string, Buffer]>([
    ['5,000 indefinite CBOR byte strings', stored(Encoding.cbor, many('5f', 5_000))],
    ['indefinite CBOR byte strings that end', stored(Encoding.cbor, many('5f'), many('ff'))],
    ['indefinite CBOR strings', stored(Encoding.cbor, many('7f'))],
    ['indefinite CBOR strings as keys', stored(Encoding.cbor, many('a17f'))],
    ['indefinite CBOR strings of both kinds', stored(Encoding.cbor, many('5f7f'))],
    ['arrays in indefinite CBOR byte strings', stored(Encoding.cbor, many('5f81'))],
    ['indefinite CBOR arrays', stored(Encoding.cbor, many('9f'))],
    ['indefinite CBOR maps', stored(Encoding.cbor, many('bf6161'))],
    ['CBOR maps as keys', stored(Encoding.cbor, many('a1'))],
    ['CBOR tags', stored(Encoding.cbor, many('c2'))],
    ['CBOR tags around byte strings', stored(Encoding.cbor, many('c25f'))],
    ['MessagePack arrays', stored(Encoding.msgpack, many('91'))],
    ['MessagePack maps', stored(Encoding.msgpack, many('81a161'))],
    ['MessagePack maps as keys', stored(Encoding.msgpack, many('81'))],
    ['Maps', stored(Encoding.structured, many('c900ffffff0700000001'))],
    ['Sets', stored(Encoding.structured, many('c900ffffff0800000001'))],
    ['errors with causes', stored(Encoding.structured, many('c900ffffff0900c0c0c3'))],
    ['boxed primitives', stored(Encoding.structured, many('c900ffffff0a'))],
    ['sources of RegExps', stored(Encoding.structured, many('c900ffffff06'))],
    ['sparse arrays', stored(Encoding.structured, many('c900ffffff0d000000010000000100000000'))],
    ['JSON arrays', stored(Encoding.json, many('5b'))],
    ['JSON objects', stored(Encoding.json, many('7b2261223a'))],
    ['lists of a pickle', stored(Encoding.pickle, '8004', many('5d'), many('61'), '2e')],
    ['tuples of a pickle', stored(Encoding.pickle, '8004', many('28'), many('74'), '2e')],
    ['dicts of a pickle', stored(Encoding.pickle, '8004', many('7d4b01'), '4e', many('73'), '2e')],
    ["a list as a class's name", stored(Encoding.pickle, '8004', many('5d'), many('61', LEVELS - 1), '8c016193')],
    ["a list as a class's module", stored(Encoding.pickle, '8004', many('5d'), many('61', LEVELS - 1), '8c01610093')],
  ])('%s', (_, bytes) => {
    expect(thrownBy(() => decodeValue(bytes)).code).toBe('KV_CORRUPT');
    const dtype = { [Encoding.cbor as number]: 'cbor', [Encoding.msgpack as number]: 'msgpack' }[bytes[3] as number];
    if (dtype) expect(thrownBy(() => new DataPacker(dtype as 'cbor').unpack(bytes, 10)).code).toBe('KV_CORRUPT');
  });

  test('a list that contains the same list many times is not a name of a dtype or class', () => {
    // l = []; 40 times: l = [l, l]
    const levels = Array.from({ length: 40 }, (_, level) => `9468${level.toString(16).padStart(2, '0')}86`).join('');
    const list = Buffer.concat([Buffer.from('80045d', 'hex'), Buffer.from(levels, 'hex')]);
    const dtype = Buffer.from('636e756d70790a64747970650a', 'hex');
    expect(thrownBy(() => decodeValue(stored(Encoding.pickle, list, '8c016193'))).code).toBe('KV_CORRUPT');
    const call = Buffer.concat([list.subarray(0, 2), dtype, list.subarray(2), Buffer.from('85522e', 'hex')]);
    expect(thrownBy(() => decodeValue(stored(Encoding.pickle, call))).code).toBe('KV_CORRUPT');
  });

  test('a numpy array of too many dimensions', () => {
    const shape = `28${'4b01'.repeat(1_000_000)}74`;
    const text = (value: string) =>
      `8c${value.length.toString(16).padStart(2, '0')}${Buffer.from(value).toString('hex')}`;
    const type = `${text('numpy')}${text('dtype')}93${text('u1')}8552`;
    const bytes = `42${Buffer.from(Uint32Array.of(1_000_000).buffer).toString('hex')}${'00'.repeat(1_000_000)}`;
    const pickle = `8004${text('numpy.core.numeric')}${text('_frombuffer')}9328${bytes}${type}${shape}${text('F')}74522e`;
    expect(thrownBy(() => decodeValue(stored(Encoding.pickle, pickle))).code).toBe('KV_CORRUPT');
  });

  test('strings in definite chunks are read', () => {
    expect(decodeValue(stored(Encoding.cbor, '5f4101420002ff'))).toEqual(Buffer.from([1, 0, 2]));
    expect(decodeValue(stored(Encoding.cbor, '7f616162c3a9ff'))).toBe('aé');
    expect(decodeValue(stored(Encoding.cbor, 'bf7f6161ff01ff'))).toEqual({ a: 1 });
    for (const hex of [
      '5f',
      '5f41',
      '5f4101',
      '5f6161ff',
      '7f4161ff',
      '5f01ff',
      '5ff6ff',
      '5f5fffff',
      '7f61c361a9ff',
    ]) {
      expect(thrownBy(() => decodeValue(stored(Encoding.cbor, hex))).code).toBe('KV_CORRUPT');
    }
  });
});

describe('values with too many levels are refused', () => {
  const wraps: [string, (inner: unknown) => unknown][] = [
    ['arrays', (inner) => [inner]],
    ['objects', (inner) => ({ a: inner })],
    ['Maps', (inner) => new Map([['a', inner]])],
    ['keys of Maps', (inner) => new Map([[inner, 1]])],
    ['Sets', (inner) => new Set([inner])],
    ['errors', (cause) => new Error('e', { cause })],
    ['sparse arrays', (inner) => Object.assign([], { 3: inner })],
    ['instances', (inner) => Object.assign(new (class Point {})(), { inner })],
    ['Proxies', (inner) => new Proxy([inner], {})],
    ['getters', (inner) => Object.defineProperty({}, 'a', { get: () => inner, enumerable: true })],
  ];

  test.each(wraps)('%s', (_, wrap) => {
    const deep = nested(wrap);
    for (const value of [deep, new MsgPack(deep), new Json(deep), new Cbor(deep), new Pickle(deep)]) {
      expect(thrownBy(() => encodeValue(value)).code).toBe('KV_INVALID_ARGUMENT');
    }
    for (const dtype of ['msgpack', 'cbor', 'vec:f32', 'vec:f32:1', 'f64', 'str', 'bytes'] as const) {
      expect(thrownBy(() => new DataPacker(dtype).pack(deep)).code).toBe('KV_INVALID_ARGUMENT');
    }
  });

  test('a schema that refers to itself is followed only as deep as the document', () => {
    const packer = DataPacker.withJsonSchema({ items: { $ref: '#' }, additionalProperties: { $ref: '#' } });
    expect(thrownBy(() => packer.pack(nested((inner) => [inner]))).code).toBe('KV_INVALID_ARGUMENT');
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    expect(thrownBy(() => packer.pack(cyclic)).code).toBe('KV_INVALID_ARGUMENT');
    let schema: object = {};
    for (let level = 0; level < LEVELS; level++) schema = { items: schema };
    expect(thrownBy(() => DataPacker.withJsonSchema(schema)).code).toBe('KV_INVALID_ARGUMENT');
  });
});
