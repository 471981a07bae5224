// An index and what limits or names vectors: fields, groups, ids of text, other metrics.
import { VectorKVault } from '@kohakuvault/vector';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { randomNumbers, topicalVectors } from './support/random.ts';

const DIMENSIONS = 64;
const COUNT = 8_000;
const VECTORS = topicalVectors(31, COUNT + 40, DIMENSIONS);
const QUERIES = VECTORS.slice(COUNT);
const random = randomNumbers(32);
const RANKS = Array.from({ length: COUNT }, () => Math.floor(Math.abs(random()) * 1_000));

function indexed(file = tempFile()) {
  const vault = new VectorKVault(file, {
    dimensions: DIMENSIONS,
    fields: { rank: 'i64', group: 'i64' },
    ids: 'str',
  });
  onTestFinished(() => vault.close());
  vault.insertMany(
    VECTORS.slice(0, COUNT).map((vector, at) => [
      vector,
      at,
      { id: `vector ${at}`, rank: RANKS[at] as number, group: at % 50 },
    ]),
  );
  vault.createIndex();
  return vault;
}

const idsOf = (found: readonly { id: unknown }[]) => found.map(({ id }) => id);

describe('an index of vectors with fields and ids of text', () => {
  test('finds as many as exist, at any share that a condition accepts', async () => {
    const vault = indexed();
    for (const share of [0.5, 0.1, 0.01, 0.001]) {
      const where = { rank: { $lt: share * 1_000 } };
      const exact = vault.searchMany(QUERIES, { k: 10, where });
      const found = vault.searchMany(QUERIES, { k: 10, where, mode: 'approximate' });
      const other = await vault.searchManyAsync(QUERIES, { k: 10, where, mode: 'approximate' });
      expect(other).toEqual(found);
      let hits = 0;
      let all = 0;
      for (const [at, results] of exact.entries()) {
        expect(found[at]).toHaveLength(results.length);
        all += results.length;
        hits += results.filter(({ id }) => found[at]?.some((one) => one.id === id)).length;
        for (const { value } of found[at] ?? []) expect(RANKS[value as number]).toBeLessThan(share * 1_000);
      }
      expect(hits / all, `${share}`).toBeGreaterThanOrEqual(0.97);
    }
  });

  test('sees a change of fields at once, also inside a transaction and after its rollback', () => {
    const vault = indexed();
    const query = QUERIES[0] as Float32Array;
    const search = () => idsOf(vault.search(query, { k: 5, where: { rank: -1 }, mode: 'approximate' }));
    expect(search()).toEqual([]);
    expect(() =>
      vault.transaction(() => {
        vault.update('vector 17', { fields: { rank: -1 } });
        expect(search()).toEqual(['vector 17']);
        vault.insert(query, 'new', { id: 'new', rank: -1 });
        expect(search()).toEqual(['new', 'vector 17']);
        throw new Error('undone');
      }),
    ).toThrow('undone');
    expect(search()).toEqual([]);
    vault.update('vector 17', { fields: { rank: -1 } });
    expect(search()).toEqual(['vector 17']);
    vault.delete('vector 17');
    expect(search()).toEqual([]);
  });

  test('returns the nearest of each group', () => {
    const vault = indexed();
    for (const query of QUERIES.slice(0, 10)) {
      const found = vault.search(query, { k: 50, distinctBy: 'group', mode: 'approximate', recall: 1 });
      expect(new Set(found.map(({ value }) => (value as number) % 50)).size).toBe(50);
    }
  });

  test('goes with its table: under another name, compacted, cleared, dropped', () => {
    const vault = indexed();
    const query = QUERIES[0] as Float32Array;
    const where = { rank: { $lt: 500 } };
    const before = vault.search(query, { k: 10, where, mode: 'approximate' });
    vault.deleteMany(
      Array.from({ length: 2_000 }, (_, at) => `vector ${at}`).filter((id) => !idsOf(before).includes(id)),
    );
    vault.compact();
    expect(vault.search(query, { k: 10, where, mode: 'approximate' })).toEqual(before);
    expect(vault.verifyIndex()).toEqual([]);
    const renamed = vault.renameTable('others');
    expect(renamed.search(query, { k: 10, where, mode: 'approximate' })).toEqual(before);
    expect(renamed.info().index).toBeDefined();
    renamed.clear();
    expect(renamed.search(query, { k: 10, where, mode: 'approximate' })).toEqual([]);
    const { database } = renamed;
    renamed.dropTable();
    expect(
      database.open ? database.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'others%'").all() : [],
    ).toEqual([]);
  });
});

test("an index of the metric 'dot' is refused, and nothing is left of it", async () => {
  const vault = new VectorKVault(tempFile(), { dimensions: 2, metric: 'dot' });
  onTestFinished(() => vault.close());
  vault.insert([1, 2], 'x');
  expect(codeOf(() => vault.createIndex())).toBe('KV_INVALID_ARGUMENT');
  await expect(vault.createIndexAsync()).rejects.toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
  expect(vault.info().index).toBeUndefined();
});

test('a search by another metric than that of the index works as without an index', () => {
  const vault = indexed();
  const query = QUERIES[1] as Float32Array;
  for (const metric of ['dot', 'l2', 'l1'] as const) {
    const exact = idsOf(vault.search(query, { k: 10, metric }));
    const found = idsOf(vault.search(query, { k: 10, metric, mode: 'approximate' }));
    expect(found.filter((id) => exact.includes(id)).length, metric).toBeGreaterThanOrEqual(9);
  }
});
