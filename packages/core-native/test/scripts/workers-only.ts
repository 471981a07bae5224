// Only workers load native code, one after another: Node unloads an addon with the last worker that holds it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

const [, , folder, rounds] = process.argv as [string, string, string, string];
const file = join(folder, 'shared.db');
for (let round = 0; round < Number(rounds); round++) {
  const worker = new Worker(new URL('./worker-increments.ts', import.meta.url), { workerData: { file } });
  const exit = once(worker, 'exit');
  const [count] = await once(worker, 'message');
  const [status] = await exit;
  assert.equal(status, 0);
  assert.equal(count, round + 1);
}
console.log(`${rounds} workers`);
