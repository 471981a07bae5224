// One of the threads that work on one list. It inserts each value once, and reports the values that it removed.
import { parentPort, workerData } from 'node:worker_threads';
import { SkipList } from '@kohakuvault/ordered';

interface Work {
  handle: Parameters<typeof SkipList.attach>[0];
  start: SharedArrayBuffer;
  thread: number;
  rounds: number;
  keys: number;
}
const { handle, start, thread, rounds, keys } = workerData as Work;
const list = SkipList.attach<number, number>(handle);
const out: number[] = [];
let missed = 0;

parentPort?.postMessage('ready');
Atomics.wait(new Int32Array(start), 0, 0);
for (let round = 0; round < rounds; round++) {
  const value = round * 4 + thread;
  const key = Math.imul(value, 2_654_435_761) >>> 0;
  const replaced = list.insert(key % keys, value);
  if (replaced !== undefined) out.push(replaced);
  if (round % 3 === 0) {
    const removed = list.remove((key >>> 8) % keys);
    if (removed !== undefined) out.push(removed);
  }
  // Keys below zero are only replaced: no look-up and no walk may miss one.
  if (round % 5 === 0) list.set(-1 - (key % 10), value);
  if (!list.has(-1 - (key % 10))) missed++;
  if (round % 50 === 0 && list.numberKeys({ lt: 0 }).length !== 10) missed++;
}
parentPort?.postMessage({ out, missed });
