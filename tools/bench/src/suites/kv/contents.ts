import { randomIntegers } from '../../random.ts';
import type { Entry, Table, Value } from './stores/store.ts';

/** How many entries the prepared tables have. */
export const COUNTS: Record<Table, number> = { small: 100_000, large: 2_000, objects: 20_000 };

export function keyOf(index: number): string {
  return `key:${String(index).padStart(8, '0')}`;
}

/** 100 bytes, 16 KiB, or a small object. */
export function makeValue(table: Table, index: number): Value {
  if (table === 'small') return Buffer.alloc(100, index & 0x7f);
  if (table === 'large') return Buffer.alloc(16 * 1024, index & 0x7f);
  return { id: index, name: `item number ${index}`, tags: ['new', 'red'], score: index / 7 };
}

export function entriesOf(table: Table, count = COUNTS[table]): Entry[] {
  return Array.from({ length: count }, (_, index) => [keyOf(index), makeValue(table, index)]);
}

/** Keys of a table in an order that no cache can predict; a power of two of them. */
export function randomKeys(table: Table): string[] {
  return Array.from(randomIntegers(2 ** 16, COUNTS[table]), keyOf);
}

/** The same entries in another order, which is the same for every contender. */
export function shuffled(entries: Entry[]): Entry[] {
  const ranks = randomIntegers(entries.length, 2 ** 32, 7);
  return entries
    .map((entry, index) => ({ entry, rank: ranks[index] ?? 0 }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ entry }) => entry);
}
