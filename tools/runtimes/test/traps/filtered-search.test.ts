// A search with a filter finds k vectors, or all that the filter accepts if there are fewer.
import { VectorKVault } from '@kohakuvault/vector';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../testing/src/random.ts';

const DIMENSIONS = 32;
const ROWS = 3_000;

function filled(metric: 'cosine' | 'l2', residentBytes: number | undefined) {
  const random = new Random(18);
  const vectorOf = () => Float32Array.from({ length: DIMENSIONS }, () => random.below(2_001) / 1_000 - 1);
  const vault = new VectorKVault<number>(':memory:', {
    dimensions: DIMENSIONS,
    metric,
    ...(residentBytes === undefined ? {} : { residentBytes }),
  });
  const ids = vault.insertMany(Array.from({ length: ROWS }, (_, index) => [vectorOf(), index] as const));
  return { vault, ids: Array.from(ids), random, vectorOf };
}

describe.each(['cosine', 'l2'] as const)('%s', (metric) => {
  test.each([
    ['exact', undefined],
    ['approximate', undefined],
    ['exact', 0],
  ] as const)('%s, residentBytes %s: never fewer than k', async (mode, residentBytes) => {
    const { vault, ids, random, vectorOf } = filled(metric, residentBytes);
    for (const share of [1, 2, 10, 100, 1_000, ROWS]) {
      const accepted = ids.filter(() => random.oneIn(share));
      const values = new Set(accepted.map((id) => Number(id) - 1));
      for (const k of [1, 10, 100, ROWS]) {
        const expected = Math.min(k, accepted.length);
        const query = vectorOf();
        const found = vault.search(query, { k, mode, filter: accepted });
        expect(found.length, `one in ${share}, k ${k}, by ids`).toBe(expected);
        expect(new Set(found.map(({ id }) => id)).size).toBe(expected);
        const byFunction = vault.search(query, { k, mode, filter: (_id, value) => values.has(value) });
        expect(byFunction.length, `one in ${share}, k ${k}, by a function`).toBe(expected);
        const later = await vault.searchAsync(query, { k, mode, filter: accepted });
        expect(later.length, `one in ${share}, k ${k}, asynchronous`).toBe(expected);
      }
    }
    vault.close();
  });
});
