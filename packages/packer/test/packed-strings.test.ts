import { DataPacker } from '@kohakuvault/packer';
import { describe, expect, test } from 'vitest';

const packer = new DataPacker('str');

function expectPacked(texts: readonly string[]): void {
  const { data, offsets } = packer.packManyWithOffsets(texts);
  expect(data).toEqual(Buffer.from(texts.join('')));
  expect(packer.packMany(texts)).toEqual(data);
  expect(packer.unpackMany(data, { offsets })).toEqual(texts);
}

describe('many strings are packed as each alone', () => {
  test.each<[string, string[]]>([
    ['none', []],
    ['empty strings', ['', '', '']],
    ['ASCII, short and long', ['a', 'x'.repeat(24), 'y'.repeat(25), 'z'.repeat(1_000)]],
    ['the only string is longer in bytes', ['éa']],
    ['the last string is longer in bytes', ['a', 'x'.repeat(30), 'éa']],
    ['the last character does not fit the room that ASCII would take', ['x'.repeat(30), 'a€']],
    ['a long string ends with another character', [`${'x'.repeat(40)}é`, 'b']],
    ['all sizes of characters', ['😀', 'b', 'é', 'x'.repeat(100), '€'.repeat(50), '']],
  ])('%s', (_, texts) => {
    expectPacked(texts);
  });

  test('random texts', () => {
    const characters = ['a', 'Z', '\u0000', 'é', '€', '😀', '\u07ff', '\uffff'];
    for (let turn = 0; turn < 500; turn++) {
      const texts = Array.from({ length: turn % 7 }, (_, index) =>
        Array.from(
          { length: (turn * 7 + index * 13) % 31 },
          (_, at) => characters[(turn * (at + 1) + index) % (turn % 9)] ?? 'a',
        ).join(''),
      );
      expectPacked(texts);
    }
  });

  test('half of a surrogate pair is refused with its index', () => {
    expect(() => packer.packMany(['a', 'é', '\ud800'])).toThrow(/\$\[2\].*surrogate pair/);
  });

  test('ASCII and Latin-1 have other bytes, or refuse the character', () => {
    expect(new DataPacker('str:latin1').packMany(['a', 'é'])).toEqual(Buffer.from([0x61, 0xe9]));
    expect(() => new DataPacker('str:ascii').packMany(['a', 'é'])).toThrow(/\$\[1\].*ascii cannot encode/);
  });
});
