// Exact searches against two oracles: sqlite-vec's own, and plain JavaScript.
import type { Metric, VectorType } from '@kohakuvault/vector';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { difference, plainDistance, plainSearch } from './support/oracle.ts';
import { randomNumbers, randomVector } from './support/random.ts';
import { sqliteVecSearch } from './support/sqlite-vec.ts';
import { vaultOf } from './support/vaults.ts';

const SEED = Number(process.env.KOHAKUVAULT_SEED ?? Date.now() % 1e9);
const KINDS: [VectorType, Metric][] = [
  ['f32', 'cosine'],
  ['f32', 'l2'],
  ['f32', 'l1'],
  ['int8', 'cosine'],
  ['int8', 'l2'],
  ['int8', 'l1'],
  ['bit', 'hamming'],
];

/** Returns a vector as it is stored: under cosine, floats have the length 1. */
function stored(type: VectorType, metric: Metric, vector: number[]): number[] {
  if (type !== 'f32' || metric !== 'cosine') return vector;
  const length = Math.hypot(...vector);
  return vector.map((value) => Math.fround(value / length));
}

function bytesOf(type: VectorType, vector: number[]): Uint8Array {
  if (type === 'f32') return new Uint8Array(Float32Array.from(vector).buffer);
  if (type === 'int8') return new Uint8Array(Int8Array.from(vector).buffer);
  const bytes = new Uint8Array(vector.length / 8);
  for (const [index, bit] of vector.entries()) bytes[index >> 3] = (bytes[index >> 3] as number) | (bit << (index & 7));
  return bytes;
}

describe.each(KINDS)('%s, %s', (vectorType, metric) => {
  const isZero = (vector: number[]) => metric === 'cosine' && vector.every((value) => value === 0);

  test('finds what sqlite-vec and a plain loop find, after any inserts, updates and deletes', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 60 }),
        fc.nat({ max: 70 }),
        (seed, eighths, steps, k) => {
          const dimensions = vectorType === 'bit' ? eighths * 8 : eighths * 3;
          const random = randomNumbers(seed);
          const next = () => {
            const vector = randomVector(random, vectorType, dimensions);
            return isZero(vector) ? vector.map(() => 1) : vector;
          };
          const file = tempFile();
          const vault = vaultOf({ dimensions, metric, vectorType }, file);
          const rows = new Map<bigint, number[]>();
          for (const step of steps) {
            const ids = [...rows.keys()];
            const one = ids[Math.floor(Math.abs(random()) * ids.length)];
            const vector = next();
            if (one !== undefined && step === 0) {
              vault.delete(one);
              rows.delete(one);
            } else if (one !== undefined && step === 1) {
              vault.update(one, { vector });
              rows.set(one, stored(vectorType, metric, vector));
            } else if (step === 2) {
              // Sometimes, so that there is a resident copy to update.
              vault.search(vector, 1);
            } else {
              rows.set(vault.insert(vector, step), stored(vectorType, metric, vector));
            }
          }
          const query = next();
          const found = vault.search(query, k);
          expect(difference(found, plainSearch(rows, metric, query, k))).toBeUndefined();
          const theirs = sqliteVecSearch(file, 'vec_kvault', vectorType, bytesOf(vectorType, query), k);
          expect(difference(found, theirs)).toBeUndefined();
          // The same without a resident copy.
          const streaming = vaultOf({ dimensions, metric, vectorType, residentBytes: 0 }, file);
          expect(streaming.search(query, k)).toEqual(found);
          vault.close();
          streaming.close();
        },
      ),
      { seed: SEED, numRuns: process.env.KOHAKUVAULT_LONG ? 500 : 8 },
    );
  });

  test('over several chunks, with holes, for every k', () => {
    const random = randomNumbers(7);
    const dimensions = vectorType === 'bit' ? 64 : 33;
    const file = tempFile();
    const vault = vaultOf({ dimensions, metric, vectorType }, file);
    const vectors = Array.from({ length: 2_500 }, () => randomVector(random, vectorType, dimensions));
    const ids = vault.insertMany(vectors.map((vector, index) => [vector, index]));
    const rows = new Map(ids.map((id, index) => [id, stored(vectorType, metric, vectors[index] as number[])]));
    for (let index = 0; index < 60; index++) {
      const id = ids[index * 41] as bigint;
      vault.delete(id);
      rows.delete(id);
    }
    const query = randomVector(random, vectorType, dimensions);
    const reopened = vaultOf({ dimensions, metric, vectorType }, file);
    for (const k of [1, 10, 1_000, 5_000]) {
      const expected = plainSearch(rows, metric, query, k);
      expect(difference(vault.search(query, k), expected)).toBeUndefined();
      expect(difference(reopened.search(query, k), expected)).toBeUndefined();
    }
    const theirs = sqliteVecSearch(file, 'vec_kvault', vectorType, bytesOf(vectorType, query), 100);
    expect(difference(vault.search(query, 100), theirs)).toBeUndefined();
  });

  test('metrics other than that of the table use the stored vectors', () => {
    const random = randomNumbers(11);
    const dimensions = 16;
    const vault = vaultOf({ dimensions, metric, vectorType });
    const vectors = Array.from({ length: 50 }, () => randomVector(random, vectorType, dimensions));
    const ids = vault.insertMany(vectors.map((vector) => [vector, null]));
    const rows = ids.map((id, index) => [id, stored(vectorType, metric, vectors[index] as number[])] as const);
    const query = randomVector(random, vectorType, dimensions);
    for (const other of vectorType === 'bit' ? (['hamming'] as const) : (['cosine', 'l2', 'l1'] as const)) {
      const found = vault.search(query, { k: 7, metric: other });
      expect(difference(found, plainSearch(rows, other, query, 7))).toBeUndefined();
    }
  });
});

