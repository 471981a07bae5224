import { decodeValue, encodeValue } from '@kohakuvault/packer/value';
import { describe, expect, test } from 'vitest';
import { CASES, expected, HEADERS_OFF, wrapped } from '../support/kv-cases.ts';
import { difference } from '../support/same.ts';

/** The cases that are written in another way than by Python, by reason. Cases without headers follow the same lists. */
const WRITTEN_OTHERWISE: Record<string, number[]> = {
  'an integer that Python would misread is MessagePack': [9, 10, 11, 12, 13, 14],
  'an integer of more than 64 bits keeps its digits': [15, 16, 17],
  'an integral number is an integer in JavaScript': [18, 19, 59],
  'a number that Python would misread is MessagePack': [30, 31, 32],
  'a boolean is MessagePack': [33, 34],
  'null is MessagePack, which needs no pickle': [35],
  'bytes that begin like a header are escaped': [44, 46, 47, 48, 49, 50],
  'keys keep their order': [52, 54, 119],
  'bigints in a structure come back as bigints, and keys in their order': [60, 61],
  'NaN and sets stay what they are': [63, 64],
  'no pickles are written unless asked for': [65, 66, 67, 68, 69, 70],
  'one dimension of bytes is bytes': [79, 94],
  'our pickles have no frames, and an array is a list': [114, 115],
};
const ESCAPES_ONLY_WITH_HEADERS = [44, 46, 47, 48, 49, 50];

test('there are 249 cases', () => expect(CASES.length).toBe(249));

describe('reads what Python stored', () => {
  test.each(CASES)('$id $mode $desc', (given) => {
    const stored = Buffer.from(given.hex, 'hex');
    expect(
      difference(decodeValue(stored, { autoPack: given.mode !== 'auto_pack_off' }), expected(given)),
    ).toBeUndefined();
  });
});

describe('writes what Python writes, apart from a flag', () => {
  const differing = new Set(Object.values(WRITTEN_OTHERWISE).flat());

  test.each(CASES)('$id $mode $desc', ({ id, mode, value, hex }) => {
    const headers = mode !== 'headers_off';
    const ours = Buffer.from(encodeValue(wrapped(value), { headers, autoPack: mode !== 'auto_pack_off' }));
    if (mode === 'default' && ours.subarray(0, 2).toString('hex') === '894b') ours[4] = 0;
    const number = headers ? id : id - HEADERS_OFF;
    const same = !differing.has(number) || (!headers && ESCAPES_ONLY_WITH_HEADERS.includes(number));
    if (same) expect(ours.toString('hex')).toBe(hex);
    else expect(ours.toString('hex')).not.toBe(hex);
  });
});
