import { nativeCore } from '../native/binding.ts';
import { KvGet, Mark, NumberAndBit, PageFlag, PendingLength } from '../native/constants.ts';
import type { CoreAccess } from './core-access.ts';
import { quoteIdentifier } from './identifiers.ts';
import type { KvRecords } from './kv-records.ts';
import { Absent, absentOf, type KvEnds, type KvRange, type KvRows } from './kv-rows.ts';

/** A key as the core takes it. A string stands for its UTF-8 bytes. */
export type KvKey = string | Uint8Array;

/** A pending write: a value, or undefined if the key is to be deleted. */
export interface KvPendingWrite {
  readonly value: Buffer | undefined;
}

/** How much was pending when a level of a transaction began. */
interface PendingLevel {
  readonly count: number;
  readonly bytes: number;
}

/**
 * A key-value table and its pending writes, which the core holds and which all reads of the table see. This class is
 * the only place that knows how the core packs results. Call what reads after `prepareRead`, and what writes rows
 * inside `write`. Pending writes are counted here, so each connection has one object per table.
 */
export class KvTable {
  readonly #handle: number;
  readonly #tableId: number;
  readonly #name: string;
  readonly #binding = nativeCore().binding;
  readonly #levels: PendingLevel[] = [];
  #longLength = 0;
  #pendingCount = 0;
  #pendingBytes = 0;

  /**
   * The table must have the columns `key` and `value`. `inPlace`: whether the pages of the file may be read without
   * SQLite, which needs a file that is trusted and not encrypted.
   */
  constructor(connection: CoreAccess, name: string, inPlace = false) {
    const { handle } = connection;
    this.#handle = handle;
    this.#name = name;
    this.#tableId = connection.read(() => this.#binding.createKvTable(handle, name, inPlace));
  }

  /**
   * Copies a value into the target from `offset` on. Returns its length, or why it was not copied: `missing`, `apart`
   * or `tooLong`. If it is too long, its first bytes are in the target, and the next call must be `takeLong` or
   * `dropLong`.
   */
  get(key: KvKey, target: Uint8Array, offset: number): number {
    const found = this.#binding.kvGet(this.#handle, this.#tableId, key, target, offset);
    if (found > KvGet.tooLong) return found;
    this.#longLength = KvGet.tooLong - found;
    return Absent.tooLong;
  }

  /** The length of the value that was too long for the last `get`. */
  get longLength(): number {
    return this.#longLength;
  }

  /** Copies the value that was too long for the last `get`. */
  takeLong(target: Uint8Array): void {
    this.#binding.kvTake(this.#handle, this.#tableId, target);
  }

  /** Lets go of the value that was too long for the last `get`. */
  dropLong(): void {
    this.#binding.kvTake(this.#handle, this.#tableId, NOTHING);
  }

  /**
   * Reads many values through the memory, which is used again and again. `receive` gets the index of each key and where
   * its value lies, or why it does not: then `start` is `missing` or `apart`.
   */
  getMany(keys: readonly KvKey[], memory: Buffer, receive: (index: number, start: number, end: number) => void): void {
    for (let index = 0; index < keys.length; ) {
      const end = index + this.#binding.kvGetMany(this.#handle, this.#tableId, keys, index, memory);
      for (let at = 0; index < end; index++) {
        const length = memory.readUInt32LE(at);
        at += LENGTH_BYTES;
        if (length >= Mark.foreignKey) {
          receive(index, absentOf(length), 0);
        } else {
          receive(index, at, at + length);
          at += length;
        }
      }
    }
  }

  has(key: KvKey): boolean {
    return this.#binding.kvHas(this.#handle, this.#tableId, key);
  }

  /**
   * Reads rows of a range, as many as fit the memory and at most `limit`, and has `rows` begin with them. If not even
   * the first key fits, the page has no rows and has not ended.
   */
  page(range: KvRange, values: boolean, limit: number, memory: Buffer, rows: KvRows): void {
    const { lower, upper, reverse } = range;
    const flags = endsOf(range) | (reverse ? PageFlag.reverse : 0) | (values ? PageFlag.values : 0);
    const packed = this.#binding.kvPage(this.#handle, this.#tableId, lower?.key, upper?.key, flags, limit, memory);
    rows.begin(memory, numberOf(packed), hasBit(packed));
  }

  set(key: KvKey, value: Uint8Array): void {
    this.#binding.kvSet(this.#handle, this.#tableId, key, value);
  }

  /** Sets many values, in the open transaction. */
  setMany(records: KvRecords): void {
    this.#binding.kvWriteMany(this.#handle, this.#tableId, records.bytes);
  }

  /** Deletes a key. Returns whether it existed. */
  delete(key: KvKey): boolean {
    return this.#binding.kvDelete(this.#handle, this.#tableId, key);
  }

  /** Deletes all rows. Pending writes stay pending. */
  clear(): void {
    this.#binding.execute(this.#handle, `DELETE FROM main.${quoteIdentifier(this.#name)}`);
  }

