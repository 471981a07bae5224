import { decodeValue, encodeValue } from '@kohakuvault/packer/value';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyValue } from '../support/arbitrary.ts';
import { CONVERTED, EXAMPLES, FORCED } from '../support/examples.ts';
import { difference } from '../support/same.ts';

const seed = Date.now();
console.log(`seed ${seed}`);

function there(value: unknown): unknown {
  return decodeValue(encodeValue(value));
}

describe('every value comes back', () => {
  test.each([...EXAMPLES])('%s', (_, value) => {
    expect(difference(there(value), value)).toBeUndefined();
  });

  test.each([...EXAMPLES])('%s, nested', (_, value) => {
    const nested = { list: [value, 'after'], map: new Map([['key', value]]) };
    const read = there(nested) as typeof nested;
    expect(difference(read, nested)).toBeUndefined();
  });

  test.each([...CONVERTED])('%s, converted as by structuredClone', (_, { given, read }) => {
    expect(difference(there(given), read)).toBeUndefined();
  });

  test.each([...FORCED])('%s', (_, { given, read }) => {
    expect(difference(there(given), read)).toBeUndefined();
  });

  test.runIf('Float16Array' in globalThis)('Float16Array', () => {
    const { Float16Array } = globalThis as unknown as { Float16Array: new (from: number[]) => ArrayBufferView };
    const value = new Float16Array([1.5, -0, Number.NaN]);
    expect(difference(there(value), value)).toBeUndefined();
    expect(difference(there([value]), [value])).toBeUndefined();
  });

  test.runIf('SuppressedError' in globalThis)('SuppressedError', () => {
    const { SuppressedError } = globalThis as unknown as {
      SuppressedError: new (error: unknown, suppressed: unknown, message: string) => Error;
    };
    const value = new SuppressedError(new RangeError('second'), { first: true }, 'both');
    expect(difference(there(value), value)).toBeUndefined();
    expect(Object.keys(there(value) as Error)).toEqual([]);
  });

  test('the properties of an error are enumerable as they were', () => {
    const value = Object.assign(new AggregateError([1], 'bad'), { code: 'E_BAD' });
    expect(Object.keys(there(value) as Error)).toEqual(['code']);
    const shown = Object.assign(new Error('bad'), { errors: [2], name: 'Mine' });
    expect(Object.keys(there(shown) as Error)).toEqual(['errors', 'name']);
  });

  test('arbitrary values', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(difference(there(value), value)).toBeUndefined();
      }),
      { seed, numRuns: 3_000 },
    );
  });

  test('and is stored again in the same bytes', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const stored = encodeValue(value);
        expect(encodeValue(decodeValue(Buffer.from(stored))).toString('hex')).toBe(stored.toString('hex'));
      }),
      { seed, numRuns: 1_000 },
    );
  });
});

describe('limits', () => {
  test('900 levels', () => {
    let value: unknown = { leaf: 1n };
    for (let level = 0; level < 300; level++) value = [{ map: new Map([['k', value]]) }];
    expect(difference(there(value), value)).toBeUndefined();
  });

  test('exactly 1,000 levels, whatever the deepest value is', () => {
    for (const leaf of [1, 1n, undefined, '\ud800', new Date(1)]) {
      let value: unknown = leaf;
      for (let level = 0; level < (leaf instanceof Date ? 999 : 1_000); level++) value = [value];
      expect(difference(there(value), value)).toBeUndefined();
    }
  });

  test('references to the last of thousands of objects', () => {
    const rows = Array.from({ length: 5_000 }, (_, id) => ({ id, tags: ['a'] }));
    const value = [...rows, rows[4_999], rows[0]];
    expect(difference(there(value), value)).toBeUndefined();
  });

  test('long arrays and strings', () => {
    const value = { numbers: Array.from({ length: 100_000 }, (_, index) => index * 1.5), text: 'é'.repeat(100_000) };
    expect(difference(there(value), value)).toBeUndefined();
  });
});

test('a getter may encode another value', () => {
  const outer = {
    get inner() {
      return encodeValue({ at: new Date(1), list: [1, { deep: true }] }).toString('hex');
    },
    after: new Date(2),
  };
  expect(there(outer)).toEqual({
    inner: encodeValue({ at: new Date(1), list: [1, { deep: true }] }).toString('hex'),
    after: new Date(2),
  });
});

test('a getter may change the array that contains it', () => {
  const list: unknown[] = [1];
  list.push({
    get grow() {
      list.push('late');
      return 2;
    },
  });
  expect(there({ list })).toEqual({ list: [1, { grow: 2 }] });
});

test('a symbol key that is not enumerable, or of the language, is left out', () => {
  expect(there({ [Symbol.toStringTag]: 'Own', a: 1 })).toEqual({ a: 1 });
  const given = Object.defineProperty({ a: 1 }, Symbol('hidden'), { value: 2 });
  for (const value of [given, [given], { deep: given }])
    expect(there(value)).toEqual(JSON.parse(JSON.stringify(value)));
});

test('what an object has beside its data is left out', () => {
  const symbol = { [Symbol('key')]: 1, name: 2 };
  const given = [
    Object.assign(new Map([['a', 1]]), symbol),
    Object.assign(new Set(['a']), symbol),
    Object.assign(new Date(5), symbol),
    Object.assign(/a/g, symbol),
    Object.assign(new Float32Array(1), symbol),
    Object.assign(Object(1), symbol),
    Object.assign(new Error('bad'), { [Symbol('key')]: 1, stack: 'Error: bad' }),
  ];
  const plain = new Error('bad');
  plain.stack = 'Error: bad';
  const read = [new Map([['a', 1]]), new Set(['a']), new Date(5), /a/g, new Float32Array(1), Object(1), plain];
  expect(difference(there(given), read)).toBeUndefined();
});

test('named properties of arrays are left out', () => {
  const names = { name: 1, '': 2, '-1': 3, '1e3': 4, '4294967295': 5 };
  expect(difference(there(Object.assign(['a'], names)), ['a'])).toBeUndefined();
  const holes = [];
  holes[2] = 'c';
  expect(difference(there(Object.assign([], holes, names)), holes)).toBeUndefined();
});

test('a typed array does not share memory', () => {
  const stored = encodeValue(new Float32Array([1, 2]));
  const read = decodeValue(stored) as Float32Array;
  stored.fill(0);
  expect([...read]).toEqual([1, 2]);
});

test('a part of a larger buffer is read in place', () => {
  const stored = encodeValue({ at: new Date(5), numbers: new Float64Array([1]) });
  const larger = Buffer.concat([Buffer.from('xyz'), stored, Buffer.from('xyz')]);
  const part = new Uint8Array(larger.buffer, larger.byteOffset + 3, stored.length);
  expect(decodeValue(part)).toEqual({ at: new Date(5), numbers: new Float64Array([1]) });
});
