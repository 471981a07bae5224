import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { LiveIteration } from '@kohakuvault/core-native/internal/database';
import type { Job } from './job.ts';

const { clearInterval, setInterval } = process.getBuiltinModule('node:timers');

export interface WorkOptions {
  readonly signal: AbortSignal | undefined;
  readonly concurrency: number;
  /** How many milliseconds a job has. */
  readonly visibility: number;
}

/** Does the jobs of an iteration, several at a time, until it ends or the signal is aborted. */
export async function work<J>(
  jobs: LiveIteration<Job<J>>,
  handler: (value: J, job: Job<J>) => unknown,
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

async function doJob<J>(job: Job<J>, handler: (value: J, job: Job<J>) => unknown, visibility: number): Promise<void> {
  const timer = setInterval(() => extend(job), Math.max(1, Math.floor(visibility / 3)));
  try {
    await handler(job.value, job);
  } catch (error) {
    // Also after an `ack` in a transaction that was rolled back. If the time was over, another worker has the job.
    job.putBack({ error });
    return;
  } finally {
    clearInterval(timer);
  }
  if (!job.settled) finish(job);
}

function extend(job: Job): void {
  try {
    if (!job.settled) job.extend();
  } catch {
    // The next one may succeed. If the time is over, `ack` finds that.
  }
}

function finish(job: Job): void {
  try {
    job.ack();
  } catch (error) {
    // The time was over: another worker has the job, or will do it again.
    if (!(error instanceof KohakuVaultError && error.code === 'KV_STALE')) throw error;
  }
}
