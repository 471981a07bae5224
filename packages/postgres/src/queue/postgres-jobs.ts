import { InvalidArgument, LiveIteration } from '@kohakuvault/core-native/internal';
import {
  type DeadJob,
  type JobClaim,
  type JobStore,
  type Outcome,
  type QueueCounts,
  queueCodec,
  type ResolvedQueueOptions,
  type TakenJob,
  type TakenJobs,
} from '@kohakuvault/kvault/internal';
import type { ValueCodec } from '@kohakuvault/packer/value';
import { ByteStrings, type Parameter, type Result, TextStrings } from '../client/session.ts';
import type { Executor } from '../execution/executor.ts';
import { executorOf } from '../execution/executor-of.ts';
import { NewsWaiter } from '../news/news-waiter.ts';
import type { Catalog } from '../schema/catalog.ts';
import { jobIdMaker } from '../vectors/new-ids.ts';
import { JobSql } from './job-sql.ts';
import { newsOfJobs } from './news-of-jobs.ts';

const { randomBytes } = process.getBuiltinModule('node:crypto');

/** How soon a worker looks again when others have the jobs that are ready, in milliseconds. */
const SOON = 50;

/** What a queue needs of its vault. */
export interface JobsSetup {
  readonly executor: Executor;
  readonly catalog: Catalog;
  assertOpen(): void;
  /** Has `end` called when the vault closes. The function returned unregisters it. */
  register(end: () => void): () => void;
}

/** The jobs of one queue, in the table that has those of all queues of a store. */
export class PostgresJobs implements JobStore {
  readonly #setup: JobsSetup;
  readonly #queue: string;
  readonly #options: ResolvedQueueOptions;
  readonly #sql: JobSql;
  readonly #codec: ValueCodec<undefined>;
  readonly #news: readonly [channel: string, topic: string];
  #made: Promise<void> | undefined;

  constructor(setup: JobsSetup, queue: string, options: ResolvedQueueOptions) {
    this.#setup = setup;
    this.#queue = queue;
    this.#options = options;
    this.#sql = new JobSql(setup.catalog);
    this.#codec = queueCodec(queue);
    this.#news = newsOfJobs(setup.catalog, queue);
  }

