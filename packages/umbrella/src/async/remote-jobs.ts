import { InvalidArgument, LiveIteration } from '@kohakuvault/core-native/internal';
import type {
  DeadJob,
  JobClaim,
  JobStore,
  Outcome,
  QueueCounts,
  TakenJob,
  TakenJobs,
} from '@kohakuvault/kvault/internal';
import type { Remote } from './remote.ts';
import { TransactionSteps } from './transaction-steps.ts';

/** The jobs of a queue in another thread. */
export class RemoteJobs implements JobStore {
  readonly #calls: Remote;

  /** `calls` stands for the `JobCalls` of a queue. */
  constructor(calls: Remote) {
    this.#calls = calls;
  }

  async push(values: readonly unknown[], delay: number): Promise<number[]> {
    return (await this.#calls.call('push', [values, delay])) as number[];
  }

  async take(limit: number): Promise<TakenJob[]> {
    return (await this.#calls.call('take', [limit])) as TakenJob[];
  }

  jobs({ signal, prefetch }: { signal: AbortSignal | undefined; prefetch: number }): TakenJobs {
    const { items, close } = this.#calls.live<TakenJob>('jobs', [{ prefetch }], { signal });
    return new LiveIteration({ close }, items);
  }

  async finish(claim: JobClaim, within?: object): Promise<boolean> {
    if (within === undefined) return (await this.#calls.call('finish', [claim])) as boolean;
    if (within instanceof TransactionSteps) {
      // If the job is not this worker's any more, the transaction fails.
      within.add(this.#calls, 'ack', [claim]);
      return true;
    }
    throw new InvalidArgument('ack expects what the body of store.transaction gets, or nothing');
  }

  async fail(claim: JobClaim, outcome: Outcome, within?: object): Promise<boolean> {
    if (within !== undefined) throw new InvalidArgument('nack cannot be a step of a transaction of another thread');
    return (await this.#calls.call('fail', [claim, outcome])) as boolean;
  }

  async extend(claim: JobClaim, milliseconds: number): Promise<boolean> {
    return (await this.#calls.call('extend', [claim, milliseconds])) as boolean;
  }

  async counts(): Promise<QueueCounts> {
    return (await this.#calls.call('counts')) as QueueCounts;
  }

  async dead(limit: number): Promise<DeadJob<unknown>[]> {
    return (await this.#calls.call('dead', [limit])) as DeadJob<unknown>[];
  }

  async revive(id: number | undefined): Promise<number> {
    return (await this.#calls.call('revive', [id])) as number;
  }

  async removeDead(id: number | undefined): Promise<number> {
    return (await this.#calls.call('removeDead', [id])) as number;
  }

  async clear(): Promise<number> {
    return (await this.#calls.call('clear')) as number;
  }
}
