// One ordered map that several threads fill, read and empty at the same time, without a lock.
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { SkipList, type SkipListHandle } from 'kohakuvault';

const WORKERS = 3;
const EACH = 5_000;

interface Job {
  handle: SkipListHandle;
  worker: number;
}

if (isMainThread) {
  using scores = new SkipList<number, { by: number }>();
  const workers = Array.from({ length: WORKERS }, (_, worker) => {
    const job: Job = { handle: scores.share(), worker };
    return new Worker(import.meta.filename, { workerData: job });
  });
  await Promise.all(
    workers.map((worker) => new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))),
  );

  console.log(`${scores.size} entries from ${WORKERS} threads`);
  console.log('the least:', scores.first(), 'the greatest:', scores.last());
  const perWorker = new Array<number>(WORKERS).fill(0);
  for (const { by } of scores.values()) perWorker[by] = (perWorker[by] ?? 0) + 1;
  console.log('by thread:', perWorker.join(', '));
} else {
  const { handle, worker } = workerData as Job;
  using scores = SkipList.attach<number, { by: number }>(handle);
  for (let i = 0; i < EACH; i++) scores.set(i * WORKERS + worker, { by: worker });
}
