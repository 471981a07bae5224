// Inserts keys of its own into the shared list, after the main thread has told it to start.
import { parentPort, workerData } from 'node:worker_threads';
import { SkipList, type SkipListHandle } from '@kohakuvault/ordered';
import { randomIntegers } from '../../random.ts';

interface Work {
  handle: SkipListHandle;
  start: SharedArrayBuffer;
  thread: number;
  count: number;
}
const { handle, start, thread, count } = workerData as Work;
const list = SkipList.attach<number, number>(handle);
const keys = randomIntegers(count, 2 ** 32, thread + 1);
// Compiled before the clock runs.
const warmUp = new SkipList<number, number>();
for (let i = 0; i < 10_000; i++) warmUp.set(keys[i] as number, i);

parentPort?.postMessage('ready');
Atomics.wait(new Int32Array(start), 0, 0);
for (let i = 0; i < count; i++) list.set(keys[i] as number, i);
parentPort?.postMessage('done');
