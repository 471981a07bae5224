import { queuePeer } from '../../queue-peers.ts';
import { startRedis } from '../../redis-server.ts';
import type { Context } from '../../suite.ts';

/** Every write is on the disk before it is answered. Redis as it comes writes a snapshot after minutes. */
export const ALWAYS_ON_DISK = ['--appendonly', 'yes', '--appendfsync', 'always'];

interface BullMQ {
  readonly Queue: new (
    name: string,
    options: object,
  ) => { add(name: string, job: object): Promise<unknown>; close(): Promise<void> };
  readonly Worker: new (
    name: string,
    process: (job: { data: object }) => Promise<number>,
    options: object,
  ) => { on(event: 'completed', listener: () => void): void; close(): Promise<void> };
}

export interface BullMQSetup {
  /** The options of the server. */
  readonly redis: readonly string[];
  /** How many jobs are pushed, and done, at a time. */
  readonly concurrency: number;
}

/** Has all jobs pushed and done, with what BullMQ and its client do by themselves. Returns the nanoseconds of one. */
export async function bullmq(context: Context, jobs: readonly object[], setup: BullMQSetup): Promise<number> {
  const peer = queuePeer<BullMQ>('bullmq');
  if (!peer) context.unavailable('bullmq is not installed: see tools/bench/README.md');
  const { redis, concurrency } = setup;
  const { port, stop } = await startRedis(context, redis);
  const connection = { host: '127.0.0.1', port };
  const queue = new peer.Queue('jobs', { connection });
  const endings = [stop, () => queue.close()];
  const took = await context.once(async () => {
    for (let first = 0; first < jobs.length; first += concurrency) {
      await Promise.all(jobs.slice(first, first + concurrency).map((job) => queue.add('job', job)));
    }
    return await new Promise<number>((resolve) => {
      let done = 0;
      const worker = new peer.Worker('jobs', async () => 1, { connection, concurrency });
      endings.push(() => worker.close());
      worker.on('completed', () => {
        if (++done === jobs.length) resolve(done);
      });
    });
  });
  for (const end of endings.reverse()) await end();
  return took / jobs.length;
}
