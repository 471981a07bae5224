import { InvalidArgument } from '@kohakuvault/core-native';
import { Cbor, decodeValue, type EncodeOptions, encodeValue, Json, MsgPack, Pickle } from '@kohakuvault/packer/value';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../../../../tools/testing/src/thrown.ts';

const OWN = Symbol('own');

function refusal(value: unknown, options?: EncodeOptions): string {
  const error = thrownBy(() => encodeValue(value, options));
  expect(error).toBeInstanceOf(InvalidArgument);
  return error.message;
}

describe('a value that cannot be stored is refused with its path', () => {
  test.each<[string, unknown, RegExp]>([
    ['undefined', undefined, /^\$: undefined/],
    ['a function', function named() {}, /^\$: function named/],
    ['a symbol', Symbol('s'), /^\$: Symbol\(s\)/],
    ['a promise', Promise.resolve(), /^\$: a Promise .*await/],
    ['a WeakMap', { a: [0, new WeakMap()] }, /^\$\.a\[1\]: a WeakMap/],
    ['a WeakSet', [new WeakSet()], /^\$\[0\]: a WeakSet/],
    ['a WeakRef', { 'odd key': new WeakRef({}) }, /^\$\["odd key"\]: a WeakRef/],
    ['a FinalizationRegistry', [new FinalizationRegistry(() => {})], /^\$\[0\]: a FinalizationRegistry/],
    ['a generator', [(function* () {})()], /^\$\[0\]:/],
    ['an iterator', [new Map().entries()], /^\$\[0\]:/],
    ['a URL', { link: new URL('https://example.org') }, /^\$\.link: a URL cannot be stored/],
    ['an Intl object', [new Intl.NumberFormat()], /^\$\[0\]: a NumberFormat/],
    ['shared memory', [new SharedArrayBuffer(1)], /^\$\[0\]: a SharedArrayBuffer/],
    ['a Symbol object', [Object(Symbol('s'))], /^\$\[0\]:/],
    ['a method', { users: [{}, { greet() {} }] }, /^\$\.users\[1\]\.greet: function greet/],
    [
      'a function in a class instance',
      new (class A {
        f = () => 1;
      })(),
      /^\$\.f:|^\$: /,
    ],
    ['a symbol as a key', { [Symbol('tag')]: 1 }, /^\$: the property \[Symbol\(tag\)\] has a symbol as its key/],
    ['a symbol as a key, deeper', { a: [{ b: 1, [Symbol.for('x')]: 2 }] }, /^\$\.a\[0\]: the property \[Symbol\(x\)\]/],
    [
      'a symbol as a key of an instance',
      [
        new (class {
          [OWN] = 1;
        })(),
      ],
      /^\$\[0\]: the property \[Symbol\(own\)\]/,
    ],
    ['a symbol as a key in MessagePack', new MsgPack([{ [Symbol('k')]: 1 }]), /^\$\[0\]: the property \[Symbol\(k\)\]/],
    ['a symbol as a key in CBOR', new Cbor([{ [Symbol('k')]: 1 }]), /^\$\[0\]: the property \[Symbol\(k\)\]/],
    ['a symbol as a key in JSON', new Json([{ [Symbol('k')]: 1 }]), /^\$\[0\]: the property \[Symbol\(k\)\]/],
    ['a symbol as a key in a pickle', new Pickle([{ [Symbol('k')]: 1 }]), /^\$\[0\]: the property \[Symbol\(k\)\]/],
    ['a symbol in a Map', new Map([['k', [Symbol('s')]]]), /^\$\.k\[0\]: Symbol/],
    ['a function in a Set', new Set([1, () => 1]), /^\$\[1\]: a function/],
    ['a function as a cause', new Error('e', { cause: () => 1 }), /^\$\.cause: /],
    ['a function in an Error', Object.assign(new Error('e'), { retry: () => 1 }), /^\$\.retry: /],
    ['a function in a sparse array', Object.assign([], { 5: () => 1 }), /^\$\[5\]: /],
    ['more levels than 1,000', nested(1_001), /1000 deep/],
    ['undefined in JSON', new Json({ a: [undefined] }), /^\$\.a\[0\]: undefined cannot be written as JSON/],
    ['a bigint too long for JSON', new Json([10n ** 1_000_000n]), /^\$\[0\]: a bigint of 1000001 digits/],
    ['a Date in MessagePack', new MsgPack([new Date()]), /^\$\[0\]: a Date/],
    ['a huge bigint in MessagePack', new MsgPack({ a: 2n ** 64n }), /^\$\.a: 18446744073709551616n/],
    ['a Date in CBOR', new Cbor([new Date()]), /^\$\[0\]: a Date/],
    ['a cycle in JSON', new Json(cycle()), /contains itself/],
    ['a Date in a pickle', new Pickle({ a: [new Date()] }), /^\$\.a\[0\]: a Date/],
  ])('%s', (_, value, message) => {
    expect(refusal(value)).toMatch(message);
  });

  test('an error that a getter throws passes unchanged', () => {
    const own = new Error('mine');
    const value = {
      list: [
        {
          get a() {
            throw own;
          },
        },
      ],
    };
    expect(() => encodeValue(value)).toThrow(own);
    expect(decodeValue(encodeValue([1, 2]))).toEqual([1, 2]);
  });
});

