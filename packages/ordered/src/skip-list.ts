import {
  checkOptions,
  describe,
  InvalidArgument,
  type NativeBinding,
  nativeCore,
  type OrderedKey,
} from '@kohakuvault/core-native/internal';
import { flagsOf } from './encoded-tree.ts';
import { EntryPage } from './entry-page.ts';
import { type ExpectedValue, expectedBytes, expectedValue } from './expected-value.ts';
import { ownKey, readKey } from './key-copies.ts';
import { after, type HasOrder, type KeyRange, toWalk, type Walk } from './key-range.ts';
import { ListWaits } from './list-waits.ts';
import { NativeHandle } from './native-handle.ts';
import { type EntryParts, entriesOf, isIterable, OrderedMap } from './ordered-map.ts';
import { decodeCopy, decodeCopyFrom, encodeCopy } from './value-copy.ts';
import { type BlockingWaitOptions, type CheckedWait, checkedWait, type WaitOptions } from './wait-options.ts';

export interface SkipListOptions<K, V> {
  /** The initial entries. */
  entries?: Iterable<readonly [K, V]> | undefined;
}

/** Refuses keys of a type that has no order: threads cannot share a `compare`. */
type OnlyOrdered<K> = HasOrder<K> extends true ? unknown : never;

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
/** A thread that waits looks after so many milliseconds whether it was terminated. */
const SLEEP = 50;
/** After so many attempts in each of which `change` changed a list, `update` takes it that it never ends. */
const MOST_OWN_CHANGES = 100;
/** Counts the changes by this thread. */
let changesOfThread = 0;

/**
 * An ordered map in memory that the threads of a process can share. All threads insert, read, remove and walk at the
 * same time, without locks. Values are copied in and out.
 */
export class SkipList<K = OrderedKey, V = unknown> extends OrderedMap<K, V> implements Disposable {
  protected readonly ownOrder = false;
  readonly #native: NativeBinding = nativeCore().binding;
  readonly #handle: NativeHandle;
  readonly #waits = new ListWaits(this.#native);
  /** Counts the changes by this object, after which its own walks read a new page. */
  #changes = 0;

  constructor(options: SkipListOptions<K, V> & OnlyOrdered<K>);
  constructor(...options: HasOrder<K> extends true ? [options?: SkipListOptions<K, V>] : [never]);
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
  static fromSorted<K = OrderedKey, V = unknown>(entries: Iterable<readonly [K, V]> & OnlyOrdered<K>): SkipList<K, V> {
    const list = listOf<K, V>({});
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
  static attach<K extends OrderedKey = OrderedKey, V = unknown>(handle: SkipListHandle): SkipList<K, V> {
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
    return listOf<K, V>(new Attached(nativeCore().binding.listAttach(id)));
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
      target = moreRoom(length);
    }
  }

  /** Returns a copy of the bytes of a key's value. */
  #bytesOf(read: unknown): Buffer | undefined {
    let target = scratch;
    for (;;) {
      const length = this.#native.listGet(this.#handle.number, read, target);
      if (length < 0) return undefined;
      if (length <= target.length) return Buffer.from(target.subarray(0, length));
      target = moreRoom(length);
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
    this.#changed();
    return this;
  }

  /** Sets a value and returns exactly the value that it replaced, whatever other threads do. */
  insert(key: K, value: V): V | undefined {
    const own = ownKey(key);
    const bytes = encodeCopy(value);
    const replaced = this.#native.listInsert(this.#handle.number, own, bytes);
    this.#changed();
    return replaced && (decodeCopy(replaced) as V);
  }

  /** Returns the value of a key after setting it if there was none. Of several threads that try, one sets it. */
  setDefault(key: K, value: V): V {
    const own = ownKey(key);
    const bytes = encodeCopy(value);
    const present = this.#native.listSetDefault(this.#handle.number, own, bytes);
    this.#changed();
    // A value that was set also comes back as a copy, as for every other thread.
    return (present ? decodeCopy(present) : decodeCopyFrom(bytes, 0, bytes.length)) as V;
  }

