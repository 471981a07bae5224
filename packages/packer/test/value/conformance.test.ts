import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Cbor, decodeValue, encodeValue, Json, MsgPack, Pickle } from '../../src/value.ts';
import { intended, type Tagged } from './support/intended.ts';
import { difference } from './support/same.ts';

interface Case {
  id: number;
  mode: 'default' | 'headers_off' | 'auto_pack_off';
  desc: string;
  value: Tagged;
  hex: string;
}

const fixture = new URL('../../../../tools/fixtures/packer/kv.json', import.meta.url);
const CASES: Case[] = JSON.parse(readFileSync(fixture, 'utf8'));
/** The headers_off cases hold the same values as the first 120. */
const HEADERS_OFF = 120;

/** Where Python's bytes do not tell what was stored, with what they say instead. */
const READ_OTHERWISE = new Map<number, { reads: unknown; because: string }>([
  [14, { reads: 1, because: 'the bits of the integer are those of the double 1.0, which is far likelier' }],
  [15, { reads: 2 ** 63, because: 'Python stored a double instead of the integer' }],
  [16, { reads: 2 ** 64, because: 'Python stored a double instead of the integer' }],
  [17, { reads: -(2 ** 63), because: 'Python stored a double instead of the integer' }],
  [31, { reads: 1, because: 'the bits of the subnormal double are those of a small integer, which is far likelier' }],
  [32, { reads: 202402253, because: 'the bits of the subnormal double are those of a small integer' }],
  [33, { reads: 1, because: 'Python stored the integer 1' }],
  [34, { reads: 0, because: 'Python stored the integer 0' }],
  [48, { reads: 'hi', because: 'Python stored bytes bare that are a valid header with a string' }],
  [49, { reads: Buffer.from('hi'), because: 'Python stored bytes bare that are a valid header with bytes' }],
  [52, { reads: { a: 2, b: 1 }, because: 'Python sorted the keys' }],
  [63, { reads: [null], because: 'Python stored None instead of NaN' }],
  [64, { reads: { s: [1] }, because: 'Python stored a list instead of the set' }],
]);
/** Bytes that are a whole value with its header, and are read as such whoever stored them bare. */
const VALID_HEADERS = [48, 49];
const KEYS_SORTED = [54, 61, 119];

/** What ours writes in another way than Python, by reason. Cases without headers follow the same lists. */
const WRITTEN_OTHERWISE: Record<string, number[]> = {
  'an integer that Python would misread is MessagePack (K1)': [9, 10, 11, 12, 13, 14],
  'an integer of more than 64 bits keeps its digits (K3)': [15, 16, 17],
  'an integral number is an integer in JavaScript': [18, 19, 59],
  'a number that Python would misread is MessagePack (K2)': [30, 31, 32],
  'a boolean is MessagePack (K4)': [33, 34],
  'null is MessagePack, which needs no pickle': [35],
  'bytes that begin like a header are escaped (K6)': [44, 46, 47, 48, 49, 50],
  'keys keep their order (K7)': [52, 54, 119],
  'bigints in a structure come back as bigints, and keys in their order': [60, 61],
  'NaN and sets stay what they are (K7)': [63, 64],
  'no pickles are written unless asked for': [65, 66, 67, 68, 69, 70],
  'one dimension of bytes is bytes': [79, 94],
  'our pickles have no frames, and an array is a list': [114, 115],
};
const ESCAPES_ONLY_WITH_HEADERS = [44, 46, 47, 48, 49, 50];

test('all 249 cases are here', () => expect(CASES.length).toBe(249));

describe('reads what was stored', () => {
  test.each(CASES)('$id $mode $desc', (given) => {
    const stored = Buffer.from(given.hex, 'hex');
    expect(
      difference(decodeValue(stored, { autoPack: given.mode !== 'auto_pack_off' }), expected(given)),
    ).toBeUndefined();
  });
});

/** Without headers everything reads back as bytes, but for those that look like a value with a header. */
function expected({ id, mode, value, hex }: Case): unknown {
  if (mode === 'headers_off') {
    const number = id - HEADERS_OFF;
    return VALID_HEADERS.includes(number) ? READ_OTHERWISE.get(number)?.reads : Buffer.from(hex, 'hex');
  }
  const otherwise = mode === 'default' ? READ_OTHERWISE.get(id) : undefined;
  if (otherwise) return otherwise.reads;
  return KEYS_SORTED.includes(id) ? sorted(intended(value)) : intended(value);
}

/** The same with keys in the order of their UTF-8. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

describe('writes what Python writes, with a flag', () => {
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

function wrapped(value: Tagged): unknown {
  if (value.t !== 'wrap') return intended(value);
  const Wrapper = { msgpack: MsgPack, json: Json, cbor: Cbor, pickle: Pickle }[value.enc];
  if (!Wrapper) throw new Error(`no wrapper for ${value.enc}`);
  return new Wrapper(intended(value.v));
}
