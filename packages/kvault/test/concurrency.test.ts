// Several processes and threads on one file.
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DatabaseBusy, KVault } from '@kohakuvault/kvault';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';
import type { Order } from './scripts/peer.ts';

const SCRIPTS = join(import.meta.dirname, 'scripts');
const CONDITIONS = ['--conditions=@kohakuvault/source'];

/** Starts a script as a process; it ends with the test. */
function start(script: string, args: string[]): ChildProcess {
  const child = fork(join(SCRIPTS, script), args, { execArgv: CONDITIONS });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** Sends a peer a command. Returns a promise for its beginning and one for its end. */
function give(peer: ChildProcess, order: Order): { begins: Promise<unknown>; done: Promise<unknown> } {
  const told = (message: string) =>
    new Promise((resolve, reject) => {
      peer.on('message', (said) => said === message && resolve(said));
      peer.once('exit', (status, signal) => reject(new Error(`the peer ended (${signal ?? status})`)));
    });
  const promises = { begins: told('begins'), done: told('done') };
  peer.send(order);
  return promises;
}

function vaultOn(file: string, options = {}): KVault {
  const vault = new KVault(file, options);
  onTestFinished(() => vault.close());
  return vault;
}

test('two processes with 5,000 writes each lose none', async () => {
  const file = tempFile();
  const names = ['left', 'right'];
  const peers = names.map((name) => ({ name, process: start('peer.ts', [file]) }));
  await Promise.all(peers.map(({ name, process }) => give(process, { do: 'put', name, count: 5_000 }).done));
  const vault = vaultOn(file);
  expect(vault.size).toBe(10_000);
  for (const name of names) {
    const values = [...vault.values({ prefix: `${name} ` })].sort((a, b) => a - b);
    expect(values).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
  }
  expect(vault.database.pragma('integrity_check', { simple: true })).toBe('ok');
});

test('while one process writes, others and threads see only complete states, and never an older one', async () => {
  const STATES = 400;
  const file = tempFile();
  const keys = Array.from({ length: 12 }, (_, index) => `part ${index}`);
  vaultOn(file).setMany(keys.map((key) => [key, { turn: 0 }]));
  const args = [file, JSON.stringify(keys), String(STATES)];

  const processes = [start('read-states.ts', args), start('read-states.ts', args)];
  const threads = [0, 1].map(() => new Worker(join(SCRIPTS, 'read-states.ts'), { argv: args, execArgv: CONDITIONS }));
  for (const thread of threads) onTestFinished(() => thread.terminate().then(() => undefined));
  const readers = [...processes, ...threads].map(messagesOf);
  for (const { next } of readers) expect(await next()).toBe('ready');

  await give(start('peer.ts', [file]), { do: 'states', count: STATES, keys }).done;
  for (const { next } of readers) expect(await next()).toBe(STATES);
});

/** Yields a reader's messages. Throws if it ends without one. */
function messagesOf(reader: ChildProcess | Worker): { next(): Promise<unknown> } {
  const said: unknown[] = [];
  let ended: unknown;
  let wake = () => {};
  const end = (why: unknown) => {
    ended ??= why;
    wake();
  };
  reader.on('message', (message: unknown) => {
    said.push(message);
    wake();
  });
  reader.on('error', end);
  reader.on('exit', (status: number | null) => end(new Error(`a reader ended (${status})`)));
  return {
    async next() {
      while (said.length === 0) {
        if (ended) throw ended;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return said.shift();
    },
  };
}

describe('a file that another process has locked', () => {
  test('is retried until busyTimeout has passed; then it is DatabaseBusy', async () => {
    const file = tempFile();
    const vault = vaultOn(file, { busyTimeout: 60, retries: 3, backoffBase: 1 });
    vault.set('before', 1);
    const peer = start('peer.ts', [file]);
    await give(peer, { do: 'lock' }).done;

    for (const write of [
      () => vault.set('a', 1),
      () => vault.setMany([['a', 1]]),
      () => vault.delete('before'),
      () => vault.clear(),
      () => vault.pop('before'),
      () => vault.setDefault('a', 1),
      () => vault.transaction(() => vault.set('a', 1)),
    ]) {
      const error = thrownBy(write);
      expect(error).toBeInstanceOf(DatabaseBusy);
      expect(error.message).toMatch(/waited \d+ ms, tried \d+ times/);
    }
    // A read does not wait.
    expect([vault.get('before'), vault.has('a'), vault.size]).toEqual([1, false, 1]);

    await give(peer, { do: 'unlock' }).done;
    expect(vault.set('a', 2).get('a')).toBe(2);
  });

  test('leaves the writes of a cache pending, and the next flush writes them', async () => {
    const file = tempFile();
    const vault = vaultOn(file, { busyTimeout: 30 });
    vault.enableCache();
    vault.set('a', 1).set('b', 2);
    const peer = start('peer.ts', [file]);
    await give(peer, { do: 'lock' }).done;
    expect(codeOf(() => vault.flushCache())).toBe('KV_BUSY');
    expect(vault.cacheStats?.entries).toBe(2);
    expect([...vault.entries()]).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    await give(peer, { do: 'unlock' }).done;
    expect(vault.flushCache()).toBe(2);
    expect([...vaultOn(file).keys()]).toEqual(['a', 'b']);
  });

  test('is written by the waiting process when it is free', async () => {
    const file = tempFile();
    // The table exists for both: a process that still had to create it would wait for the lock before it reports its
    // beginning.
    new KVault(file).close();
    const [holder, waiter] = [start('peer.ts', [file]), start('peer.ts', [file])];
    await give(holder, { do: 'lock' }).done;
    const waiting = give(waiter, { do: 'put', name: 'late', count: 3 });
    await waiting.begins;
    await give(holder, { do: 'unlock' }).done;
    await waiting.done;
    expect([...vaultOn(file).keys()]).toEqual(['late 0', 'late 1', 'late 2']);
  });
});