  delete(key: K): boolean {
    const read = readKey(key);
    this.#changed();
    return this.#native.listDelete(this.#handle.number, read);
  }

  /** Removes an entry and returns its value. */
  remove(key: K): V | undefined {
    const read = readKey(key);
    this.#changed();
    const removed = this.#native.listRemove(this.#handle.number, read);
    return removed && (decodeCopy(removed) as V);
  }

  /**
   * Sets a value if `get` would return one equal to `expected`. Returns whether it did. Values are equal if they are
   * stored as the same bytes. `undefined` stands for no entry: as `expected` it is for a key that is absent, as `value`
   * it removes the key.
   */
  compareAndSet(key: K, expected: V | undefined, value: V | undefined): boolean {
    const own = ownKey(key);
    const before = expectedValue(expected);
    return this.#compareAndSet(own, before, value === undefined ? undefined : encodeCopy(value));
  }

  override update(entries: Iterable<readonly [K, V]>): this;
  /**
   * Sets the value that `change` makes of the key's value, or of undefined if there is none, and returns it. If another
   * thread has changed the key meanwhile, `change` is called again with the new value, so it should do nothing else. If
   * it returns undefined or throws, nothing is changed.
   */
  override update(key: K, change: (value: V | undefined) => V | undefined): V | undefined;
  override update(...given: unknown[]): unknown {
    if (given.length < 2) return super.update(given[0] as Iterable<readonly [K, V]>);
    const [key, change] = given;
    if (typeof change !== 'function') {
      throw new InvalidArgument(`update expects a function that returns the new value, got ${describe(change)}`);
    }
    const own = ownKey(key);
    for (let disturbed = 0; disturbed < MOST_OWN_CHANGES; ) {
      const seen = this.#bytesOf(own);
      const changes = changesOfThread;
      const value: unknown = change(seen && decodeCopyFrom(seen, 0, seen.length));
      if (value === undefined) return undefined;
      if (typeof (value as { then?: unknown } | null)?.then === 'function') {
        throw new InvalidArgument('update: the function returned a Promise; it must return the new value itself');
      }
      const bytes = encodeCopy(value);
      disturbed = changes === changesOfThread ? 0 : disturbed + 1;
      if (this.#compareAndSet(own, expectedBytes(seen), bytes)) return value;
    }
    throw new InvalidArgument(
      `update: the function itself has changed ${describe(key)} each time it was called; ` +
        'let it only return the new value',
    );
  }

  #compareAndSet(own: unknown, expected: ExpectedValue, value: Buffer | undefined): boolean {
    const done = this.#native.listCompareAndSet(this.#handle.number, own, ...expected, value);
    if (done) this.#changed();
    return done;
  }

  /**
   * Removes the entry with the smallest key, or with the smallest key of a range, and returns it. Each entry goes to
   * one thread only.
   */
  popFirst(range?: KeyRange<K>): [K, V] | undefined {
    return this.#pop(toWalk(range, false));
  }

  /** Removes the entry with the greatest key, or with the greatest key of a range, and returns it. */
  popLast(range?: KeyRange<K>): [K, V] | undefined {
    const walk = toWalk(range, false);
    return this.#pop({ ...walk, reverse: !walk.reverse });
  }

