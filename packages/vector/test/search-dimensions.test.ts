// Searches whose candidates the first dimensions find.
import { VectorKVault } from '@kohakuvault/vector';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { difference, plainSearch } from './support/oracle.ts';
import { topicalVectors } from './support/random.ts';
import { vaultOf } from './support/vaults.ts';

const DIMENSIONS = 96;
/** Most of what these vectors differ in is in the first dimensions, as in Matryoshka embeddings. */
const ALL = topicalVectors(11, 3_020, DIMENSIONS);
const STORED = ALL.slice(20);
const QUERIES = ALL.slice(0, 20);

const KINDS = [
  { vectorType: 'f32', metric: 'cosine' },
  { vectorType: 'f32', metric: 'l2' },
  { vectorType: 'f32', metric: 'l1' },
  { vectorType: 'f32', metric: 'dot' },
  { vectorType: 'int8', metric: 'cosine' },
  { vectorType: 'int8', metric: 'l2' },
] as const;

test.each(KINDS)('of $vectorType by $metric, distances are exact, and most of the nearest are found', async (kind) => {
  const vault = vaultOf<number>({ dimensions: DIMENSIONS, ...kind });
  const as = (vector: Float32Array) =>
    kind.vectorType === 'f32'
      ? vector
      : Int8Array.from(vector, (value) => Math.max(-127, Math.min(127, Math.round(value * 30))));
  vault.insertMany(STORED.map((vector, number) => [as(vector), number]));
  let hits = 0;
  for (const query of QUERIES.map(as)) {
    const exact = vault.search(query, 10);
    const found = vault.search(query, { k: 10, searchDimensions: 48 });
    const distances = new Map(vault.search(query, STORED.length).map(({ id, distance }) => [id, distance]));
    for (const { id, distance, value } of found) {
      expect(distance).toBeCloseTo(distances.get(id) as number, 5);
      expect(value).toBe(Number(id) - 1);
    }
    expect(found.map(({ distance }) => distance)).toEqual(found.map(({ distance }) => distance).sort((a, b) => a - b));
    hits += found.filter(({ id }) => exact.some((other) => other.id === id)).length;
    // If all are candidates, or all dimensions count, the search is exact.
    for (const options of [{ searchDimensions: 5, oversample: 400 }, { searchDimensions: DIMENSIONS }])
      expect(difference(vault.search(query, { k: 10, ...options }), exact)).toBeUndefined();
    expect(await vault.searchAsync(query, { k: 10, searchDimensions: 48 })).toEqual(found);
  }
  expect(hits / QUERIES.length / 10).toBeGreaterThan(0.9);
  expect(vault.searchMany(QUERIES.map(as), { k: 10, searchDimensions: 48 })).toEqual(
    QUERIES.map((query) => vault.search(as(query), { k: 10, searchDimensions: 48 })),
  );
});

test('the first dimensions alone choose the candidates', () => {
  const vault = vaultOf<string>({ dimensions: 4, metric: 'l2' });
  const before = Array.from({ length: 2_000 }, (_, number) => [[number / 1_000, 0, 5, 5], 'near at first'] as const);
  vault.insertMany(before);
  const id = vault.insert([2.5, 0, 0, 0], 'near as a whole');
  const query = [0, 0, 0, 0];
  expect(vault.search(query, 1)[0]?.id).toBe(id);
  expect(vault.search(query, { k: 1, searchDimensions: 2 })[0]?.value).toBe('near at first');
  expect(vault.search(query, { k: 1, searchDimensions: 2, oversample: 2_001 })[0]?.id).toBe(id);
  expect(vault.search(query, { k: 1, searchDimensions: 3 })[0]?.id).toBe(id);
});

test('conditions, own writes and an index change nothing about it', () => {
  using vault = new VectorKVault(tempFile(), { dimensions: DIMENSIONS, metric: 'l2', fields: { lot: 'i64' } });
  vault.insertMany(STORED.map((vector, number) => [vector, number, { lot: number % 4 }]));
  const [query] = QUERIES as [Float32Array];
  const options = { k: 10, searchDimensions: 48, oversample: 100 };
  const rows = () => Array.from(vault, ([id, vector]) => [id, vector] as const);
  const ofLot = (lot: bigint) => rows().filter(([id]) => vault.fields(id)?.lot === lot);
  const filtered = vault.search(query, { ...options, where: { lot: 3 } });
  expect(difference(filtered, plainSearch(ofLot(3n), 'l2', query, 10))).toBeUndefined();
  vault.createIndex();
  const id = vault.insert(query, -1);
  expect(vault.search(query, options)[0]).toMatchObject({ id, distance: 0, value: -1 });
  vault.delete(id);
  expect(difference(vault.search(query, options), plainSearch(rows(), 'l2', query, 10))).toBeUndefined();
});

test('a table that is not resident is searched exactly', () => {
  const vault = vaultOf<number>({ dimensions: DIMENSIONS, metric: 'l2', residentBytes: 0 }, tempFile());
  vault.insertMany(STORED.map((vector, number) => [vector, number]));
  const [query] = QUERIES as [Float32Array];
  expect(vault.search(query, { searchDimensions: 1 })).toEqual(vault.search(query));
});

test('options that do not fit are refused', () => {
  const vault = vaultOf({ dimensions: 8, metric: 'l2' });
  const search = (options: object) => () => vault.search([1, 0, 0, 0, 0, 0, 0, 0], options);
  expect(search({ searchDimensions: 0 })).toThrow(/searchDimensions/);
  expect(search({ searchDimensions: 1.5 })).toThrow(/searchDimensions/);
  expect(search({ searchDimensions: 9 })).toThrow(/the vectors of the table have 8 dimensions/);
  expect(search({ searchDimensions: 4, mode: 'exact' })).toThrow(/leave out mode: 'exact'/);
  expect(search({ searchDimensions: 4, mode: 'approximate', probes: 3 })).toThrow(/belong to an index/);
  expect(search({ searchDimensions: 4, recall: 0.9 })).toThrow(/belong to an index/);
  const bits = vaultOf({ dimensions: 8, vectorType: 'bit' });
  expect(() => bits.search(Uint8Array.of(1), { searchDimensions: 4 })).toThrow(/table of bits/);
});