  /** The number of keys with a pending write. */
  get pendingCount(): number {
    return this.#pendingCount;
  }

  /** The bytes of the pending writes, keys included. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /**
   * Returns how many more keys a range has with the pending writes than in the file; a negative number if there are
   * fewer.
   */
  pendingSurplus(range: KvEnds): number {
    if (this.#pendingCount === 0) return 0;
    const { lower, upper } = range;
    return this.#binding.kvPendingSurplus(this.#handle, this.#tableId, lower?.key, upper?.key, endsOf(range));
  }

  /** Returns the length of a key's pending value, 0 for a pending deletion, undefined if nothing is pending. */
  pendingLength(key: KvKey): number | undefined {
    const length = this.#lengthOrCode(key);
    return length === PendingLength.none ? undefined : Math.max(length, 0);
  }

  /** Returns a copy of what is pending for a key; undefined if nothing is. */
  pendingWrite(key: KvKey): KvPendingWrite | undefined {
    const length = this.#lengthOrCode(key);
    if (length === PendingLength.none) return undefined;
    return { value: length === PendingLength.deleted ? undefined : this.#pendingValue(key, length) };
  }

  /** Makes a copy of a value pending or, without a value, the deletion of the key. */
  pend(key: KvKey, value: Uint8Array | undefined): void {
    const packed = this.#binding.kvPend(this.#handle, this.#tableId, key, value);
    if (hasBit(packed)) this.#pendingCount++;
    this.#pendingBytes = numberOf(packed);
  }

  /** Forgets what is pending for a key. Returns whether anything was. */
  forget(key: KvKey): boolean {
    const bytes = this.#binding.kvPendingForget(this.#handle, this.#tableId, key);
    if (bytes < 0) return false;
    this.#pendingCount--;
    this.#pendingBytes = bytes;
    return true;
  }

  /** Forgets everything that is pending. */
  forgetAll(): void {
    this.#binding.kvPendingClear(this.#handle, this.#tableId);
    this.#pendingCount = this.#pendingBytes = 0;
  }

  /** Begins a level, whose rollback takes back every change of the pending writes from here on. */
  beginLevel(): void {
    this.#levels.push({ count: this.#pendingCount, bytes: this.#pendingBytes });
    this.#binding.kvPendingBegin(this.#handle, this.#tableId);
  }

  /** Hands the changes of the innermost level to the level around it. */
  commitLevel(): void {
    this.#levels.pop();
    this.#binding.kvPendingCommit(this.#handle, this.#tableId);
  }

  /** Takes back the changes of the innermost level. */
  rollbackLevel(): void {
    const level = this.#levels.pop();
    this.#binding.kvPendingRollback(this.#handle, this.#tableId);
    this.#pendingCount = level?.count ?? this.#pendingCount;
    this.#pendingBytes = level?.bytes ?? this.#pendingBytes;
  }

  /**
   * Writes what is pending in the open transaction, and keeps it pending. Leaves out values longer than `longest`, and
   * returns how many those are.
   */
  writePending(longest: number): number {
    return this.#binding.kvPendingWrite(this.#handle, this.#tableId, longest);
  }

  /** Yields copies of the `count` pending values that `writePending` has left out. */
  *longPending(longest: number, count: number): Generator<{ key: Buffer; value: Buffer }> {
    for (let index = 0; index < count; index++) {
      const key = this.#longKey(longest, index);
      yield { key, value: this.#pendingValue(key, this.#lengthOrCode(key)) };
    }
  }

  /** Returns the length of a pending value, or a `PendingLength`. */
  #lengthOrCode(key: KvKey): number {
    return this.#binding.kvPendingLength(this.#handle, this.#tableId, key);
  }

  #pendingValue(key: KvKey, length: number): Buffer {
    const value = Buffer.allocUnsafeSlow(length);
    this.#binding.kvGet(this.#handle, this.#tableId, key, value, 0);
    return value;
  }

  #longKey(longest: number, index: number): Buffer {
    for (let memory = Buffer.allocUnsafeSlow(KEY_BYTES); ; ) {
      // The core returns the length of the whole key, and copies as much of it as fits.
      const length = this.#binding.kvPendingLong(this.#handle, this.#tableId, longest, index, memory);
      if (length <= memory.length) return memory.subarray(0, length);
      memory = Buffer.allocUnsafeSlow(length);
    }
  }
}

const NOTHING = Buffer.alloc(0);
/** The length before each value of `getMany`. */
const LENGTH_BYTES = 4;
/** Most keys are shorter than this. */
const KEY_BYTES = 1024;

function endsOf({ lower, upper }: KvEnds): number {
  return (lower?.inclusive ? PageFlag.lowerInclusive : 0) | (upper?.inclusive ? PageFlag.upperInclusive : 0);
}

/** Returns the number of a packed result. */
function numberOf(packed: number): number {
  return Math.floor(packed / NumberAndBit.unit);
}

/** Returns the bit of a packed result. */
function hasBit(packed: number): boolean {
  return (packed & NumberAndBit.bit) !== 0;
}
