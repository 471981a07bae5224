import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { VectorKVault } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { turnsMoreThan } from '../../../tools/testing/src/turns.ts';
import { topicalVectors } from './support/random.ts';
import { vaultOf } from './support/vaults.ts';

const VECTORS = topicalVectors(9, 5_000, 64);
const ROWS = VECTORS.map((vector, index) => [vector, index] as const);
const QUERY = VECTORS[123] as Float32Array;

test('finds what the synchronous search finds, with and without a resident copy', async () => {
  const file = tempFile();
  vaultOf({ dimensions: 64 }, file).insertMany(ROWS);
  for (const residentBytes of [0, undefined]) {
    for (const options of [3, { k: 20, metric: 'l1' }, { offset: 5, maxDistance: 0.5 }] as const) {
      // A new vault each time, so that there is no resident copy yet.
      const vault = vaultOf({ dimensions: 64, residentBytes }, file);
      const found = await vault.searchAsync(QUERY, options);
      expect(found.length).toBeGreaterThan(0);
      expect(vault.search(QUERY, options)).toEqual(found);
      expect(await vault.searchAsync(QUERY, options)).toEqual(found);
      vault.close();
    }
  }
});

test('the event loop runs during the search', async () => {
  const vault = vaultOf({ dimensions: 64 });
  vault.insertMany(ROWS);
  await turnsMoreThan(1, () => Promise.all(Array.from({ length: 20 }, () => vault.searchAsync(QUERY, 5_000))));
});

test('a write during the search neither disturbs it nor is lost', async () => {
  const vault = vaultOf<number | string>({ dimensions: 64 });
  const ids = vault.insertMany(ROWS);
  for (let round = 0; round < 5; round++) {
    const before = vault.search(QUERY, 50);
    const running = vault.searchAsync(QUERY, 50);
    const id = vault.insert(QUERY, `round ${round}`);
    vault.update(ids[round * 7] as bigint, { vector: VECTORS[4_000 + round] as Float32Array });
    expect(await running).toEqual(before);
    expect(vault.search(QUERY, 1)[0]?.id).toBe(id);
    expect((await vault.searchAsync(QUERY, 1))[0]?.value).toBe(`round ${round}`);
  }
});

test('a vector that is deleted before its value is read is not returned', async () => {
  const vault = vaultOf({ dimensions: 64 });
  const ids = vault.insertMany(ROWS);
  const running = vault.searchAsync(QUERY, 2);
  vault.delete(ids[123] as bigint);
  const found = await running;
  expect(found).toHaveLength(2);
  expect(found.map(({ id }) => id)).not.toContain(ids[123]);
});

