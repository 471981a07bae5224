import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { sharedAbort } from '@kohakuvault/kvault/internal';

/** How a store closes while calls wait for functions, streams and models of the caller, which may never answer. */
export class Closing {
  readonly #ending = sharedAbort();
  readonly #underWay = new Set<Promise<unknown>>();

  /** Aborted when the store begins to close: what waits for the caller waits no longer. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Has the store keep its connections for something that ends with the signal. */
  waitFor(work: Promise<unknown>): void {
    this.#underWay.add(work);
    const end = () => void this.#underWay.delete(work);
    work.then(end, end);
  }

  /** Ends what waits. Resolves when it has taken back what it had written. */
  async begin(): Promise<void> {
    this.#ending.abort(new KohakuVaultError('the store is closed; connect again', { code: 'KV_CLOSED' }));
    await Promise.allSettled(this.#underWay);
  }
}
