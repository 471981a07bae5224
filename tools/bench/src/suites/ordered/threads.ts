import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SkipList } from '@kohakuvault/ordered';
import type { Case } from '../../suite.ts';

const INSERTIONS = 400_000;

/** Returns the nanoseconds per insertion of all threads together, by the wall clock. */
async function insertBy(threads: number): Promise<number> {
  const list = new SkipList<number, number>();
  const start = new SharedArrayBuffer(4);
  const workers = Array.from({ length: threads }, (_, thread) => {
    return new Worker(join(import.meta.dirname, 'insert-worker.ts'), {
      workerData: { handle: list.share(), start, thread, count: INSERTIONS / threads },
    });
  });
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const ended = Promise.all(workers.map((worker) => once(worker, 'message')));
  const began = performance.now();
  Atomics.store(new Int32Array(start), 0, 1);
  Atomics.notify(new Int32Array(start), 0);
  await ended;
  return ((performance.now() - began) * 1e6) / INSERTIONS;
}

export const threadCases: Case[] = [
  {
    name: 'insertions into one SkipList',
    unit: 'ns',
    note:
      'each thread inserts keys all over the list. Waiting for a core counts here, so a busy machine shows in ' +
      'the numbers.',
    budgets: [{ against: 'one worker thread', atLeast: 1.6 }],
    contenders: {
      'two worker threads': () => insertBy(2),
      'one worker thread': () => insertBy(1),
    },
  },
];
