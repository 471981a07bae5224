import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { after, type Walk } from './key-range.ts';
import type { OrderedIndex } from './ordered-index.ts';
import type { EntryParts } from './ordered-map.ts';

/** The first page of a walk is small, since many walks end early. Later pages are larger. */
const FIRST_PAGE = 16;
const LARGEST_PAGE = 1024;

/**
 * Iterates over a walk. It is not a generator, since resuming one costs more than reading an entry. A key that exists
 * during the whole walk is returned once, whatever is added and removed meanwhile.
 */
export class TreeIterator<K, V> {
  /** Returns the current index. A tree replaces its index when it is closed or gets keys of another type. */
  readonly #indexNow: () => OrderedIndex<K, V>;
  readonly #parts: EntryParts;
  #remaining: Walk<K>;
  #left: number;
  #index: OrderedIndex<K, V> | undefined;
  #version = -1;
  #positions = new Int32Array(FIRST_PAGE);
  #count = 0;
  #read = 0;
  /** The index's own key of the last entry, since the caller may change the key it got. It is set if #read > 0. */
  #key: K | undefined;
  #isTurning = false;

  constructor(indexNow: () => OrderedIndex<K, V>, walk: Walk<K>, parts: EntryParts) {
    this.#indexNow = indexNow;
    this.#parts = parts;
    this.#remaining = walk;
    this.#left = walk.limit;
  }

  next(): IteratorResult<unknown, undefined> {
    if (this.#left <= 0) return { value: undefined, done: true };
    const isFresh = this.#index === this.#indexNow() && this.#index?.version === this.#version;
    if ((this.#read === this.#count || !isFresh) && !this.#turnPage(isFresh)) return { value: undefined, done: true };
    const index = this.#index as OrderedIndex<K, V>;
    const position = this.#positions[this.#read++] as number;
    this.#left--;
    const key = index.keyAt(position);
    this.#key = index.givesCopies ? index.keptKeyAt(position) : key;
    if (this.#parts === 'key') return { value: key, done: false };
    const value = index.valueAt(position);
    return { value: this.#parts === 'value' ? value : [key, value], done: false };
  }

  return(value?: undefined): IteratorResult<unknown, undefined> {
    this.#left = 0;
    return { value, done: true };
  }

  throw(error: unknown): never {
    this.#left = 0;
    throw error;
  }

  [Symbol.iterator](): this {
    return this;
  }

  /**
   * Reads the positions behind the last key; returns false if there are none. An error leaves the iterator unchanged.
   */
  #turnPage(isFresh: boolean): boolean {
    if (this.#isTurning) {
      throw new InvalidArgument(
        'compare called next() of the iterator that it compares for; use another iterator in compare',
      );
    }
    let remaining = this.#remaining;
    let positions = this.#positions;
    if (this.#read > 0) {
      const isLast = isFresh && this.#count < positions.length;
      if (isLast) return this.#end();
      remaining = after(remaining, this.#key as K);
      // Pages grow when they are read to their end.
      const grows = this.#read === this.#count && positions.length < LARGEST_PAGE;
      if (grows) positions = new Int32Array(positions.length * 8);
    }
    const index = this.#indexNow();
    this.#isTurning = true;
    try {
      this.#count = index.page(remaining, positions);
    } finally {
      this.#isTurning = false;
    }
    this.#remaining = remaining;
    this.#positions = positions;
    this.#index = index;
    this.#version = index.version;
    this.#read = 0;
    return this.#count > 0 || this.#end();
  }

  #end(): false {
    this.#left = 0;
    return false;
  }
}

// Inherits map, filter, take and other helpers if the runtime has them.
Object.setPrototypeOf(TreeIterator.prototype, Object.getPrototypeOf(Object.getPrototypeOf([].values())));