  async push(values: readonly unknown[], delay: number): Promise<number[]> {
    const bytes = new ByteStrings(values.map((value) => Buffer.from(this.#codec.encode(value, undefined))));
    await this.#ready();
    for (;;) {
      const ids = values.map(() => Number(jobIdMaker.next()));
      const given = [this.#queue, new TextStrings(ids.map(String)), bytes, delay, ...this.#news];
      if (await this.#pushed(given, values.length)) return ids;
      jobIdMaker.skip();
    }
  }

  async take(limit: number): Promise<TakenJob[]> {
    await this.#ready();
    const { visibility, maxAttempts } = this.#options;
    for (;;) {
      const token = randomBytes(8);
      const { rows } = await this.#setup.executor.tell(this.#sql.take, [
        this.#queue,
        limit,
        maxAttempts,
        visibility,
        token,
      ]);
      const found = rows as unknown as [number, number, Buffer, boolean, number, number][];
      const alive = found.filter(([, , , isTaken]) => isTaken).sort((a, b) => a[4] - b[4] || a[5] - b[5]);
      // Those that have failed too often were in the way of others.
      if (found.length > 0 && alive.length === 0) continue;
      return alive.map(([id, attempts, value]) => ({ id, token, attempts, value: this.#decode(value) }));
    }
  }

  jobs({ signal, prefetch }: { signal: AbortSignal | undefined; prefetch: number }): TakenJobs {
    const { executor, register } = this.#setup;
    this.#setup.assertOpen();
    const { news } = executor;
    if (!news) {
      throw new InvalidArgument('jobs cannot be waited for inside a transaction; use take, or a queue of the store');
    }
    const [channel, topic] = this.#news;
    const waiter = new NewsWaiter({ news, channel, topic }, { signal, keepsAlive: true });
    const endings = [register(() => waiter.close())];
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    endings.push(
      news.beforeClose(async () => {
        waiter.close();
        if (isRunning) await finished;
      }),
    );
    let isRunning = false;
    const jobs = this.#jobs(waiter, prefetch);
    async function* all(): AsyncGenerator<TakenJob, void, undefined> {
      isRunning = true;
      try {
        yield* jobs;
      } finally {
        isRunning = false;
        for (const end of endings) end();
        finish();
      }
    }
    return new LiveIteration(waiter, all());
  }

  async finish({ id, token }: JobClaim, within?: object): Promise<boolean> {
    const { count } = await this.#executor(within).tell(this.#sql.finish, [this.#queue, id, token]);
    return count > 0;
  }

  async fail({ id, token }: JobClaim, { pause, error }: Outcome, within?: object): Promise<boolean> {
    const given = [this.#queue, id, token, pause ?? null, error ?? null, ...this.#news];
    return (await this.#executor(within).tell(this.#sql.fail, given)).rows[0]?.[0] === 1;
  }

  async extend({ id, token }: JobClaim, milliseconds: number): Promise<boolean> {
    const { count } = await this.#setup.executor.tell(this.#sql.extend, [this.#queue, id, token, milliseconds]);
    return count > 0;
  }

  async counts(): Promise<QueueCounts> {
    const { rows } = await this.#ask(this.#sql.counts, [this.#queue]);
    const [ready, delayed, taken, dead] = rows[0] as [number, number, number, number];
    return { ready, delayed, taken, dead };
  }

  async dead(limit: number): Promise<DeadJob<unknown>[]> {
    const { rows } = await this.#ask(this.#sql.dead, [this.#queue, limit]);
    return (rows as unknown as [number, number, Buffer, string | null][]).map(([id, attempts, value, error]) => {
      return { id, attempts, value: this.#decode(value), error: error ?? undefined };
    });
  }

  async revive(id: number | undefined): Promise<number> {
    await this.#ready();
    const { rows } = await this.#setup.executor.tell(this.#sql.revive, [this.#queue, id ?? null, ...this.#news]);
    return rows[0]?.[0] as number;
  }

  async removeDead(id: number | undefined): Promise<number> {
    await this.#ready();
    return (await this.#setup.executor.tell(this.#sql.removeDead, [this.#queue, id ?? null])).count;
  }

  async clear(): Promise<number> {
    await this.#ready();
    return (await this.#setup.executor.tell(this.#sql.clear, [this.#queue])).count;
  }

  async *#jobs(waiter: NewsWaiter, prefetch: number): AsyncGenerator<TakenJob, void, undefined> {
    let taken: TakenJob[] = [];
    try {
      for (;;) {
        waiter.throwIfAborted();
        if (!waiter.open) return;
        waiter.note();
        taken = (await this.take(prefetch)).toReversed();
        const isEmpty = taken.length === 0;
        for (let job = taken.at(-1); job; job = taken.at(-1)) {
          waiter.throwIfAborted();
          if (!waiter.open) return;
          taken.pop();
          yield job;
        }
        if (isEmpty && !(await waiter.wait(await this.#nextDue()))) return;
      }
    } finally {
      waiter.close();
      await this.#giveBack(taken);
    }
  }

  /** Returns in how many milliseconds a job can be taken; undefined if none waits for its time. */
  async #nextDue(): Promise<number | undefined> {
    const { rows } = await this.#ask(this.#sql.nextDue, [this.#queue]);
    const due = rows[0]?.[0] as number | null;
    return due === null ? undefined : Math.max(SOON, due);
  }

  /** Puts jobs back that were not begun. */
  async #giveBack(jobs: readonly TakenJob[]): Promise<void> {
    if (jobs.length === 0) return;
    await this.#setup.executor.atomically(async (session) => {
      for (const { id, token } of jobs) await session.query(this.#sql.giveBack, [this.#queue, id, token]);
    });
  }

  /** Stores jobs, all or none. Returns false if an id is taken. */
  async #pushed(given: readonly Parameter[], count: number): Promise<boolean> {
    const { executor } = this.#setup;
    if (count === 1) return (await executor.tell(this.#sql.push, given)).rows[0]?.[0] === 1;
    try {
      await executor.atomically(async (session) => {
        const { rows } = await session.query(this.#sql.push, given);
        if (rows[0]?.[0] !== count) throw new TakenId();
      });
      return true;
    } catch (error) {
      if (error instanceof TakenId) return false;
      throw error;
    }
  }

  async #ask(text: string, parameters: readonly Parameter[]): Promise<Result> {
    await this.#ready();
    return await this.#setup.executor.ask(text, parameters);
  }

  async #ready(): Promise<void> {
    const { executor, catalog } = this.#setup;
    this.#setup.assertOpen();
    this.#made ??= executor
      .atomically((session) => this.#sql.make(session, catalog.schema))
      .catch((error) => {
        // The next call tries again.
        this.#made = undefined;
        throw error;
      });
    await this.#made;
  }

  /** Where a job ends: in a transaction that the caller gives, or at once. */
  #executor(within: object | undefined): Executor {
    this.#setup.assertOpen();
    return within === undefined ? this.#setup.executor : executorOf(within);
  }

  #decode(value: Buffer): unknown {
    return this.#codec.decode(value, undefined);
  }
}

/** Rolls back what has met an id that is taken. */
class TakenId extends Error {}
