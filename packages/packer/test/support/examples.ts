import { Cbor, Json, MsgPack, Pickle } from '@kohakuvault/packer/value';

const shared = { x: 1 };
const cycle: { list: unknown[]; self?: unknown } = { list: [] };
cycle.self = cycle;
cycle.list.push(cycle);
const sparse: unknown[] = ['a', undefined];
sparse[3] = 'd';
const vast: unknown[] = [];
vast[4_000_000_000] = 'far';

class Point {
  x = 1;
  y = [2];
  readonly #hidden = 3;

  get sum(): number {
    return this.x + this.#hidden;
  }
}

function error<E extends Error>(made: E): E {
  // The recorded bytes must not depend on the stack.
  made.stack = `${made.name}: ${made.message}\n    at somewhere`;
  return made;
}

const selfish: Error & { self?: unknown } = error(new Error('bad', { cause: { code: 7 } }));
selfish.self = [selfish, selfish.cause];

class Tagged {
  readonly [Symbol.toStringTag] = 'Mine';
  a = 1;
}

class CustomError extends TypeError {
  extra = 1;
}

/** Values of every type, by permanent names. Their bytes, and what Python reads of them, are recorded. */
export const EXAMPLES: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['0', 0],
  ['1', 1],
  ['-1', -1],
  ['131333, whose bytes begin like a vector', 131333],
  ['999999999999', 999_999_999_999],
  ['-999999999999', -999_999_999_999],
  ['1e12', 1e12],
  ['-1e12', -1e12],
  ['1700000000000', 1_700_000_000_000],
  ['the largest safe integer', Number.MAX_SAFE_INTEGER],
  ['the least safe integer', Number.MIN_SAFE_INTEGER],
  ['2 ** 53', 2 ** 53],
  ['2 ** 63', 2 ** 63],
  ['2 ** 64', 2 ** 64],
  ['-(2 ** 63)', -(2 ** 63)],
  ['1e300', 1e300],
  ['0.1', 0.1],
  ['-2.5', -2.5],
  ['1e-10', 1e-10],
  ['1e-250', 1e-250],
  ['-1e-250', -1e-250],
  ['1e-310', 1e-310],
  ['5e-324', 5e-324],
  ['the least normal double', 2 ** -1022],
  ['-0', -0],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['0n', 0n],
  ['-1n', -1n],
  ['1700000000000n', 1_700_000_000_000n],
  ['2n ** 63n', 2n ** 63n],
  ['-(2n ** 63n)', -(2n ** 63n)],
  ['2n ** 64n - 1n', 2n ** 64n - 1n],
  ['2n ** 64n', 2n ** 64n],
  ['-(2n ** 63n) - 1n', -(2n ** 63n) - 1n],
  ['2n ** 200n', 2n ** 200n],
  ['4,300 digits', 10n ** 4_300n - 1n],
  ['4,301 digits', -(10n ** 4_300n)],
  ['true', true],
  ['false', false],
  ['null', null],
  ['empty string', ''],
  ['string', 'hé😀\0'],
  ['eight characters', 'abcdefgh'],
  ['half a surrogate pair', 'a\ud800b'],
  ['bytes', Buffer.from([0, 255])],
  ['no bytes', Buffer.alloc(0)],
  ['bytes that begin like a header', Buffer.from('894b', 'hex')],
  ['bytes that are a header', Buffer.from('894b010600000000564b6869', 'hex')],
  ['Float32Array', new Float32Array([1, 2, 3])],
  ['empty Float32Array', new Float32Array(0)],
  ['Float64Array', new Float64Array([1, Number.NaN, -0])],
  ['Int8Array of 2, eight bytes', new Int8Array([1, 2])],
  ['Int16Array of 1, eight bytes', new Int16Array([258])],
  ['Uint16Array of 2', new Uint16Array([1, 65535])],
  ['Int32Array', new Int32Array([1, -2, 3])],
  ['Uint32Array', new Uint32Array([1, 2 ** 32 - 1])],
  ['BigInt64Array', new BigInt64Array([-(2n ** 63n), 1n])],
  ['BigUint64Array', new BigUint64Array([2n ** 64n - 1n, 1n])],
  ['Uint8ClampedArray', new Uint8ClampedArray([1, 2, 255, 4])],
  ['Uint8ClampedArray of 2, eight bytes', new Uint8ClampedArray([1, 2])],
  ['tensor', { data: new Float32Array([1, 2, 3, 4]), shape: [2, 2], dtype: 'f32' }],
  ['tensor of one dimension', { data: new Int16Array([1, 2, 3]), shape: [3], dtype: 'i16' }],
  ['tensor of no dimension', { data: new Float64Array([1.5]), shape: [], dtype: 'f64' }],
  ['tensor of bytes', { data: new Uint8Array([1, 2, 3, 4]), shape: [2, 2], dtype: 'u8' }],
  ['tensor without elements', { data: new Float64Array(0), shape: [0, 3], dtype: 'f64' }],
  ['{}', {}],
  ['[]', []],
  ['object', { b: 1, a: [1, 2.5, null, true, { x: 'y' }] }],
  ['negative zero inside', { zero: -0 }],
  ['unsafe integers inside', [2 ** 53, -(2 ** 63), 2 ** 63, 2 ** 64]],
  ['__proto__ as a key', JSON.parse('{"__proto__": {"polluted": true}}')],
  ['keys that are numbers', { 2: 'b', 1: 'a', x: 'c' }],
  ['NaN inside', { a: [Number.NaN, Number.POSITIVE_INFINITY] }],
  ['undefined inside', { a: undefined, b: [undefined] }],
  ['bigints inside', { a: 1n, b: -(2n ** 70n), c: 0n, d: 255n }],
  ['half a surrogate pair inside', { 'k\ud800': '\udc00' }],
  ['shared objects', [shared, shared, { again: shared }]],
  ['cycle', cycle],
  ['sparse array', sparse],
  ['vast array', vast],
  ['Date', new Date(1_700_000_000_000)],
  ['invalid Date', new Date(Number.NaN)],
  ['RegExp', /a\/b[\n]/giu],
  [
    'Map',
    new Map<unknown, unknown>([
      [1, 2],
      ['a', new Map()],
      [{ k: 1 }, new Set([1, [2], -0])],
    ]),
  ],
  ['Set', new Set<unknown>(['a', 1, 1n, Number.NaN])],
  ['Error', error(new Error('bad'))],
  ['Error without message', error(new Error())],
  ['TypeError with a cause', error(new TypeError('bad', { cause: { code: 7 } }))],
  ['Error with properties', error(Object.assign(new Error('bad'), { code: 'E_BAD', errno: -2, at: new Date(5) }))],
  ['Error that refers to itself', selfish],
  ['AggregateError', error(new AggregateError([error(new RangeError('first')), 'second'], 'both'))],
  ['ArrayBuffer inside', [Uint8Array.of(1, 2).buffer]],
  ['DataView', new DataView(Uint8Array.of(1, 2).buffer)],
  ['views inside', [new Uint8Array([1]), Buffer.from('b'), new Uint8ClampedArray([3]), new Float64Array([1.5, -0])]],
  ['tensor inside', { t: { data: new Float32Array([1]), shape: [1, 1], dtype: 'f32' } }],
  ['boxed primitives', [Object('s'), Object(1n), Object(false), Object(-0)]],
]);

