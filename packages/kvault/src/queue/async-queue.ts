import type { LiveIteration } from '@kohakuvault/core-native/internal';
import type { JobsOptions, NackOptions, ProcessOptions, PushOptions, QueueCounts } from './options.ts';

/** A job that has failed too often. */
export interface DeadJob<J> {
  readonly id: number;
  readonly value: J;
  readonly attempts: number;
  /** Why it failed the last time, as far as its worker has said. */
  readonly error: string | undefined;
}

/** A `Job` whose calls return promises. */
export interface AsyncJob<J = unknown> {
  readonly id: number;
  readonly value: J;
  /** How often it has been taken, this time included. */
  readonly attempts: number;
  /** Whether `ack` or `nack` has succeeded. */
  readonly settled: boolean;
  /** Finishes the job: it is removed. On a server, `tx` is a transaction with which it is removed, or not at all. */
  ack(tx?: object): Promise<void>;
  /** Gives the job back, to be tried again after a while, or as a dead letter after its last attempt. */
  nack(options?: NackOptions, tx?: object): Promise<void>;
  /** Gives the worker so many milliseconds from now on. Default: those of the queue. */
  extend(milliseconds?: number): Promise<void>;
}

/** A `Queue` whose calls return promises, wherever it is: in a file (`asAsync`), in another thread, or on a server. */
export interface AsyncQueue<J = unknown> extends AsyncIterable<AsyncJob<J>> {
  readonly name: string;
  /** Adds a job at the end. Returns its id. */
  push(value: J, options?: PushOptions): Promise<number>;
  /** Adds many jobs, all or none. Returns their ids. */
  pushMany(values: Iterable<J>, options?: PushOptions): Promise<number[]>;
  /** Takes the first job; undefined if there is none that can be taken now. */
  take(): Promise<AsyncJob<J> | undefined>;
  /** Takes the first jobs, at most so many. */
  takeMany(limit: number): Promise<AsyncJob<J>[]>;
  /** Iterates over the jobs as they come, until the signal is aborted. Each must end with `ack` or `nack`. */
  jobs(options?: JobsOptions): LiveIteration<AsyncJob<J>>;
  /** Has a function do the jobs as they come, and gives it more time for a job while it runs. */
  process(handler: (value: J, job: AsyncJob<J>) => unknown, options?: ProcessOptions): Promise<void>;
  /** Returns the number of jobs that are not done, without dead letters. */
  size(): Promise<number>;
  /** Counts the jobs by their state. */
  counts(): Promise<QueueCounts>;
  /** Returns dead letters, those that were pushed first. At most 1,000, unless a limit is given. */
  dead(limit?: number): Promise<DeadJob<J>[]>;
  /** Has a dead letter tried again, or all of them without an id. Returns how many. */
  revive(id?: number): Promise<number>;
  /** Removes a dead letter, or all of them without an id. Returns how many. */
  removeDead(id?: number): Promise<number>;
  /** Removes all jobs, those that workers have and dead letters too. Returns how many. */
  clear(): Promise<number>;
}
