import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { ArenaTree, type KeyArray } from './arena-tree.ts';
import type { Walk } from './key-range.ts';

/** Compares two keys, as for `Array.prototype.sort`. */
export type Compare<K> = (a: K, b: K) => number;

/**
 * The entries of a tree whose order is a function of the user's. The function is called before anything changes, so an
 * error in it leaves the tree unchanged. A contradictory function misplaces keys and does no other harm. The function
 * may read the tree; changes are refused while it runs.
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
    // The first key has no other to be compared with. This checks that `compare` accepts it.
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
      throw new InvalidArgument(`numberKeys: a key of the range is ${describe(key)}; expected numbers. Use keys()`);
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
      `compare returned ${describe(order)} for ${describe(left)} and ${describe(right)}; ` +
        'expected a negative number, 0 or a positive number',
    );
  }

  #compared(left: K, right: K): unknown {
    // The function may read the tree, which calls the function again.
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
    throw new InvalidArgument('compare tried to change the tree that it compares for; it may only read it');
  }
}
