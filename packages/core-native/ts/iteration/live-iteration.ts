/** What an iteration waits by. */
export interface Waiting {
  /** Ends the waiting, now and for ever. Returns a promise if something must be done for that elsewhere. */
  close(): unknown;
}

/** An iteration that goes on with what is committed. It can be ended while it waits. */
export class LiveIteration<T> implements AsyncIterableIterator<T, void, undefined>, AsyncDisposable {
  readonly #waiting: Waiting;
  readonly #items: AsyncGenerator<T, void, undefined>;

  /** `items` waits by `waiting`, and ends when that has ended. */
  constructor(waiting: Waiting, items: AsyncGenerator<T, void, undefined>) {
    this.#waiting = waiting;
    this.#items = items;
  }

  /** Returns the next item as soon as there is one. */
  next(): Promise<IteratorResult<T, void>> {
    return this.#items.next();
  }

  /** Ends the iteration. */
  async return(): Promise<IteratorResult<T, void>> {
    await this.#waiting.close();
    await this.#items.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
