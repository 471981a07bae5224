import { describe, InvalidArgument, LIMIT } from '@kohakuvault/core-native/internal';
import type { Walk } from './key-range.ts';
import type { OrderedIndex } from './ordered-index.ts';

/** An array of keys: a Float64Array or an array. */
export interface KeyArray<K> {
  readonly length: number;
  [position: number]: K;
}

const LEVELS = 64;

/**
 * A B+tree in arenas. All leaves share their arrays, and all inner nodes share theirs: leaf `n` begins at `n * order`,
 * inner node `n` at `n * width`. So keys are adjacent in memory, and a node is not an object. A position is an index
 * into `keys` and `values`.
 *
 * The children of an inner node are `children[base + i]`. No key of child `i` is below `separators[base + i]`, and all
 * keys of the previous child are below it. (The separator of child 0 is not used.)
 *
 * The subclasses differ in how they compare keys, and in the array that holds the keys.
 */
export abstract class ArenaTree<K, V> implements OrderedIndex<K, V> {
  size = 0;
  version = 0;
  readonly givesCopies = false;

  protected keys!: KeyArray<K>;
  protected separators!: KeyArray<K>;
  protected readonly order: number;
  #values: (V | undefined)[] = [];
  #counts = new Uint16Array(0);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  #freeLeaves: number[] = [];
  #leaves = 0;
  #children = new Int32Array(0);
  #innerCounts = new Uint16Array(0);
  #freeInner: number[] = [];
  #inner = 0;
  #root = 0;
  /** The number of levels of inner nodes. */
  #height = 0;
  /** The places of an inner node: one more than its order, since it is split after it overflows. */
  readonly #width: number;
  /**
   * The path of the last change: the node and the child of each level. Level 0 is the leaf. Reads do not use it, since
   * a comparator may read during a change.
   */
  readonly #path = new Int32Array(LEVELS);
  readonly #pathAt = new Int32Array(LEVELS);

  constructor(order: number) {
    this.order = order;
    this.#width = order + 1;
  }

  /** The value of a place without a key. */
  protected abstract readonly blank: K;
  /** Returns an array for `length` keys that begins with those of `old`. */
  protected abstract grown(old: KeyArray<K> | undefined, length: number): KeyArray<K>;
  /** Returns the first place in a range whose key is not below `key`, or `to`. */
  protected abstract lowerBound(keys: KeyArray<K>, from: number, to: number, key: K): number;
  /** Returns the first place in a range whose key is above `key`, or `to`. */
  protected abstract upperBound(keys: KeyArray<K>, from: number, to: number, key: K): number;
  /** Returns a negative number, zero or a positive number if `left` is below, equal to or above `right`. */
  protected abstract signOf(left: K, right: K): number;
  abstract numberKeys(walk: Walk<K>): Float64Array;

  /** Removes all entries. The constructor of each subclass calls it once. */
  clear(): void {
    this.version++;
    this.size = 0;
    this.#values = [];
    this.#leaves = this.#inner = this.#height = 0;
    this.#freeLeaves = [];
    this.#freeInner = [];
    this.#reserveLeaves(1, true);
    this.#reserveInner(1, true);
    this.#root = this.#newLeaf();
    this.#next[this.#root] = this.#previous[this.#root] = -1;
  }

  close(): void {
    this.clear();
  }

