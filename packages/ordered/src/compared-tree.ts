import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { ArenaTree, type KeyArray } from './arena-tree.ts';
import type { Walk } from './key-range.ts';

/** As for `Array.prototype.sort`. */
export type Compare<K> = (a: K, b: K) => number;

/**
 * The entries of a tree whose order is a function of the user's. It is called before anything is changed, so what it
 * throws leaves the tree as it was; one that contradicts itself misplaces keys and does no other harm. It may read the tree;
 * changes are refused as long as it runs.
 */
export class ComparedTree<K, V> extends ArenaTree<K, V> {
  protected readonly blank = undefined as K;
  readonly #compare: Compare<K>;
  #isComparing = false;

  constructor(order: number, compare: Compare<K>) {
    super(order);
    this.#compare = compare;
    this.clear();
  }

  override insert(key: K, value: V): number {
    this.#checkIdle();
    // A first key is compared with nothing, and would be found wrong only by the second.
    if (this.size === 0) this.signOf(key, key);
    return super.insert(key, value);
  }

  override remove<A>(key: K, absent: A): V | A {
    this.#checkIdle();
    return super.remove(key, absent);
  }

  override clear(): void {
    this.#checkIdle();
    super.clear();
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
    const order = this.#compared(left, right);
    if (typeof order === 'number' && !Number.isNaN(order)) return order;
    throw new InvalidArgument(
      `compare returned ${describe(order)} for ${describe(left)} and ${describe(right)}; expected a negative number, 0 or ` +
        'a positive one',
    );
  }

  #compared(left: K, right: K): unknown {
    // It may read the tree, and so be called from within itself.
    const before = this.#isComparing;
    this.#isComparing = true;
    try {
      return this.#compare(left, right);
    } finally {
      this.#isComparing = before;
    }
  }

  #checkIdle(): void {
    if (!this.#isComparing) return;
    throw new InvalidArgument('compare tries to change the tree that it compares for; it may only read it');
  }
}
