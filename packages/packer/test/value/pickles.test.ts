import { readFileSync } from 'node:fs';
import { CorruptData } from '@kohakuvault/core-native';
import { decodeValue, Encoding, encodeValue, header, Pickle } from '@kohakuvault/packer/value';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../../../../tools/testing/src/thrown.ts';
import { intended, type Tagged } from '../support/intended.ts';
import { difference } from '../support/same.ts';

interface Recorded {
  protocol: number;
  hex: string;
  value?: Tagged;
  refused?: string;
}

function recorded(numpy: number): Recorded[] {
  const file = new URL(`../../../../tools/fixtures/packer/pickles-numpy${numpy}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}

function read(hex: string): unknown {
  return decodeValue(Buffer.concat([header(Encoding.pickle), Buffer.from(hex, 'hex')]));
}

describe.each([1, 2])('pickles of Python with numpy %i', (numpy) => {
  const all = recorded(numpy);

  test.each([2, 3, 4, 5])('protocol %i: every value is read', (protocol) => {
    const cases = all.filter((each) => each.protocol === protocol && each.value);
    expect(cases.length).toBeGreaterThan(100);
    for (const { hex, value } of cases) expect(difference(read(hex), intended(value as Tagged)), hex).toBeUndefined();
  });

  test.each([2, 3, 4, 5])('protocol %i: everything else is refused by name', (protocol) => {
    for (const { hex, refused } of all.filter((each) => each.protocol === protocol && each.refused)) {
      if (Object.hasOwn(READ, refused as string)) {
        expect(read(hex), refused).toEqual(READ[refused as string]);
        continue;
      }
      const error = thrownBy(() => read(hex));
      expect(error).toBeInstanceOf(CorruptData);
      expect(error.message, refused).toMatch(NAMED[refused as string] ?? /^$/);
    }
  });
});

/** What the fixtures call refused, and is read since there are truth values and floats of 16 bits. */
const READ: Record<string, unknown> = {
  bool_: true,
  'bool array': { data: Uint8Array.of(1), shape: [1], dtype: 'bool' },
  float16: new ((globalThis as unknown as { Float16Array?: Float32ArrayConstructor }).Float16Array ?? Float32Array)(2),
};

/** The parts that each message must contain. */
const NAMED: Record<string, RegExp> = {
  complex: /builtins?__\.complex|builtins\.complex/,
  datetime: /datetime\.datetime/,
  date: /datetime\.date/,
  Decimal: /decimal\.Decimal/,
  OrderedDict: /collections\.OrderedDict/,
  Point: /__main__\.Point/,
  class: /__main__\.Point/,
  function: /builtin(s|__)\.print/,
  slice: /builtin(s|__)\.slice/,
  'complex array': /dtype c8/,
  datetime64: /dtype M8/,
  'text array': /dtype U1/,
  'object array': /dtype O8/,
  dtype: /dtype f4/,
  'record array': /dtype V4/,
};

const pickle = (...parts: (string | number[])[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  ).toString('hex');

describe('malicious pickles are refused', () => {
  test('a function is never called, and the message names it', () => {
    const hex = pickle([0x80, 4], 'cos\nsystem\n', '(\x8c\x04true', 't', 'R.');
    expect(thrownBy(() => read(hex)).message).toContain('os.system');
  });

  test.each([
    ['nothing', ''],
    ['no result', '.'],
    ['a mark as the result', '(.'],
    ['a function as the result', 'cnumpy\ndtype\n.'],
    ['a missing object', 'h\x00.'],
    ['a memo of nothing', '\x94.'],
    ['items of no list', 'N(K\x01e.'],
    ['entries without a value', '}(K\x01u.'],
    ['a state of no array', 'NNb.'],
    ['a call of no function', 'N)R.'],
    ['a protocol to come', '\x80\x09N.'],
    ['an operation of protocol 0', 'I1\n.'],
    ['a persistent id', 'Px\n.'],
    ['bytes that end', 'B\xff\xff\xff\x7fab'],
    ['an array without state', 'cnumpy.core.multiarray\n_reconstruct\n)R.'],
    ['an array made of itself', 'cnumpy\nndarray\n)R.'],
  ])('%s', (_, text) => {
    expect(thrownBy(() => read(pickle(text)))).toBeInstanceOf(CorruptData);
  });

  test('the same bytes, copied without end', () => {
    const bytes = `B\xe8\x03\x00\x00${'x'.repeat(1_000)}\x94`;
    const copies = 'cbuiltins\nbytearray\n\x94]('.concat('h\x01h\x00\x85R'.repeat(1_000), 'e.');
    expect(thrownBy(() => read(pickle([0x80, 4], bytes, copies))).message).toContain('too many times');
  });

  test('lists in lists', () => {
    expect(thrownBy(() => read(pickle(']'.repeat(100_000), 'a'.repeat(99_999), '.'))).message).toContain('nested');
  });
});

test('a recursive list and dict keep their identity', () => {
  // x = []; x.append({'self': x})
  const list = read('80045d947d948c0473656c6694680073612e') as { self: unknown }[];
  expect(list[0]?.self).toBe(list);
});

test('a value that Pickle cannot write is refused with its path', () => {
  expect(thrownBy(() => encodeValue(new Pickle({ a: [new Date()] }))).message).toMatch(/^\$\.a\[0\]: a Date/);
  expect(thrownBy(() => encodeValue(new Pickle(new Set([{}])))).message).toMatch(
    /^\$\[0\]: an object cannot be in a set/,
  );
});
