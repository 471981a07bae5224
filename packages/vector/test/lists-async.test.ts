// Searches of an index in other threads, while this one and others write.
import type { VectorKVault } from '@kohakuvault/vector';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { plainDistance } from './support/oracle.ts';
import { topicalVectors } from './support/random.ts';
import { vaultOf } from './support/vaults.ts';

const DIMENSIONS = 64;
const ALL = topicalVectors(21, 5060, DIMENSIONS);
const STORED = ALL.slice(0, 5000);
const QUERIES = ALL.slice(5000);
const WHOLE = { k: 10, mode: 'approximate', recall: 1, oversample: 100 } as const;
const FIELDS = { even: 'bool', part: 'i64' } as const;

function filled(file: string): VectorKVault<number> {
  const vault = vaultOf<number>({ dimensions: DIMENSIONS, metric: 'l2', fields: FIELDS }, file);
  vault.insertMany(STORED.map((vector, at) => [vector, at, { even: at % 2 === 0, part: at % 10 }] as never));
  vault.createIndex();
  return vault as never;
}

test('see what there was when they were called, or later', async () => {
  const vault = filled(tempFile());
  const [query] = QUERIES as [Float32Array];
  const expected = vault.search(query, WHOLE.k);
  const searches = Array.from({ length: 60 }, () => vault.searchAsync(query, WHOLE));
  const nearest = expected[0]?.id as bigint;
  // Those that wait are of the state without it.
  vault.delete(nearest);
  const near = vault.insert(query, -1);
  for (const found of await Promise.all(searches)) {
    const ids = found.map(({ id }) => id).filter((id) => id !== near);
    const all = expected.map(({ id }) => id).filter((id) => id !== nearest);
    expect(ids.filter((id) => id !== nearest).slice(0, all.length)).toEqual(all.slice(0, ids.length));
    for (const { value, distance } of found) {
      const stored = value < 0 ? query : (STORED[value] as Float32Array);
      expect(distance).toBeCloseTo(plainDistance('l2', stored, query), 4);
    }
  }
  expect((await vault.searchAsync(query, WHOLE))[0]?.id).toBe(near);
});

test('find the same as others while lists change', async () => {
  const file = tempFile();
  const vault = filled(file);
  for (let round = 0; round < 6; round++) {
    const searches = QUERIES.map((query) => vault.searchAsync(query, WHOLE));
    // Lists are divided, and vectors put into them, while threads search.
    for (const [at, vector] of STORED.slice(round * 150, round * 150 + 150).entries()) {
      vault.insert(
        vector.map((value) => value + 30),
        at,
      );
    }
    for (const [at, found] of (await Promise.all(searches)).entries()) {
      expect(found).toEqual(vault.search(QUERIES[at] as Float32Array, WHOLE.k));
    }
  }
  expect(vault.verifyIndex()).toEqual([]);
  // No thread keeps a state of the file.
  expect(vault.checkpoint('truncate')).toMatchObject({ busy: 0 });
});

test('take conditions, and many queries', async () => {
  const vault = filled(tempFile());
  const options = { ...WHOLE, where: { even: true, part: { $lt: 5n } } } as const;
  for (const query of QUERIES.slice(0, 5)) {
    const exact = vault.search(query, { k: WHOLE.k, where: options.where } as never);
    expect(await vault.searchAsync(query, options as never)).toEqual(exact);
  }
  const many = await vault.searchManyAsync(QUERIES, WHOLE);
  expect(many).toEqual(QUERIES.map((query) => vault.search(query, WHOLE.k)));
  const grouped = await vault.searchAsync(QUERIES[0] as Float32Array, { ...WHOLE, k: 3, distinctBy: 'part' } as never);
  expect(grouped).toHaveLength(3);
});

test('see uncommitted changes in a transaction', async () => {
  const vault = filled(tempFile());
  const [query] = QUERIES as [Float32Array];
  vault.database.exec('BEGIN');
  const id = vault.insert(query, -1);
  const found = await vault.searchAsync(query, WHOLE);
  vault.database.exec('ROLLBACK');
  expect(found[0]?.id).toBe(id);
  expect((await vault.searchAsync(query, WHOLE))[0]?.id).not.toBe(id);
});

test('are cancelled alone, and with the vault', async () => {
  const vault = filled(tempFile());
  onTestFinished(() => vault.close());
  const [query] = QUERIES as [Float32Array];
  const stop = new AbortController();
  const stopped = Array.from({ length: 30 }, () => vault.searchAsync(query, { ...WHOLE, signal: stop.signal }));
  const others = Array.from({ length: 30 }, () => vault.searchAsync(query, WHOLE));
  stop.abort(new Error('enough'));
  for (const one of await Promise.allSettled(stopped)) {
    expect(one).toMatchObject({ status: 'rejected', reason: { message: 'enough' } });
  }
  const exact = vault.search(query, WHOLE.k);
  for (const found of await Promise.all(others)) expect(found).toEqual(exact);
  const closing = Array.from({ length: 30 }, () => vault.searchAsync(query, WHOLE));
  vault.close();
  for (const one of await Promise.allSettled(closing)) {
    expect(one).toMatchObject({ status: 'rejected', reason: { code: 'KV_CLOSED' } });
  }
});

test('go on when the index is dropped', async () => {
  const vault = filled(tempFile());
  const [query] = QUERIES as [Float32Array];
  const exact = vault.search(query, WHOLE.k);
  const searches = Array.from({ length: 40 }, () => vault.searchAsync(query, { ...WHOLE, oversample: 2000 }));
  vault.dropIndex();
  for (const found of await Promise.all(searches)) expect(found).toEqual(exact);
});
