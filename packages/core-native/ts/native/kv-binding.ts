/** The core's functions for key-value tables: rows, and what is pending in a write-back cache, which reads of the table see. */
export interface KvBinding {
  /**
   * Copies the value behind `offset` and returns its length; -1 without such a key, -2 where it has to be read as a BLOB, -3 - length where it
   * does not fit: then its first bytes are there, and `kvTake`, called next, gives all of it.
   */
  kvGet(handle: number, table: number, key: string | Uint8Array, target: Uint8Array, offset: number): number;
  /** Copies the value that did not fit just before, as much as the target has room for, and is done with it. */
  kvTake(handle: number, table: number, target: Uint8Array): void;
  /**
   * Fills the target with `| length u32 | value |` for the keys from `first` on; how many keys there was room for. A `Mark`
   * stands for the length of what has no value there.
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
  /** Writes `| key length u32 | value length u32 | key | value |`, again and again, in the open transaction. */
  kvWriteMany(handle: number, table: number, records: Uint8Array): void;
  /** Whether there was such a key. */
  kvDelete(handle: number, table: number, key: string | Uint8Array): boolean;
  /**
   * Fills the target with rows of a range: `| key length u32 | value length u32 | key | value |`, a `Mark` for the length of
   * a value that is not there. Returns twice the number of rows, and one more where nothing is behind them.
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
   * Has a value wait, or without one that the key is to be deleted. Twice the bytes that are pending then, and one more where nothing
   * was pending for the key.
   */
  kvPend(handle: number, table: number, key: string | Uint8Array, value: Uint8Array | undefined): number;
  /** Forgets what is pending for a key: the bytes that are pending then, -1 where nothing was. */
  kvPendingForget(handle: number, table: number, key: string | Uint8Array): number;
  kvPendingClear(handle: number, table: number): void;
  /** A level of a transaction begins, whose rollback takes back what is changed from here on. */
  kvPendingBegin(handle: number, table: number): void;
  /** What was changed in the innermost level belongs to the one around it, or stays. */
  kvPendingCommit(handle: number, table: number): void;
  /** What was changed in the innermost level is taken back. */
  kvPendingRollback(handle: number, table: number): void;
  /** The length of the value that waits for a key; -1 where nothing does, -2 where the key is to be deleted. */
  kvPendingLength(handle: number, table: number, key: string | Uint8Array): number;
  /** How many more keys there are with what is pending than in the table alone; negative where there are fewer. */
  kvPendingSurplus(handle: number, table: number): number;
  /** Writes what is pending in the open transaction, and keeps it; values longer than `longest` are left out: how many. */
  kvPendingWrite(handle: number, table: number, longest: number): number;
  /** Copies the key of one of those, as far as it fits; how long it is, -1 where there are not so many. */
  kvPendingLong(handle: number, table: number, longest: number, number: number, target: Uint8Array): number;
}
