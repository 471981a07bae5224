// The file does not grow without limit when elements come and go, and compact does not need the space twice.
import type { Column, ColumnVault, DType } from '@kohakuvault/columns';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { otherConnection } from './support/other-connection.ts';
import { vaultOn } from './support/vault-on.ts';

const COUNT = 1_200;

/** Returns numbers below a limit that look random and are the same each time. */
function numbers(): (limit: number) => number {
  let state = 1;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}

const KINDS: [DType, (number: number) => unknown][] = [
  ['f64', (number) => number],
  ['bytes', (number) => Buffer.alloc(number % 5_000, number)],
  ['msgpack', (number) => ({ number, text: 'x'.repeat(number % 900) })],
];

const CHURN: Record<string, (column: Column, next: () => unknown, random: (limit: number) => number) => void> = {
  'removed anywhere and added at the end': (column, next, random) => {
    column.removeRange(random(COUNT - 4), COUNT);
    column.extend(Array.from({ length: COUNT - column.length }, next));
    for (let turn = 0; turn < COUNT / 8; turn++) {
      const at = random(COUNT - 4);
      column.removeRange(at, at + 4);
      column.extend([next(), next(), next(), next()]);
    }
  },
  'removed and inserted anywhere': (column, next, random) => {
    for (let turn = 0; turn < COUNT / 4; turn++) {
      column.remove(random(column.length));
      column.insert(random(column.length), next());
    }
  },
  'taken from the front': (column, next) => {
    for (let turn = 0; turn < 20; turn++) {
      column.removeRange(0, COUNT / 20);
      column.extend(Array.from({ length: COUNT / 20 }, next));
    }
  },
  'cut off at the end': (column, next) => {
    for (let turn = 0; turn < 5; turn++) {
      column.truncate(COUNT / 2);
      column.extend(Array.from({ length: COUNT / 2 }, next));
    }
  },
};

const pagesOf = (vault: ColumnVault) => Number(vault.database.pragma('page_count', { simple: true }));

function filled(dtype: DType, value: (number: number) => unknown) {
  const file = tempFile();
  const vault = vaultOn(file);
  const random = numbers();
  const next = () => value(random(1_000_000));
  const column: Column = vault.createColumn('a', dtype);
  column.extend(Array.from({ length: COUNT }, next));
  return { file, vault, column, random, next };
}

describe.each(KINDS)('a column of %s', (dtype, value) => {
  test.each(Object.entries(CHURN))('reuses the space of elements that are %s', (_, churn) => {
    const { vault, column, random, next } = filled(dtype, value);
    const first = pagesOf(vault);
    for (let round = 0; round < 6; round++) vault.transaction(() => churn(column, next, random));
    expect(column.length).toBe(COUNT);
    // A chunk that is more than half dead is rewritten. Chunks end in the middle of pages, so the file may grow more.
    const { deadBytes, liveBytes } = column.stats();
    expect(deadBytes).toBeLessThan(liveBytes);
    expect(pagesOf(vault)).toBeLessThan(3 * first);
  });
});

test('compact gives space back while it works: the file grows little meanwhile', () => {
  const { file, vault, column, random, next } = filled('bytes', (number) => Buffer.alloc(number % 9_000, number));
  for (let round = 0; round < 3; round++) {
    vault.transaction(() => CHURN['removed anywhere and added at the end']?.(column, next, random));
  }
  const elements = [...column];
  const before = pagesOf(vault);
  expect(column.stats().deadBytes).toBeGreaterThan(column.stats().liveBytes / 10);
  column.compact();
  expect(pagesOf(vault)).toBeLessThan(1.2 * before);
  expect(column.stats().deadBytes).toBe(0);
  expect([...column]).toEqual(elements);
  expect([...(otherConnection(file).column('a') as Column)]).toEqual(elements);
  // What it gave back is used before the file grows.
  const after = pagesOf(vault);
  (vault.createColumn('b', 'bytes') as Column).extend(elements.slice(0, 100));
  expect(pagesOf(vault)).toBe(after);
});
