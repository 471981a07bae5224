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
import { NativeHandle } from './native-handle.ts';
import { type EntryParts, entriesOf, isIterable, OrderedMap } from './ordered-map.ts';
import { decodeCopy, decodeCopyFrom, encodeCopy } from './value-copy.ts';

export interface SkipListOptions<K, V> {
  /** The initial entries. */
  entries?: Iterable<readonly [K, V]> | undefined;
}

/** Identifies a shared list in a message to another thread of the process. */
export interface SkipListHandle {
  readonly kind: 'kohakuvault.SkipList';
  readonly id: number;
  /** The id of the process that has the list. */
  readonly process: number;
}

const RULES = { entries: { expected: 'an iterable of [key, value]', accepts: isIterable } };
const KIND = 'kohakuvault.SkipList';
/** The first page of a walk is small, since many walks end early. Later pages are larger. */
const FIRST_PAGE = 16;
const LARGEST_PAGE = 512;
/** The memory into which values are read. It grows up to a limit; longer values are read into memory of their own. */
let scratch = Buffer.allocUnsafeSlow(4096);
const LARGEST_SCRATCH = 65_536;

/**
 * An ordered map in memory that the threads of a process can share. All threads insert, read, remove and walk at the
 * same time, without locks. Values are copied in and out.
 */
export class SkipList<K = OrderedKey, V = unknown> extends OrderedMap<K, V> implements Disposable {
  protected readonly ownOrder = false;
  readonly #native: NativeBinding = nativeCore().binding;
  readonly #handle: NativeHandle;
  /** Counts the changes by this object, after which its own walks read a new page. */
  #changes = 0;

  constructor(options?: SkipListOptions<K, V>);
  constructor(options?: SkipListOptions<K, V> | Attached) {
    super();
    if (options instanceof Attached) {
      this.#handle = new NativeHandle(this, options.handle, this.#native.listRelease);
      return;
    }
    checkOptions('SkipList', options, RULES);
    this.#handle = new NativeHandle(this, this.#native.listCreate(), this.#native.listRelease);
    const { entries } = options ?? {};
    if (entries) for (const [key, value] of entriesOf<K, V>('SkipList', entries)) this.set(key, value);
  }

