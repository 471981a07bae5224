import { nativeCore, type VectorIndexOptions } from '@kohakuvault/core-native/internal';
import type { SharedConnection } from '@kohakuvault/core-native/internal/database';
import { type Neighbor, readNeighbors } from './neighbors.ts';
import type { Running } from './search-queue.ts';
import { type SearchRequest, vectorRequest } from './search-request.ts';

/** How many tasks search lists at a time. libuv has as many threads, unless the user changes that. */
const MOST_TASKS = 4;
/** How many searches a task takes. With more of them, the first would wait for long. */
const MOST_SEARCHES = 16;

/** A search of lists, and who waits for it. */
export interface ListOrder {
  readonly request: SearchRequest;
  /** Returns how to look at the lists, when the search begins. */
  options(): VectorIndexOptions;
  /** Registers what must be cancelled when the vault closes. Returns a function that ends the registration. */
  running(work: Running): () => void;
  readonly signal: AbortSignal | undefined;
}

interface Entry extends ListOrder {
  readonly answer: (found: Neighbor[][] | undefined) => void;
  readonly fail: (error: unknown) => void;
  /** Ends the task if nobody waits for another search of it. Set when it has begun. */
  leave?: () => void;
}

/** The searches of an index in other threads, in the order of their calls. */
export class ListSearches {
  readonly #binding = nativeCore().binding;
  readonly #shared: SharedConnection;
  readonly #index: number;
  readonly #waiting: Entry[] = [];
  #tasks = 0;

  constructor(shared: SharedConnection, index: number) {
    this.#shared = shared;
    this.#index = index;
  }

  /**
   * Returns the nearest vectors of each query. Undefined at once if there is no index for such a search. The promise
   * brings undefined if the search must be made here: others wrote meanwhile, or it was cancelled.
   */
  search(order: ListOrder): Promise<Neighbor[][] | undefined> | undefined {
    let cancel = () => {};
    let ended = () => {};
    const found = new Promise<Neighbor[][] | undefined>((answer, fail) => {
      const entry: Entry = { ...order, answer, fail };
      this.#waiting.push(entry);
      cancel = () => {
        if (entry.leave) return entry.leave();
        const place = this.#waiting.indexOf(entry);
        if (place >= 0) this.#waiting.splice(place, 1);
        answer(undefined);
      };
    });
    if (this.#tasks < MOST_TASKS && !this.#start()) return undefined;
    ended = order.running({ cancel });
    order.signal?.addEventListener('abort', cancel, { once: true });
    return found.finally(() => {
      order.signal?.removeEventListener('abort', cancel);
      ended();
    });
  }

  /** Starts a task for those that wait. Returns whether it was started; if not, nobody waits any more. */
  #start(): boolean {
    const entries = this.#waiting.splice(0, MOST_SEARCHES);
    const flag = new this.#binding.CancelFlag();
    let wanted = entries.length;
    try {
      const task = this.#binding.vectorIndexSearchOffLoop(
        this.#shared.handle,
        this.#index,
        entries.map(({ request }) => vectorRequest(request, undefined)),
        entries.map((entry) => entry.options()),
        flag,
        [...(this.#shared.unlocking ?? [])],
      );
      if (!task) {
        for (const entry of entries) entry.answer(undefined);
        return false;
      }
      for (const entry of entries) {
        entry.leave = () => {
          delete entry.leave;
          if (--wanted === 0) flag.cancel();
        };
      }
      this.#tasks++;
      void this.#finish(task, entries);
      return true;
    } catch (error) {
      for (const entry of entries) entry.fail(error);
      return true;
    }
  }

  async #finish(task: Promise<Buffer[] | null>, entries: readonly Entry[]): Promise<void> {
    try {
      const found = await task;
      entries.forEach((entry, nth) => {
        entry.answer(found ? readNeighbors(found[nth] as Buffer) : undefined);
      });
    } catch (error) {
      for (const entry of entries) entry.fail(error);
    } finally {
      this.#tasks--;
      while (this.#waiting.length > 0 && this.#tasks < MOST_TASKS) this.#start();
    }
  }
}
