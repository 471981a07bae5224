import { LiveIteration } from '@kohakuvault/core-native/internal';
import type { CommitWaiter, Connection } from '@kohakuvault/core-native/internal/database';
import type { ValueCodec } from '@kohakuvault/packer/value';
import type { DeadJob } from './async-queue.ts';
import {
  checkDeadLimit,
  checkHandler,
  checkJobId,
  checkQueueName,
  checkTakeLimit,
  jobList,
  MOST_DEAD,
} from './checks.ts';
import { Job, type JobSetup } from './job.ts';
import { JobCalls } from './job-calls.ts';
import { JobTable } from './job-table.ts';
import {
  delayOf,
  type JobsOptions,
  jobsOptions,
  type ProcessOptions,
  type PushOptions,
  processOptions,
  type QueueCounts,
  type QueueOptions,
  queueOptions,
  type ResolvedQueueOptions,
} from './options.ts';
import { queueCodec } from './queue-codec.ts';
import { work } from './work.ts';

/**
 * A durable queue of jobs in a file, which any number of threads and processes share. The first job that was pushed is
 * taken first, by one worker at a time. A job is done at least once: a worker that is killed is not waited for.
 */
export class Queue<J = unknown> implements AsyncIterable<Job<J>> {
  readonly name: string;
  readonly #connection: Connection;
  readonly #options: ResolvedQueueOptions;
  readonly #table: JobTable;
  readonly #codec: ValueCodec<undefined>;
  readonly #setup: JobSetup;

  /** @internal */
  constructor(connection: Connection, name: string, options: QueueOptions | undefined) {
    checkQueueName(name);
    this.name = name;
    this.#connection = connection;
    this.#options = queueOptions(options);
    this.#table = new JobTable(connection, name);
    this.#codec = queueCodec(name);
    const { untrusted } = connection.shared;
    if (untrusted) this.#codec.checkPacked = (bytes, owner) => untrusted.checkPacked(bytes, owner);
    this.#setup = { queue: name, table: this.#table, options: this.#options };
    this.#table.make();
  }

  /** Adds a job at the end. Returns its id. */
  push(value: J, options?: PushOptions): number {
    const delay = delayOf('push', options);
    const bytes = this.#codec.encode(value, undefined);
    return this.#table.push([bytes], delay)[0] as number;
  }

  /** Adds many jobs in one transaction. Returns their ids. */
  pushMany(values: Iterable<J>, options?: PushOptions): number[] {
    const delay = delayOf('pushMany', options);
    const list = jobList(values).map((value) => this.#codec.encode(value, undefined));
    return this.#connection.transaction(() => this.#table.push(list, delay));
  }

  /** Takes the first job; undefined if there is none that can be taken now. */
  take(): Job<J> | undefined {
    return this.takeMany(1)[0];
  }

  /** Takes the first jobs, at most so many. */
  takeMany(limit: number): Job<J>[] {
    checkTakeLimit(limit);
    return this.#table.hasWork ? this.#connection.transaction(() => this.#take(limit)) : [];
  }

  /** Iterates over the jobs as they come. Each must end with `ack` or `nack`; otherwise it comes again after its time. */
  [Symbol.asyncIterator](): LiveIteration<Job<J>> {
    return this.jobs();
  }

  /** Does the same, until the signal is aborted. */
  jobs(options?: JobsOptions): LiveIteration<Job<J>> {
    const { signal, prefetch = 1 } = jobsOptions(options);
    this.#connection.checkWritable();
    const waiter = this.#connection.waitForCommits({ signal });
    return new LiveIteration(waiter, this.#jobs(waiter, prefetch));
  }

  /**
   * Has a function do the jobs as they come, and gives it more time for a job while it runs. A job is finished when the
   * function has returned, or its promise is fulfilled; if it throws, the job is tried again later.
   */
  process(handler: (value: J, job: Job<J>) => unknown, options?: ProcessOptions): Promise<void> {
    checkHandler(handler);
    const { signal, concurrency = 1 } = processOptions(options);
    const { visibility } = this.#options;
    return work(this.jobs({ signal }), (job) => handler(job.value, job), { signal, concurrency, visibility });
  }

  /** The number of jobs that are not done, without dead letters. */
  get size(): number {
    const { ready, delayed, taken } = this.counts();
    return ready + delayed + taken;
  }

  /** Counts the jobs by their state. */
  counts(): QueueCounts {
    return this.#table.counts;
  }

  /** Returns dead letters, those that were pushed first. At most 1,000, unless a limit is given. */
  dead(limit: number = MOST_DEAD): DeadJob<J>[] {
    checkDeadLimit(limit);
    return this.#table.dead(limit).map(({ id, attempts, error, value }) => {
      return { id, attempts, error: error ?? undefined, value: this.#codec.decode(value, undefined) as J };
    });
  }

  /** Has a dead letter tried again, or all of them without an id. Returns how many. */
  revive(id?: number): number {
    return this.#table.revive(checkJobId('revive', id));
  }

  /** Removes a dead letter, or all of them without an id. Returns how many. */
  removeDead(id?: number): number {
    return this.#table.removeDead(checkJobId('removeDead', id));
  }

  /** Removes all jobs, those that workers have and dead letters too. Returns how many. */
  clear(): number {
    return this.#table.clear();
  }

  /**
   * The calls with plain objects, for other threads.
   * @internal
   */
  get calls(): JobCalls {
    return new JobCalls(this as Queue<unknown>);
  }

  /** @internal */
  get setup(): JobSetup {
    return this.#setup;
  }

  #take(limit: number): Job<J>[] {
    const { visibility, maxAttempts } = this.#options;
    const { jobs, token } = this.#table.take(limit, visibility, maxAttempts);
    return jobs.map(({ id, attempts, value }) => {
      return new Job<J>(this.#setup, { id, token }, this.#codec.decode(value, undefined) as J, attempts);
    });
  }

  async *#jobs(waiter: CommitWaiter, prefetch: number): AsyncGenerator<Job<J>, void, undefined> {
    let taken: Job<J>[] = [];
    try {
      for (;;) {
        waiter.throwIfAborted();
        if (!waiter.open) return;
        waiter.note();
        const { jobs, isBusy } = this.#tryToTake(prefetch);
        taken = jobs.toReversed();
        for (let job = taken.pop(); job; job = taken.pop()) {
          yield job;
          waiter.throwIfAborted();
          if (!waiter.open) return;
        }
        if (jobs.length > 0) continue;
        if (!(await waiter.wait({ again: isBusy, until: isBusy ? undefined : this.#table.nextDue }))) return;
      }
    } finally {
      waiter.close();
      if (taken.length > 0 && this.#connection.open) this.#table.giveBack(taken.map((job) => job.claim));
    }
  }

  /** Takes jobs if the file is free at once. */
  #tryToTake(limit: number): { jobs: Job<J>[]; isBusy: boolean } {
    // What is taken in a transaction of the user may be rolled back.
    if (this.#connection.shared.database.inTransaction) return { jobs: [], isBusy: true };
    if (!this.#table.hasWork) return { jobs: [], isBusy: false };
    const attempt = this.#connection.tryTransaction(() => this.#take(limit));
    return 'busy' in attempt ? { jobs: [], isBusy: true } : { jobs: attempt.result, isBusy: false };
  }
}
