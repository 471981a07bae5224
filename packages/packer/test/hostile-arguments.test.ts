import { DataPacker, type DType, KohakuVaultError, parseDType } from '@kohakuvault/packer';
import {
  beginsLikeHeader,
  Cbor,
  decodeValue,
  Encoding,
  encodeValue,
  header,
  Json,
  Kind,
  MsgPack,
  Pickle,
  readHeader,
} from '@kohakuvault/packer/value';
import { expect, test } from 'vitest';
import { Random } from '../../../tools/testing/src/random.ts';
import { detached, resizable } from './support/memory.ts';
import { LONG, SEED } from './support/random.ts';

/** The error of the caller's own code, which must pass unchanged. */
class Mine extends Error {}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function throwing(): never {
  throw new Mine('of the caller');
}

/** Creates values that no method expects. Some change themselves or others when they are read. */
function hostile(random: Random): unknown {
  const memory = resizable(64);
  const view = new Uint8Array(memory);
  const list: unknown[] = [1, 2, 3];
  const inner = () => (random.below(3) ? hostile(random) : random.pick([1, 2n, 'a', null]));
  const makers: (() => unknown)[] = [
    () =>
      random.pick([
        undefined,
        null,
        true,
        0,
        -0,
        1,
        -1,
        0.5,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        2 ** 31,
        2 ** 32,
        2 ** 53,
        1e300,
      ]),
    () =>
      random.pick([
        0n,
        -1n,
        2n ** 64n,
        10n ** 400n,
        1n << 1_000_000n,
        '',
        'a',
        '\ud800',
        'length',
        '__proto__',
        'constructor',
        'é'.repeat(50),
      ]),
    () =>
      random.pick([
        Symbol('s'),
        Symbol.iterator,
        () => 1,
        class {},
        Object.defineProperty(() => 1, 'name', { value: Symbol('n') }),
      ]),
    () => ({ [Symbol.toPrimitive]: throwing, valueOf: throwing, toString: throwing, toJSON: throwing }),
    () => Object.create(null),
    () => revoked(),
    () => new Proxy({}, { get: throwing, has: throwing, ownKeys: throwing, getPrototypeOf: throwing }),
    () =>
      new Proxy([1, 2], {
        get: (target, name) =>
          name === 'length' ? random.pick([2 ** 40, -1, 1.5, 'x', 3]) : Reflect.get(target, name),
      }),
    () => new Proxy({ a: 1 }, { ownKeys: () => ['a', 'a'] as never, getOwnPropertyDescriptor: () => 5 as never }),
    () => new Proxy(Buffer.from('abc'), {}),
    () => Object.defineProperty(list, 1, { get: throwing }),
    () => Object.defineProperty(list, 1, { get: () => list.push(1), enumerable: true }),
    () =>
      Object.defineProperty([1, 2, 3], 1, {
        get: () => {
          memory.resize(random.pick([0, 8, 128]));
          return view;
        },
        enumerable: true,
      }),
    () => new Array(2 ** 32 - 1),
    () =>
      random.pick([
        detached(new Uint8Array(8)),
        detached(new Float32Array(8)).buffer,
        detached(new DataView(new ArrayBuffer(8))),
        detached(new BigInt64Array(4)),
      ]),
    () =>
      random.pick([
        view,
        memory,
        new Uint8Array(memory, 8, 8),
        new Float32Array(memory, 8),
        new DataView(memory),
        Buffer.from(memory),
      ]),
    () =>
      random.pick([
        new SharedArrayBuffer(8),
        new Uint8Array(new SharedArrayBuffer(8)),
        new Float64Array(new SharedArrayBuffer(16)),
      ]),
    () =>
      random.pick([
        new Float64Array(4),
        new Float32Array(4),
        new Uint8ClampedArray(4),
        new BigUint64Array(4),
        new Int16Array(0),
      ]),
    () =>
      Object.setPrototypeOf(
        new Uint8Array(8),
        random.pick([Float64Array.prototype, Buffer.prototype, Array.prototype, null, {}]),
      ),
    () =>
      Object.setPrototypeOf(
        new Float64Array(2),
        random.pick([Buffer.prototype, Uint8Array.prototype, Float32Array.prototype]),
      ),
    () =>
      Object.defineProperty(
        Buffer.from('abc'),
        random.pick(['length', 'byteLength', 'byteOffset', 'buffer', 'subarray', Symbol.toStringTag]),
        { get: throwing },
      ),
    () =>
      Object.defineProperty(Buffer.from('abcdefgh'), random.pick(['length', 'byteLength', 'byteOffset', 'buffer']), {
        value: random.pick([2 ** 40, 0, 1, -1, 'x', memory]),
      }),
    () =>
      Object.create(
        random.pick([
          Buffer.prototype,
          Uint8Array.prototype,
          Map.prototype,
          Date.prototype,
          Error.prototype,
          ArrayBuffer.prototype,
        ]),
      ),
    () => ({ data: inner(), shape: inner(), stride: inner(), offset: inner(), dtype: inner() }),
    () => ({
      data: random.pick([new Float32Array(8), view, new BigInt64Array(4)]),
      shape: [random.pick([0, 2, 4, 8, 2 ** 32])],
      stride: random.pick([[1], undefined, inner()]),
      offset: inner(),
    }),
    () => ({
      data: new Float32Array(4),
      shape: [4],
      dtype: 'f32',
      get stride() {
        memory.resize(0);
        return [1];
      },
    }),
    () => ({ data: inner(), dims: inner() }),
    () => ({
      get data() {
        memory.resize(0);
        return new Float32Array(memory);
      },
      get shape() {
        memory.resize(64);
        return [16];
      },
    }),
    () => ({
      get a() {
        return throwing();
      },
    }),
    () => ({
      get a() {
        detached(view);
        return view;
      },
      b: view,
    }),
    () => ({
      get a() {
        new DataPacker('msgpack').pack('another');
        encodeValue([1]);
        return 1;
      },
      b: [inner()],
    }),
    () => [inner(), inner()],
    () => new Map([[inner(), inner()]]),
    () => new Set([inner()]),
    () => Object.assign(new Map(), { [Symbol.iterator]: 5 }),
    () => Object.assign(new Error('e'), { message: inner(), name: inner(), cause: inner() }),
    () => Object.defineProperty(new Error('e'), 'stack', { get: throwing }),
    () => Object.defineProperty(/a/g, 'source', { value: inner() }),
    () => Object.assign(new Date(8.64e15 + 1), { getTime: throwing }),
    () => ({
      [Symbol.iterator]: random.pick([
        5,
        throwing,
        () => 5,
        () => ({ next: () => 5 }),
        function* () {
          yield inner();
        },
      ]),
    }),
    () => ({ [random.pick(['count', 'offsets', 'starts', 'int64', 'autoPack'])]: inner() }),
    () => ({
      count: 1,
      get offsets() {
        return [0];
      },
    }),
    () => new (random.pick([MsgPack, Json, Cbor, Pickle]))(inner()),
    () => new Proxy(new (random.pick([MsgPack, Pickle]))(inner()), {}),
    () =>
      random.pick([
        new WeakMap(),
        new WeakRef({}),
        Promise.resolve(1),
        new URL('http://a.example'),
        Object(Symbol('s')),
        new Intl.NumberFormat(),
      ]),
  ];
  return random.pick(makers)();
}

