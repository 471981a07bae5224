import { once } from 'node:events';
import { expect, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { message, open, start, startWorker } from '../watch/support.ts';

const here = import.meta.dirname;
const JOBS = 600;
/** How long the worker that hangs has its job: see scripts/worker.ts. */
const VISIBILITY = 500;

test(`${JOBS} jobs are done once each by two processes and two threads`, async () => {
  const file = tempFile();
  const vault = open(file);
  const queue = vault.queue<{ n: number }>('work');
  const workers = [
    start(here, 'worker.ts', [file]),
    start(here, 'worker.ts', [file]),
    startWorker(here, 'worker.ts', [file]),
    startWorker(here, 'worker.ts', [file]),
  ];
  const ends = workers.map((worker) => once(worker as never, 'exit'));
  await Promise.all(workers.map(message));
  queue.pushMany(Array.from({ length: JOBS }, (_, n) => ({ n })));
  queue.push({ n: -1 });
  await Promise.all(ends);
  const done = [...vault.values({ prefix: 'done ' })] as { times: number }[];
  expect(done).toHaveLength(JOBS);
  expect(done.every(({ times }) => times === 1)).toBe(true);
  expect(queue.size).toBe(1);
});

test('the job of a worker that is killed goes to another one', async () => {
  const file = tempFile();
  const vault = open(file);
  const queue = vault.queue<{ n: number }>('work');
  const killed = start(here, 'worker.ts', [file, 'hang']);
  await message(killed);
  queue.push({ n: 7 });
  const earliest = Date.now() + VISIBILITY;
  expect(await message(killed)).toEqual({ took: 7 });
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  for await (const job of queue) {
    expect([job.value, job.attempts]).toEqual([{ n: 7 }, 2]);
    expect(Date.now()).toBeGreaterThanOrEqual(earliest);
    job.ack();
    break;
  }
  expect(queue.size).toBe(0);
});
