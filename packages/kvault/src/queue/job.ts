import { type Claim, dueIn, type JobTable, NEVER } from './job-table.ts';
import { type NackOptions, nackOptions, type ResolvedQueueOptions } from './options.ts';
import { checkExtension, lostJob, type Outcome, outcomeOf, settledJob } from './outcome.ts';

/** What a job needs of its queue. */
export interface JobSetup {
  readonly queue: string;
  readonly table: JobTable;
  readonly options: ResolvedQueueOptions;
}

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
  putBack(options: NackOptions): boolean {
    return failJob(this.#setup.table, this.#claim, outcomeOf(this.#setup.options, this.attempts, options));
  }

  /** Gives the worker so many milliseconds from now on. Default: those of the queue. */
  extend(milliseconds: number = this.#setup.options.visibility): void {
    checkExtension(milliseconds);
    if (this.#isSettled) throw settledJob('extend', this.#setup.queue, this.id);
    if (!this.#setup.table.extend(this.#claim, Date.now() + milliseconds)) {
      throw lostJob('extend', this.#setup.queue, this.id);
    }
  }

  #settle(method: string, isDone: boolean): void {
    if (!isDone) throw (this.#isSettled ? settledJob : lostJob)(method, this.#setup.queue, this.id);
    this.#isSettled = true;
  }
}

/** Puts a job back that was not finished. Returns whether it was still that worker's. */
export function failJob(table: JobTable, claim: Claim, { pause, error }: Outcome): boolean {
  return table.fail(claim, { due: pause === undefined ? NEVER : dueIn(pause), error });
}
