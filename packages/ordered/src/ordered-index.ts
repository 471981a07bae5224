import type { Walk } from './key-range.ts';

/**
 * What a CSBTree keeps its entries in. A position tells where an entry is; it holds until `version` changes, which it does
 * whenever an entry comes or goes, and may do in `page`.
 */
export interface OrderedIndex<K, V> {
  readonly size: number;
  readonly version: number;
  /** Whether keys are kept that `keyAt` copies, so that what is given out is not what is kept. */
  readonly givesCopies: boolean;
  /** Where the key is, or -1. Refuses what has no place in the order. */
  find(key: K): number;
  /**
   * Where the key was already, its value untouched; or -1 when it is new and was added with the value. The key is the
   * index's from now on.
   */
  insert(key: K, value: V): number;
  /** Removes the entry of the key; returns its value, or `absent`. */
  remove<A>(key: K, absent: A): V | A;
  keyAt(position: number): K;
  /** The key as it is kept, which is not to be given out. */
  keptKeyAt(position: number): K;
  valueAt(position: number): V;
  setValueAt(position: number, value: V): void;
  /** Writes the positions of the first entries of a walk, as many as there is room for; tells how many. */
  page(walk: Walk<K>, into: Int32Array): number;
  /** The first entries of a walk. */
  collect(walk: Walk<K>, most: number): [K, V][];
  /** All keys of a walk as numbers. */
  numberKeys(walk: Walk<K>): Float64Array;
  clear(): void;
  /** Gives up what is held outside of JavaScript. */
  close(): void;
}
