import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { queuePeer } from '../../queue-peers.ts';
import type { Case, Context } from '../../suite.ts';
import { ALWAYS_ON_DISK, bullmq } from './bullmq.ts';

const JOBS = 5_000;

interface Job {
  readonly id: number;
  readonly to: string;
}

const jobs = (count: number): Job[] => Array.from({ length: count }, (_, id) => ({ id, to: `user ${id}` }));
const countOf = ({ quick }: Context) => (quick ? JOBS / 10 : JOBS);

/** Has all jobs pushed and done. Returns the nanoseconds of one. */
async function perJob(context: Context, work: (jobs: Job[]) => Promise<number>): Promise<number> {
  const list = jobs(countOf(context));
  return (await context.once(() => work(list))) / list.length;
}

async function ours(context: Context, prefetch: number, synchronous: 'normal' | 'full' = 'normal'): Promise<number> {
  const vault = new KVault(join(context.folder, 'queue.db'), { synchronous });
  const queue = vault.queue<Job>('jobs');
  return await perJob(context, async (list) => {
    for (const job of list) queue.push(job);
    let done = 0;
    for await (const job of queue.jobs({ prefetch })) {
      job.ack();
      if (++done === list.length) break;
    }
    return done;
  });
}

interface BetterQueue {
  push(job: Job): void;
  on(event: 'drain', listener: () => void): void;
}

type BetterQueueClass = new (
  process: (job: Job, done: (error: null, result: number) => void) => void,
  options: object,
) => BetterQueue;

type StoreClass = new (options: { path: string }) => object;

/** With a path, the jobs are in an SQLite file. */
async function betterQueue(context: Context, path: string | undefined): Promise<number> {
  const Queue = queuePeer<BetterQueueClass>('better-queue');
  const Store = queuePeer<StoreClass>('better-queue-sqlite');
  if (!Queue || !Store) context.unavailable('better-queue is not installed: see tools/bench/README.md');
  const store = path === undefined ? undefined : new Store({ path });
  return await perJob(
    context,
    (list) =>
      new Promise((resolve) => {
        let done = 0;
        const queue = new Queue(
          (_, finished) => {
            done++;
            finished(null, done);
          },
          { ...(store ? { store } : {}), afterProcessDelay: 0, batchDelay: 0 },
        );
        queue.on('drain', () => {
          if (done >= list.length) resolve(done);
        });
        for (const job of list) queue.push(job);
      }),
  );
}

export const queueCases: Case[] = [
  {
    name: 'a job: push, take, ack',
    unit: 'ns',
    note:
      `each of ${JOBS} jobs is pushed alone, taken, and acknowledged, in one process. Ours and better-queue with its ` +
      'SQLite store keep every job in a file, that one with `synchronous=OFF` and its journal in memory, so a power cut ' +
      'may break it; better-queue alone keeps jobs in memory, and loses them with the process. BullMQ runs with its ' +
      'defaults on a Redis of this machine. Redis as it comes writes its data to the disk after a minute with 10,000 ' +
      'changes, or later, and loses the rest with its process. With `appendfsync always` each write is on the disk ' +
      "before it is answered, as ours is with `synchronous: 'full'`. By default, ours survives the end of a process, and " +
      'a power cut may take the last moments.',
    budgets: [{ against: 'better-queue in SQLite', atLeast: 1 }],
    contenders: {
      kohakuvault: (context) => ours(context, 1),
      'kohakuvault, prefetch 50': (context) => ours(context, 50),
      'kohakuvault, synchronous full': (context) => ours(context, 1, 'full'),
      'better-queue in SQLite': (context) => betterQueue(context, join(context.folder, 'better.db')),
      'better-queue in memory': (context) => betterQueue(context, undefined),
      'BullMQ, Redis as it comes': (context) => bullmq(context, jobs(countOf(context)), { redis: [], concurrency: 1 }),
      'BullMQ, 50 at a time': (context) => bullmq(context, jobs(countOf(context)), { redis: [], concurrency: 50 }),
      'BullMQ, appendfsync always': (context) =>
        bullmq(context, jobs(countOf(context)), { redis: ALWAYS_ON_DISK, concurrency: 1 }),
      'BullMQ, appendfsync always, 50 at a time': (context) =>
        bullmq(context, jobs(countOf(context)), { redis: ALWAYS_ON_DISK, concurrency: 50 }),
    },
  },
];
