// Several processes and threads on one file.
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ColumnVault } from '@kohakuvault/columns';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import type { Order } from './scripts/peer.ts';
import { vaultOn } from './support/vault-on.ts';

const SCRIPTS = join(import.meta.dirname, 'scripts');
const CONDITIONS = ['--conditions=@kohakuvault/source'];
/** Limits so small that both columns have many chunks. */
const CHUNKS = { minChunkBytes: 256, maxChunkBytes: 4_096 };

/** Starts a script as a process; it ends with the test. */
function start(script: string, args: string[]): ChildProcess {
  const child = fork(join(SCRIPTS, script), args, { execArgv: CONDITIONS });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** Starts a script as a worker thread. */
function startThread(script: string, args: string[]): Worker {
  const thread = new Worker(join(SCRIPTS, script), { argv: args, execArgv: CONDITIONS });
  onTestFinished(() => thread.terminate().then(() => undefined));
  return thread;
}

/** Waits for the next message. Fails if the peer ends without one. */
function nextOf(peer: ChildProcess | Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    peer.once('message', resolve);
    peer.once('error', reject);
    peer.once('exit', (status: number | null) => reject(new Error(`the peer ended (${status})`)));
  });
}

function give(peer: ChildProcess | Worker, order: Order): Promise<unknown> {
  const done = nextOf(peer);
  if (peer instanceof Worker) peer.postMessage(order);
  else peer.send(order);
  return done;
}

/** Creates a file with both columns, empty. */
function prepared(): string {
  const file = tempFile();
  const vault = new ColumnVault(file);
  vault.createColumn('numbers', 'i64', CHUNKS);
  vault.createColumn('texts', 'str:utf8', CHUNKS);
  vault.close();
  return file;
}

describe.each([
  { who: 'processes', start },
  { who: 'worker threads', start: startThread },
])('two $who', ({ start: startPeer }) => {
  test('lose no elements when they append to the same columns', async () => {
    const COUNT = 300;
    const file = prepared();
    const names = ['left', 'right'];
    const peers = names.map((name) => ({ name, peer: startPeer('peer.ts', [file]) }));
    // This one keeps a resident copy, which must follow what the others add.
    const vault = vaultOn(file);
    const [numbers, texts] = [vault.column('numbers', 'i64'), vault.column('texts', 'str:utf8')];
    expect([numbers.length, texts.length]).toEqual([0, 0]);
    await Promise.all(peers.map(({ name, peer }) => give(peer, { do: 'append', name, count: COUNT })));

    expect([numbers.length, texts.length]).toEqual([2 * COUNT, 2 * COUNT]);
    const own = {
      left: numbers.slice().filter((each) => each >= 0n),
      right: numbers.slice().filter((each) => each < 0n),
    };
    expect(Array.from(own.left)).toEqual(Array.from({ length: COUNT }, (_, index) => BigInt(index)));
    expect(Array.from(own.right)).toEqual(Array.from({ length: COUNT }, (_, index) => BigInt(-1 - index)));
    for (const name of names) {
      const written = texts.slice().filter((text) => text.startsWith(name));
      expect(written).toEqual(Array.from({ length: COUNT }, (_, index) => `${name} ${index}`));
    }
    expect(vault.database.pragma('integrity_check', { simple: true })).toBe('ok');
  });
});

test('two vaults of one process see each other’s appended elements', () => {
  const file = prepared();
  const [left, right] = [vaultOn(file), vaultOn(file)].map((vault) => vault.column('texts', 'str:utf8'));
  expect([left?.length, right?.length]).toEqual([0, 0]);
  left?.append('from the left');
  right?.append('from the right');
  left?.set(1, 'from the right, changed by the left');
  expect([...(right ?? [])]).toEqual(['from the left', 'from the right, changed by the left']);
});

test('three reading processes always see equal lengths of two columns that are written together', async () => {
  const PAIRS = 250;
  const file = prepared();
  const readers = [0, 1, 2].map(() => start('read-pairs.ts', [file, String(PAIRS)]));
  for (const said of await Promise.all(readers.map(nextOf))) expect(said).toBe('ready');
  const ended = readers.map(nextOf);
  await give(start('peer.ts', [file]), { do: 'pairs', count: PAIRS });
  expect(await Promise.all(ended)).toEqual([PAIRS, PAIRS, PAIRS]);
});

test('a reading process never sees a part of a row that was appended inside lockCache', async () => {
  const [COLUMNS, ROWS] = [7, 1_000];
  const file = tempFile();
  const vault = vaultOn(file);
  const columns = Array.from({ length: COLUMNS }, (_, index) => vault.createColumn(`c${index}`, 'f64'));
  const reader = start('read-rows.ts', [file, String(COLUMNS), String(ROWS)]);
  expect(await nextOf(reader)).toBe('ready');
  const ended = nextOf(reader);
  // The threshold is not a multiple of a row, so flushes are due in the middle of rows.
  vault.enableCache({ flushThreshold: 8 * (COLUMNS * 2 + 3) });
  for (let row = 0; row < ROWS; row++) {
    vault.lockCache(() => {
      for (const column of columns) column.append(row);
    });
  }
  vault.flushCache();
  expect(await ended).toBe(null);
});
