// Many queries at once look at lists together, and find what each finds alone.
import type { VectorKVault } from '@kohakuvault/vector';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { topicalVectors } from './support/random.ts';
import { vaultOf } from './support/vaults.ts';

const DIMENSIONS = 48;
const ALL = topicalVectors(31, 8700, DIMENSIONS);
const STORED = ALL.slice(0, 8000);
const LATER = ALL.slice(8000, 8500);
/** More than are looked at together. */
const QUERIES = ALL.slice(8500);
const FIELDS = { part: 'i64' } as const;

type Vault = VectorKVault<number, 'auto', typeof FIELDS>;

function filled(): Vault {
  const vault = opened(tempFile());
  vault.insertMany(STORED.map((vector, at) => [vector, at, { part: at % 10 }]));
  vault.createIndex();
  return vault;
}

function opened(file: string): Vault {
  return vaultOf<number>({ dimensions: DIMENSIONS, metric: 'l2', fields: FIELDS }, file) as Vault;
}

function expectSame(vault: Vault, options: object): void {
  const search = { mode: 'approximate', ...options } as const;
  expect(vault.searchMany(QUERIES, search)).toEqual(QUERIES.map((query) => vault.search(query, search)));
}

test('they find the same whatever is asked for', () => {
  const vault = filled();
  expectSame(vault, {});
  expectSame(vault, { recall: 0.9, k: 3 });
  expectSame(vault, { probes: 1, k: 200 });
  expectSame(vault, { recall: 1, oversample: 50 });
  // Many meet the first condition, few the second, and none the third.
  expectSame(vault, { where: { part: { $lt: 5 } } });
  expectSame(vault, { where: { part: 3 }, k: 50, probes: 1 });
  expectSame(vault, { where: { part: 100 } });
});

test('they find the same of vectors that are not in their lists yet, are gone, or were changed', async () => {
  const vault = filled();
  vault.transaction(() => {
    LATER.forEach((vector, at) => {
      vault.insert(vector, STORED.length + at, { part: at % 10 });
    });
    for (let id = 1n; id < 400n; id += 7n) vault.delete(id);
    for (let id = 2n; id < 400n; id += 7n) vault.update(id, { vector: QUERIES[Number(id) % 200] as Float32Array });
    expect(vault.info().index?.pending).toBeGreaterThan(0);
    expectSame(vault, {});
    expectSame(vault, { where: { part: { $lt: 5 } }, recall: 0.95 });
  });
  // In another vault, and in another thread.
  const other = opened(vault.path);
  const found = other.searchMany(QUERIES, { mode: 'approximate' });
  expect(found).toEqual(vault.searchMany(QUERIES, { mode: 'approximate' }));
  expect(await other.searchManyAsync(QUERIES, { mode: 'approximate' })).toEqual(found);
});
