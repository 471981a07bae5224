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

test('searches while another process writes vectors and other tables see one state after another', async () => {
  const file = tempFile();
  const vault = vaultOf<number>({ metric: 'l2' }, file);
  vault.database.exec('CREATE TABLE docs (id INTEGER PRIMARY KEY, text TEXT)');
  vault.insertMany(Array.from({ length: 2000 }, (_, n) => [[n, 0, 0, 1], n] as const));
  const peer = await startPeer(file);
  const orders = 200;
  let done = 0;
  peer.on('message', () => done++);
  for (let n = 0; n < orders; n++) {
    if (n % 4 === 0) peer.send({ do: 'insert', vectors: [[-1 - n, 0, 0, 1]], value: n } satisfies Order);
    else if (n % 4 === 1) peer.send({ do: 'delete', id: n } satisfies Order);
    else peer.send({ do: 'docs', text: 'x'.repeat(n * 50) } satisfies Order);
  }
  let last = 0;
  let searches = 0;
  while (done < orders) {
    const found = searches++ % 2 ? await vault.searchAsync([-1000, 0, 0, 1], 100) : vault.search([-1000, 0, 0, 1], 100);
    // The vectors of the other process are the nearest, the newest first. Each search finds all up to some moment.
    const theirs = found.filter(({ distance }) => distance < 1000).map(({ value }) => value);
    expect(theirs).toEqual(Array.from({ length: theirs.length }, (_, place) => (theirs.length - 1 - place) * 4));
    expect(theirs.length).toBeGreaterThanOrEqual(last);
    last = theirs.length;
    await nextMacrotask();
  }
  const fresh = vaultOf<number>({ metric: 'l2' }, new Database(file, { readonly: true }));
  expect(vault.search([0, 0, 0, 0], 2000)).toEqual(fresh.search([0, 0, 0, 0], 2000));
  fresh.database.close();
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

test('what the user writes on the connection by themselves', () => {
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
