import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
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
  let turns = 0;
  let searching = true;
  const turn = () => {
    turns++;
    if (searching) setImmediate(turn);
  };
  setImmediate(turn);
  await Promise.all(Array.from({ length: 20 }, () => vault.searchAsync(QUERY, 5_000)));
  searching = false;
  expect(turns).toBeGreaterThan(1);
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
