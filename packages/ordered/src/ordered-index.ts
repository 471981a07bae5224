import type { Walk } from './key-range.ts';

/**
 * The entries of a CSBTree. A position locates an entry until `version` changes. `version` changes whenever an entry is
 * added or removed, and may change in `page`.
 */
export interface OrderedIndex<K, V> {
  readonly size: number;
  readonly version: number;
  /** Whether `keyAt` returns copies of keys. */
  readonly givesCopies: boolean;
  /** Returns the position of a key, or -1. Throws for a value that has no place in the order. */
  find(key: K): number;
  /**
   * Adds an entry and returns -1, or returns the position of the key if it exists, without changing the value. The
   * caller must not change the key afterwards.
   */
  insert(key: K, value: V): number;
  /** Removes the entry of a key. Returns its value, or `absent`. */
  remove<A>(key: K, absent: A): V | A;
  keyAt(position: number): K;
  /** Returns the key itself, which must not be given to the user. */
  keptKeyAt(position: number): K;
  valueAt(position: number): V;
  setValueAt(position: number, value: V): void;
  /** Writes the positions of the first entries of a walk into an array and returns their number. */
  page(walk: Walk<K>, into: Int32Array): number;
  /** Returns the first entries of a walk. */
  collect(walk: Walk<K>, most: number): [K, V][];
  /** Returns all keys of a walk, which must be numbers. */
  numberKeys(walk: Walk<K>): Float64Array;
  /** Counts the entries of a walk. */
  count(walk: Walk<K>): number;
  clear(): void;
  /** Frees the memory outside of JavaScript. */
  close(): void;
}
