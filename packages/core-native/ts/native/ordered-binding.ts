/** A key of an ordered map. Keys of all kinds have one order: numbers < strings < bytes < tuples. */
export type OrderedKey = number | bigint | string | Uint8Array | readonly OrderedKey[];

/**
 * The range of a walk: two keys, and flags that say what each means (`lower | upper << WalkFlag.upperShift`, of
 * `LIMIT`) and whether the walk goes backwards. A prefix can only be the upper key: the walk ends after all strings
 * that begin with it.
 */
type Walk = [lower: unknown, upper: unknown, flags: number];

type ExpectedValue = [key: unknown, expected: Uint8Array, orAbsent: 0 | 1];

/**
 * The core's functions for `@kohakuvault/ordered`. Handles belong to a thread and are never given out twice. A handle
 * that was given up throws KV_CLOSED. A key that is an array is read before the tree or list is looked up.
 */
export interface OrderedBinding {
  /** Returns a number below, equal to or above 0, as `left` is to `right`. Refuses a value that is not a key. */
  compareKeys(left: unknown, right: unknown): number;

  /**
   * Creates a tree from keys to slots, which are small numbers that are used again. The keys must be in strictly
   * ascending order, and get the slots 0, 1, 2 … The order is within `TreeOrder`.
   */
  treeLoad(order: number, keys: readonly unknown[]): number;
  treeDrop(handle: number): void;
  /** Returns the slot of a key, or -1. */
  treeFind(handle: number, key: unknown): number;
  /** Returns the slot of a key that was there, or the inverted (`~`) slot of a new one. */
  treeInsert(handle: number, key: unknown): number;
  /** Returns the slot that the key had, or -1. */
  treeRemove(handle: number, key: unknown): number;
  treeClear(handle: number): void;
  /** Writes the slots of the first entries of a range, as many as fit. Returns how many. */
  treePage(handle: number, ...walk: [...Walk, slots: Int32Array]): number;
  /** Counts the entries of a range. */
  treeCount(handle: number, ...walk: Walk): number;
  /** Returns all keys of a range as numbers. */
  treeNumbers(handle: number, ...walk: Walk): Float64Array;
  /**
   * Gives the slots 0, 1, 2 … in the order of the keys. Writes the slot that each entry had to `old`, which has a
   * place for each.
   */
  treeRenumber(handle: number, old: Int32Array): void;

  /** Creates a list of this thread. Other threads attach it by the number that `listShare` returns. */
  listCreate(): number;
  listShare(handle: number): number;
  listAttach(id: number): number;
  listRelease(handle: number): void;
  /** Returns how many lists there are, in all threads of the process. */
  listsAlive(): number;
  listSize(handle: number): number;
  /** Copies the value's bytes into `target` if they fit. Returns how many there are, or -1 without the key. */
  listGet(handle: number, key: unknown, target: Uint8Array): number;
  listHas(handle: number, key: unknown): boolean;
  /** Returns whether a value was replaced. */
  listSet(handle: number, key: unknown, value: Uint8Array): boolean;
  /** Returns the value that was replaced. */
  listInsert(handle: number, key: unknown, value: Uint8Array): Buffer | undefined;
  /** Returns the value that was there already. */
  listSetDefault(handle: number, key: unknown, value: Uint8Array): Buffer | undefined;
  /** Adds an entry after all others. Returns false, and changes nothing, for a key that is not above theirs. */
  listAppend(handle: number, key: unknown, value: Uint8Array): boolean;
  listDelete(handle: number, key: unknown): boolean;
  /** Returns the value that was removed. */
  listRemove(handle: number, key: unknown): Buffer | undefined;
  listClear(handle: number): void;
  /**
   * Returns the first entries of a range, at most `most`, which is above 0: the keys, the bytes of all values, where
   * each value ends.
   */
  listPage(handle: number, ...walk: [...Walk, most: number]): [keys: unknown[], values: Buffer, ends: Float64Array];
  listNumbers(handle: number, ...walk: Walk): Float64Array;
  /**
   * Sets a value, or removes the key for undefined, if the key has the expected value, or is absent and may be
   * (`orAbsent` is 1). Returns whether it had or was.
   */
  listCompareAndSet(handle: number, ...change: [...ExpectedValue, value: Uint8Array | undefined]): boolean;
  /** Counts the entries of a range, at most `most`. */
  listCount(handle: number, ...walk: [...Walk, most: number]): number;
  /** Removes the first entries of a range, at most `most`, and returns how many. */
  listDeleteRange(handle: number, ...walk: [...Walk, most: number]): number;
  /** Removes the first entry of a range and returns it. */
  listPop(handle: number, ...walk: Walk): [key: unknown, value: Buffer] | undefined;

  /** Returns how many changes the list has had. */
  listVersion(handle: number): number;
  /** Blocks until the list has another version, at most 100 ms. Returns whether it has. */
  listSleep(handle: number, since: number, milliseconds: number): boolean;
  /** Blocks until the key has something else than expected, at most 100 ms. Returns whether it has. */
  listSleepForKey(handle: number, ...awaited: [...ExpectedValue, milliseconds: number]): boolean;
  /**
   * Begins a wait and returns its number, or -1 if the list has another version already. `dispatch`, always the same
   * function, is called when waits of this thread are over; `listTakeEnded` returns their numbers.
   */
  listWait(handle: number, since: number, dispatch: () => void): number;
  /** Begins a wait for a key to have something else than expected. */
  listWaitForKey(handle: number, ...awaited: [...ExpectedValue, dispatch: () => void]): number;
  /** Ends a wait. Returns false if it was over already. */
  listEndWait(wait: number): boolean;
  listTakeEnded(): number[];
}
