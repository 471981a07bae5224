// How many of the true neighbors an approximate search finds, of vectors that few or many conditions accept.
import { VectorKVault } from '@kohakuvault/vector';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { randomNumbers, topicalVectors } from './support/random.ts';

const DIMENSIONS = 128;
const COUNT = 20_000;

test('recall at 50 %, 10 %, 1 % and 0.1 % of the vectors, of fields that depend on the vectors and of others', () => {
  const vectors = topicalVectors(21, COUNT + 50, DIMENSIONS);
  const queries = vectors.slice(COUNT);
  const random = randomNumbers(22);
  const vault = new VectorKVault(tempFile(), { dimensions: DIMENSIONS, fields: { any: 'i64', side: 'f64' } });
  onTestFinished(() => vault.close());
  vault.insertMany(
    vectors
      .slice(0, COUNT)
      // `side` accepts the vectors of one side of the space, far from half of the queries.
      .map((vector, at) => [vector, at, { any: Math.floor(Math.abs(random()) * 1_000), side: vector[1] as number }]),
  );
  const sides = vectors
    .slice(0, COUNT)
    .map((vector) => vector[1] as number)
    .sort((a, b) => a - b);
  for (const share of [0.5, 0.1, 0.01, 0.001]) {
    for (const where of [{ any: { $lt: share * 1_000 } }, { side: { $lt: sides[share * COUNT] as number } }]) {
      const exact = vault.searchMany(queries, { k: 10, where });
      const found = vault.searchMany(queries, { k: 10, where, mode: 'approximate' });
      let hits = 0;
      for (const [at, results] of exact.entries()) {
        expect(results).toHaveLength(10);
        expect(found[at]).toHaveLength(10);
        hits += results.filter(({ id }) => found[at]?.some((one) => one.id === id)).length;
      }
      // Few vectors are compared exactly.
      expect(hits / (queries.length * 10), JSON.stringify(where)).toBeGreaterThanOrEqual(share > 0.01 ? 0.99 : 1);
    }
  }
});
