import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { NackOptions } from './options.ts';

const { clearInterval, setInterval } = process.getBuiltinModule('node:timers');

export interface WorkOptions {
  readonly signal: AbortSignal | undefined;
  readonly concurrency: number;
  /** How many milliseconds a job has. */
  readonly visibility: number;
}

/** A job that is done here: of a file, or of a queue elsewhere, whose calls return promises. */
export interface Work {
  readonly settled: boolean;
  ack(): unknown;
  putBack(options: NackOptions): unknown;
  extend(): unknown;
}

/** Does the jobs of an iteration, several at a time, until it ends or the signal is aborted. */
export async function work<J extends Work>(
  jobs: AsyncIterable<J>,
  handler: (job: J) => unknown,
  { signal, concurrency, visibility }: WorkOptions,
): Promise<void> {
  const running = new Set<Promise<void>>();
  try {
    for await (const job of jobs) {
      const one = doJob(job, handler, visibility).finally(() => running.delete(one));
      running.add(one);
      if (running.size >= concurrency) await Promise.race(running);
    }
  } catch (error) {
    // The signal is the way to end the work.
    if (!signal?.aborted) throw error;
  } finally {
    await Promise.all(running);
  }
}

async function doJob<J extends Work>(job: J, handler: (job: J) => unknown, visibility: number): Promise<void> {
  const timer = setInterval(() => void extend(job), Math.max(1, Math.floor(visibility / 3)));
  try {
    await handler(job);
  } catch (error) {
    // Also after an `ack` in a transaction that was rolled back. If the time was over, another worker has the job.
    await job.putBack({ error });
    return;
  } finally {
    clearInterval(timer);
  }
  if (!job.settled) await finish(job);
}

async function extend(job: Work): Promise<void> {
  try {
    if (!job.settled) await job.extend();
  } catch {
    // The next one may succeed. If the time is over, `ack` finds that.
  }
}

async function finish(job: Work): Promise<void> {
  try {
    await job.ack();
  } catch (error) {
    // The time was over: another worker has the job, or will do it again.
    if (!(error instanceof KohakuVaultError && error.code === 'KV_STALE')) throw error;
  }
}
