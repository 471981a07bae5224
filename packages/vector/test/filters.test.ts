import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomNumbers, randomVector, topicalVectors } from './support/random.ts';
import { vaultOf } from './support/vaults.ts';

const SEED = Number(process.env.KOHAKUVAULT_SEED ?? Date.now() % 1e9);

test('a filter gives exactly the k nearest that it lets through, by ids or by a function', () => {
  const random = randomNumbers(5);
  const vault = vaultOf<number>({ dimensions: 8 });
  const ids = vault.insertMany(Array.from({ length: 2_300 }, (_, index) => [randomVector(random, 'f32', 8), index]));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.nat({ max: 40 }), fc.nat({ max: 5 }), (every, k, offset) => {
      const query = randomVector(random, 'f32', 8);
      const all = vault.search(query, 5_000);
      const expected = all.filter(({ value }) => value % every === 0).slice(offset, offset + k);
      const chosen = ids.filter((_, index) => index % every === 0);
      expect(vault.search(query, { k, offset, filter: (_, value) => value % every === 0 })).toEqual(expected);
      expect(vault.search(query, { k, offset, filter: chosen })).toEqual(expected);
      expect(vault.search(query, { k, offset, filter: new Set(chosen.map(Number)) })).toEqual(expected);
    }),
    { seed: SEED, numRuns: 15 },
  );
});

test('a filter also holds for many queries, off the event loop, without a copy, and under approximation', async () => {
  const vectors = topicalVectors(1, 12_000, 96);
  const vault = vaultOf<number>({ dimensions: 96 });
  vault.insertMany(vectors.map((vector, index) => [vector, index]));
  const [a, b] = [vectors[17], vectors[4_711]] as [Float32Array, Float32Array];
  const even = Array.from({ length: 6_000 }, (_, index) => index * 2 + 1);
  const isEven = (id: bigint, value: number) => id % 2n === 1n && value % 2 === 0;
  const expected = [a, b].map((query) => vault.search(query, { k: 5, filter: even }));
  expect(expected.flat().every(({ value }) => value % 2 === 0)).toBe(true);
  expect(vault.searchMany([a, b], { k: 5, filter: even })).toEqual(expected);
  expect(vault.searchMany([a, b], { k: 5, filter: isEven })).toEqual(expected);
  expect(await vault.searchAsync(a, { k: 5, filter: isEven })).toEqual(expected[0]);
  expect(await vault.searchAsync(a, { k: 5, filter: even })).toEqual(expected[0]);
  expect(vaultOf({ dimensions: 96, residentBytes: 0 }, vault).search(a, { k: 5, filter: even })).toEqual(expected[0]);
  for (const filter of [even, isEven]) {
    const found = vault.search(a, { k: 5, filter, mode: 'approximate', oversample: 100 });
    expect(found).toEqual(expected[0]);
  }
});

test('ids that do not exist, come twice or are none at all', () => {
  const vault = vaultOf({ metric: 'l2' });
  const ids = vault.insertMany(Array.from({ length: 5 }, (_, index) => [[index, 0, 0, 0], index]));
  const found = (filter: Iterable<number | bigint>) => vault.search([0, 0, 0, 0], { filter }).map(({ id }) => id);
  expect(found([3, 3n, 99, -1, 1])).toEqual([ids[0], ids[2]]);
  expect(found([])).toEqual([]);
});

test('a function that accepts nothing is asked once for each vector within the distance', () => {
  const vault = vaultOf<number>({ metric: 'l2', dimensions: 1 });
  vault.insertMany(Array.from({ length: 500 }, (_, index) => [[index], index]));
  const asked: number[] = [];
  const filter = (_: bigint, value: number) => {
    asked.push(value);
    return false;
  };
  expect(vault.search([0], { k: 3, filter })).toEqual([]);
  expect(asked).toEqual(Array.from({ length: 500 }, (_, index) => index));
  asked.length = 0;
  expect(vault.search([0], { k: 3, maxDistance: 9, filter })).toEqual([]);
  expect(asked).toHaveLength(10);
});

test('what a filter throws reaches the caller', () => {
  const vault = vaultOf();
  vault.insert([1, 2, 3, 4], 0);
  const failing = () => {
    throw new RangeError('from the filter');
  };
  expect(() => vault.search([1, 2, 3, 4], { filter: failing })).toThrow(RangeError);
});
