// The best result of each group, and results that differ from each other.
import { VectorKVault } from '@kohakuvault/vector';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { randomNumbers, randomVector, topicalVectors } from './support/random.ts';
import { vaultOf } from './support/vaults.ts';

const SEED = Number(process.env.KOHAKUVAULT_SEED ?? Date.now() % 1e9);

function documents(options: object = {}) {
  const vault = new VectorKVault<number, 'auto', { doc: 'str'; lang: 'str' }>(tempFile(), {
    dimensions: 8,
    metric: 'l2',
    fields: { doc: 'str', lang: 'str' },
    ...options,
  });
  onTestFinished(() => vault.close());
  return vault;
}

describe('distinctBy', () => {
  test(`returns the nearest of each group, as many groups as exist (seed ${SEED})`, async () => {
    const random = randomNumbers(SEED);
    const vault = documents();
    // Most vectors belong to few groups, and some to none.
    const rows = Array.from({ length: 1_500 }, (_, index) => {
      const group = Math.floor(Math.abs(random()) ** 4 * 60);
      return { vector: randomVector(random, 'f32', 8), index, doc: group === 0 ? undefined : `doc ${group}` };
    });
    vault.insertMany(rows.map(({ vector, index, doc }) => [vector, index, { doc, lang: index % 3 ? 'en' : 'de' }]));
    for (let turn = 0; turn < 10; turn++) {
      const query = randomVector(random, 'f32', 8);
      const all = vault.search(query, 2_000);
      const best = (accepts: (value: number) => boolean) => {
        const seen = new Set<string>();
        return all.filter(({ value }) => {
          const { doc } = rows[value] as (typeof rows)[number];
          if (!accepts(value) || (doc !== undefined && seen.has(doc))) return false;
          if (doc !== undefined) seen.add(doc);
          return true;
        });
      };
      for (const [k, offset] of [
        [5, 0],
        [40, 3],
        [2_000, 0],
      ] as const) {
        const expected = best(() => true).slice(offset, offset + k);
        expect(vault.search(query, { k, offset, distinctBy: 'doc' })).toEqual(expected);
        expect(await vault.searchAsync(query, { k, offset, distinctBy: 'doc' })).toEqual(expected);
      }
      const german = best((value) => value % 3 === 0).slice(0, 30);
      expect(vault.search(query, { k: 30, distinctBy: 'doc', where: { lang: 'de' } })).toEqual(german);
      const filter = (_: bigint, value: number) => value % 3 === 0;
      expect(vault.search(query, { k: 30, distinctBy: 'doc', filter })).toEqual(german);
      expect(vault.searchMany([query], { k: 30, distinctBy: 'doc', filter })).toEqual([german]);
      const near = german.filter(({ distance }) => distance <= 1);
      expect(vault.search(query, { k: 30, distinctBy: 'doc', where: { lang: 'de' }, maxDistance: 1 })).toEqual(near);
    }
  });

  test('one group with all vectors, and an unknown field', () => {
    const vault = documents();
    const random = randomNumbers(3);
    vault.insertMany(Array.from({ length: 700 }, (_, at) => [randomVector(random, 'f32', 8), at, { doc: 'only' }]));
    expect(vault.search(randomVector(random, 'f32', 8), { distinctBy: 'doc' })).toHaveLength(1);
    vault.insert(
      randomVector(random, 'f32', 8).map((value) => value + 9),
      700,
      { doc: 'far' },
    );
    expect(vault.search(randomVector(random, 'f32', 8), { distinctBy: 'doc' }).map(({ value }) => value)[1]).toBe(700);
    expect(() => vault.search(randomVector(random, 'f32', 8), { distinctBy: 'dok' as never })).toThrow(
      /there is no field "dok"; did you mean doc\?/,
    );
  });

  test('approximate searches find as many groups', () => {
    const vectors = topicalVectors(5, 12_000, 96);
    const vault = documents({ dimensions: 96, metric: 'cosine' });
    vault.insertMany(vectors.map((vector, index) => [vector, index, { doc: `${index % 400}` }]));
    const query = vectors[7] as Float32Array;
    const found = vault.search(query, { k: 400, distinctBy: 'doc', mode: 'approximate' });
    expect(new Set(found.map(({ value }) => value % 400)).size).toBe(400);
    const distances = found.map(({ distance }) => distance);
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
  });
});

