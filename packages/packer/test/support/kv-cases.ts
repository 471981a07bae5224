// The key-value cases: what Python stored, and what must be read.
import { readFileSync } from 'node:fs';
import { Cbor, Json, MsgPack, Pickle } from '@kohakuvault/packer/value';
import { intended, type Tagged } from './intended.ts';

export interface Case {
  id: number;
  mode: 'default' | 'headers_off' | 'auto_pack_off';
  desc: string;
  value: Tagged;
  hex: string;
}

const fixture = new URL('../../../../tools/fixtures/packer/kv.json', import.meta.url);
export const CASES: Case[] = JSON.parse(readFileSync(fixture, 'utf8'));
/** The headers_off cases have the same values as the first 120. */
export const HEADERS_OFF = 120;

/** The cases whose bytes do not determine what Python stored, with the value that must be read. */
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
/** Bytes that are a whole value with a header. They are read as that value, no matter who stored them. */
const VALID_HEADERS = [48, 49];
const KEYS_SORTED = [54, 61, 119];

/** Without headers, everything is read as bytes, except bytes that look like a value with a header. */
export function expected({ id, mode, value, hex }: Case): unknown {
  if (mode === 'headers_off') {
    const number = id - HEADERS_OFF;
    return VALID_HEADERS.includes(number) ? READ_OTHERWISE.get(number)?.reads : Buffer.from(hex, 'hex');
  }
  const otherwise = mode === 'default' ? READ_OTHERWISE.get(id) : undefined;
  if (otherwise) return otherwise.reads;
  return KEYS_SORTED.includes(id) ? sorted(intended(value)) : intended(value);
}

/** Sorts keys by their UTF-8, as Python stores those of a dict in MessagePack and CBOR. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/** Returns the value to give to a vault, in the wrapper that Python's value had. */
export function wrapped(value: Tagged): unknown {
  if (value.t !== 'wrap') return intended(value);
  const Wrapper = { msgpack: MsgPack, json: Json, cbor: Cbor, pickle: Pickle }[value.enc];
  if (!Wrapper) throw new Error(`no wrapper for ${value.enc}`);
  return new Wrapper(intended(value.v));
}
