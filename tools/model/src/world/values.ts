import { encodeValue } from '@kohakuvault/packer/value';
import type { Random } from '../../../testing/src/random.ts';
import type { ColumnType } from './state.ts';

/** Keys. Some sort differently as text and as bytes, and some have characters of several bytes. */
const KEYS = [...'abcdefgh', 'aa', 'ab', 'b/1', 'b/2', 'b/3', 'é', '日本', '\u{1f600}', '\uffff'];

export const COLUMNS: Readonly<Record<string, ColumnType>> = {
  f64: 'f64',
  i64: 'i64',
  text: 'str:utf8',
  bytes: 'bytes',
};

export const DIMENSIONS = 4;

export function key(random: Random): string {
  return KEYS[random.below(KEYS.length)] as string;
}

export function value(random: Random): unknown {
  switch (random.below(8)) {
    case 0:
      return random.below(1_000_000);
    case 1:
      return { n: random.below(1000), list: [1, 'two', null] };
    case 2:
      return Buffer.from(random.list(0, 40, () => random.below(256)));
    case 3:
      return 'long '.repeat(random.below(1200));
    case 4:
      return null;
    case 5:
      return random.oneIn(2);
    default:
      return `text ${random.below(1_000_000)}`;
  }
}

/** Returns the bytes that a kv table holds for a value. */
export function encoded(value: unknown): Buffer {
  return encodeValue(value, { autoPack: true, headers: true, structured: true });
}

export function element(random: Random, dtype: ColumnType): unknown {
  switch (dtype) {
    case 'f64':
      return random.below(2000) / 2 - 500;
    case 'i64':
      return BigInt(random.below(2 ** 31)) * (random.oneIn(2) ? 1n : -3_000_000_000n);
    case 'str:utf8':
      return random.oneIn(6) ? 'é日'.repeat(random.below(300)) : `s${random.below(10_000)}`;
    default:
      return Buffer.from(random.list(0, random.oneIn(6) ? 900 : 8, () => random.below(256)));
  }
}

/** Returns the number of bytes of an element. */
export function elementBytes(dtype: ColumnType, element: unknown): number {
  if (dtype === 'f64' || dtype === 'i64') return 8;
  return typeof element === 'string' ? Buffer.byteLength(element) : (element as Buffer).length;
}

/** Returns a vector of whole numbers: the sum of a distance does not depend on the order of its terms. */
export function vector(random: Random): number[] {
  return random.list(DIMENSIONS, DIMENSIONS, () => random.below(9) - 4);
}

/** The words of texts. A search for one of them finds the texts that have it. */
export const WORDS = ['ape', 'bee', 'cat', 'dog', 'elk', 'fox', '京都', 'été'];

export function text(random: Random): string {
  return random.list(0, random.oneIn(8) ? 900 : 6, () => random.pick(WORDS)).join(' ');
}

export function distance(one: readonly number[], other: readonly number[]): number {
  return Math.sqrt(one.reduce((sum, element, at) => sum + (element - (other[at] as number)) ** 2, 0));
}