describe('mmr', () => {
  test('returns what the definition says', async () => {
    const random = randomNumbers(SEED);
    const vault = vaultOf<number>({ dimensions: 8, metric: 'cosine' });
    const vectors = Array.from({ length: 300 }, () => randomVector(random, 'f32', 8));
    vault.insertMany(vectors.map((vector, index) => [vector, index]));
    const cosine = (a: number[], b: number[]) => {
      const product = (one: number[], other: number[]) =>
        one.reduce((sum, x, at) => sum + x * (other[at] as number), 0);
      return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
    };
    for (const [k, fetchK, lambda] of [
      [5, 20, 0.5],
      [10, 10, 0],
      [3, 50, 1],
      [8, 40, 0.3],
    ] as const) {
      const query = randomVector(random, 'f32', 8);
      const left = vault.search(query, fetchK);
      const expected: typeof left = [];
      while (expected.length < k) {
        const worth = left.map(({ value }) => {
          const vector = vectors[value] as number[];
          const likeness = expected.map((one) => cosine(vector, vectors[one.value] as number[]));
          return lambda * cosine(query, vector) - (expected.length > 0 ? (1 - lambda) * Math.max(...likeness) : 0);
        });
        expected.push(...left.splice(worth.indexOf(Math.max(...worth)), 1));
      }
      expect(vault.search(query, { k, mmr: { fetchK, lambda } })).toEqual(expected);
      expect(vault.searchMany([query], { k, mmr: { fetchK, lambda } })).toEqual([expected]);
      expect(await vault.searchAsync(query, { k, mmr: { fetchK, lambda } })).toEqual(expected);
    }
  });

  test('passes over copies of one vector', () => {
    const vault = vaultOf<string>({ dimensions: 2, metric: 'l2' });
    vault.insertMany([
      [[1, 0], 'a'],
      [[1, 0], 'a again'],
      [[1, 0], 'a once more'],
      [[0.6, 0.8], 'b'],
    ]);
    expect(vault.search([1, 0.1], { k: 2, mmr: {} }).map(({ value }) => value)).toEqual(['a once more', 'b']);
  });

  test('with groups, bits and wrong options', () => {
    const bits = vaultOf<string>({ dimensions: 8, vectorType: 'bit' });
    bits.insertMany([
      [Uint8Array.of(0b1), 'a'],
      [Uint8Array.of(0b1), 'b'],
      [Uint8Array.of(0b1111), 'c'],
    ]);
    expect(bits.search(Uint8Array.of(0b1), { k: 2, mmr: { lambda: 0.4 } }).map(({ value }) => value)).toEqual([
      'b',
      'c',
    ]);
    const vault = documents({ dimensions: 2 });
    vault.insertMany([
      [[1, 0], 1, { doc: 'a' }],
      [[1, 0.1], 2, { doc: 'a' }],
      [[0, 1], 3, { doc: 'b' }],
    ]);
    expect(vault.search([1, 0], { k: 2, distinctBy: 'doc', mmr: {} }).map(({ value }) => value)).toEqual([1, 3]);
    expect(vault.search([1, 0], { k: 0, mmr: {} })).toEqual([]);
    expect(() => vault.search([1, 0], { mmr: { lambda: 2 } })).toThrow(/lambda to be a number from 0 to 1, got 2/);
    expect(() => vault.search([1, 0], { k: 9, mmr: { fetchK: 5 } })).toThrow(/fetchK 5; expected k \(9\) or more/);
    expect(() => vault.search([1, 0], { offset: 1, mmr: {} })).toThrow(/offset is 1/);
    expect(() => vault.search([1, 0], { mmr: { fetch: 5 } as never })).toThrow(/did you mean fetchK\?/);
  });
});