  /** Creates a list of entries whose keys are in strictly ascending order; throws if they are not. */
  static fromSorted<K = OrderedKey, V = unknown>(entries: Iterable<readonly [K, V]>): SkipList<K, V> {
    const list = new SkipList<K, V>();
    try {
      let position = 0;
      let before: K | undefined;
      for (const [key, value] of entriesOf<K, V>('fromSorted', entries)) {
        const own = ownKey(key);
        const isAbove = list.#native.listAppend(list.#handle.number, own, encodeCopy(value));
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

  /** Returns the list that another thread shared. */
  static attach<K = OrderedKey, V = unknown>(handle: SkipListHandle): SkipList<K, V> {
    const {
      kind,
      id,
      process: owner,
    } = typeof handle === 'object' && handle !== null ? handle : ({} as SkipListHandle);
    if (kind !== KIND || !Number.isSafeInteger(id)) {
      throw new InvalidArgument(`attach expects a handle that share() returned, got ${describe(handle)}`);
    }
    if (owner !== process.pid) {
      throw new InvalidArgument(
        `attach: the list belongs to process ${describe(owner)}, and this is process ${process.pid}; ` +
          'only threads of one process can share a list',
      );
    }
    return new SkipList<K, V>(new Attached(nativeCore().binding.listAttach(id)) as SkipListOptions<K, V>);
  }

  /**
   * Returns a handle to post to other threads, for `attach`. The list lives as long as a thread holds it or this one
   * lives.
   */
  share(): SkipListHandle {
    return { kind: KIND, id: this.#native.listShare(this.#handle.number), process: process.pid };
  }

  /** The number of entries. While other threads change the list, the number of a moment ago. */
  get size(): number {
    return this.#handle.released ? 0 : this.#native.listSize(this.#handle.number);
  }

  get(key: K): V | undefined;
  get<D>(key: K, fallback: D): V | D;
  get(key: K, fallback?: unknown): unknown {
    const read = readKey(key);
    let target = scratch;
    for (;;) {
      const length = this.#native.listGet(this.#handle.number, read, target);
      if (length < 0) return fallback;
      if (length <= target.length) {
        return target === scratch || length < target.length ? decodeCopyFrom(target, 0, length) : decodeCopy(target);
      }
      if (length > LARGEST_SCRATCH) target = Buffer.allocUnsafeSlow(length);
      else target = scratch = Buffer.allocUnsafeSlow(Math.min(length * 2, LARGEST_SCRATCH));
    }
  }

  has(key: K): boolean {
    const read = readKey(key);
    return this.#native.listHas(this.#handle.number, read);
  }

  // Reading a key or a value may run the user's getter, which may close the list, so the handle is read afterwards.

  set(key: K, value: V): this {
    const own = ownKey(key);
    const bytes = encodeCopy(value);
    this.#native.listSet(this.#handle.number, own, bytes);
    this.#changes++;
    return this;
  }

  /** Sets a value and returns exactly the value that it replaced, whatever other threads do. */
  insert(key: K, value: V): V | undefined {
    const own = ownKey(key);
    const bytes = encodeCopy(value);
    const replaced = this.#native.listInsert(this.#handle.number, own, bytes);
    this.#changes++;
    return replaced && (decodeCopy(replaced) as V);
  }

  /** Returns the value of a key after setting it if there was none. Of several threads that try, one sets it. */
  setDefault(key: K, value: V): V {
    const own = ownKey(key);
    const bytes = encodeCopy(value);
    const present = this.#native.listSetDefault(this.#handle.number, own, bytes);
    this.#changes++;
    // A value that was set also comes back as a copy, as for every other thread.
    return (present ? decodeCopy(present) : decodeCopyFrom(bytes, 0, bytes.length)) as V;
  }

  delete(key: K): boolean {
    const read = readKey(key);
    this.#changes++;
    return this.#native.listDelete(this.#handle.number, read);
  }

  /** Removes an entry and returns its value. */
  remove(key: K): V | undefined {
    const read = readKey(key);
    this.#changes++;
    const removed = this.#native.listRemove(this.#handle.number, read);
    return removed && (decodeCopy(removed) as V);
  }

  /** Removes every entry. Entries that other threads add meanwhile may remain. */
  clear(): void {
    this.#changes++;
    this.#native.listClear(this.#handle.number);
  }

  /** Returns all keys of a range, which must be numbers, in one call of the core. */
  numberKeys(range?: KeyRange<K>): Float64Array {
    const walk = toWalk(range, false);
    const keys = this.#native.listNumbers(this.#handle.number, walk.lower, walk.upper, flagsOf(walk));
    return walk.limit < keys.length ? keys.slice(0, walk.limit) : keys;
  }

  /** Releases the list now, instead of when this object is collected. The list is freed with its last handle. */
  close(): void {
    this.#handle.release();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get [Symbol.toStringTag](): string {
    return 'SkipList';
  }

  protected collect(walk: Walk<K>, most: number): [K, V][] {
    const entries: [K, V][] = [];
    let remaining = walk;
    for (;;) {
      const wanted = Math.min(most - entries.length, LARGEST_PAGE);
      if (wanted <= 0) return entries;
      const page = new EntryPage<K, V>(this.#page(remaining, wanted));
      for (let i = 0; i < page.length; i++) entries.push([page.key(i), page.value(i)]);
      if (page.length === 0) return entries;
      remaining = after(remaining, page.key(page.length - 1));
    }
  }

  protected *iterate(walk: Walk<K>, parts: EntryParts): Generator<unknown, undefined> {
    let remaining = walk;
    let left = walk.limit;
    let size = FIRST_PAGE;
    while (left > 0) {
      const page = new EntryPage<K, V>(this.#page(remaining, Math.min(size, left)));
      if (page.length === 0) return undefined;
      const changes = this.#changes;
      let read = 0;
      let last: K | undefined;
      while (read < page.length && this.#changes === changes) {
        const at = read++;
        left--;
        if (parts === 'value') yield page.value(at);
        else {
          const key = page.key(at);
          // The caller may change the key.
          last = typeof key === 'object' ? (ownKey(key) as K) : key;
          yield parts === 'key' ? key : [key, page.value(at)];
        }
      }
      remaining = after(remaining, parts === 'value' ? page.key(read - 1) : (last as K));
      // A walk that changes interrupted is likely to be interrupted again.
      size = read < page.length ? FIRST_PAGE : Math.min(size * 4, LARGEST_PAGE);
    }
    return undefined;
  }

  #page(walk: Walk<K>, most: number): ReturnType<NativeBinding['listPage']> {
    return this.#native.listPage(this.#handle.number, walk.lower, walk.upper, flagsOf(walk), most);
  }
}

function notAbove(position: number, key: unknown, before: unknown): InvalidArgument {
  return new InvalidArgument(
    `fromSorted: the key of entry ${position}, ${describe(key)}, is not above the previous key, ${describe(before)}; ` +
      "sort the entries and remove duplicates, or use the constructor's entries",
  );
}

/** An argument of the constructor: the handle of an existing list. */
class Attached {
  readonly handle: number;

  constructor(handle: number) {
    this.handle = handle;
  }
}

/** A page of entries. Values are decoded when they are read. */
class EntryPage<K, V> {
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
    return decodeCopyFrom(this.#values, start, this.#ends[at] as number) as V;
  }
}