test('a signal cancels the search with its reason, before and during it', async () => {
  const vault = vaultOf({ dimensions: 64 });
  vault.insertMany(ROWS);
  const reason = new RangeError('changed my mind');
  await expect(vault.searchAsync(QUERY, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const running = vault.searchAsync(QUERY, { signal: controller.signal });
  controller.abort(reason);
  await expect(running).rejects.toBe(reason);
  expect(await vault.searchAsync(QUERY, { k: 1, signal: new AbortController().signal })).toHaveLength(1);
});

test('close cancels the search, and the file can be opened again', async () => {
  const file = tempFile();
  const vault = vaultOf({ dimensions: 64 }, file);
  vault.insertMany(ROWS);
  const running = Promise.allSettled([vault.searchAsync(QUERY), vault.searchAsync(QUERY, { filter: () => true })]);
  vault.close();
  expect((await running).map((result) => result.status === 'rejected' && result.reason.code)).toEqual([
    'KV_CLOSED',
    'KV_CLOSED',
  ]);
  expect(vaultOf({ dimensions: 64 }, file).size).toBe(5_000);
});

test('inside a transaction the search sees uncommitted changes', async () => {
  const vault = vaultOf({ dimensions: 64 });
  vault.insertMany(ROWS);
  const running = vault.transaction(() => {
    vault.insert(QUERY, 'not committed yet');
    return [vault.searchAsync(QUERY, 1)];
  });
  expect((await (running[0] as Promise<{ value: unknown }[]>))[0]?.value).toBe('not committed yet');
});

test('many searches at once find what each finds alone, from a file, in memory, without a resident copy', async () => {
  const file = tempFile();
  vaultOf({ dimensions: 64 }, file).insertMany(ROWS);
  const inMemory = vaultOf({ dimensions: 64 }, ':memory:');
  inMemory.insertMany(ROWS);
  const options = [
    3,
    { k: 20, metric: 'l1' },
    { filter: [5n, 50n, 500n] },
    { offset: 5 },
    { mode: 'approximate' },
  ] as const;
  const cases = Array.from({ length: 60 }, (_, index) => ({
    query: VECTORS[index * 11] as Float32Array,
    options: options[index % options.length],
  }));
  for (const vault of [
    vaultOf({ dimensions: 64 }, file),
    vaultOf({ dimensions: 64, residentBytes: 0 }, file),
    inMemory,
  ]) {
    const found = await Promise.all(cases.map(({ query, options }) => vault.searchAsync(query, options)));
    expect(found).toEqual(cases.map(({ query, options }) => vault.search(query, options)));
  }
});

test('searches at once share one copy, however many they are', async () => {
  const file = tempFile();
  const vectors = topicalVectors(11, 10_000, 256);
  vaultOf({ dimensions: 256 }, file).insertMany(vectors.map((vector, index) => [vector, index]));
  const searcher = fork(join(import.meta.dirname, 'scripts/searcher.ts'), [file, '256', '50'], {
    execArgv: ['--conditions=@kohakuvault/source'],
  });
  const [grown] = (await once(searcher, 'message')) as [number];
  // A copy takes 10 MiB. Fifty of them would take half a gigabyte.
  expect(grown).toBeLessThan(100 * 1024 * 1024);
});

test('approximate searches are exact until their sketches are made', async () => {
  const vault = vaultOf({ dimensions: 64 });
  const vectors = topicalVectors(12, 20_000, 64);
  vault.insertMany(vectors.map((vector, index) => [vector, index]));
  const queries = vectors.slice(0, 40);
  const find = () => Promise.all(queries.map((query) => vault.searchAsync(query, { k: 5, mode: 'approximate' })));
  const exact = vault.searchMany(queries, 5);
  expect(await find()).toEqual(exact);
  const id = vault.insert(QUERY, 'new');
  for (let round = 0; round < 20; round++) {
    const found = await find();
    expect(found.map(([nearest]) => nearest?.value)).toEqual(queries.map((_, index) => index));
    expect((await vault.searchAsync(QUERY, { k: 1, mode: 'approximate' }))[0]?.id).toBe(id);
  }
});

test('cancelling one of many searches leaves the others', async () => {
  const vault = vaultOf({ dimensions: 64 });
  vault.insertMany(ROWS);
  const reason = new RangeError('changed my mind');
  const controllers = Array.from({ length: 40 }, () => new AbortController());
  const running = controllers.map(({ signal }) => vault.searchAsync(QUERY, { k: 3, signal }));
  for (const [index, controller] of controllers.entries()) if (index % 3 !== 0) controller.abort(reason);
  const settled = await Promise.allSettled(running);
  const expected = vault.search(QUERY, 3);
  for (const [index, result] of settled.entries()) {
    expect(result).toEqual(index % 3 === 0 ? { status: 'fulfilled', value: expected } : { status: 'rejected', reason });
  }
});

test('closing one vault leaves the searches of another one on its connection', async () => {
  const vault = vaultOf({ dimensions: 64 });
  vault.insertMany(ROWS);
  const other = new VectorKVault(vault, { dimensions: 64 });
  const ours = Array.from({ length: 20 }, () => [vault.searchAsync(QUERY, 3), other.searchAsync(QUERY, 3)] as const);
  const theirs = Promise.allSettled(ours.map(([, search]) => search));
  other.close();
  const codes = (await theirs).map((result) => result.status === 'rejected' && result.reason.code);
  expect(new Set(codes)).toEqual(new Set(['KV_CLOSED']));
  const expected = vault.search(QUERY, 3);
  for (const [search] of ours) expect(await search).toEqual(expected);
});

test('searches that still wait see a commit that came before they were called', async () => {
  const file = tempFile();
  const vault = vaultOf<number | string>({ dimensions: 64 }, file);
  vault.insertMany(ROWS);
  const other = vaultOf<number | string>({ dimensions: 64, residentBytes: 0 }, file);
  for (let round = 0; round < 10; round++) {
    const running = Array.from({ length: 30 }, () => vault.searchAsync(QUERY, 40));
    const id = round % 2 ? vault.insert(QUERY, 'ours') : other.insert(QUERY, 'theirs');
    const late = await Promise.all(Array.from({ length: 30 }, () => vault.searchAsync(QUERY, 1)));
    expect(new Set(late.map(([nearest]) => nearest?.id))).toEqual(new Set([id]));
    for (const found of await Promise.all(running)) expect(found).toHaveLength(40);
  }
});

test('a transaction that begins while searches wait', async () => {
  const vault = vaultOf<number | string>({ dimensions: 64 });
  vault.insertMany(ROWS);
  const running = Array.from({ length: 40 }, () => vault.searchAsync(QUERY, 1));
  const { database } = vault;
  database.exec('BEGIN');
  vault.insert(VECTORS[7] as Float32Array, 'rolled back');
  for (const found of await Promise.all(running)) expect(found[0]?.value).toBe(123);
  database.exec('ROLLBACK');
  expect(vault.search(VECTORS[7] as Float32Array, 1)[0]?.value).toBe(7);
  expect((await vault.searchAsync(VECTORS[7] as Float32Array, 1))[0]?.value).toBe(7);
});

test('closing the last vault of a Database during searches, and opening another table on it', async () => {
  const file = tempFile();
  const vectors = topicalVectors(13, 20_000, 64);
  vaultOf({ dimensions: 64 }, file).insertMany(vectors.map((vector, index) => [vector, index]));
  vaultOf({ dimensions: 64, table: 'other' }, file).insert(QUERY, 'other');
  const database = new Database(file);
  for (let round = 0; round < 4; round++) {
    const vault = new VectorKVault(database, { dimensions: 64 });
    const found = vault.searchAsync(QUERY, { k: 3, mode: 'approximate' });
    const more = vault.searchAsync(QUERY, { k: 3, mode: 'approximate' });
    // Before, between and after the searches, and while sketches are made.
    const settled = Promise.allSettled(round === 0 ? [] : round === 1 ? [found] : [found, more]);
    await settled;
    vault.close();
    const other = new VectorKVault(database, { dimensions: 64, table: 'other' });
    await Promise.allSettled([found, more]);
    for (let look = 0; look < 3; look++) {
      expect(await other.searchAsync(QUERY, { k: 3, mode: 'approximate' })).toMatchObject([{ value: 'other' }]);
      expect(other.search(QUERY, 3)).toMatchObject([{ value: 'other' }]);
    }
    other.close();
  }
  database.close();
});
