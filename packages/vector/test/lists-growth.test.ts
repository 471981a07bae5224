// A table that grows a hundredfold from its size when the index was made keeps short lists, and the neighbors are found.
import { randomInt } from 'node:crypto';
import type { VectorKVault } from '@kohakuvault/vector';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { randomNumbers, topicalVectors } from './support/random.ts';
import { vaultOf } from './support/vaults.ts';

const DIMENSIONS = 48;
const FIRST = 300;
const FACTOR = 100;
const ALL = topicalVectors(11, FIRST * FACTOR + 100, DIMENSIONS);
const QUERIES = ALL.slice(FIRST * FACTOR);
const STORED = ALL.slice(0, FIRST * FACTOR);

/** The lengths of the lists in the file: see docs/format.md. */
function lengths(vault: VectorKVault<number>): number[] {
  const rows = vault.database
    .prepare(
      'SELECT max(id), substr(entries, 1, 4) AS total FROM vec_kvault_index_parts WHERE id < 1 << 40 GROUP BY id >> 12',
    )
    .all() as { total: Buffer }[];
  return rows.map(({ total }) => total.readUInt32LE());
}

function recallOf(vault: VectorKVault<number>, recall: number): number {
  const exact = vault.searchMany(QUERIES, 10);
  const found = vault.searchMany(QUERIES, { k: 10, mode: 'approximate', recall });
  const hits = exact.flatMap((results, at) => results.filter(({ id }) => found[at]?.some((one) => one.id === id)));
  return hits.length / exact.flat().length;
}

/** Lists are about as long as those of an index that was made of so many vectors, and none is much longer. */
function expectBalanced(vault: VectorKVault<number>): void {
  const { index } = vault.info();
  const made = 2.5 * Math.sqrt(vault.size);
  const suits = (2 * vault.size) / made;
  const all = lengths(vault).sort((a, b) => a - b);
  expect(all.at(-1)).toBeLessThan(suits * 3);
  expect(all[all.length >> 1]).toBeLessThan(suits * 2);
  expect(index?.lists).toBeGreaterThan(made * 0.4);
  expect(index?.lists).toBeLessThan(made * 1.7);
}

const WAYS: Record<string, (vault: VectorKVault<number>, rows: [Float32Array, number][]) => void> = {
  'single inserts': (vault, rows) => {
    for (let start = 0; start < rows.length; start += 1000) {
      vault.transaction(() => {
        for (const [vector, value] of rows.slice(start, start + 1000)) vault.insert(vector, value);
      });
    }
  },
  'inserts of many': (vault, rows) => {
    for (let start = 0; start < rows.length; start += 5000) vault.insertMany(rows.slice(start, start + 5000));
  },
};

test.each(Object.entries(WAYS))('by %s', async (_, insert) => {
  const file = tempFile();
  const vault = vaultOf<number>({ dimensions: DIMENSIONS }, file);
  const rows = STORED.map((vector, index): [Float32Array, number] => [vector, index]);
  vault.insertMany(rows.slice(0, FIRST));
  vault.createIndex();
  insert(vault, rows.slice(FIRST));
  expect(vault.size).toBe(STORED.length);
  const { index } = vault.info();
  expect(index?.pending).toBeLessThan(64);
  expectBalanced(vault);
  // As with an index that was made of all of them, nearly.
  for (const recall of [0.9, 0.95, 0.99]) expect(recallOf(vault, recall)).toBeGreaterThan(recall - 0.02);
  expect(recallOf(vault, 1)).toBeGreaterThan(0.995);
  expect(vault.verifyIndex()).toEqual([]);
  const grown = index?.recall;
  const done: number[] = [];
  await vault.optimizeAsync({ onProgress: (part) => done.push(part) });
  expect(done.at(-1)).toBe(1);
  expect(vault.info().index?.recall).not.toEqual(grown);
  expect(recallOf(vault, 0.99)).toBeGreaterThan(0.98);
  expectBalanced(vault);
});

test('vectors that come and go leave lists that are as short as before', () => {
  const seed = randomInt(1 << 30);
  const random = randomNumbers(seed);
  const vault = vaultOf<number>({ dimensions: DIMENSIONS });
  vault.insertMany(STORED.slice(0, 4000).map((vector, index) => [vector, index]));
  vault.createIndex();
  const bytes = vault.info().index?.bytes as number;
  // The new ones lie elsewhere, so lists become empty.
  for (let start = 4000; start + 500 < 24_000; start += 500) {
    vault.insertMany(
      STORED.slice(start, start + 500).map((vector) => [
        vector.map((value, at) => value + (at % 7) * (start / 24_000)),
        1,
      ]),
    );
    vault.deleteMany(vault.keys({ limit: 500 }));
    const query = STORED[Math.floor(Math.abs(random()) * start)] as Float32Array;
    const found = vault.search(query, { k: 5, mode: 'approximate', recall: 1, oversample: 5000 });
    expect(found, `seed ${seed}`).toEqual(vault.search(query, 5));
  }
  expect(vault.size).toBe(4000);
  expect(vault.info().index?.bytes).toBeLessThan(bytes * 3);
  vault.optimize();
  expect(vault.info().index?.bytes).toBeLessThan(bytes * 1.5);
  expect(vault.verifyIndex()).toEqual([]);
});

test('a cancelled optimizeAsync leaves the index as it was', async () => {
  const vault = vaultOf<number>({ dimensions: DIMENSIONS }, tempFile());
  vault.insertMany(STORED.slice(0, 500).map((vector, index) => [vector, index]));
  vault.createIndex();
  vault.insertMany(STORED.slice(500, 5000).map((vector, index) => [vector, index]));
  const before = vault.info().index;
  const stop = new AbortController();
  const optimizing = vault.optimizeAsync({ signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(optimizing).rejects.toThrow('enough');
  expect(vault.info().index).toEqual(before);
  await expect(vault.optimizeAsync({ signal: stop.signal })).rejects.toThrow('enough');
  await expect(vault.optimizeAsync({ onProgress: 1 as never })).rejects.toThrow(/onProgress.*function/s);
  await expect(vault.optimizeAsync({ speed: 1 } as never)).rejects.toThrow(/speed/);
  expect((await vault.optimizeAsync()).finished).toBe(true);
  expect(vault.info().index?.trained).not.toEqual(before?.trained);
});

test('a table that was empty when the index was made', () => {
  const vault = vaultOf<number>({ dimensions: DIMENSIONS });
  vault.createIndex();
  for (const [at, vector] of STORED.slice(0, 6000).entries()) vault.insert(vector, at);
  expect(vault.info().index?.lists).toBeGreaterThan(75);
  expect(recallOf(vault, 0.99)).toBeGreaterThan(0.97);
});

test('an index with few lists keeps to them', () => {
  const vault = vaultOf<number>({ dimensions: DIMENSIONS });
  vault.insertMany(STORED.slice(0, 3000).map((vector, index) => [vector, index]));
  vault.createIndex({ lists: 8 });
  vault.insertMany(STORED.slice(3000, 4000).map((vector, index) => [vector, index]));
  vault.optimize();
  expect(vault.info().index?.lists).toBeLessThan(16);
});
