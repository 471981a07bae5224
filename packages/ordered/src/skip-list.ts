import {
  checkOptions,
  describe,
  InvalidArgument,
  type NativeBinding,
  nativeCore,
  type OrderedKey,
} from '@kohakuvault/core-native/internal';
import { flagsOf } from './encoded-tree.ts';
import { ownKey, readKey } from './key-copies.ts';
import { after, type KeyRange, toWalk, type Walk } from './key-range.ts';
import { Hold } from './native-hold.ts';
import { entriesOf, isIterable, OrderedMap, type Part } from './ordered-map.ts';
import { bytesOf, valueIn } from './value-copy.ts';

export interface SkipListOptions<K, V> {
  /** What the list begins with. */
  entries?: Iterable<readonly [K, V]> | undefined;
}

/** Stands for a shared list in a message to another thread of the process. */
export interface SkipListHandle {
  readonly kind: 'kohakuvault.SkipList';
  readonly id: number;
  /** The process that has the list. */
  readonly process: number;
}

const RULES = { entries: { expected: 'an iterable of [key, value]', accepts: isIterable } };
const KIND = 'kohakuvault.SkipList';
/** A walk begins with a small page, since many are left early, and goes on with larger ones. */
const FIRST_PAGE = 16;
const LARGEST_PAGE = 512;
/** Where values are read to; it grows up to the most, and what is longer is read into memory of its own. */
let scratch = new Uint8Array(4096);
const LARGEST_SCRATCH = 65_536;

/**
 * An ordered map in memory that the threads of a process share, without locks: each inserts, reads, removes and walks while
 * the others do. Values are copied in and out.
 */
export class SkipList<K = OrderedKey, V = unknown> extends OrderedMap<K, V> implements Disposable {
  protected readonly ownOrder = false;
  readonly #native: NativeBinding = nativeCore().binding;
  readonly #hold: Hold;
  /** Counts what this object changed, so that its own walks read again. */
  #changes = 0;

  constructor(options?: SkipListOptions<K, V>);
  constructor(options?: SkipListOptions<K, V> | Attached) {
    super();
    if (options instanceof Attached) {
      this.#hold = new Hold(this, options.handle, this.#native.listRelease);
      return;
    }
    checkOptions('SkipList', options, RULES);
    this.#hold = new Hold(this, this.#native.listCreate(), this.#native.listRelease);
    const { entries } = options ?? {};
    if (entries) for (const [key, value] of entriesOf<K, V>('SkipList', entries)) this.set(key, value);
  }

  /** A list of entries whose keys are in strictly ascending order; refused where they are not. */
  static fromSorted<K = OrderedKey, V = unknown>(entries: Iterable<readonly [K, V]>): SkipList<K, V> {
    const list = new SkipList<K, V>();
    try {
      let position = 0;
      let before: K | undefined;
      for (const [key, value] of entriesOf<K, V>('fromSorted', entries)) {
        const own = ownKey(key);
        const isAbove = list.#native.listAppend(list.#hold.handle, own, bytesOf(value));
        if (!isAbove) throw notAbove(position, key, before);
        before = key;
        position++;
      }
      return list;
    } catch (error) {
      list.close();
      throw error;
    }
  }

  /** The list that another thread shared. */
  static attach<K = OrderedKey, V = unknown>(handle: SkipListHandle): SkipList<K, V> {
    const {
      kind,
      id,
      process: owner,
    } = typeof handle === 'object' && handle !== null ? handle : ({} as SkipListHandle);
    if (kind !== KIND || !Number.isSafeInteger(id)) {
      throw new InvalidArgument(`attach: the handle is ${describe(handle)}; expected what share() returned`);
    }
    if (owner !== process.pid) {
      throw new InvalidArgument(
        `attach: the list belongs to process ${describe(owner)}, this is ${process.pid}; only threads of one process share lists`,
      );
    }
    return new SkipList<K, V>(new Attached(nativeCore().binding.listAttach(id)) as SkipListOptions<K, V>);
  }

