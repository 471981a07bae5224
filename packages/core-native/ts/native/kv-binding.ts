/**
 * The core's functions for key-value tables: rows, and pending writes, which reads of the table see. The constants that
 * their numbers are made of are in `constants.ts`.
 */
export interface KvBinding {
  /**
   * Copies the value to the target from `offset` on and returns its length, or what `KvGet` says. Of a value that does
   * not fit, it copies the first bytes; `kvTake`, called next, copies all of it.
   */
  kvGet(handle: number, table: number, key: string | Uint8Array, target: Uint8Array, offset: number): number;
  /** Copies the value that did not fit in the last `kvGet`, as much as the target has room for, and is done with it. */
  kvTake(handle: number, table: number, target: Uint8Array): void;
  /**
   * Fills the target with `| length u32 | value |` for the keys from `first` on. Returns for how many keys it had room.
   * A `Mark` stands for the length of a value that is not there.
   */
  kvGetMany(
    handle: number,
    table: number,
    keys: readonly (string | Uint8Array)[],
    first: number,
    target: Uint8Array,
  ): number;
  kvHas(handle: number, table: number, key: string | Uint8Array): boolean;
  kvSet(handle: number, table: number, key: string | Uint8Array, value: Uint8Array): void;
  /** Writes records of a `RecordHead`, a key and a value in the open transaction. */
  kvWriteMany(handle: number, table: number, records: Uint8Array): void;
  /** Returns whether there was such a key. */
  kvDelete(handle: number, table: number, key: string | Uint8Array): boolean;
  /**
   * Fills the target with records of a `RecordHead`, a key and a value. A `Mark` stands for the length of a value that
   * is not there. `flags` are of `PageFlag`. Returns a `NumberAndBit`: the rows, and that no more rows follow.
   */
  kvPage(
    handle: number,
    table: number,
    lower: Uint8Array | undefined,
    upper: Uint8Array | undefined,
    flags: number,
    limit: number,
    target: Uint8Array,
  ): number;
  /**
   * Makes a value pending, or a deletion if there is no value. Returns a `NumberAndBit`: the pending bytes, and that
   * nothing was pending for the key.
   */
  kvPend(handle: number, table: number, key: string | Uint8Array, value: Uint8Array | undefined): number;
  /** Forgets the pending write of a key. Returns the bytes that are still pending, or -1 if nothing was. */
  kvPendingForget(handle: number, table: number, key: string | Uint8Array): number;
  kvPendingClear(handle: number, table: number): void;
  /** Begins a level of a transaction. Its rollback takes back what changes from here on. */
  kvPendingBegin(handle: number, table: number): void;
  /** Ends the innermost level. Its changes belong to the level around it, or stay. */
  kvPendingCommit(handle: number, table: number): void;
  /** Takes back the changes of the innermost level and ends it. */
  kvPendingRollback(handle: number, table: number): void;
  /** Returns the length of the value that is pending for a key, or what `PendingLength` says. */
  kvPendingLength(handle: number, table: number, key: string | Uint8Array): number;
  /**
   * Returns how many more keys of a range the table has with its pending writes. The number is negative for fewer keys.
   */
  kvPendingSurplus(
    handle: number,
    table: number,
    lower: Uint8Array | undefined,
    upper: Uint8Array | undefined,
    flags: number,
  ): number;
  /**
   * Writes the pending writes in the open transaction, and keeps them. Returns how many values longer than `longest` it
   * left out.
   */
  kvPendingWrite(handle: number, table: number, longest: number): number;
  /** Copies as much as fits of the key of one of those values. Returns its length, or -1 if there are not so many. */
  kvPendingLong(handle: number, table: number, longest: number, number: number, target: Uint8Array): number;
}