const DTYPES: DType[] = [
  'i8',
  'i64',
  'u64',
  'f32',
  'f64',
  'bytes',
  'bytes:4',
  'bytes:0',
  'str',
  'str:4',
  'str:utf16be',
  'str:ascii',
  'msgpack',
  'msgpack:8',
  'cbor',
  'vec:f32',
  'vec:i64',
  'vec:f32:4',
  'vec:u8:2:2',
];

test(`every method returns or throws a KohakuVaultError, whatever the arguments are (seed ${SEED})`, () => {
  const random = new Random(SEED);
  const packers: DataPacker<DType>[] = DTYPES.map((dtype) => new DataPacker(dtype));
  packers.push(
    DataPacker.withJsonSchema({ type: ['object', 'array'], uniqueItems: true, items: { $ref: '#' } }) as never,
  );
  const any = () => hostile(random) as never;
  const bytes = () => (random.below(2) ? any() : (Buffer.from('0102030405060708', 'hex') as never));
  const number = () => (random.below(2) ? any() : (random.below(9) as never));
  const packer = () => random.pick(packers);
  const calls: [string, () => unknown][] = [
    ['pack', () => packer().pack(any())],
    ['packInto', () => packer().packInto(any(), bytes(), number())],
    ['packMany', () => packer().packMany(random.below(2) ? any() : ([any(), any()] as never))],
    ['packManyWithOffsets', () => packer().packManyWithOffsets(random.below(2) ? any() : ([any(), any()] as never))],
    ['unpack', () => packer().unpack(bytes(), number(), number())],
    [
      'unpackMany',
      () =>
        packer().unpackMany(
          bytes(),
          random.below(2) ? any() : ({ [random.pick(['count', 'offsets', 'starts'])]: any() } as never),
        ),
    ],
    ['unpackTensor', () => packer().unpackTensor(bytes(), number())],
    ['new DataPacker', () => new DataPacker(any(), any())],
    [
      'parseDType',
      () =>
        parseDType(
          random.below(2)
            ? any()
            : (`${random.pick(['str', 'vec', 'bytes', 'vec:f32'])}:${random.pick(['constructor', '__proto__', '1e3', '-1', '9'.repeat(400), 'x'.repeat(5_000)])}` as never),
        ),
    ],
    ['withJsonSchema', () => DataPacker.withJsonSchema(any(), any())],
    ['encodeValue', () => encodeValue(any(), random.below(3) ? undefined : any())],
    ['encodeValue without', () => encodeValue(any(), { structured: false, headers: false })],
    ['decodeValue', () => decodeValue(bytes(), random.below(3) ? undefined : any())],
    ['readHeader', () => readHeader(bytes())],
    ['beginsLikeHeader', () => beginsLikeHeader(bytes())],
    ['header', () => header(random.below(2) ? any() : Encoding.cbor, random.below(2) ? any() : Kind.numbers)],
  ];
  for (let run = LONG ? 1_000_000 : 6_000; run > 0; run--) {
    const [name, call] = random.pick(calls);
    try {
      call();
    } catch (error) {
      if (error instanceof KohakuVaultError || error instanceof Mine) continue;
      throw new Error(`${name} threw ${String(error)} with ${run} calls left`, { cause: error });
    }
  }
  // Everything still works.
  expect(new DataPacker('msgpack').unpack(new DataPacker('msgpack').pack({ a: [1] }))).toEqual({ a: [1] });
  expect(decodeValue(encodeValue(new Map([[1, { a: 1n }]])))).toEqual(new Map([[1, { a: 1n }]]));
});
