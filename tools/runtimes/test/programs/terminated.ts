// A worker thread with vaults open: does what it is asked until it is terminated.
import { parentPort, workerData } from 'node:worker_threads';
import { openVaults, writeStep } from './vaults.ts';

const { file, how, path } = workerData as { file: string; how: string; path: string };
const vaults = openVaults(file);
const { kv, columns, vectors } = vaults;
const ready = () => parentPort?.postMessage('ready');

/** Goes on until the thread is terminated, one turn of the event loop after the other. */
function forever(turn: () => void): void {
  turn();
  setImmediate(() => forever(turn));
}

const WAYS: Record<string, () => void> = {
  idle: () => {
    kv.get('step');
    ready();
    setInterval(() => {}, 1_000);
  },
  'in a transaction': () => {
    kv.database.exec('BEGIN IMMEDIATE');
    kv.set('step', -1);
    ready();
    setInterval(() => {}, 1_000);
  },
  writing: () => {
    let step = (kv.get('step') as number | undefined) ?? 0;
    ready();
    forever(() => writeStep(vaults, ++step));
  },
  reading: () => {
    ready();
    forever(() => {
      for (const _ of kv.keys());
      if (columns.has('steps')) columns.column('steps').slice();
      vectors.search([1, 1, 0, 0], 3);
    });
  },
  searching: () => {
    ready();
    forever(() => void vectors.searchAsync([1, 1, 0, 0], 3).catch(() => {}));
  },
  copying: () => {
    ready();
    void kv.putFile('file', path).catch(() => {});
  },
  pending: () => {
    kv.enableCache({ autoFlush: false });
    kv.set('step', -1);
    ready();
    setInterval(() => {}, 1_000);
  },
};

WAYS[how]?.();
