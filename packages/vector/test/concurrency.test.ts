// Other processes, other threads, transactions: a resident copy is never stale.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate as nextMacrotask } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { VectorKVault } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import { getLoadablePath } from 'sqlite-vec';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import type { Order } from './scripts/peer.ts';
import { vaultOf } from './support/vaults.ts';

const SCRIPTS = join(import.meta.dirname, 'scripts');
const CONDITIONS = ['--conditions=@kohakuvault/source'];

async function startPeer(file: string): Promise<ChildProcess> {
  const peer = fork(join(SCRIPTS, 'peer.ts'), [file], { execArgv: CONDITIONS });
  onTestFinished(() => {
    peer.kill('SIGKILL');
  });
  await once(peer, 'message');
  return peer;
}

async function give(peer: ChildProcess, order: Order): Promise<void> {
  peer.send(order);
  await once(peer, 'message');
}

/** Searches often enough that the resident copy is made and used. */
function nearest(vault: VectorKVault, query: number[]): unknown {
  const found = [1, 2, 3].map(() => vault.search(query, 1)[0]?.value);
  expect(new Set(found).size).toBe(1);
  return found[0];
}

test('a commit of another process is seen in the next macrotask', async () => {
  const file = tempFile();
  const vault = vaultOf({ metric: 'l2' }, file);
  const id = vault.insert([0, 0, 0, 1], 'ours');
  expect(nearest(vault, [0, 0, 0, 0])).toBe('ours');
  const peer = await startPeer(file);
  await give(peer, { do: 'insert', vectors: [[0, 0, 0, 0]], value: 'theirs' });
  expect(nearest(vault, [0, 0, 0, 0])).toBe('theirs');
  expect((await vault.searchAsync([0, 0, 0, 0], 1))[0]?.value).toBe('theirs');
  await give(peer, { do: 'delete', id: 2 });
  expect(nearest(vault, [0, 0, 0, 0])).toBe('ours');
  await give(peer, { do: 'update', id: Number(id), vector: [5, 5, 5, 5] });
  expect(vault.search([5, 5, 5, 5], 1)[0]).toMatchObject({ id, distance: 0 });
  // A write of ours in between: the old copy must not count as the new state.
  await give(peer, { do: 'insert', vectors: [[7, 7, 7, 7]], value: 'theirs again' });
  vault.insert([8, 8, 8, 8], 'ours again');
  expect(nearest(vault, [7, 7, 7, 7])).toBe('theirs again');
  expect(nearest(vault, [8, 8, 8, 8])).toBe('ours again');
});

test('threads that insert and search together lose nothing', async () => {
  const file = tempFile();
  const vault = vaultOf<string>({ metric: 'l2', dimensions: 8 }, file);
  const names = ['a', 'z'];
  const inserted = await Promise.all(
    names.map(async (name) => {
      const worker = new Worker(join(SCRIPTS, 'worker.ts'), { argv: [file, name, '60'], execArgv: CONDITIONS });
      const [ids] = (await once(worker, 'message')) as [bigint[]];
      return ids;
    }),
  );
  expect(new Set(inserted.flat()).size).toBe(120);
  expect(vault.size).toBe(120);
  const values = vault.search(new Array(8).fill(0), 1_000).map(({ value }) => value);
  expect(values.sort()).toEqual(names.flatMap((name) => Array.from({ length: 60 }, (_, at) => `${name} ${at}`)).sort());
  expect(vault.database.pragma('integrity_check', { simple: true })).toBe('ok');
});

test('a search does not find what a transaction or savepoint has undone', () => {
  const vault = vaultOf({ metric: 'l2' });
  vault.insert([0, 0, 0, 1], 'kept');
  expect(nearest(vault, [9, 9, 9, 9])).toBe('kept');
  const failing = (body: () => void) => {
    expect(() =>
      vault.transaction(() => {
        body();
        throw new RangeError('undo');
      }),
    ).toThrow(RangeError);
  };
  failing(() => {
    vault.insert([9, 9, 9, 9], 'undone');
    expect(nearest(vault, [9, 9, 9, 9])).toBe('undone');
  });
  expect(nearest(vault, [9, 9, 9, 9])).toBe('kept');
  vault.transaction(() => {
    vault.insert([5, 5, 5, 5], 'outer');
    failing(() => vault.insert([9, 9, 9, 9], 'inner'));
    failing(() => vault.clear());
    expect(nearest(vault, [9, 9, 9, 9])).toBe('outer');
  });
  expect(nearest(vault, [9, 9, 9, 9])).toBe('outer');
  expect(vault.size).toBe(2);
});

test('a transaction of the user with savepoints by SQL', () => {
  const database = new Database(tempFile());
  onTestFinished(() => {
    database.close();
  });
  const vault = vaultOf({ metric: 'l2' }, database);
  vault.insert([0, 0, 0, 1], 'kept');
  expect(nearest(vault, [9, 9, 9, 9])).toBe('kept');
  database.exec('BEGIN');
  vault.insert([9, 9, 9, 9], 'in it');
  expect(nearest(vault, [9, 9, 9, 9])).toBe('in it');
  database.exec('SAVEPOINT s');
  vault.insert([9, 9, 9, 8], 'in the savepoint');
  expect(nearest(vault, [9, 9, 9, 8])).toBe('in the savepoint');
  database.exec('ROLLBACK TO s');
  expect(nearest(vault, [9, 9, 9, 8])).toBe('in it');
  database.exec('ROLLBACK');
  expect(nearest(vault, [9, 9, 9, 8])).toBe('kept');
  expect(vault.size).toBe(1);
});

test('SQL writes of the user on the connection', () => {
  const vault = vaultOf({ metric: 'l2' });
  vault.insert([0, 0, 0, 1], 'first');
  vault.insert([9, 9, 9, 9], 'second');
  const { database } = vault;
  expect(nearest(vault, [9, 9, 9, 9])).toBe('second');
  database.exec('DELETE FROM vec_kvault WHERE rowid = 2');
  expect(nearest(vault, [9, 9, 9, 9])).toBe('first');
});

test('a vector that is deleted after the check of the copy is not returned', async () => {
  const file = tempFile();
  const database = new Database(file);
  onTestFinished(() => {
    database.close();
  });
  const vault = vaultOf({ metric: 'l2' }, database);
  for (const [index, value] of ['near', 'far'].entries()) vault.insert([index, 0, 0, 0], value);
  const other = new Database(file);
  other.loadExtension(getLoadablePath());
  await nextMacrotask();
  expect(nearest(vault, [0, 0, 0, 0])).toBe('near');
  other.exec('BEGIN; DELETE FROM vec_kvault WHERE rowid = 1; DELETE FROM vec_kvault_values WHERE id = 1; COMMIT');
  other.close();
  expect(vault.search([0, 0, 0, 0], 1)[0]?.value).toBe('far');
});
