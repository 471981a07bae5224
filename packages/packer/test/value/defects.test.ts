import { describe, expect, test } from 'vitest';
import { decodeValue, Encoding, encodeValue, readHeader } from '../../src/value.ts';
import { difference } from '../support/same.ts';

/** The defects of the Python package that ours must not have; docs/format.md tells what is stored instead. */
function comesBack(value: unknown): void {
  expect(difference(decodeValue(encodeValue(value)), value)).toBeUndefined();
}

/** What Python stored, by its bytes behind the header. */
function fromPython(id: number, payload: string): unknown {
  return decodeValue(Buffer.from(`894b01${id.toString(16).padStart(2, '0')}00000000564b${payload}`, 'hex'));
}

describe('K1: integers from 1e12 in size', () => {
  test.each([1e12, 1_700_000_000_000, -1e12, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])('%d', comesBack);

  test("Python's own are read as integers", () => {
    expect(fromPython(2, '0068e5cf8b010000')).toBe(1_700_000_000_000);
    expect(fromPython(2, '00f05a2b17ffffff')).toBe(-1e12);
    expect(fromPython(2, 'ffffffffffffff7f')).toBe(2n ** 63n - 1n);
  });
});

describe('K2: zeros and tiny numbers', () => {
  test.each([0, -0, 5e-324, -5e-324, 1e-315, 2 ** -1022])('%d', comesBack);

  test("Python's -0.0 is read as -0", () => expect(fromPython(2, '0000000000000080')).toBe(-0));
});

describe('K3: integers beyond 64 bits', () => {
  test.each([2n ** 64n, -(2n ** 63n) - 1n, 2n ** 4_000n])('%d', comesBack);
});

describe('K4: booleans stay booleans', () => {
  test.each([true, false])('%s', comesBack);
});

describe('K5: small arrays', () => {
  test.each([
    new Float32Array(0),
    new Int8Array([1, 2]),
    new Int8Array([0, 0]),
    new Int16Array([258]),
    new Uint16Array([0]),
    new Uint8ClampedArray([1, 2]),
    { data: new Uint8Array([7]), shape: [], dtype: 'u8' },
    { data: new Float64Array([1.5]), shape: [], dtype: 'f64' },
  ])('%o', comesBack);

  test("Python's are read as arrays, and the integers that resemble them as integers", () => {
    expect(fromPython(2, '0501020000000102')).toEqual(new Uint8Array([1, 2]));
    expect(fromPython(2, '0a01010000000201')).toEqual(new Int16Array([258]));
    expect(fromPython(2, '0501020000000000')).toBe(131_333);
    expect(fromPython(2, '010100000000')).toEqual(new Float32Array(0));
  });
});

describe('K6: bytes that begin like a header', () => {
  test.each([
    '894b',
    '894b010600000000564b6869',
    '894b010100000000564b80044e2e',
    '894b020600000000564b',
    '894b010000000000564b',
  ])('%s', (hex) => {
    comesBack(Buffer.from(hex, 'hex'));
    expect(readHeader(encodeValue(Buffer.from(hex, 'hex')))?.id).toBe(Encoding.raw);
  });

  test("Python's, where they are no valid header", () => {
    const bytes = Buffer.from('894b020600000000564b6869', 'hex');
    expect(decodeValue(bytes)).toEqual(bytes);
  });
});

describe('K7: what is inside structures', () => {
  test.each([
    [{ a: [Number.NaN, Number.POSITIVE_INFINITY] }],
    [{ set: new Set([1]) }],
    [{ z: 1, a: 2, m: { y: 1, b: 2 } }],
    [new Map([[{ key: 1 }, 'v']])],
  ])('%o', comesBack);
});

describe('K17: unsigned integers of 64 bits', () => {
  test('alone and in tensors', () => {
    comesBack(new BigUint64Array([0n, 1n, 2n ** 64n - 1n]));
    comesBack({ data: new BigUint64Array([0n, 2n ** 64n - 1n]), shape: [1, 2], dtype: 'u64' });
  });

  test("Python's", () => {
    expect(fromPython(2, `080101000000${'ff'.repeat(8)}`)).toEqual(new BigUint64Array([2n ** 64n - 1n]));
  });
});
