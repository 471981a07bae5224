import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { after, type Walk } from './key-range.ts';
import type { OrderedIndex } from './ordered-index.ts';
import type { Part } from './ordered-map.ts';

/** A walk begins with a small page, since many are left early, and goes on with larger ones. */
const FIRST_PAGE = 16;
const LARGEST_PAGE = 1024;

/**
 * What a generator over a walk would be, written out: resuming one costs more than reading an entry. Each key present
 * throughout is given once, whatever is added and removed meanwhile.
 */
export class TreeIterator<K, V> {
  /** A tree changes its index when it is closed or gets keys of another kind. */
  readonly #indexNow: () => OrderedIndex<K, V>;
  readonly #part: Part;
  #rest: Walk<K>;
  #left: number;
  #index: OrderedIndex<K, V> | undefined;
  #version = -1;
  #positions = new Int32Array(FIRST_PAGE);
  #count = 0;
  #read = 0;
  /** The last key given, as the index keeps it: the one given is the caller's to change. With #read above 0 there is one. */
  #key: K | undefined;
  #isTurning = false;

  constructor(indexNow: () => OrderedIndex<K, V>, walk: Walk<K>, part: Part) {
    this.#indexNow = indexNow;
    this.#part = part;
    this.#rest = walk;
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
    if (this.#part === 'key') return { value: key, done: false };
    const value = index.valueAt(position);
    return { value: this.#part === 'value' ? value : [key, value], done: false };
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

  /** Reads the positions behind the last key given; false where there are none. What throws meanwhile changes nothing. */
  #turnPage(isFresh: boolean): boolean {
    if (this.#isTurning) {
      throw new InvalidArgument(
        'compare has called next() of the iterator that it compares for; it may read by others',
      );
    }
    let rest = this.#rest;
    let positions = this.#positions;
    if (this.#read > 0) {
      const isLast = isFresh && this.#count < positions.length;
      if (isLast) return this.#end();
      rest = after(rest, this.#key as K);
      // Pages grow as they are read to their end.
      const grows = this.#read === this.#count && positions.length < LARGEST_PAGE;
      if (grows) positions = new Int32Array(positions.length * 8);
    }
    const index = this.#indexNow();
    this.#isTurning = true;
    try {
      this.#count = index.page(rest, positions);
    } finally {
      this.#isTurning = false;
    }
    this.#rest = rest;
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

// Where the runtime has them, map, filter, take and the others are there.
Object.setPrototypeOf(TreeIterator.prototype, Object.getPrototypeOf(Object.getPrototypeOf([].values())));
