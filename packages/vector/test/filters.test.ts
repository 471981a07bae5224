import { KVault } from '@kohakuvault/kvault';
import type { VectorKVault } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { randomNumbers, randomVector, topicalVectors } from './support/random.ts';
import { vaultOf } from './support/vaults.ts';

const SEED = Number(process.env.KOHAKUVAULT_SEED ?? Date.now() % 1e9);

test('a filter returns exactly the k nearest vectors that it accepts, by ids or by a function', () => {
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

test('a filter applies to searchMany, asynchronous and approximate searches, and without a copy', async () => {
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

test('unknown ids, repeated ids and no ids', () => {
  const vault = vaultOf({ metric: 'l2' });
  const ids = vault.insertMany(Array.from({ length: 5 }, (_, index) => [[index, 0, 0, 0], index]));
  const found = (filter: Iterable<number | bigint>) => vault.search([0, 0, 0, 0], { filter }).map(({ id }) => id);
  expect(found([3, 3n, 99, -1, 1])).toEqual([ids[0], ids[2]]);
  expect(found([])).toEqual([]);
});

test('a function that accepts nothing is called once for each vector within the distance', () => {
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

test('an error of a filter reaches the caller', () => {
  const vault = vaultOf();
  vault.insert([1, 2, 3, 4], 0);
  const failing = () => {
    throw new RangeError('from the filter');
  };
  expect(() => vault.search([1, 2, 3, 4], { filter: failing })).toThrow(RangeError);
});

describe('a filter that writes', () => {
  const WRITES: Record<string, (vault: VectorKVault, database: Database.Database) => unknown> = {
    'through its vault': (vault) => vault.delete(1),
    'through another vault': (vault) => new KVault(vault).set('key', 1),
    'through a cache': (vault) => new KVault(vault).cache((kv) => kv.set('key', 1)),
    'in a transaction': (vault) => vault.transaction(() => vault.insert([1, 0, 0, 0], 'new')),
    'by SQL of its own': (_, database) => database.exec('INSERT INTO notes VALUES (1)'),
  };

  test.each(Object.entries(WRITES))(
    '%s is refused at its first call, and nothing is lost without a word',
    async (_, write) => {
      const database = new Database(tempFile());
      onTestFinished(() => void database.close());
      const vault = vaultOf({ metric: 'l2' }, database);
      database.exec('CREATE TABLE notes (note)');
      vault.insertMany(Array.from({ length: 5 }, (_, index) => [[index, 0, 0, 0], index]));
      const [setUp, rows] = [new KVault(vault), () => database.prepare('SELECT count(*) FROM notes').pluck().get()];
      for (const inTransaction of [false, true]) {
        let calls = 0;
        const filter = () => {
          calls++;
          write(vault, database);
          return true;
        };
        const run = (search: () => unknown) => {
          calls = 0;
          expect(codeOf(search)).toBe('KV_READONLY');
          expect(calls).toBe(1);
        };
        const both = () => {
          run(() => vault.search([0, 0, 0, 0], { k: 2, filter }));
          run(() => vault.searchMany([[0, 0, 0, 0]], { k: 2, filter }));
        };
        if (inTransaction) database.transaction(both)();
        else both();
      }
      let calls = 0;
      const filter = () => {
        calls++;
        write(vault, database);
        return true;
      };
      await expect(vault.searchAsync([0, 0, 0, 0], { k: 2, filter })).rejects.toMatchObject({ code: 'KV_READONLY' });
      expect(calls).toBe(1);
      // The user must undo what the filter wrote by SQL in the user's own transaction.
      const own = rows();
      expect([vault.size, setUp.size]).toEqual([5, 0]);
      expect(own).toBe(write.toString().includes('notes') ? 2 : 0);
      // Writes work again afterwards.
      vault.insert([9, 0, 0, 0], 'after');
      database.exec('INSERT INTO notes VALUES (2)');
      expect([vault.size, rows()]).toEqual([6, (own as number) + 1]);
    },
  );

  test('a filter that reads is called once for each vector', () => {
    const vault = vaultOf({ metric: 'l2' });
    vault.insertMany(Array.from({ length: 200 }, (_, index) => [[index, 0, 0, 0], index]));
    const seen: bigint[] = [];
    const filter = (id: bigint) => {
      seen.push(id);
      return vault.has(id) && vault.getById(id)?.value === 150;
    };
    expect(vault.search([0, 0, 0, 0], { k: 1, filter })[0]?.value).toBe(150);
    expect(new Set(seen).size).toBe(seen.length);
  });
});
