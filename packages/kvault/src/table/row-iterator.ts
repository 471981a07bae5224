import type { KvRow } from '@kohakuvault/core-native/internal/database';
import type { Scan } from './scan.ts';

/**
 * What `keys`, `values` and `entries` return. It does what a generator does, and costs less: nothing is read before the
 * first `next`, and `return` ends it.
 */
export class RowIterator<T> {
  #open: (() => Scan) | undefined;
  #scan: Scan | undefined;
  readonly #read: (row: KvRow) => T;
  #isRunning = false;

  constructor(open: () => Scan, read: (row: KvRow) => T) {
    this.#open = open;
    this.#read = read;
  }

  next(): IteratorResult<T, undefined> {
    if (this.#isRunning) throw new TypeError('Iterator is already running');
    this.#isRunning = true;
    try {
      const scan = this.#scan ?? this.#begin();
      if (!scan?.next()) return { value: undefined, done: true };
      return { value: this.#read(scan.row), done: false };
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      this.#isRunning = false;
    }
  }

  return(value?: undefined): IteratorResult<T, undefined> {
    if (this.#isRunning) throw new TypeError('Iterator is already running');
    this.#end();
    return { value, done: true };
  }

  throw(error?: unknown): IteratorResult<T, undefined> {
    this.return();
    throw error;
  }

  [Symbol.iterator](): this {
    return this;
  }

  [Symbol.dispose](): void {
    this.return();
  }

  #begin(): Scan | undefined {
    const open = this.#open;
    this.#open = undefined;
    this.#scan = open?.();
    return this.#scan;
  }

  #end(): void {
    this.#open = undefined;
    this.#scan?.end();
  }
}

// The helpers of the language's iterators, as far as the runtime has them: `map`, `take`.
Object.setPrototypeOf(RowIterator.prototype, Object.getPrototypeOf(Object.getPrototypeOf([].values())));