describe('with structured values off', () => {
  test.each<[string, unknown, RegExp]>([
    ['a Date', { a: [new Date()] }, /^\$\.a\[0\]: a Date cannot be read by Python/],
    ['NaN', { a: Number.NaN }, /^\$\.a: NaN/],
    ['a bigint', [1n], /^\$\[0\]: a bigint/],
    ['undefined', { a: undefined }, /^\$\.a: undefined/],
    ['a hole', Object.assign([], { 1: 1 }), /^\$: an array with holes/],
    ['half a surrogate pair', '\ud800', /^\$: a string with half/],
    [
      'an object twice',
      (() => {
        const once = {};
        return [once, once];
      })(),
      /^\$\[1\]: an object that occurs more than once/,
    ],
    ['a cycle', cycle(), /^\$\.self: an object that occurs more than once/],
    ['what cannot be stored at all', { a: new WeakMap() }, /^\$\.a: a WeakMap cannot be stored/],
  ])('%s', (_, value, message) => {
    expect(refusal(value, { structured: false })).toMatch(message);
  });

  test.each([1, 'a', null, 2n ** 70n, { a: [1, { b: -0 }] }, new Float32Array(2), Buffer.from('b')])(
    '%s is stored',
    (value) => {
      expect(decodeValue(encodeValue(value, { structured: false }))).toEqual(value);
    },
  );
});

describe('with auto-pack off', () => {
  const bytes = Buffer.from('894b010600000000564b6869', 'hex');

  test('bytes are stored and read as they are', () => {
    for (const given of [
      bytes,
      Uint8Array.from(bytes),
      Uint8Array.from(bytes).buffer,
      new DataView(Uint8Array.from(bytes).buffer),
    ]) {
      const stored = encodeValue(given, { autoPack: false });
      expect(stored.equals(bytes)).toBe(true);
      expect(decodeValue(stored, { autoPack: false })).toEqual(bytes);
    }
  });

  test('everything else is refused', () => {
    for (const value of [1, 'a', null, {}, new MsgPack(1)])
      expect(refusal(value, { autoPack: false })).toContain('expected bytes');
  });
});

test('without headers, only the payload is stored', () => {
  const bare = (value: unknown) => encodeValue(value, { headers: false }).toString('hex');
  expect(bare(5)).toBe('0500000000000000');
  expect(bare('ab')).toBe('6162');
  expect(bare([1])).toBe('9101');
  expect(bare(new Map())).toBe('c9000000040700000000');
  expect(bare(new Uint16Array([1]))).toBe('0601010000000100');
  expect(bare(Buffer.from('894b', 'hex'))).toBe('894b');
  expect(decodeValue(encodeValue([1], { headers: false }))).toEqual(Buffer.from([0x91, 1]));
});

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

function cycle(): object {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
}