/** Values that come back converted, as by structuredClone: given and read. */
export const CONVERTED: ReadonlyMap<string, { given: unknown; read: unknown }> = new Map([
  ['Uint8Array', { given: new Uint8Array([1, 2]), read: Buffer.from([1, 2]) }],
  ['ArrayBuffer', { given: Uint8Array.of(1, 2).buffer, read: Buffer.from([1, 2]) }],
  ['class instance', { given: new Point(), read: { x: 1, y: [2] } }],
  ['class instance inside', { given: [new Point()], read: [{ x: 1, y: [2] }] }],
  ['class instance with a tag of its own', { given: new Tagged(), read: { a: 1 } }],
  ['object without prototype', { given: Object.assign(Object.create(null), { a: 1 }), read: { a: 1 } }],
  [
    'getter',
    {
      given: {
        get a() {
          return 1;
        },
      },
      read: { a: 1 },
    },
  ],
  ['symbol as a key', { given: { [Symbol.toStringTag]: 'Own', a: 1 }, read: { a: 1 } }],
  [
    'error of a class of its own',
    { given: error(new CustomError('bad')), read: error(Object.assign(new TypeError('bad'), { extra: 1 })) },
  ],
  ['RegExp half through', { given: Object.assign(/a/g, { lastIndex: 1 }), read: /a/g }],
]);

/** Values in wrappers that choose the encoding: given and read. */
export const FORCED: ReadonlyMap<string, { given: unknown; read: unknown }> = new Map<
  string,
  { given: unknown; read: unknown }
>(
  (
    [
      ['MsgPack', new MsgPack({ b: [1, -2, 1.5, null], a: 'x' })],
      ['MsgPack of a number', new MsgPack(5)],
      ['MsgPack of bigints', new MsgPack([1n, 2n ** 64n - 1n])],
      ['MsgPack of unsafe numbers', new MsgPack([2 ** 60])],
      ['Json', new Json({ é: ['"\\\n\u2028', '\ud83d\ude00', '\ud800', 1.5, 1e21, 1e-7, -0, null, true] })],
      ['Json of unsafe numbers', new Json([2 ** 60, 2 ** 70, Number.NaN, Number.NEGATIVE_INFINITY])],
      ['Json of bigints', new Json([1n, 2n ** 100n, 'x'])],
      ['Cbor', new Cbor({ a: [1, -1, 1.5, null, true, 'x'] })],
      ['Cbor of bigints', new Cbor([1n, 2n ** 64n - 1n])],
      ['Cbor of unsafe numbers', new Cbor([2 ** 60])],
      [
        'Pickle',
        new Pickle({ a: [1, -1, 300, -(2 ** 40), 1.5, -0, null, true, 'é\ud800'.repeat(90)], b: Buffer.from('x') }),
      ],
      ['Pickle of bigints', new Pickle([1n, -1n, 127n, 128n, -128n, -129n, 2n ** 100n])],
      ['Pickle of unsafe numbers', new Pickle([2 ** 60, 2 ** 70])],
      [
        'Pickle of a Map',
        new Pickle(
          new Map<unknown, unknown>([
            [1, 'a'],
            [['t', [2]], 'b'],
          ]),
        ),
      ],
      ['Pickle of a Set', new Pickle(new Set<unknown>([1, 'a', [1, 2]]))],
      ['Pickle of a cycle', new Pickle(cycle)],
      [
        'Pickle of typed arrays',
        new Pickle([new Float32Array([1, 2]), new Int8Array([1]), new BigUint64Array([2n ** 64n - 1n])]),
      ],
      ['Pickle of a tensor', new Pickle({ data: new Int16Array([1, 2, 3, 4, 5, 6]), shape: [2, 3], dtype: 'i16' })],
    ] as [string, MsgPack][]
  ).map(([name, given]) => [name, { given, read: given.value }]),
);
