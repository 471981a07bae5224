import { describe, InvalidArgument } from '@kohakuvault/core-native';
import { ArenaTree, type KeyArray } from './arena-tree.ts';
import type { Walk } from './key-range.ts';

/** As for `Array.prototype.sort`. */
export type Compare<K> = (a: K, b: K) => number;

/**
 * The entries of a tree whose order is a function of the user's. It is called before anything is changed, so what it
 * throws leaves the tree as it was; one that contradicts itself misplaces keys and does no other harm.
 */
export class ComparedTree<K, V> extends ArenaTree<K, V> {
  protected readonly blank = undefined as K;
  readonly #compare: Compare<K>;

  constructor(order: number, compare: Compare<K>) {
    super(order);
    this.#compare = compare;
    this.clear();
  }

  override insert(key: K, value: V): number {
    // A first key is compared with nothing, and would be found wrong only by the second.
    if (this.size === 0) this.signOf(key, key);
    return super.insert(key, value);
  }

  numberKeys(walk: Walk<K>): Float64Array {
    return Float64Array.from(this.collect(walk, walk.limit), ([key]) => {
      if (typeof key === 'number') return key;
      throw new InvalidArgument(`numberKeys: a key of the range is ${describe(key)}; use keys()`);
    });
  }

  protected grown(old: K[] | undefined, length: number): KeyArray<K> {
    const keys = old ?? [];
    while (keys.length < length) keys.push(this.blank);
    return keys;
  }

  protected lowerBound(keys: KeyArray<K>, from: number, to: number, key: K): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.signOf(keys[middle] as K, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  protected upperBound(keys: KeyArray<K>, from: number, to: number, key: K): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.signOf(keys[middle] as K, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  protected signOf(left: K, right: K): number {
    const { version } = this;
    const order: unknown = this.#compare(left, right);
    if (this.version !== version) {
      throw new InvalidArgument('compare has changed the tree that it compares for; it may only compare');
    }
    if (typeof order === 'number' && !Number.isNaN(order)) return order;
    throw new InvalidArgument(
      `compare returned ${describe(order)} for ${describe(left)} and ${describe(right)}; expected a negative number, 0 or ` +
        'a positive one',
    );
  }
}
