import { checkOptions, LIMIT, type OrderedKey, rules, TreeOrder } from '@kohakuvault/core-native/internal';
import { ClosedIndex } from './closed-index.ts';
import { type Compare, ComparedTree } from './compared-tree.ts';
import { EncodedTree } from './encoded-tree.ts';
import { ownKey, readKey } from './key-copies.ts';
import { type HasOrder, type KeyRange, toWalk, type Walk } from './key-range.ts';
import { NumberTree } from './number-tree.ts';
import type { OrderedIndex } from './ordered-index.ts';
import { type EntryParts, entriesOf, isIterable, OrderedMap } from './ordered-map.ts';
import { TreeIterator } from './tree-iterator.ts';

export interface CSBTreeOptions<K, V> {
  /** The most keys of a node. Change it only after measuring. */
  order?: number | undefined;
  /** The initial entries. */
  entries?: Iterable<readonly [K, V]> | undefined;
  /** Decides the order. Keys may then be any values. */
  compare?: Compare<K> | undefined;
}

type SortedOptions<K> = Omit<CSBTreeOptions<K, unknown>, 'entries'>;

/** Requires `compare` if keys of this type have no order of their own. */
type OrderOf<K> = HasOrder<K> extends true ? unknown : { compare: Compare<K> };

/** Measured: see docs/design/ordered.md. */
const DEFAULT_ORDER = 64;
const RULES = {
  order: rules.wholeNumber(TreeOrder.least, TreeOrder.greatest),
  entries: { expected: 'an iterable of [key, value]', accepts: isIterable },
  compare: { expected: 'a function', accepts: (value: unknown) => typeof value === 'function' },
};

const ABSENT = Symbol('absent');

/** An ordered map in memory for one thread. Values may be anything. */
export class CSBTree<K = OrderedKey, V = unknown> extends OrderedMap<K, V> implements Disposable {
  readonly #order: number | undefined;
  protected readonly ownOrder: boolean;
  #index: OrderedIndex<K, V>;
  /** Whether the index is a NumberTree, which a key of another type replaces. */
  #onlyNumbers: boolean;

  constructor(options: CSBTreeOptions<K, V> & OrderOf<K>);
  constructor(...options: HasOrder<K> extends true ? [options?: CSBTreeOptions<K, V>] : [never]);
  constructor(options?: CSBTreeOptions<K, V>) {
    super();
    checkOptions('CSBTree', options, RULES);
    const { order, compare, entries } = options ?? {};
    // A getter may return something else than it did for the check.
    if (options) checkOptions('CSBTree', { order, compare, entries }, RULES);
    this.#order = order;
    this.ownOrder = compare !== undefined;
    this.#onlyNumbers = !compare;
    this.#index = compare ? new ComparedTree<K, V>(order ?? DEFAULT_ORDER, compare) : numberIndex(order);
    if (entries) for (const [key, value] of entriesOf<K, V>('CSBTree', entries)) this.set(key, value);
  }

