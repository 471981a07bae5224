import { type NativeBinding, nativeCore, WalkFlag } from '@kohakuvault/core-native/internal';
import { givenKey, ownKey } from './key-copies.ts';
import { after, type Walk } from './key-range.ts';
import { NativeHandle } from './native-handle.ts';
import type { OrderedIndex } from './ordered-index.ts';

/** From this many slots on, entries are renumbered if that pays off. */
const WORTH_ORDERING = 1024;

/** The memory into which the core writes slots for `collect`. No other code runs until `collect` has read them. */
const scratch = new Int32Array(1024);

/** Returns the limits and the direction of a walk as flags for the core. */
export function flagsOf(walk: Walk<unknown>): number {
  return walk.lowerIs | (walk.upperIs << WalkFlag.upperShift) | (walk.reverse ? WalkFlag.reverse : 0);
}

/**
 * The entries of a tree with keys of all types. The core keeps the order and maps each key to a slot. The keys and
 * values of the slots are kept here, so the garbage collector sees the values, and reading a key needs no call. A
 * position is a slot.
 */
export class EncodedTree<K, V> implements OrderedIndex<K, V> {
  size = 0;
  version = 0;
  readonly #native: NativeBinding = nativeCore().binding;
  readonly #handle: NativeHandle;
  /** The entries inserted since the slots were in order, and the entries read in walks since then. */
  #scattered = 0;
  #walked = 0;
  /**
   * Whether there are keys that are objects, which `keyAt` copies. If not, a walk need not access the keys, which are
   * scattered.
   */
  givesCopies = false;
  #keys: (K | undefined)[] = [];
  #values: (V | undefined)[] = [];

  private constructor(handle: number) {
    this.#handle = new NativeHandle(this, handle, this.#native.treeDrop);
  }

  /** Creates a tree of keys in strictly ascending order; throws if they are not. */
  static ofSorted<K, V>(order: number, keys: readonly K[], values: readonly V[]): EncodedTree<K, V> {
    const own = keys.map((key) => ownKey(key) as K);
    const tree = new EncodedTree<K, V>(nativeCore().binding.treeLoad(order, own));
    tree.#keys = own;
    tree.#values = values.slice();
    tree.givesCopies = own.some((key) => typeof key === 'object');
    tree.size = own.length;
    return tree;
  }

  find(key: K): number {
    return this.#native.treeFind(this.#handle.number, key);
  }

  insert(key: K, value: V): number {
    const slot = this.#native.treeInsert(this.#handle.number, key);
    if (slot >= 0) return slot;
    const added = ~slot;
    if (typeof key === 'object') this.givesCopies = true;
    this.#keys[added] = typeof key === 'number' ? ((key + 0) as K) : key;
    this.#values[added] = value;
    this.size++;
    this.version++;
    this.#scattered++;
    return -1;
  }

  remove<A>(key: K, absent: A): V | A {
    const slot = this.#native.treeRemove(this.#handle.number, key);
    if (slot < 0) return absent;
    const value = this.#values[slot] as V;
    this.#keys[slot] = this.#values[slot] = undefined;
    this.size--;
    this.version++;
    if (this.size * 4 < this.#keys.length && this.#keys.length >= WORTH_ORDERING) this.#renumber();
    return value;
  }

  keyAt(slot: number): K {
    const key = this.#keys[slot] as K;
    return this.givesCopies ? (givenKey(key) as K) : key;
  }

  keptKeyAt(slot: number): K {
    return this.#keys[slot] as K;
  }

  valueAt(slot: number): V {
    return this.#values[slot] as V;
  }

  setValueAt(slot: number, value: V): void {
    this.#values[slot] = value;
  }

  collect(walk: Walk<K>, most: number): [K, V][] {
    const entries: [K, V][] = [];
    let remaining = walk;
    for (;;) {
      const wanted = Math.min(most - entries.length, scratch.length);
      const count = this.page(remaining, wanted === scratch.length ? scratch : scratch.subarray(0, wanted));
      for (let i = 0; i < count; i++) {
        const slot = scratch[i] as number;
        entries.push([this.keyAt(slot), this.#values[slot] as V]);
      }
      if (count < wanted || entries.length >= most) return entries;
      remaining = after(remaining, (entries.at(-1) as [K, V])[0]);
    }
  }

  page(walk: Walk<K>, into: Int32Array): number {
    // Slots are assigned in the order of insertion, so neighbors are scattered. Once walks have read as many entries as
    // the tree has, renumbering costs no more than they did, and later walks read memory from front to back.
    if (this.#walked > this.size && this.#scattered * 4 > this.size && this.size >= WORTH_ORDERING) this.#renumber();
    const count = this.#native.treePage(this.#handle.number, walk.lower, walk.upper, flagsOf(walk), into);
    this.#walked += count;
    return count;
  }

  numberKeys(walk: Walk<K>): Float64Array {
    const all = this.#native.treeNumbers(this.#handle.number, walk.lower, walk.upper, flagsOf(walk));
    return walk.limit < all.length ? all.slice(0, walk.limit) : all;
  }

  count(walk: Walk<K>): number {
    const count = this.#native.treeCount(this.#handle.number, walk.lower, walk.upper, flagsOf(walk));
    return Math.min(count, walk.limit);
  }

  clear(): void {
    this.#native.treeClear(this.#handle.number);
    this.#keys = [];
    this.#values = [];
    this.givesCopies = false;
    this.size = 0;
    this.version++;
  }

  close(): void {
    this.#handle.release();
    this.#keys = [];
    this.#values = [];
    this.size = 0;
    this.version++;
  }

  /** Moves the entries to the slots 0, 1, 2 … in the order of their keys. */
  #renumber(): void {
    const old = new Int32Array(this.size);
    this.#native.treeRenumber(this.#handle.number, old);
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = gathered(keys, old);
    this.#values = gathered(values, old);
    this.#scattered = this.#walked = 0;
    this.version++;
  }
}

/** Returns the elements at these places. `Array.from` with a function takes far longer. */
function gathered<T>(elements: readonly T[], places: Int32Array): T[] {
  const found: T[] = [];
  for (let i = 0; i < places.length; i++) found.push(elements[places[i] as number] as T);
  return found;
}
