// One of the threads that share a rate limiter. Reports how many of its requests each method let through.
import { parentPort, workerData } from 'node:worker_threads';
import { SkipList, type SkipListHandle } from '@kohakuvault/ordered';

interface Work {
  handle: SkipListHandle;
  start: SharedArrayBuffer;
  limit: number;
  requests: number;
}
const { handle, start, limit, requests } = workerData as Work;
const list = SkipList.attach<string, number>(handle);
const passed = { update: 0, compareAndSet: 0, popFirst: 0 };

function takeByComparing(): boolean {
  for (;;) {
    const used = list.get('compareAndSet');
    if ((used ?? 0) >= limit) return false;
    if (list.compareAndSet('compareAndSet', used, (used ?? 0) + 1)) return true;
  }
}

parentPort?.postMessage('ready');
Atomics.wait(new Int32Array(start), 0, 0);
for (let request = 0; request < requests; request++) {
  if (list.update('update', (used = 0) => (used < limit ? used + 1 : undefined)) !== undefined) passed.update++;
  if (takeByComparing()) passed.compareAndSet++;
  if (list.popFirst({ prefix: 'token ' })) passed.popFirst++;
}
parentPort?.postMessage(passed);
