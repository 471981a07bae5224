import { expect, test } from 'vitest';
import { plainDistance } from './support/oracle.ts';
import { topicalVectors } from './support/random.ts';
import { vaultOf } from './support/vaults.ts';

const DIMENSIONS = 128;
const VECTORS = topicalVectors(42, 12_040, DIMENSIONS);
const QUERIES = VECTORS.slice(12_000);
const STORED = VECTORS.slice(0, 12_000);

function recall(found: { id: bigint }[][], exact: { id: bigint }[][]): number {
  const hits = exact.map(
    (results, index) => results.filter(({ id }) => found[index]?.some((one) => one.id === id)).length,
  );
  return hits.reduce((sum, count) => sum + count, 0) / exact.flat().length;
}

test.each(['cosine', 'l2', 'l1'] as const)(
  'under %s it finds almost all neighbors, and never a wrong distance',
  (metric) => {
    const vault = vaultOf<number>({ dimensions: DIMENSIONS, metric });
    vault.insertMany(STORED.map((vector, index) => [vector, index]));
    const exact = vault.searchMany(QUERIES, 10);
    const found = vault.searchMany(QUERIES, { k: 10, mode: 'approximate' });
    // Under l1, the candidates are near under l2.
    expect(recall(found, exact)).toBeGreaterThan(metric === 'l1' ? 0.9 : 0.99);
    expect(recall(vault.searchMany(QUERIES, { mode: 'approximate', oversample: 100 }), exact)).toBeGreaterThan(0.99);
    for (const [index, results] of found.entries()) {
      for (const { value, distance } of results) {
        const plain = plainDistance(metric, STORED[value] as Float32Array, QUERIES[index] as Float32Array);
        expect(Math.abs(distance - plain)).toBeLessThan(1e-4);
      }
    }
  },
);

test('int8 vectors, and queries with different weights per dimension', () => {
  const vault = vaultOf<number>({ dimensions: DIMENSIONS, vectorType: 'int8' });
  const rounded = (vector: Float32Array) =>
    Int8Array.from(vector, (value) => Math.max(-127, Math.min(127, value * 40)));
  vault.insertMany(
    STORED.concat(STORED, STORED).map((vector, index) => [rounded(vector).map((value) => value || 1), index]),
  );
  const queries = QUERIES.map(rounded);
  const exact = vault.searchMany(queries, 10);
  const found = vault.searchMany(queries, { mode: 'approximate' });
  // Each vector exists three times, so the distances of the results are compared, not their ids.
  const near = found.flatMap((results, index) => {
    const farthest = exact[index]?.at(-1)?.distance as number;
    return results.filter(({ distance }) => distance <= farthest);
  });
  expect(near.length / exact.flat().length).toBeGreaterThan(0.97);
});

test('a search sees own inserts, updates and deletes at once', () => {
  const vault = vaultOf<string | number>({ dimensions: DIMENSIONS });
  const ids = vault.insertMany(STORED.map((vector, index) => [vector, index]));
  const nearest = (query: Float32Array) => vault.search(query, { k: 1, mode: 'approximate' })[0];
  const [query] = QUERIES as [Float32Array];
  const before = nearest(query);
  const id = vault.insert(query, 'new');
  expect(nearest(query)).toMatchObject({ id, value: 'new' });
  expect(vault.delete(id)).toBe(true);
  expect(nearest(query)).toEqual(before);
  vault.update(ids[5] as bigint, { vector: query });
  expect(nearest(query)).toMatchObject({ id: ids[5], value: 5 });
  vault.delete(ids[5] as bigint);
  for (const [index, other] of QUERIES.entries()) vault.update(ids[index * 300] as bigint, { vector: other });
  for (const [index, other] of QUERIES.entries()) expect(nearest(other)?.id).toBe(ids[index * 300]);
  expect(vault.insertMany(QUERIES.map((vector) => [vector, 'many']))).toHaveLength(40);
  for (const other of QUERIES) expect(nearest(other)?.value).toBe('many');
});

test('small tables, short vectors and bits are searched exactly', () => {
  const small = vaultOf({ dimensions: DIMENSIONS });
  small.insertMany(STORED.slice(0, 500).map((vector, index) => [vector, index]));
  const bits = vaultOf({ dimensions: 64, vectorType: 'bit' });
  bits.insertMany(STORED.map((vector, index) => [vector.slice(0, 64).map((value) => (value > 0 ? 1 : 0)), index]));
  for (const query of QUERIES) {
    expect(small.search(query, { mode: 'approximate', oversample: 1 })).toEqual(small.search(query));
    const signs = query.slice(0, 64).map((value) => (value > 0 ? 1 : 0));
    expect(bits.search(signs, { mode: 'approximate', oversample: 1 })).toEqual(bits.search(signs));
  }
});

test('an asynchronous search finds the same', async () => {
  const vault = vaultOf<number>({ dimensions: DIMENSIONS });
  vault.insertMany(STORED.map((vector, index) => [vector, index]));
  const [query] = QUERIES as [Float32Array];
  const found = await vault.searchAsync(query, { mode: 'approximate' });
  expect(vault.search(query, { mode: 'approximate' })).toEqual(found);
});
