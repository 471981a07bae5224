// The product as a metric: a greater product is nearer, and the distance is its negative.
import { VectorKVault } from '@kohakuvault/vector';
import { vectorInspector } from '@kohakuvault/vector/inspect';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { difference, plainSearch } from './support/oracle.ts';
import { randomNumbers, randomVector, topicalVectors } from './support/random.ts';
import { vaultOf } from './support/vaults.ts';

test.each(['f32', 'int8'] as const)('%s vectors are found by their product, exactly', (vectorType) => {
  const random = randomNumbers(11);
  const vault = vaultOf<number>({ dimensions: 16, vectorType, metric: 'dot' });
  const rows = Array.from({ length: 2_000 }, (_, index) => [randomVector(random, vectorType, 16), index] as const);
  const ids = vault.insertMany(rows.map(([vector, value]) => [vector, value]));
  const stored = ids.map((id, at) => [id, rows[at]?.[0] as number[]] as const);
  for (let turn = 0; turn < 10; turn++) {
    const query = randomVector(random, vectorType, 16);
    const expected = plainSearch(stored, 'dot', query, 20);
    expect(difference(vault.search(query, 20), expected)).toBeUndefined();
    const near = expected.filter(({ distance }) => distance <= (expected[5]?.distance as number));
    expect(vault.search(query, { k: 20, maxDistance: (near.at(-1)?.distance as number) + 1e-6 })).toHaveLength(
      near.length,
    );
  }
});

test('approximate searches find almost all, and never a wrong distance', () => {
  const random = randomNumbers(7);
  const vectors = topicalVectors(7, 12_000, 128).map((vector) => {
    // Lengths differ, which only the product sees.
    const length = 0.3 + Math.abs(random());
    return vector.map((value) => value * length);
  });
  const vault = vaultOf<number>({ dimensions: 128, metric: 'dot' });
  vault.insertMany(vectors.map((vector, index) => [vector, index]));
  const queries = topicalVectors(8, 40, 128);
  const exact = vault.searchMany(queries, 10);
  const found = vault.searchMany(queries, { k: 10, mode: 'approximate' });
  const hits = exact.map((some, at) => some.filter(({ id }) => found[at]?.some((one) => one.id === id)).length);
  expect(hits.reduce((sum, count) => sum + count, 0) / 400).toBeGreaterThan(0.97);
  for (const [at, results] of found.entries()) {
    const stored = results.map(({ id, value }) => [id, vectors[value] as Float32Array] as const);
    expect(difference(results, plainSearch(stored, 'dot', queries[at] as Float32Array, 10))).toBeUndefined();
  }
});

test('the file keeps the metric, and any table can be searched by the product', async () => {
  const file = tempFile();
  const vault = vaultOf<string>({ dimensions: 2, metric: 'dot' }, file);
  vault.insertMany([
    [[1, 0], 'short'],
    [[9, 9], 'long'],
    [[0, 0], 'none'],
  ]);
  expect(vault.search([1, 0]).map(({ value, distance }) => [value, distance])).toEqual([
    ['long', -9],
    ['short', -1],
    ['none', 0],
  ]);
  expect(vault.info().metric).toBe('dot');
  expect(vectorInspector.list(vault.database)[0]).toMatchObject({ metric: 'dot' });
  for await (const { problems } of vectorInspector.verify(vault)) expect(problems).toEqual([]);
  expect(() => vaultOf({ dimensions: 2, metric: 'l2' }, file)).toThrow(/metric is "l2", but the table .* has "dot"/);
  const renamed = vault.renameTable('other');
  expect(renamed.search([1, 0], 1)[0]?.value).toBe('long');
  expect(renamed.search([1, 0], { k: 1, metric: 'l2' })[0]?.value).toBe('short');
  const l2 = new VectorKVault(renamed, { dimensions: 2, metric: 'l2' });
  onTestFinished(() => l2.close());
  l2.insertMany([
    [[1, 0], 'short'],
    [[9, 9], 'long'],
  ]);
  expect(l2.search([1, 0], { k: 1, metric: 'dot' })[0]?.value).toBe('long');
  expect(() => l2.search([1, 0], { maxDistance: -1 })).toThrow(/maxDistance to be a number, at least 0, got -1/);
});
