// worker.ts FILE [hang]: does the jobs of the queue "work", in a process or in a worker thread, until a job says "stop".
import { parentPort } from 'node:worker_threads';
import { KVault } from '@kohakuvault/kvault';

const [file = '', hang] = process.argv.slice(2);
const vault = new KVault(file);
const send = (message: unknown) => (parentPort ? parentPort.postMessage(message) : process.send?.(message));
const queue = vault.queue<{ n: number }>('work', { visibility: hang ? 500 : 30_000, backoff: 0 });
send('ready');
for await (const job of queue) {
  if (job.value.n < 0) {
    job.nack({ delay: 0 });
    break;
  }
  if (hang) {
    send({ took: job.value.n });
    await new Promise(() => setInterval(() => {}, 1_000));
  }
  vault.transaction(() => {
    vault.set(`done ${job.value.n}`, { pid: process.pid, times: (vault.get(`done ${job.value.n}`)?.times ?? 0) + 1 });
    job.ack();
  });
}
vault.close();
parentPort?.close();
process.disconnect?.();
