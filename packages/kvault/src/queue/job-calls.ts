import { LiveIteration } from '@kohakuvault/core-native/internal';
import type { DeadJob } from './async-queue.ts';
import { failJob, type Job, type JobSetup } from './job.ts';
import type { TakenJob } from './job-queue.ts';
import type { Claim } from './job-table.ts';
import type { PushOptions, QueueCounts } from './options.ts';
import { lostJob, type Outcome } from './outcome.ts';

/** What is called of a queue. */
interface CalledQueue {
  readonly setup: JobSetup;
  pushMany(values: Iterable<unknown>, options: PushOptions): number[];
  takeMany(limit: number): Job[];
  jobs(options: { signal?: AbortSignal | undefined; prefetch: number }): LiveIteration<Job>;
  counts(): QueueCounts;
  dead(limit: number): DeadJob<unknown>[];
  revive(id: number | undefined): number;
  removeDead(id: number | undefined): number;
  clear(): number;
}

/**
 * The calls of a queue in which jobs are plain objects, so that another thread can have them. They are those of a
 * `JobStore`, without promises.
 */
export class JobCalls {
  readonly #queue: CalledQueue;

  constructor(queue: CalledQueue) {
    this.#queue = queue;
  }

  push(values: readonly unknown[], delay: number): number[] {
    return this.#queue.pushMany(values, { delay });
  }

  take(limit: number): TakenJob[] {
    return this.#queue.takeMany(limit).map(takenOf);
  }

  jobs(options: { signal?: AbortSignal | undefined; prefetch: number }): LiveIteration<TakenJob> {
    const jobs = this.#queue.jobs(options);
    async function* taken(): AsyncGenerator<TakenJob, void, undefined> {
      for await (const job of jobs) yield takenOf(job);
    }
    return new LiveIteration({ close: () => jobs.return() }, taken());
  }

  finish(claim: Claim): boolean {
    return this.#queue.setup.table.finish(claim);
  }

  /** Does the same, and throws if it was not: for a transaction. */
  ack(claim: Claim): void {
    if (!this.finish(claim)) throw lostJob('ack', this.#queue.setup.queue, claim.id);
  }

  fail(claim: Claim, outcome: Outcome): boolean {
    return failJob(this.#queue.setup.table, claim, outcome);
  }

  extend(claim: Claim, milliseconds: number): boolean {
    return this.#queue.setup.table.extend(claim, Date.now() + milliseconds);
  }

  counts(): QueueCounts {
    return this.#queue.counts();
  }

  dead(limit: number): DeadJob<unknown>[] {
    return this.#queue.dead(limit);
  }

  revive(id: number | undefined): number {
    return this.#queue.revive(id);
  }

  removeDead(id: number | undefined): number {
    return this.#queue.removeDead(id);
  }

  clear(): number {
    return this.#queue.clear();
  }
}

function takenOf({ claim, value, attempts }: Job): TakenJob {
  return { ...claim, value, attempts };
}
