import { readFileSync } from 'node:fs';
import { decodeValue, encodeValue } from '@kohakuvault/packer/value';
import { describe, expect, test } from 'vitest';
import { CONVERTED, EXAMPLES, FORCED } from '../support/examples.ts';
import { intended, type Tagged } from '../support/intended.ts';
import { difference } from '../support/same.ts';

interface Recorded {
  name: string;
  hex: string;
  /** What the Python package 0.7.1 reads, or the error it raises. */
  python?: Tagged;
  error?: string;
}

const file = new URL('../../../../tools/fixtures/packer/values.json', import.meta.url);
const RECORDED: Recorded[] = JSON.parse(readFileSync(file, 'utf8'));
const GIVEN = new Map(EXAMPLES);
for (const [name, { given }] of [...CONVERTED, ...FORCED]) GIVEN.set(name, given);

test('every example is recorded', () => expect(RECORDED.map(({ name }) => name)).toEqual([...GIVEN.keys()]));

describe('files stay readable: the bytes are the recorded ones', () => {
  test.each(RECORDED)('$name', ({ name, hex }) => {
    expect(encodeValue(GIVEN.get(name)).toString('hex')).toBe(hex);
  });
});

/** The examples that Python reads as something else, and why that is unavoidable or does not matter. */
const PYTHON_MISREADS: Record<string, string> = {
  'empty Float32Array': 'it takes 6 bytes for text',
  'Int8Array of 2, eight bytes': 'it takes 8 bytes for a number',
  'Int16Array of 1, eight bytes': 'it takes 8 bytes for a number',
  'Uint8ClampedArray of 2, eight bytes': 'it takes 8 bytes for a number',
  BigUint64Array: 'it reads u64 by way of doubles',
  'tensor of no dimension': 'it has no arrays without dimension',
};

describe('Python reads the value, or raises a clear error', () => {
  test.each(RECORDED)('$name', ({ name, hex, python, error }) => {
    if (hex.startsWith('894b0120')) {
      expect(error).toBe('InvalidArgument: Unknown encoding type: 32');
      return;
    }
    expect(error).toBeUndefined();
    if (name in PYTHON_MISREADS || name === 'Pickle of a cycle') return;
    const ours = decodeValue(Buffer.from(hex, 'hex'));
    expect(difference(alike(intended(python as Tagged)), alike(ours))).toBeUndefined();
  });
});

/** Removes what Python does not have: the order of keys, the type bigint, clamped arrays, tensors of one dimension. */
function alike(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8ClampedArray) return Uint8Array.from(value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(alike);
  if (value instanceof Set) return new Set([...value].map((each) => JSON.stringify(each)).sort());
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [JSON.stringify(key), alike(each)]));
  if ('shape' in value && (value.shape as number[]).length === 1) return (value as { data?: unknown }).data;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, alike(each)]));
}
