import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { between, everything, type KeyRange, nearest, toWalk, type Walk } from './key-range.ts';

/** What is read of each entry. */
export type Part = 'key' | 'value' | 'entry';

/** What CSBTree and SkipList have in common: everything that is reads and writes of single entries, or a walk. */
export abstract class OrderedMap<K, V> {
  abstract readonly size: number;
  abstract insert(key: K, value: V): V | undefined;
  abstract set(key: K, value: V): this;
  abstract clear(): void;
  abstract numberKeys(range?: KeyRange<K>): Float64Array;

  /** Whether the order is a function of the user's. */
  protected abstract readonly ownOrder: boolean;
  /** The first entries of a walk. */
  protected abstract collect(walk: Walk<K>, most: number): [K, V][];
  /** All of it, in pages. */
  protected abstract iterate(walk: Walk<K>, part: Part): Generator<unknown, undefined>;

  /** Adds or replaces entries. */
  update(entries: Iterable<readonly [K, V]>): this {
    for (const entry of entriesOf('update', entries)) this.set(entry[0], entry[1]);
    return this;
  }

  /** The entry with the least key. */
  first(): [K, V] | undefined {
    return this.collect(everything(), 1)[0];
  }

  /** The entry with the greatest key. */
  last(): [K, V] | undefined {
    return this.collect(everything(true), 1)[0];
  }

  /** The entry of the key, or else of the greatest one below. */
  floor(key: K): [K, V] | undefined {
    return this.collect(nearest(key, 'below', this.ownOrder), 1)[0];
  }

  /** The entry of the key, or else of the least one above. */
  ceiling(key: K): [K, V] | undefined {
    return this.collect(nearest(key, 'above', this.ownOrder), 1)[0];
  }

  /** The entries with `start <= key < end`, or those of a range object. */
  range(start: K, end: K): [K, V][];
  range(range?: KeyRange<K>): [K, V][];
  range(...given: unknown[]): [K, V][] {
    const walk =
      given.length > 1 ? between(given[0] as K, given[1] as K, this.ownOrder) : this.#walk(given[0] as KeyRange<K>);
    return this.collect(walk, walk.limit);
  }

  keys(range?: KeyRange<K>): Generator<K, undefined> {
    return this.iterate(this.#walk(range), 'key') as Generator<K, undefined>;
  }

  values(range?: KeyRange<K>): Generator<V, undefined> {
    return this.iterate(this.#walk(range), 'value') as Generator<V, undefined>;
  }

  entries(range?: KeyRange<K>): Generator<[K, V], undefined> {
    return this.iterate(this.#walk(range), 'entry') as Generator<[K, V], undefined>;
  }

  [Symbol.iterator](): Generator<[K, V], undefined> {
    return this.entries();
  }

  forEach(body: (value: V, key: K, map: this) => void, thisArgument?: unknown): void {
    if (typeof body !== 'function') {
      throw new InvalidArgument(`forEach: the body is ${describe(body)}; expected a function`);
    }
    for (const [key, value] of this.entries()) body.call(thisArgument, value, key, this);
  }

  #walk(range: KeyRange<K> | undefined): Walk<K> {
    return toWalk(range, this.ownOrder);
  }
}

/** Checks each entry as it comes: a list of strings would otherwise become one of letters. */
export function* entriesOf<K, V>(owner: string, entries: Iterable<readonly [K, V]>): Generator<readonly [K, V]> {
  if (!isIterable(entries)) {
    throw new InvalidArgument(`${owner}: entries are ${describe(entries)}; expected an iterable of [key, value]`);
  }
  let position = 0;
  for (const entry of entries as Iterable<unknown>) {
    if (!Array.isArray(entry) || entry.length < 2) {
      throw new InvalidArgument(`${owner}: entry ${position} is ${describe(entry)}; expected [key, value]`);
    }
    yield entry as unknown as readonly [K, V];
    position++;
  }
}

export function isIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