test('many queries together find what each alone finds', () => {
  const random = randomNumbers(3);
  const vault = vaultOf({ dimensions: 24 });
  vault.insertMany(Array.from({ length: 3_000 }, (_, index) => [randomVector(random, 'f32', 24), index]));
  const queries = Array.from({ length: 9 }, () => randomVector(random, 'f32', 24));
  expect(vault.searchMany(queries, 5)).toEqual(queries.map((query) => vault.search(query, 5)));
  expect(vault.searchMany([], 5)).toEqual([]);
  expect(vault.searchMany(new Set(queries), 0)).toEqual(queries.map(() => []));
});

test('equally near vectors come newest first', () => {
  const vault = vaultOf();
  const ids = vault.insertMany(Array.from({ length: 5 }, (_, index) => [[1, 2, 3, 4], index]));
  expect(vault.search([1, 2, 3, 4], 3).map(({ id }) => id)).toEqual(ids.reverse().slice(0, 3));
});

test('offset skips the nearest, maxDistance the farthest', () => {
  const vault = vaultOf({ metric: 'l2', dimensions: 1 });
  vault.insertMany(Array.from({ length: 10 }, (_, index) => [[index], index]));
  const values = (options: object) => vault.search([0], options).map(({ value }) => value);
  expect(values({ k: 3, offset: 4 })).toEqual([4, 5, 6]);
  expect(values({ k: 3, offset: 9 })).toEqual([9]);
  expect(values({ k: 3, offset: 10 })).toEqual([]);
  expect(values({ k: 5, maxDistance: 2 })).toEqual([0, 1, 2]);
  expect(values({ k: 5, maxDistance: 2, offset: 1 })).toEqual([1, 2]);
  expect(values({ k: 0, offset: 1 })).toEqual([]);
});

test('k has no upper limit', () => {
  const vault = vaultOf({ metric: 'l1', dimensions: 1 });
  const ids = vault.insertMany(Array.from({ length: 6_000 }, (_, index) => [[index], index]));
  expect(vault.search([-1], 6_000).map(({ id }) => id)).toEqual(ids);
  expect(vault.search([-1], Number.MAX_SAFE_INTEGER)).toHaveLength(6_000);
});

test('vectors near the limits of 32-bit floats have correct distances', () => {
  const vault = vaultOf({ metric: 'l2', dimensions: 2 });
  const vectors = [
    [1e30, 0],
    [1e-30, 0],
    [0, 3e38],
    [2e-38, 1e-38],
  ];
  const ids = vault.insertMany(vectors.map((vector) => [vector, null]));
  for (const metric of ['l2', 'l1', 'cosine'] as const) {
    for (const query of vectors) {
      const exact = (index: number) =>
        plainDistance(metric, (vectors[index] as number[]).map(Math.fround), query.map(Math.fround));
      for (const { id, distance } of vault.search(query, { metric })) {
        const expected = exact(ids.indexOf(id));
        expect(Math.abs(distance - expected)).toBeLessThanOrEqual(1e-6 * Math.max(expected, 1e-30));
      }
    }
  }
});
