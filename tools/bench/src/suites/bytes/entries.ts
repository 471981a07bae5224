import { randomIntegers } from '../../random.ts';
import type { Entry } from './store.ts';

/** The key of an index. Consecutive indexes have keys at random places, and no two have the same. */
export function keyOf(index: number): string {
  return `key:${String(scattered(index)).padStart(10, '0')}`;
}

/** Each step has an inverse, so no two numbers of 32 bits become the same. */
function scattered(index: number): number {
  let mixed = Math.imul(index ^ (index >>> 16), 0x45d9f3b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Returns the key of each turn, one of so many at random. */
export function randomKeys(count: number, seed = 1): (turn: number) => string {
  const keys = Array.from(randomIntegers(PICKS, count, seed), keyOf);
  return (turn) => keys[turn & (PICKS - 1)] as string;
}

/** A power of two, so that a mask finds the place of a turn. */
const PICKS = 2 ** 16;

/** Returns entries that differ from turn to turn, with keys among so many at random. */
export function randomEntries(turn: number, length: number, count: number, bytes: number): Entry[] {
  const value = Buffer.alloc(bytes, turn & 0x7f);
  return Array.from(randomIntegers(length, count, turn + 2), (index) => [keyOf(index), value]);
}

/** Yields the entries of a table in parts that fit into a transaction. */
export function* parts(count: number, bytes: number, order: 'at random' | 'in order'): Generator<Entry[]> {
  const indexes = order === 'at random' ? undefined : byKey(count);
  const size = Math.max(1, Math.min(10_000, Math.floor(PART_BYTES / bytes)));
  for (let from = 0; from < count; from += size) {
    yield Array.from({ length: Math.min(size, count - from) }, (_, offset): Entry => {
      const index = indexes ? (indexes[from + offset] as number) : from + offset;
      return [keyOf(index), Buffer.alloc(bytes, index & 0x7f)];
    });
  }
}

const PART_BYTES = 32 * 1024 * 1024;

function byKey(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, index) => index).sort((a, b) => scattered(a) - scattered(b));
}