  find(key: K): number {
    const { keys, order } = this;
    const leaf = this.leafOf(key);
    const base = leaf * order;
    const end = base + (this.#counts[leaf] as number);
    const position = this.lowerBound(keys, base, end, key);
    return position < end && this.signOf(keys[position] as K, key) === 0 ? position : -1;
  }

  insert(key: K, value: V): number {
    const { order } = this;
    let leaf = this.#descend(key);
    let base = leaf * order;
    let count = this.#counts[leaf] as number;
    let position = this.lowerBound(this.keys, base, base + count, key);
    if (position < base + count && this.signOf(this.keys[position] as K, key) === 0) return position;
    if (count === order) {
      const half = this.#split(leaf, position - base, key);
      if (position - base > half || half === order) {
        position -= base + half;
        leaf = this.#next[leaf] as number;
        base = leaf * order;
        position += base;
      }
      count = this.#counts[leaf] as number;
    }
    const keys = this.keys;
    const values = this.#values;
    for (let place = base + count; place > position; place--) {
      keys[place] = keys[place - 1] as K;
      values[place] = values[place - 1];
    }
    keys[position] = key;
    values[position] = value;
    this.#counts[leaf] = count + 1;
    this.size++;
    this.version++;
    return -1;
  }

  remove<A>(key: K, absent: A): V | A {
    const { order } = this;
    const keys = this.keys;
    const leaf = this.#descend(key);
    const base = leaf * order;
    const last = base + (this.#counts[leaf] as number) - 1;
    const position = this.lowerBound(keys, base, last + 1, key);
    if (position > last || this.signOf(keys[position] as K, key) !== 0) return absent;
    const values = this.#values;
    const value = values[position] as V;
    for (let place = position; place < last; place++) {
      keys[place] = keys[place + 1] as K;
      values[place] = values[place + 1];
    }
    this.#vacate(last, last + 1);
    this.#counts[leaf] = last - base;
    this.size--;
    this.version++;
    if (this.#height > 0 && last - base < order >> 1) this.#refillLeaf();
    return value;
  }

  keyAt(position: number): K {
    return this.keys[position] as K;
  }

  keptKeyAt(position: number): K {
    return this.keys[position] as K;
  }

  valueAt(position: number): V {
    return this.#values[position] as V;
  }

  setValueAt(position: number, value: V): void {
    this.#values[position] = value;
  }

  page(walk: Walk<K>, into: Int32Array): number {
    let count = 0;
    this.ranges(walk, into.length, (from, to) => {
      if (walk.reverse) for (let position = to - 1; position >= from; position--) into[count++] = position;
      else for (let position = from; position < to; position++) into[count++] = position;
    });
    return count;
  }

  collect(walk: Walk<K>, most: number): [K, V][] {
    const entries: [K, V][] = [];
    const { keys } = this;
    const values = this.#values;
    this.ranges(walk, most, (from, to) => {
      if (walk.reverse) {
        for (let position = to - 1; position >= from; position--) {
          entries.push([keys[position] as K, values[position] as V]);
        }
      } else {
        for (let position = from; position < to; position++) {
          entries.push([keys[position] as K, values[position] as V]);
        }
      }
    });
    return entries;
  }

  /** Adds up the counts of the leaves in between. */
  count(walk: Walk<K>): number {
    let count = 0;
    this.ranges(walk, walk.limit, (from, to) => {
      count += to - from;
    });
    return count;
  }

  /** Visits the first `most` entries of a walk as ranges of positions, one per leaf. */
  protected ranges(walk: Walk<K>, most: number, visit: (from: number, to: number) => void): void {
    if (most <= 0) return;
    if (walk.reverse) this.#rangesDown(walk, most, visit);
    else this.#rangesUp(walk, most, visit);
  }

  // The end of a walk is searched in each leaf. Most walks are short, so a descent to the end would cost as much as the
  // rest.

  #rangesUp({ lower, lowerIs, upper, upperIs }: Walk<K>, most: number, visit: (from: number, to: number) => void) {
    let left = most;
    let leaf = lowerIs === LIMIT.none ? this.#endLeaf(false) : this.leafOf(lower as K);
    let from = leaf * this.order;
    if (lowerIs !== LIMIT.none) {
      from = this.#boundary(from, from + (this.#counts[leaf] as number), lower as K, lowerIs === LIMIT.excluded);
    }
    while (leaf >= 0) {
      const base = leaf * this.order;
      const end = base + (this.#counts[leaf] as number);
      let to = end;
      if (upperIs !== LIMIT.none && end > base) {
        const last = this.signOf(this.keys[end - 1] as K, upper as K);
        if (last > 0) to = this.#boundary(base, end, upper as K, upperIs === LIMIT.included);
        else if (last === 0 && upperIs === LIMIT.excluded) to = end - 1;
      }
      if (from < to) visit(from, Math.min(to, from + left));
      left -= Math.max(0, to - from);
      if (to < end || left <= 0) return;
      leaf = this.#next[leaf] as number;
      from = leaf * this.order;
    }
  }

  #rangesDown({ lower, lowerIs, upper, upperIs }: Walk<K>, most: number, visit: (from: number, to: number) => void) {
    let left = most;
    let leaf = upperIs === LIMIT.none ? this.#endLeaf(true) : this.leafOf(upper as K);
    let to = leaf * this.order + (this.#counts[leaf] as number);
    if (upperIs !== LIMIT.none) to = this.#boundary(leaf * this.order, to, upper as K, upperIs === LIMIT.included);
    while (leaf >= 0) {
      const base = leaf * this.order;
      let from = base;
      if (lowerIs !== LIMIT.none && to > base) {
        const first = this.signOf(this.keys[base] as K, lower as K);
        if (first < 0) from = this.#boundary(base, to, lower as K, lowerIs === LIMIT.excluded);
        else if (first === 0 && lowerIs === LIMIT.excluded) from = base + 1;
      }
      if (from < to) visit(Math.max(from, to - left), to);
      left -= Math.max(0, to - from);
      if (from > base || left <= 0) return;
      leaf = this.#previous[leaf] as number;
      to = leaf * this.order + (this.#counts[leaf] as number);
    }
  }

  /** Returns the first place behind the key, or the first place that is not before it. */
  #boundary(from: number, to: number, key: K, behind: boolean): number {
    return behind ? this.upperBound(this.keys, from, to, key) : this.lowerBound(this.keys, from, to, key);
  }

  /** Loads the entries of a sorted list; throws if it is not sorted. */
  loadSorted(keys: readonly K[], values: readonly V[]): void {
    for (let i = 1; i < keys.length; i++) {
      if (this.signOf(keys[i - 1] as K, keys[i] as K) >= 0) {
        throw new InvalidArgument(
          `fromSorted: the key of entry ${i}, ${describe(keys[i])}, is not above the previous key, ` +
            `${describe(keys[i - 1])}; sort the entries and remove duplicates, or use the constructor's entries`,
        );
      }
    }
    this.load(keys, values);
  }

  /** Loads entries in strictly ascending order. `keys` and `values` have the same length. */
  protected load(keys: ArrayLike<K>, values: ArrayLike<V>): void {
    const { order } = this;
    this.clear();
    // Leaves are not filled completely, so that the first insertions do not split every leaf.
    const fill = order - (order >> 3);
    const leaves = Math.max(1, Math.ceil(keys.length / fill));
    this.#reserveLeaves(leaves);
    let level: number[] = [this.#root];
    let firsts: K[] = [keys[0] as K];
    for (let leaf = 1; leaf < leaves; leaf++) {
      level.push(this.#newLeaf());
      firsts.push(keys[leaf * fill] as K);
    }
    for (let leaf = 0; leaf < leaves; leaf++) {
      const from = leaf * fill;
      const count = Math.min(fill, keys.length - from);
      for (let i = 0; i < count; i++) {
        this.keys[leaf * order + i] = keys[from + i] as K;
        this.#values[leaf * order + i] = values[from + i];
      }
      this.#counts[leaf] = count;
      this.#next[leaf] = leaf + 1 < leaves ? leaf + 1 : -1;
      this.#previous[leaf] = leaf - 1;
    }
    while (level.length > 1) {
      [level, firsts] = this.#group(level, firsts, fill);
      this.#height++;
    }
    this.#root = level[0] as number;
    this.size = keys.length;
  }

  /** Distributes the nodes of a level evenly over as few parents as possible, with at most `fill` children each. */
  #group(level: number[], firsts: K[], fill: number): [number[], K[]] {
    const count = Math.ceil(level.length / fill);
    const parents: number[] = [];
    const parentFirsts: K[] = [];
    for (let i = 0; i < count; i++) {
      const from = Math.floor((level.length * i) / count);
      const to = Math.floor((level.length * (i + 1)) / count);
      const parent = this.#newInner();
      for (let child = from; child < to; child++) {
        this.separators[parent * this.#width + child - from] = firsts[child] as K;
        this.#children[parent * this.#width + child - from] = level[child] as number;
      }
      this.#innerCounts[parent] = to - from;
      parents.push(parent);
      parentFirsts.push(firsts[from] as K);
    }
    return [parents, parentFirsts];
  }

  /** Returns the first leaf, or the last. */
  #endLeaf(last: boolean): number {
    let node = this.#root;
    for (let level = this.#height; level > 0; level--) {
      const child = last ? (this.#innerCounts[node] as number) - 1 : 0;
      node = this.#children[node * this.#width + child] as number;
    }
    return node;
  }

  /** Returns the leaf for a key. */
  protected leafOf(key: K): number {
    const { separators } = this;
    const width = this.#width;
    let node = this.#root;
    for (let level = this.#height; level > 0; level--) {
      const base = node * width;
      const above = this.upperBound(separators, base + 1, base + (this.#innerCounts[node] as number), key);
      node = this.#children[above - 1] as number;
    }
    return node;
  }

  /** Returns the leaf for a key and records the path to it. */
  #descend(key: K): number {
    const { separators } = this;
    const width = this.#width;
    let node = this.#root;
    for (let level = this.#height; level > 0; level--) {
      const base = node * width;
      const above = this.upperBound(separators, base + 1, base + (this.#innerCounts[node] as number), key);
      this.#path[level] = node;
      this.#pathAt[level] = above - 1 - base;
      node = this.#children[above - 1] as number;
    }
    this.#path[0] = node;
    return node;
  }

  /**
   * Splits a full leaf for a key at `at` and returns the number of entries it keeps. Keys that are inserted in
   * ascending order leave full leaves behind.
   */
  #split(leaf: number, at: number, key: K): number {
    const { order } = this;
    const isLast = this.#next[leaf] === -1;
    const keep = isLast && at === order ? order : order >> 1;
    const right = this.#newLeaf();
    const next = this.#next[leaf] as number;
    this.#next[right] = next;
    this.#previous[right] = leaf;
    this.#next[leaf] = right;
    if (next >= 0) this.#previous[next] = right;
    this.#moveEntries(leaf * order + keep, right * order, order - keep);
    this.#vacate(leaf * order + keep, (leaf + 1) * order);
    this.#counts[leaf] = keep;
    this.#counts[right] = order - keep;
    this.#addChild(1, keep === order ? key : (this.keys[right * order] as K), right);
    return keep;
  }

  /** Adds a child behind the child that is on the path at this level. */
  #addChild(level: number, separator: K, child: number): void {
    const width = this.#width;
    if (level > this.#height) {
      const root = this.#newInner();
      this.#children[root * width] = this.#root;
      this.#children[root * width + 1] = child;
      this.separators[root * width] = separator;
      this.separators[root * width + 1] = separator;
      this.#innerCounts[root] = 2;
      this.#root = root;
      this.#height = level;
      return;
    }
    const node = this.#path[level] as number;
    const base = node * width;
    const at = (this.#pathAt[level] as number) + 1;
    const count = (this.#innerCounts[node] as number) + 1;
    this.#moveChildren(base + at, base + at + 1, count - 1 - at);
    this.separators[base + at] = separator;
    this.#children[base + at] = child;
    this.#innerCounts[node] = count;
    if (count <= this.order) return;
    const keep = at === count - 1 ? count - 2 : count >> 1;
    const right = this.#newInner();
    this.#moveChildren(base + keep, right * width, count - keep);
    this.#innerCounts[node] = keep;
    this.#innerCounts[right] = count - keep;
    this.#addChild(level + 1, this.separators[right * width] as K, right);
  }

  /** Refills the leaf at the end of the path: moves entries from a sibling, or merges the two. */
  #refillLeaf(): void {
    const { order } = this;
    const parent = (this.#path[1] as number) * this.#width;
    const at = Math.max(1, this.#pathAt[1] as number);
    const left = this.#children[parent + at - 1] as number;
    const right = this.#children[parent + at] as number;
    const leftCount = this.#counts[left] as number;
    const rightCount = this.#counts[right] as number;
    const both = leftCount + rightCount;
    const keep = both <= order ? both : both >> 1;
    this.#shareEntries(left * order, leftCount, right * order, rightCount, keep);
    this.#counts[left] = keep;
    this.#counts[right] = both - keep;
    if (keep < both) {
      this.separators[parent + at] = this.keys[right * order] as K;
      return;
    }
    const next = this.#next[right] as number;
    this.#next[left] = next;
    if (next >= 0) this.#previous[next] = left;
    this.#freeLeaves.push(right);
    this.#removeChild(1, at);
    this.#shrink();
  }

  /** Moves entries between siblings, so that the left one has `keep`. */
  #shareEntries(left: number, leftCount: number, right: number, rightCount: number, keep: number): void {
    const moved = keep - leftCount;
    if (moved > 0) {
      this.#moveEntries(right, left + leftCount, moved);
      this.#moveEntries(right + moved, right, rightCount - moved);
      this.#vacate(right + rightCount - moved, right + rightCount);
    } else {
      this.#moveEntries(right, right - moved, rightCount);
      this.#moveEntries(left + keep, right, -moved);
      this.#vacate(left + keep, left + leftCount);
    }
  }

  #removeChild(level: number, at: number): void {
    const width = this.#width;
    const node = this.#path[level] as number;
    const count = (this.#innerCounts[node] as number) - 1;
    this.#moveChildren(node * width + at + 1, node * width + at, count - at);
    this.#innerCounts[node] = count;
    if (level < this.#height) {
      if (count < Math.max(2, this.order >> 1)) this.#refillInner(level);
    } else if (count === 1) {
      this.#root = this.#children[node * width] as number;
      this.#height--;
      this.#freeInner.push(node);
    }
  }

  #refillInner(level: number): void {
    const width = this.#width;
    const parent = (this.#path[level + 1] as number) * width;
    const at = Math.max(1, this.#pathAt[level + 1] as number);
    const left = this.#children[parent + at - 1] as number;
    const right = this.#children[parent + at] as number;
    const leftCount = this.#innerCounts[left] as number;
    const rightCount = this.#innerCounts[right] as number;
    const both = leftCount + rightCount;
    const keep = both <= this.order ? both : both >> 1;
    const moved = keep - leftCount;
    // The separator between its first child and the last child of the left sibling is in the parent.
    this.separators[right * width] = this.separators[parent + at] as K;
    if (moved > 0) {
      this.#moveChildren(right * width, left * width + leftCount, moved);
      this.#moveChildren(right * width + moved, right * width, rightCount - moved);
    } else {
      this.#moveChildren(right * width, right * width - moved, rightCount);
      this.#moveChildren(left * width + keep, right * width, -moved);
    }
    this.#innerCounts[left] = keep;
    this.#innerCounts[right] = both - keep;
    if (keep < both) {
      this.separators[parent + at] = this.separators[right * width] as K;
    } else {
      this.#freeInner.push(right);
      this.#removeChild(level + 1, at);
    }
  }

  /** Frees memory when three quarters of the leaves are free. */
  #shrink(): void {
    if (this.#leaves < 16 || this.#freeLeaves.length * 4 < this.#leaves * 3) return;
    const keys: K[] = [];
    const values: V[] = [];
    let leaf = this.#root;
    for (let level = this.#height; level > 0; level--) leaf = this.#children[leaf * this.#width] as number;
    for (; leaf >= 0; leaf = this.#next[leaf] as number) {
      const base = leaf * this.order;
      for (let position = base; position < base + (this.#counts[leaf] as number); position++) {
        keys.push(this.keys[position] as K);
        values.push(this.#values[position] as V);
      }
    }
    this.load(keys, values);
  }

  /** Moves entries like `copyWithin`, which is slower for a few places. */
  #moveEntries(from: number, to: number, count: number): void {
    const keys = this.keys;
    const values = this.#values;
    if (from > to) {
      for (let i = 0; i < count; i++) {
        keys[to + i] = keys[from + i] as K;
        values[to + i] = values[from + i];
      }
    } else {
      for (let i = count - 1; i >= 0; i--) {
        keys[to + i] = keys[from + i] as K;
        values[to + i] = values[from + i];
      }
    }
  }

  #moveChildren(from: number, to: number, count: number): void {
    const { separators } = this;
    const children = this.#children;
    children.copyWithin(to, from, from + count);
    if (from > to) for (let i = 0; i < count; i++) separators[to + i] = separators[from + i] as K;
    else for (let i = count - 1; i >= 0; i--) separators[to + i] = separators[from + i] as K;
  }

  /** Clears places that no longer have entries. */
  #vacate(from: number, to: number): void {
    const { blank, keys } = this;
    const values = this.#values;
    for (let place = from; place < to; place++) {
      keys[place] = blank;
      values[place] = undefined;
    }
  }

  #newLeaf(): number {
    const leaf = this.#freeLeaves.pop() ?? this.#leaves++;
    if (leaf >= this.#counts.length) this.#reserveLeaves(leaf * 2);
    while (this.#values.length < (leaf + 1) * this.order) this.#values.push(undefined);
    this.#counts[leaf] = 0;
    return leaf;
  }

  #newInner(): number {
    const inner = this.#freeInner.pop() ?? this.#inner++;
    if (inner >= this.#innerCounts.length) this.#reserveInner(inner * 2);
    return inner;
  }

  #reserveLeaves(count: number, fromScratch = false): void {
    if (!fromScratch && count <= this.#counts.length) return;
    this.keys = this.grown(fromScratch ? undefined : this.keys, count * this.order);
    this.#counts = copied(fromScratch ? undefined : this.#counts, new Uint16Array(count));
    this.#next = copied(fromScratch ? undefined : this.#next, new Int32Array(count));
    this.#previous = copied(fromScratch ? undefined : this.#previous, new Int32Array(count));
  }

  #reserveInner(count: number, fromScratch = false): void {
    this.separators = this.grown(fromScratch ? undefined : this.separators, count * this.#width);
    this.#children = copied(fromScratch ? undefined : this.#children, new Int32Array(count * this.#width));
    this.#innerCounts = copied(fromScratch ? undefined : this.#innerCounts, new Uint16Array(count));
  }
}

function copied<A extends Int32Array | Uint16Array>(from: A | undefined, into: A): A {
  if (from) into.set(from);
  return into;
}
