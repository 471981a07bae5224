import { join } from 'node:path';
import { ColumnVault } from '@kohakuvault/columns';
import { openBare } from '../../peers/better-sqlite3.ts';
import { randomIntegers } from '../../random.ts';
import type { Context } from '../../suite.ts';

/** Elements of the column of numbers. */
export const NUMBERS = 1_000_000;
/** Elements of the column of bytes, and the length of each. */
export const ITEMS = 100_000;
export const ITEM_BYTES = 100;
/** The number of elements of a small slice. */
export const SLICE = 100;

/** The numbers that all contenders store: half of them with a fraction. */
export function someNumbers(count = NUMBERS): Float64Array {
  return Float64Array.from(randomIntegers(count, 2 ** 32), (integer) => integer / 2);
}

export function someItems(count = ITEMS): Buffer[] {
  return Array.from({ length: count }, (_, index) => Buffer.alloc(ITEM_BYTES, index & 0x7f));
}

/** The numbers as better-sqlite3 would store them in bulk: BLOBs of 1 MiB. */
export function blobsOf(numbers: Float64Array): Buffer[] {
  const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const size = 1024 * 1024;
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

/** The file of ours that the contenders read, Python 0.7 among them. */
export function ourFile({ fixtures }: { fixtures: string }): string {
  return join(fixtures, 'ours.db');
}

/** The same columns in the tables of Python 1.x. */
export function newFile({ fixtures }: { fixtures: string }): string {
  return join(fixtures, 'ours-1x.db');
}

/** The same elements, one in each row. */
export function rowsFile({ fixtures }: { fixtures: string }): string {
  return join(fixtures, 'rows.db');
}

/** A vault in a file of the contender's own. */
export function ownVault({ folder }: Context, pageSize?: number): ColumnVault {
  return new ColumnVault(join(folder, 'own.db'), { pageSize });
}

/** Where a slice or an element begins in each turn: a power of two of places, so that a mask finds one. */
export function placesIn(length: number): (turn: number) => number {
  const places = randomIntegers(2 ** 16, length);
  return (turn) => places[turn & (2 ** 16 - 1)] as number;
}

export async function fillFixtures(fixtures: string): Promise<void> {
  for (const [file, layout] of [
    [ourFile({ fixtures }), '0.7'],
    [newFile({ fixtures }), '1.x'],
  ] as const) {
    using vault = new ColumnVault(file, { layout });
    vault.createColumn('numbers', 'f64').extend(someNumbers());
    vault.createColumn('items', 'bytes').extend(someItems());
  }

  // If a peer is missing, its contenders report that.
  const rows = await openBare(rowsFile({ fixtures })).catch(() => undefined);
  if (!rows) return;
  rows.exec(
    'CREATE TABLE numbers (id INTEGER PRIMARY KEY, value REAL); CREATE TABLE items (id INTEGER PRIMARY KEY, value BLOB)',
  );
  const put = (table: string, values: Iterable<unknown>) => {
    const insert = rows.prepare(`INSERT INTO ${table} (value) VALUES (?)`);
    for (const value of values) insert.run(value);
  };
  rows.transaction(() => {
    put('numbers', someNumbers());
    put('items', someItems());
  })();
  rows.close();
}