  /**
   * What to post to other threads, for `attach`. The list lives while any thread holds it, or this one lives.
   */
  share(): SkipListHandle {
    return { kind: KIND, id: this.#native.listShare(this.#hold.handle), process: process.pid };
  }

  /** How many entries there are; while others change that, how many there were a moment ago. */
  get size(): number {
    return this.#hold.released ? 0 : this.#native.listSize(this.#hold.handle);
  }

  get(key: K): V | undefined;
  get<D>(key: K, fallback: D): V | D;
  get(key: K, fallback?: unknown): unknown {
    const read = readKey(key);
    let target = scratch;
    for (;;) {
      const length = this.#native.listGet(this.#hold.handle, read, target);
      if (length < 0) return fallback;
      if (length <= target.length) {
        // The value may keep views of its bytes, so they are its own.
        return valueIn(target === scratch || length < target.length ? target.slice(0, length) : target);
      }
      if (length > LARGEST_SCRATCH) target = new Uint8Array(length);
      else target = scratch = new Uint8Array(Math.min(length * 2, LARGEST_SCRATCH));
    }
  }

  has(key: K): boolean {
    const read = readKey(key);
    return this.#native.listHas(this.#hold.handle, read);
  }

  // Reading a key or a value may run a getter of the user's, which may close the list: the handle is looked at afterwards.

  set(key: K, value: V): this {
    const own = ownKey(key);
    const bytes = bytesOf(value);
    this.#native.listSet(this.#hold.handle, own, bytes);
    this.#changes++;
    return this;
  }

  /** As `set`, but returns the value that was replaced: exactly that one, whatever other threads do. */
  insert(key: K, value: V): V | undefined {
    const own = ownKey(key);
    const bytes = bytesOf(value);
    const replaced = this.#native.listInsert(this.#hold.handle, own, bytes);
    this.#changes++;
    return replaced && (valueIn(replaced) as V);
  }

  /** The key's value, which is the one given where there was none; of many threads that try, one sets it. */
  setDefault(key: K, value: V): V {
    const own = ownKey(key);
    const bytes = bytesOf(value);
    const present = this.#native.listSetDefault(this.#hold.handle, own, bytes);
    this.#changes++;
    // Also what was set comes back as a copy, as it would for every other thread.
    return valueIn(present ?? new Uint8Array(bytes)) as V;
  }

  delete(key: K): boolean {
    const read = readKey(key);
    this.#changes++;
    return this.#native.listDelete(this.#hold.handle, read);
  }

  /** As `delete`, but returns the value that was removed. */
  remove(key: K): V | undefined {
    const read = readKey(key);
    this.#changes++;
    const removed = this.#native.listRemove(this.#hold.handle, read);
    return removed && (valueIn(removed) as V);
  }

  /** Removes every entry that is there all the while. */
  clear(): void {
    this.#changes++;
    this.#native.listClear(this.#hold.handle);
  }

  /** All keys of a range, which have to be numbers, in one crossing. */
  numberKeys(range?: KeyRange<K>): Float64Array {
    const walk = toWalk(range, false);
    const keys = this.#native.listNumbers(this.#hold.handle, walk.lower, walk.upper, flagsOf(walk));
    return walk.limit < keys.length ? keys.slice(0, walk.limit) : keys;
  }

  /** Lets go of the list, which goes with its last hold, at once, rather than when this object is collected. */
  close(): void {
    this.#hold.release();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get [Symbol.toStringTag](): string {
    return 'SkipList';
  }

  protected collect(walk: Walk<K>, most: number): [K, V][] {
    const entries: [K, V][] = [];
    let rest = walk;
    for (;;) {
      const wanted = Math.min(most - entries.length, LARGEST_PAGE);
      if (wanted <= 0) return entries;
      const page = new Page<K, V>(this.#page(rest, wanted));
      for (let i = 0; i < page.length; i++) entries.push([page.key(i), page.value(i)]);
      if (page.length === 0) return entries;
      rest = after(rest, page.key(page.length - 1));
    }
  }

  protected *iterate(walk: Walk<K>, part: Part): Generator<unknown, undefined> {
    let rest = walk;
    let left = walk.limit;
    let size = FIRST_PAGE;
    while (left > 0) {
      const page = new Page<K, V>(this.#page(rest, Math.min(size, left)));
      if (page.length === 0) return undefined;
      const changes = this.#changes;
      let read = 0;
      let last: K | undefined;
      while (read < page.length && this.#changes === changes) {
        const at = read++;
        left--;
        if (part === 'value') yield page.value(at);
        else {
          const key = page.key(at);
          // What is given out is the caller's to change.
          last = typeof key === 'object' ? (ownKey(key) as K) : key;
          yield part === 'key' ? key : [key, page.value(at)];
        }
      }
      rest = after(rest, part === 'value' ? page.key(read - 1) : (last as K));
      // A walk that is interrupted by changes is likely to be so again.
      size = read < page.length ? FIRST_PAGE : Math.min(size * 4, LARGEST_PAGE);
    }
    return undefined;
  }

  #page(walk: Walk<K>, most: number): ReturnType<NativeBinding['listPage']> {
    return this.#native.listPage(this.#hold.handle, walk.lower, walk.upper, flagsOf(walk), most);
  }
}

function notAbove(position: number, key: unknown, before: unknown): InvalidArgument {
  return new InvalidArgument(
    `fromSorted: the key of entry ${position}, ${describe(key)}, is not above the one before, ${describe(before)}; ` +
      "sort the entries, each key once, or use the constructor's entries",
  );
}

/** Tells the constructor to hold a list that there is, in place of a new one. */
class Attached {
  readonly handle: number;

  constructor(handle: number) {
    this.handle = handle;
  }
}

/** Entries as the core gives them; a value is made when it is read. */
class Page<K, V> {
  readonly #keys: K[];
  readonly #values: Buffer;
  readonly #ends: Float64Array;

  constructor([keys, values, ends]: [keys: unknown[], values: Buffer, ends: Float64Array]) {
    this.#keys = keys as K[];
    this.#values = values;
    this.#ends = ends;
  }

  get length(): number {
    return this.#keys.length;
  }

  key(at: number): K {
    return this.#keys[at] as K;
  }

  value(at: number): V {
    const start = at === 0 ? 0 : (this.#ends[at - 1] as number);
    return valueIn(new Uint8Array(this.#values.subarray(start, this.#ends[at]))) as V;
  }
}
