import { InvalidArgument, LiveIteration } from '@kohakuvault/core-native/internal';
import type { AsyncJob, AsyncQueue, DeadJob } from './async-queue.ts';
import {
  checkDeadLimit,
  checkHandler,
  checkJobId,
  checkQueueName,
  checkTakeLimit,
  jobList,
  MOST_DEAD,
} from './checks.ts';
import {
  delayOf,
  type JobsOptions,
  jobsOptions,
  type NackOptions,
  nackOptions,
  type ProcessOptions,
  type PushOptions,
  processOptions,
  type QueueCounts,
  type QueueOptions,
  queueOptions,
  type ResolvedQueueOptions,
} from './options.ts';
import { checkExtension, lostJob, type Outcome, outcomeOf, settledJob } from './outcome.ts';
import { work } from './work.ts';

/** Who may end a job: the worker that has taken it last. */
export interface JobClaim {
  readonly id: number;
  readonly token: Uint8Array;
}

/** A job as a store of jobs gives it to a worker. */
export interface TakenJob extends JobClaim {
  readonly value: unknown;
  readonly attempts: number;
}

/** An iteration over the jobs of a store, which can be ended while it waits. */
export interface TakenJobs extends AsyncIterator<TakenJob, void, undefined> {
  return(): Promise<IteratorResult<TakenJob, void>>;
}

/** Where the jobs of one queue are. `within` is a transaction of the store, if it has those. */
export interface JobStore {
  push(values: readonly unknown[], delay: number): Promise<number[]>;
  take(limit: number): Promise<TakenJob[]>;
  /** Takes jobs as they come, `prefetch` at a time. Those that were not given are put back at the end. */
  jobs(options: { signal: AbortSignal | undefined; prefetch: number }): TakenJobs;
  /** Removes a finished job. Returns whether it was still that worker's, as all that follows. */
  finish(claim: JobClaim, within?: object): Promise<boolean>;
  fail(claim: JobClaim, outcome: Outcome, within?: object): Promise<boolean>;
  extend(claim: JobClaim, milliseconds: number): Promise<boolean>;
  counts(): Promise<QueueCounts>;
  dead(limit: number): Promise<DeadJob<unknown>[]>;
  revive(id: number | undefined): Promise<number>;
  removeDead(id: number | undefined): Promise<number>;
  clear(): Promise<number>;
}

/** A queue whose jobs are in some store. */
export class JobQueue<J> implements AsyncQueue<J> {
  readonly name: string;
  readonly #options: ResolvedQueueOptions;
  readonly #store: JobStore;

  constructor(name: string, options: QueueOptions | undefined, store: (options: ResolvedQueueOptions) => JobStore) {
    checkQueueName(name);
    this.name = name;
    this.#options = queueOptions(options);
    this.#store = store(this.#options);
  }

  async push(value: J, options?: PushOptions): Promise<number> {
    return (await this.#store.push([value], delayOf('push', options)))[0] as number;
  }

  async pushMany(values: Iterable<J>, options?: PushOptions): Promise<number[]> {
    const delay = delayOf('pushMany', options);
    const list = jobList(values);
    return list.length === 0 ? [] : await this.#store.push(list, delay);
  }

  async take(): Promise<AsyncJob<J> | undefined> {
    return (await this.takeMany(1))[0];
  }

  async takeMany(limit: number): Promise<AsyncJob<J>[]> {
    checkTakeLimit(limit);
    return (await this.#store.take(limit)).map((taken) => this.#job(taken));
  }

  [Symbol.asyncIterator](): LiveIteration<AsyncJob<J>> {
    return this.jobs();
  }

  jobs(options?: JobsOptions): LiveIteration<AsyncJob<J>> {
    return this.#jobs(jobsOptions(options));
  }

  async process(handler: (value: J, job: AsyncJob<J>) => unknown, options?: ProcessOptions): Promise<void> {
    checkHandler(handler);
    const { signal, concurrency = 1 } = processOptions(options);
    const { visibility } = this.#options;
    // A signal that was aborted before has ended the work before it began.
    if (signal?.aborted) return;
    await work(this.#jobs({ signal }), (job) => handler(job.value, job), { signal, concurrency, visibility });
  }

  async size(): Promise<number> {
    const { ready, delayed, taken } = await this.counts();
    return ready + delayed + taken;
  }

  counts(): Promise<QueueCounts> {
    return this.#store.counts();
  }

  async dead(limit: number = MOST_DEAD): Promise<DeadJob<J>[]> {
    checkDeadLimit(limit);
    return (await this.#store.dead(limit)) as DeadJob<J>[];
  }

  async revive(id?: number): Promise<number> {
    return await this.#store.revive(checkJobId('revive', id));
  }

  async removeDead(id?: number): Promise<number> {
    return await this.#store.removeDead(checkJobId('removeDead', id));
  }

  clear(): Promise<number> {
    return this.#store.clear();
  }

  #job(taken: TakenJob): ClaimedJob<J> {
    return new ClaimedJob<J>(this.name, this.#store, this.#options, taken);
  }

  #jobs({ signal, prefetch = 1 }: JobsOptions): LiveIteration<ClaimedJob<J>> {
    const taken = this.#store.jobs({ signal, prefetch });
    const toJob = (given: TakenJob) => this.#job(given);
    async function* jobs(): AsyncGenerator<ClaimedJob<J>, void, undefined> {
      try {
        for (let next = await taken.next(); !next.done; next = await taken.next()) yield toJob(next.value);
      } finally {
        await taken.return();
      }
    }
    return new LiveIteration({ close: () => taken.return() }, jobs());
  }
}

class ClaimedJob<J> implements AsyncJob<J> {
  readonly id: number;
  readonly value: J;
  readonly attempts: number;
  readonly #queue: string;
  readonly #store: JobStore;
  readonly #options: ResolvedQueueOptions;
  readonly #claim: JobClaim;
  #isSettled = false;

  constructor(queue: string, store: JobStore, options: ResolvedQueueOptions, taken: TakenJob) {
    const { id, token, value, attempts } = taken;
    this.id = id;
    this.value = value as J;
    this.attempts = attempts;
    this.#queue = queue;
    this.#store = store;
    this.#options = options;
    this.#claim = { id, token };
  }

  get settled(): boolean {
    return this.#isSettled;
  }

  async ack(tx?: object): Promise<void> {
    this.#settle('ack', await this.#store.finish(this.#claim, checkTransaction('ack', tx)));
  }

  async nack(options?: NackOptions, tx?: object): Promise<void> {
    this.#settle('nack', await this.putBack(nackOptions(options), checkTransaction('nack', tx)));
  }

  /** Gives the job back if it is still this worker's. Returns whether it was. */
  async putBack(options: NackOptions, within?: object): Promise<boolean> {
    return await this.#store.fail(this.#claim, outcomeOf(this.#options, this.attempts, options), within);
  }

  async extend(milliseconds: number = this.#options.visibility): Promise<void> {
    checkExtension(milliseconds);
    if (this.#isSettled) throw settledJob('extend', this.#queue, this.id);
    if (!(await this.#store.extend(this.#claim, milliseconds))) throw lostJob('extend', this.#queue, this.id);
  }

  #settle(method: string, isDone: boolean): void {
    if (!isDone) throw (this.#isSettled ? settledJob : lostJob)(method, this.#queue, this.id);
    this.#isSettled = true;
  }
}

function checkTransaction(method: string, tx: object | undefined): object | undefined {
  if (tx === undefined || (typeof tx === 'object' && tx !== null)) return tx;
  throw new InvalidArgument(`${method} expects a transaction of the store, or nothing`);
}
