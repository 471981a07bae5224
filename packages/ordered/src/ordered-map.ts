import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { between, everything, type KeyBound, type KeyRange, nearest, toWalk, type Walk } from './key-range.ts';

/** The parts of an entry that an iteration returns. */
export type EntryParts = 'key' | 'value' | 'entry';

/** The methods that CSBTree and SkipList share: those that read or write single entries, or walk. */
export abstract class OrderedMap<K, V> {
  abstract readonly size: number;
  abstract insert(key: K, value: V): V | undefined;
  abstract set(key: K, value: V): this;
  abstract clear(): void;
  abstract numberKeys(range?: KeyRange<K>): Float64Array;
  /** Counts the entries of a range. */
  abstract count(range?: KeyRange<K>): number;

  /** Whether a function of the user's decides the order. */
  protected abstract readonly ownOrder: boolean;
  /** Returns the first entries of a walk. */
  protected abstract collect(walk: Walk<K>, most: number): [K, V][];
  /** Walks to the end, in pages. */
  protected abstract iterate(walk: Walk<K>, parts: EntryParts): Generator<unknown, undefined>;

  /** Adds or replaces entries. */
  update(entries: Iterable<readonly [K, V]>): this {
    for (const entry of entriesOf('update', entries)) this.set(entry[0], entry[1]);
    return this;
  }

  /** Returns the entry with the smallest key. */
  first(): [K, V] | undefined {
    return this.collect(everything(), 1)[0];
  }

  /** Returns the entry with the greatest key. */
  last(): [K, V] | undefined {
    return this.collect(everything(true), 1)[0];
  }

  /** Returns the entry of the key or, if there is none, of the greatest key below it. */
  floor(key: KeyBound<K>): [K, V] | undefined {
    return this.collect(nearest(key, 'below', this.ownOrder), 1)[0];
  }

  /** Returns the entry of the key or, if there is none, of the smallest key above it. */
  ceiling(key: KeyBound<K>): [K, V] | undefined {
    return this.collect(nearest(key, 'above', this.ownOrder), 1)[0];
  }

  /** Returns the entries with `start <= key < end`, or those of a range object. */
  range(start: KeyBound<K>, end: KeyBound<K>): [K, V][];
  range(range?: KeyRange<K>): [K, V][];
  range(...bounds: unknown[]): [K, V][] {
    const walk =
      bounds.length > 1
        ? between<K>(bounds[0] as K, bounds[1] as K, this.ownOrder)
        : this.#walk(bounds[0] as KeyRange<K>);
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
      throw new InvalidArgument(`forEach expects a function, got ${describe(body)}`);
    }
    for (const [key, value] of this.entries()) body.call(thisArgument, value, key, this);
  }

  #walk(range: KeyRange<K> | undefined): Walk<K> {
    return toWalk(range, this.ownOrder);
  }
}

/** Yields entries after checking each. An unchecked list of strings would become a list of characters. */
export function* entriesOf<K, V>(owner: string, entries: Iterable<readonly [K, V]>): Generator<readonly [K, V]> {
  if (!isIterable(entries)) {
    throw new InvalidArgument(`${owner} expects an iterable of [key, value], got ${describe(entries)}`);
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