  #pop(walk: Walk<K>): [K, V] | undefined {
    if (walk.limit === 0) return undefined;
    const popped = this.#native.listPop(this.#handle.number, walk.lower, walk.upper, flagsOf(walk));
    if (!popped) return undefined;
    this.#changed();
    return [popped[0] as K, decodeCopy(popped[1]) as V];
  }

  /** Counts the entries of a range by walking over them. */
  count(range?: KeyRange<K>): number {
    const walk = toWalk(range, false);
    return this.#native.listCount(this.#handle.number, walk.lower, walk.upper, flagsOf(walk), mostOf(walk));
  }

  /** Removes the entries of a range and returns how many. Entries that other threads add meanwhile may remain. */
  deleteRange(range?: KeyRange<K>): number {
    const walk = toWalk(range, false);
    this.#changed();
    return this.#native.listDeleteRange(this.#handle.number, walk.lower, walk.upper, flagsOf(walk), mostOf(walk));
  }

  /** The number of changes by all threads. */
  get version(): number {
    return this.#native.listVersion(this.#handle.number);
  }

  /**
   * Waits for a change by any thread and resolves to true, or to false after `timeout`. It waits for changes after the
   * call, or after `since` or `seen`, so that none is missed between reading and waiting. The wait keeps the thread
   * alive. `close` of this object rejects it with `KV_CLOSED`.
   */
  async waitForChange(options?: WaitOptions<K, V>): Promise<boolean> {
    const wait = checkedWait('waitForChange', options);
    const awaited = this.#awaited(wait);
    const { number } = this.#handle;
    return await this.#waits.add(
      (dispatch) =>
        typeof awaited === 'number'
          ? this.#native.listWait(number, awaited, dispatch)
          : this.#native.listWaitForKey(number, ...awaited, dispatch),
      wait.timeout,
      wait.signal,
    );
  }

  /** Does what `waitForChange` does, but blocks the thread meanwhile. */
  waitForChangeSync(options?: BlockingWaitOptions<K, V>): boolean {
    const wait = checkedWait('waitForChangeSync', options, true);
    const awaited = this.#awaited(wait);
    checkMayBlock();
    const end = performance.now() + wait.timeout;
    for (;;) {
      const left = Math.max(0, end - performance.now());
      const moment = Math.ceil(Math.min(left, SLEEP));
      const { number } = this.#handle;
      const happened =
        typeof awaited === 'number'
          ? this.#native.listSleep(number, awaited, moment)
          : this.#native.listSleepForKey(number, ...awaited, moment);
      if (happened || left === 0) return happened;
    }
  }

  /** Returns the version or the key and value that a wait is for. */
  #awaited({ key, seen, hasSeen, since }: CheckedWait<K, V>): number | [key: unknown, ...ExpectedValue] {
    if (key === undefined) return since ?? this.version;
    const own = ownKey(key);
    return [own, ...(hasSeen ? expectedValue(seen) : expectedBytes(this.#bytesOf(own)))];
  }

  #changed(): void {
    this.#changes++;
    changesOfThread++;
  }

  /** Removes every entry. Entries that other threads add meanwhile may remain. */
  clear(): void {
    this.#changed();
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
    this.#waits.close();
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

/** Returns memory for a value of this length: the scratch memory if it may grow so far. */
function moreRoom(length: number): typeof scratch {
  if (length > LARGEST_SCRATCH) return Buffer.allocUnsafeSlow(length);
  scratch = Buffer.allocUnsafeSlow(Math.min(length * 2, LARGEST_SCRATCH));
  return scratch;
}

function mostOf(walk: Walk<unknown>): number {
  return Math.min(walk.limit, Number.MAX_SAFE_INTEGER);
}

/** Throws where JavaScript may not block a thread. */
function checkMayBlock(): void {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
  } catch (error) {
    throw new InvalidArgument('waitForChangeSync: this thread may not block; use waitForChange', { cause: error });
  }
}

function notAbove(position: number, key: unknown, before: unknown): InvalidArgument {
  return new InvalidArgument(
    `fromSorted: the key of entry ${position}, ${describe(key)}, is not above the previous key, ${describe(before)}; ` +
      "sort the entries and remove duplicates, or use the constructor's entries",
  );
}

/** Outside of the class: a bundler renames a class that mentions itself. */
function listOf<K, V>(options: SkipListOptions<K, V> | Attached): SkipList<K, V> {
  return new SkipList<K, V>(options as never);
}

/** An argument of the constructor: the handle of an existing list. */
class Attached {
  readonly handle: number;

  constructor(handle: number) {
    this.handle = handle;
  }
}
