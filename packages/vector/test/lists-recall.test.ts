// The share of neighbors that an index finds among embeddings of real sentences.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { vaultOf } from './support/vaults.ts';

const DIMENSIONS = 384;
const FIXTURE = join(import.meta.dirname, '../../../tools/fixtures/embeddings/sentences.i8');
const BYTES = new Int8Array(readFileSync(FIXTURE));
const ALL = Array.from({ length: BYTES.length / DIMENSIONS }, (_, row) =>
  BYTES.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS),
);
const QUERIES = ALL.slice(0, 200);
const STORED = ALL.slice(200);

test.each(['f32', 'int8'] as const)('as %s, a search finds what its recall says', (vectorType) => {
  const vault = vaultOf<number>({ dimensions: DIMENSIONS, vectorType });
  vault.insertMany(STORED.map((vector, index) => [vector, index]));
  const exact = vault.searchMany(QUERIES, 10).map((found) => new Set(found.map(({ id }) => id)));
  vault.createIndex();
  const recallAt = (recall: number) => {
    const found = vault.searchMany(QUERIES, { mode: 'approximate', recall });
    return found.flatMap((results, at) => results.filter(({ id }) => exact[at]?.has(id))).length / QUERIES.length / 10;
  };
  for (const recall of [0.9, 0.95, 0.985, 0.99]) expect(recallAt(recall)).toBeGreaterThan(recall - 0.01);
  expect(recallAt(1)).toBeGreaterThan(0.999);
  // Half of them come in after the lists were made.
  const grown = vaultOf<number>({ dimensions: DIMENSIONS, vectorType });
  grown.insertMany(STORED.slice(0, 1100).map((vector, index) => [vector, index]));
  grown.createIndex();
  for (const [index, vector] of STORED.slice(1100).entries()) grown.insert(vector, 1100 + index);
  expect(grown.info().index?.pending).toBeLessThan(300);
  const found = grown.searchMany(QUERIES, { mode: 'approximate', recall: 0.99 });
  const hits = found.flatMap((results, at) => results.filter(({ id }) => exact[at]?.has(id)));
  expect(hits.length / QUERIES.length / 10).toBeGreaterThan(0.97);
});
