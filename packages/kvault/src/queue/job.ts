import { describe, InvalidArgument, KohakuVaultError, messageOf } from '@kohakuvault/core-native/internal';
import { type Claim, dueIn, type JobTable, NEVER } from './job-table.ts';
import { type NackOptions, nackOptions, type ResolvedQueueOptions, timeRule } from './options.ts';

/** What a job needs of its queue. */
export interface JobSetup {
  readonly queue: string;
  readonly table: JobTable;
  readonly options: ResolvedQueueOptions;
}

/** The most characters of an error that are kept with a job. */
const MOST_TEXT = 1_000;

/**
 * A job that a worker has taken. No other worker gets it before its time is over. Every call fails with `KV_STALE` when
 * that has happened and the job was given to another worker.
 */
export class Job<J = unknown> {
  readonly id: number;
  readonly value: J;
  /** How often it has been taken, this time included. */
  readonly attempts: number;
  readonly #setup: JobSetup;
  readonly #claim: Claim;
  #isSettled = false;

  /** @internal */
  constructor(setup: JobSetup, claim: Claim, value: J, attempts: number) {
    this.id = claim.id;
    this.value = value;
    this.attempts = attempts;
    this.#setup = setup;
    this.#claim = claim;
  }

  /** Whether `ack` or `nack` has been called. */
  get settled(): boolean {
    return this.#isSettled;
  }

  /** @internal */
  get claim(): Claim {
    return this.#claim;
  }

  /** Finishes the job: it is removed. Inside `transaction`, it is removed with what else is done there. */
  ack(): void {
    this.#settle('ack', this.#setup.table.finish(this.#claim));
  }

  /** Gives the job back, to be tried again after a while, or as a dead letter after its last attempt. */
  nack(options?: NackOptions): void {
    this.#settle('nack', this.putBack(nackOptions(options)));
  }

  /**
   * Gives the job back if it is still this worker's. Returns whether it was.
   * @internal
   */
  putBack({ delay, error, dead = false }: NackOptions): boolean {
    const { maxAttempts, backoff, maxBackoff } = this.#setup.options;
    const isOver = dead || this.attempts >= maxAttempts;
    const pause = delay ?? Math.min(maxBackoff, backoff * 2 ** (this.attempts - 1));
    const text = error === undefined ? undefined : messageOf(error).slice(0, MOST_TEXT);
    const due = isOver ? NEVER : dueIn(pause);
    return this.#setup.table.fail(this.#claim, { due, error: text });
  }

  /** Gives the worker so many milliseconds from now on. Default: those of the queue. */
  extend(milliseconds: number = this.#setup.options.visibility): void {
    if (!timeRule.accepts(milliseconds)) {
      throw new InvalidArgument(`extend expects ${timeRule.expected}, in milliseconds, got ${describe(milliseconds)}`);
    }
    this.#refuseSettled('extend');
    if (!this.#setup.table.extend(this.#claim, Date.now() + milliseconds)) throw this.#lost('extend');
  }

  #settle(method: string, isDone: boolean): void {
    if (!isDone) {
      this.#refuseSettled(method);
      throw this.#lost(method);
    }
    this.#isSettled = true;
  }

  #refuseSettled(method: string): void {
    if (!this.#isSettled) return;
    throw new InvalidArgument(
      `${method}: job ${this.id} of the queue ${describe(this.#setup.queue)} has ended already`,
    );
  }

  #lost(method: string): KohakuVaultError {
    return new KohakuVaultError(
      `${method}: the time of job ${this.id} of the queue ${describe(this.#setup.queue)} was over, and another worker ` +
        'may have it; call extend in time, or give the queue a longer visibility',
      { code: 'KV_STALE' },
    );
  }
}