  /**
   * Creates a tree of entries whose keys are in strictly ascending order, much faster than inserting them one by one.
   */
  static fromSorted<K = OrderedKey, V = unknown>(
    entries: Iterable<readonly [K, V]>,
    ...options: HasOrder<K> extends true ? [options?: SortedOptions<K>] : [options: SortedOptions<K> & OrderOf<K>]
  ): CSBTree<K, V>;
  static fromSorted<K, V>(entries: Iterable<readonly [K, V]>, options?: SortedOptions<K>): CSBTree<K, V> {
    checkOptions('fromSorted', options, { order: RULES.order, compare: RULES.compare });
    const { order, compare } = options ?? {};
    const tree = treeOf<K, V>({ order, compare });
    const keys: K[] = [];
    const values: V[] = [];
    let onlyNumbers = true;
    for (const [key, value] of entriesOf<K, V>('fromSorted', entries)) {
      onlyNumbers &&= typeof key === 'number';
      keys.push(key);
      values.push(value);
    }
    if (tree.ownOrder || onlyNumbers) {
      (tree.#index as ComparedTree<K, V>).loadSorted(keys, values);
    } else {
      tree.#index = EncodedTree.ofSorted(tree.#order ?? DEFAULT_ORDER, keys, values);
      tree.#onlyNumbers = false;
    }
    return tree;
  }

  get size(): number {
    return this.#index.size;
  }

  get(key: K): V | undefined;
  get<D>(key: K, fallback: D): V | D;
  get(key: K, fallback?: unknown): unknown {
    const read = this.#read(key);
    const position = this.#index.find(read);
    return position < 0 ? fallback : this.#index.valueAt(position);
  }

  has(key: K): boolean {
    const read = this.#read(key);
    return this.#index.find(read) >= 0;
  }

  set(key: K, value: V): this {
    const position = this.#add(key, value);
    if (position >= 0) this.#index.setValueAt(position, value);
    return this;
  }

  /** Sets a value and returns the value that it replaced. */
  insert(key: K, value: V): V | undefined {
    const position = this.#add(key, value);
    if (position < 0) return undefined;
    const replaced = this.#index.valueAt(position);
    this.#index.setValueAt(position, value);
    return replaced;
  }

  /** Returns the value of a key after setting it if there was none. */
  setDefault(key: K, value: V): V {
    const position = this.#add(key, value);
    return position < 0 ? value : this.#index.valueAt(position);
  }

  delete(key: K): boolean {
    const read = this.#read(key);
    return this.#index.remove(read, ABSENT) !== ABSENT;
  }

  /** Removes an entry and returns its value. */
  remove(key: K): V | undefined {
    const read = this.#read(key);
    return this.#index.remove(read, undefined);
  }

  /**
   * Counts the entries of a range without reading them: a step for each node of `order` entries that the range covers,
   * and none for the range of all.
   */
  count(range?: KeyRange<K>): number {
    const walk = toWalk(range, this.ownOrder);
    const isAll = walk.lowerIs === LIMIT.none && walk.upperIs === LIMIT.none;
    const index = this.#index;
    return isAll && index.size > 0 ? Math.min(index.size, walk.limit) : index.count(walk);
  }

  clear(): void {
    const { size } = this.#index;
    this.#index.clear();
    if (size === 0 || this.ownOrder || this.#onlyNumbers) return;
    this.#index.close();
    this.#index = numberIndex(this.#order);
    this.#onlyNumbers = true;
  }

  /** Returns all keys of a range, which must be numbers. */
  numberKeys(range?: KeyRange<K>): Float64Array {
    const walk = toWalk(range, this.ownOrder);
    return this.#index.numberKeys(walk);
  }

  /** Closes the tree and frees its memory now, instead of when it is collected. */
  close(): void {
    this.#index.close();
    this.#onlyNumbers = false;
    this.#index = new ClosedIndex();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get [Symbol.toStringTag](): string {
    return 'CSBTree';
  }

  protected collect(walk: Walk<K>, most: number): [K, V][] {
    return this.#index.collect(walk, most);
  }

  protected iterate(walk: Walk<K>, parts: EntryParts): Generator<unknown, undefined> {
    return new TreeIterator(() => this.#index, walk, parts) as unknown as Generator<unknown, undefined>;
  }

  /** Returns a key for a look-up. Must be called before the index is read, since a getter in the key may change it. */
  #read(key: K): K {
    return typeof key === 'object' && !this.ownOrder ? (readKey(key) as K) : key;
  }

  /** Adds an entry and returns -1, or returns the position of the key if it exists. */
  #add(key: K, value: V): number {
    if (typeof key === 'number') return this.#index.insert(key, value);
    const own = typeof key === 'object' && !this.ownOrder ? (ownKey(key) as K) : key;
    if (this.#onlyNumbers) {
      const position = this.#index.find(own);
      if (position >= 0) return position;
      this.#acceptAllKeys();
    }
    return this.#index.insert(own, value);
  }

  /** Moves the entries into an index for keys of all types. */
  #acceptAllKeys(): void {
    const entries = this.range();
    const keys = entries.map((entry) => entry[0]);
    const values = entries.map((entry) => entry[1]);
    this.#index = EncodedTree.ofSorted(this.#order ?? DEFAULT_ORDER, keys, values);
    this.#onlyNumbers = false;
  }
}

/** Outside of the class: a bundler renames a class that mentions itself. */
function treeOf<K, V>(options: CSBTreeOptions<K, V>): CSBTree<K, V> {
  return new CSBTree<K, V>(options as CSBTreeOptions<K, V> & OrderOf<K>);
}

/** Creates the index for numbers. The tree replaces it before it adds a key of another type. */
function numberIndex<K, V>(order: number | undefined): OrderedIndex<K, V> {
  return new NumberTree<V>(order ?? DEFAULT_ORDER) as unknown as OrderedIndex<K, V>;
}
