import { decodeValue, Encoding, encodeValue, readHeader } from '@kohakuvault/packer/value';
import { describe, expect, test } from 'vitest';
import { difference } from '../support/same.ts';

// Defects of the Python package that this package does not have. docs/format.md describes what it stores instead.

/** Checks that a value comes back. */
function comesBack(value: unknown): void {
  expect(difference(decodeValue(encodeValue(value)), value)).toBeUndefined();
}

/** Decodes what Python stored, by the bytes behind the header. */
function fromPython(id: number, payload: string): unknown {
  return decodeValue(Buffer.from(`894b01${id.toString(16).padStart(2, '0')}00000000564b${payload}`, 'hex'));
}

describe('integers of 1e12 and larger come back', () => {
  test.each([1e12, 1_700_000_000_000, -1e12, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])('%d', comesBack);

  test("Python's integers are read as integers", () => {
    expect(fromPython(2, '0068e5cf8b010000')).toBe(1_700_000_000_000);
    expect(fromPython(2, '00f05a2b17ffffff')).toBe(-1e12);
    expect(fromPython(2, 'ffffffffffffff7f')).toBe(2n ** 63n - 1n);
  });
});

describe('zeros and tiny numbers come back', () => {
  test.each([0, -0, 5e-324, -5e-324, 1e-315, 2 ** -1022])('%d', comesBack);

  test("Python's -0.0 is read as -0", () => expect(fromPython(2, '0000000000000080')).toBe(-0));
});

describe('integers beyond 64 bits come back', () => {
  test.each([2n ** 64n, -(2n ** 63n) - 1n, 2n ** 4_000n])('%d', comesBack);
});

describe('booleans come back as booleans', () => {
  test.each([true, false])('%s', comesBack);
});

describe('small arrays come back', () => {
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

  test("Python's small arrays are read as arrays, and integers with similar bytes as integers", () => {
    expect(fromPython(2, '0501020000000102')).toEqual(new Uint8Array([1, 2]));
    expect(fromPython(2, '0a01010000000201')).toEqual(new Int16Array([258]));
    expect(fromPython(2, '0501020000000000')).toBe(131_333);
    expect(fromPython(2, '010100000000')).toEqual(new Float32Array(0));
  });
});

describe('bytes that begin like a header come back', () => {
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

  test("Python's bytes without a valid header are read as bytes", () => {
    const bytes = Buffer.from('894b020600000000564b6869', 'hex');
    expect(decodeValue(bytes)).toEqual(bytes);
  });
});

describe('values inside structures come back', () => {
  test.each([
    [{ a: [Number.NaN, Number.POSITIVE_INFINITY] }],
    [{ set: new Set([1]) }],
    [{ z: 1, a: 2, m: { y: 1, b: 2 } }],
    [new Map([[{ key: 1 }, 'v']])],
  ])('%o', comesBack);
});

describe('unsigned integers of 64 bits come back', () => {
  test('in typed arrays and in tensors', () => {
    comesBack(new BigUint64Array([0n, 1n, 2n ** 64n - 1n]));
    comesBack({ data: new BigUint64Array([0n, 2n ** 64n - 1n]), shape: [1, 2], dtype: 'u64' });
  });

  test("Python's are read", () => {
    expect(fromPython(2, `080101000000${'ff'.repeat(8)}`)).toEqual(new BigUint64Array([2n ** 64n - 1n]));
  });
});
