/** A key of an ordered map. Keys of all kinds have one order: numbers < strings < bytes < tuples. */
export type OrderedKey = number | bigint | string | Uint8Array | readonly OrderedKey[];

/** What a key at an end of a walk means. */
export const LIMIT = { none: 0, included: 1, excluded: 2, prefix: 3 } as const;

/**
 * The range of a walk: two keys, and flags that tell what each means (`lower | upper << 2`, of `LIMIT`) and whether the
 * walk goes backwards (`REVERSE`). A prefix can only be the upper one: the walk ends behind all strings that begin so.
 */
type Walk = [lower: unknown, upper: unknown, flags: number];
export const REVERSE = 16;

/**
 * What the core does for `@kohakuvault/ordered`. Handles belong to a thread and are never given out twice; one that was given
 * up is KV_CLOSED. A key that is an array is read before the tree or list is looked up.
 */
export interface OrderedBinding {
  /** Negative, zero or positive, as `left` is below, equal to or above `right`. Refuses what is no key. */
  compareKeys(left: unknown, right: unknown): number;

  /**
   * A tree from keys to slots, which are small numbers that are used again. It begins with keys in strictly ascending
   * order, which get the slots 0, 1, 2 … The order is from 3 to 65,535.
   */
  treeLoad(order: number, keys: readonly unknown[]): number;
  treeDrop(handle: number): void;
  /** The slot of a key, or -1. */
  treeFind(handle: number, key: unknown): number;
  /** The slot of a key that was there, or the inverted (`~`) slot of one that is new. */
  treeInsert(handle: number, key: unknown): number;
  /** The slot that the key had, or -1. */
  treeRemove(handle: number, key: unknown): number;
  treeClear(handle: number): void;
  /** Writes the slots of the first entries of a range, as many as there is room for; tells how many. */
  treePage(handle: number, ...walk: [...Walk, slots: Int32Array]): number;
  /** All keys of a range as numbers. */
  treeNumbers(handle: number, ...walk: Walk): Float64Array;
  /** Gives the slots 0, 1, 2 … in the keys' order, and writes which each entry had: `old` has a place for each. */
  treeRenumber(handle: number, old: Int32Array): void;

  /** A list of this thread; other threads attach it by the number that `listShare` tells. */
  listCreate(): number;
  listShare(handle: number): number;
  listAttach(id: number): number;
  listRelease(handle: number): void;
  /** How many lists there are, in all threads of the process. */
  listsAlive(): number;
  listSize(handle: number): number;
  /** Copies the value's bytes into `target` if they fit; tells how many there are, -1 without the key. */
  listGet(handle: number, key: unknown, target: Uint8Array): number;
  listHas(handle: number, key: unknown): boolean;
  /** Whether a value was replaced. */
  listSet(handle: number, key: unknown, value: Uint8Array): boolean;
  /** The value that was replaced. */
  listInsert(handle: number, key: unknown, value: Uint8Array): Buffer | undefined;
  /** The value that was there already. */
  listSetDefault(handle: number, key: unknown, value: Uint8Array): Buffer | undefined;
  /** Adds an entry behind all others; false, and nothing changed, for a key that is not above theirs. */
  listAppend(handle: number, key: unknown, value: Uint8Array): boolean;
  listDelete(handle: number, key: unknown): boolean;
  /** The value that was removed. */
  listRemove(handle: number, key: unknown): Buffer | undefined;
  listClear(handle: number): void;
  /** The first entries of a range, `most` at most, which is above 0: the keys, the bytes of all values, and where each value ends among them. */
  listPage(handle: number, ...walk: [...Walk, most: number]): [keys: unknown[], values: Buffer, ends: Float64Array];
  listNumbers(handle: number, ...walk: Walk): Float64Array;
}
