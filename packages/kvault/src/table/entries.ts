import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Connection, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import type { Expiries } from '../expiry/expiries.ts';
import { NEVER } from '../expiry/expiry-options.ts';
import type { TimeOfKey } from '../expiry/time-writes.ts';
import { type CheckedKey, toBytes } from '../keys/keys.ts';
import { NO_LIMIT, type ResolvedRange } from '../keys/range.ts';
import type { KeyedCodec } from '../values/keyed-codec.ts';
import { putInKeyOrder } from './key-order.ts';
import type { PendingEntries } from './pending-entries.ts';
import { keyOf, Scan, type ScanSource } from './scan.ts';
import type { SharedTable } from './shared-table.ts';
import { dropEntryTable, renameEntryTable } from './table.ts';
import { TableReads } from './table-reads.ts';
import { type StoredEntry, TableWrites } from './table-writes.ts';
import { WriteCache } from './write-cache.ts';

/** How many keys are read before they are deleted. */
const KEYS_AT_ONCE = 4_096;
/** How many entries that have expired one transaction removes. */
const PURGED_AT_ONCE = 1_024;
/** A longer value that is in the file does not become pending when it gets another key. */
const SHORT = 64 * 1024;

/** An entry with the time at which it expires, or `NEVER`. */
export interface TimedEntry extends StoredEntry {
  readonly time: number;
}

export interface EntriesSetup {
  readonly connection: Connection;
  readonly shared: SharedTable;
  readonly codec: KeyedCodec;
  readonly maxBlobBytes: number;
  /** Whether reads count for the limits of the table. */
  readonly isLimited: boolean;
}

/** The entries of one table: how they are read, and whether a write is pending or goes to the file at once. */
export class Entries {
  readonly reads: TableReads;
  readonly cache: WriteCache;
  readonly pending: PendingEntries;
  readonly expiries: Expiries;
  readonly noteRead: ((key: CheckedKey) => void) | undefined;
  readonly #connection: Connection;
  readonly #shared: SharedTable;
  readonly #writes: TableWrites;

  constructor({ connection, shared, codec, maxBlobBytes, isLimited }: EntriesSetup) {
    const { rows, values, pending, expiries } = shared;
    this.#connection = connection;
    this.#shared = shared;
    this.pending = pending;
    this.expiries = expiries;
    this.#writes = new TableWrites(connection, rows, values, maxBlobBytes);
    this.cache = new WriteCache(connection, pending);
    this.noteRead = isLimited ? (key) => shared.usage?.noteRead(key) : undefined;
    this.reads = new TableReads({ connection, rows, values, codec, pending, expiries, noteRead: this.noteRead });
    connection.onClose(() => this.cache.writeBack.close());
  }

  /** Sets stored bytes, which may expire. They are copied if they stay pending. */
  set(key: CheckedKey, stored: Buffer, time = NEVER): void {
    const { usage } = this.#shared;
    usage?.checkLength(lengthOf(key) + stored.length);
    if (this.cache.active) {
      this.#pend(key, stored, time);
      return;
    }
    if (time === NEVER && this.pending.count === 0 && usage === undefined) this.#writes.set(key, stored);
    else this.#afterPending(() => this.#write(key, stored, time));
    this.#sweep(1);
  }

  /** Deletes a key. Returns whether it existed. */
  delete(key: CheckedKey): boolean {
    if (this.cache.active) {
      this.#connection.checkWritable();
      const existed = this.reads.has(key);
      if (existed) this.#pend(key, undefined);
      return existed;
    }
    // A deletion alone reads nothing, so it asks only if entries of the table expire.
    const hidden = this.expiries.isUsed && this.reads.hides(key);
    const isAlone = this.pending.count === 0;
    const existed = isAlone ? this.#writes.delete(key) : this.#afterPending(() => this.#writes.delete(key));
    return existed && !hidden;
  }

  /**
   * Sets many entries in one transaction, which may expire. All of them are checked before the first is written.
   */
  setMany(entries: Iterable<StoredEntry>, time = NEVER): void {
    if (!this.cache.active) {
      const keys: Buffer[] = [];
      const checked = this.isLimited ? this.#checked(entries) : entries;
      const write = this.#writes.prepareMany(time === NEVER ? checked : noting(checked, keys));
      this.#afterPending(() => {
        write();
        this.expiries.putMany(keys.map((key) => [key, time]));
      });
      this.#sweep(keys.length);
      return;
    }
    const list = [...this.#checked(entries)];
    this.#connection.transaction(() => {
      for (const { key, value } of list) this.#pend(key, value, time);
    });
  }

  /** Does the same for entries that have times of their own. The last entry of a key counts. */
  setManyTimed(entries: Iterable<TimedEntry>): void {
    if (!this.cache.active) {
      const times = new Map<string, TimeOfKey>();
      const noted = notingTimes(entries, times);
      const write = this.#writes.prepareMany(this.isLimited ? this.#checked(noted) : noted);
      this.#afterPending(() => {
        write();
        this.expiries.putMany(Array.from(times.values()).filter(([, time]) => time !== NEVER));
      });
      this.#sweep(times.size);
      return;
    }
    const list = Array.from(entries);
    for (const { key, value } of list) this.checkLength(key, value.length);
    this.#connection.transaction(() => {
      for (const { key, value, time } of list) this.#pend(key, value, time);
    });
  }

  /** Deletes the keys of a range in one transaction. Returns how many there were. */
  deleteRange(range: ResolvedRange): number {
    const { expiries } = this;
    if (!this.cache.active && range.limit === NO_LIMIT) {
      return this.#afterPending(() => {
        const hidden = expiries.isUsed && expiries.isDue(this.#connection) ? expiries.countHidden(range) : 0;
        return this.#writes.deleteRange(range) - hidden;
      });
    }
    return this.#connection.transaction(() => {
      if (!this.cache.active) this.pending.writeOut();
      let deleted = 0;
      for (;;) {
        // The keys of one round come first: to delete a key ends the pages that are read ahead.
        const limit = Math.min(KEYS_AT_ONCE, range.limit - deleted);
        const keys = this.#keysOf({ ...range, limit });
        for (const key of keys) this.#put(key, undefined);
        deleted += keys.length;
        if (keys.length < KEYS_AT_ONCE) return deleted;
      }
    });
  }

  /** Gives a value another key, and replaces what that has. Returns whether there was such a value. */
  rename(from: CheckedKey, to: CheckedKey): boolean {
    const [source, target] = [toBytes(from), toBytes(to)];
    return this.#connection.transaction(() => {
      if (!this.cache.active) this.pending.writeOut();
      if (!this.reads.has(from)) return false;
      if (source.equals(target)) return true;
      if (this.cache.active && this.#isShort(source)) {
        const stored = this.reads.stored(from);
        if (stored) this.#pend(to, stored, this.expiries.timeOf(this.#connection, from));
        this.#pend(from, undefined);
        return true;
      }
      // The row moves as it is, so that no value of any length is in memory.
      this.writePendingFor(from);
      this.pending.forget(to);
      this.#writes.rename(source, target);
      return true;
    });
  }

  clear(): void {
    this.#connection.transaction(() => {
      this.pending.clear();
      this.#writes.clear();
    });
  }

  /** Returns when an entry expires; undefined if it does not exist. */
  timeOf(key: CheckedKey): number | undefined {
    return this.#connection.consistently(() =>
      this.reads.has(key) ? this.expiries.timeOf(this.#connection, key) : undefined,
    );
  }

  /** Has an entry expire at another time. Returns whether it exists. */
  touch(key: CheckedKey, time: number): boolean {
    this.#connection.checkWritable();
    return this.#connection.transaction(() => {
      if (!this.reads.has(key)) return false;
      if (this.pending.has(key)) this.pending.setTime(key, time);
      else this.expiries.change(key, time);
      return true;
    });
  }

  /** Returns the stored bytes of an entry, in memory of their own; undefined if it does not exist. */
  storedNow(key: CheckedKey): Buffer | undefined {
    return this.#connection.consistently(() => (this.reads.hides(key) ? undefined : this.reads.stored(key)));
  }

  /** Runs a body that reads and writes one entry in a transaction, when what is pending for the key is written. */
  atomically<T>(key: CheckedKey, body: () => T): T {
    this.#connection.checkWritable();
    return this.#connection.transaction(() => {
      this.writeOlderThan(key);
      const result = body();
      this.#shared.enforceLimits();
      return result;
    });
  }

  /** Sets or deletes an entry past the cache. Call it in `atomically`. */
  putNow(key: CheckedKey, value: Buffer | undefined, time: number): void {
    if (value) this.checkLength(key, value.length);
    this.#write(key, value, time);
  }

  /** Removes everything that has expired, in transactions that are short. Returns how many entries there were. */
  purgeExpired(): number {
    this.#connection.checkWritable();
    let purged = 0;
    for (const key of this.pending.times.expired(Date.now())) {
      // A deletion, because the row that it hides must stay hidden.
      this.pending.put(key, undefined);
      purged++;
    }
    for (;;) {
      const removed = this.#connection.transaction(() => this.#shared.removeExpired(PURGED_AT_ONCE));
      purged += removed;
      if (removed === 0) return purged;
    }
  }

  /** Deletes the table, and forgets what is pending for it. */
  dropTable(): void {
    this.#refuseShared('dropTable');
    this.#connection.transaction(() => {
      this.pending.clear();
      dropEntryTable(this.#connection, this.#shared.values.table);
    });
  }

  /** Puts the rows in the order of their keys, when everything pending has been written. Returns how many moved. */
  putInKeyOrder(): number {
    this.#connection.checkWritable();
    return this.#afterPending(() => putInKeyOrder(this.#connection, this.#shared.values.table));
  }

  /** Gives the table another name, when everything pending has been written. */
  renameTable(name: string): void {
    this.#refuseShared('renameTable');
    this.#connection.transaction(() => {
      this.pending.writeOut();
      renameEntryTable(this.#connection, this.#shared.values.table, name);
    });
  }

  #refuseShared(method: string): void {
    this.#connection.checkWritable();
    if (!this.#shared.isShared) return;
    throw new InvalidArgument(
      `${method}: another vault has the table ${quoteIdentifier(this.#shared.values.table)} open; close it first`,
    );
  }

  /** Writes what is pending for a key, so that the file has its value. */
  writePendingFor(key: CheckedKey): void {
    const pending = this.pending.get(key);
    if (!pending) return;
    this.#connection.transaction(() => {
      this.#write(key, pending.value, this.pending.times.of(key));
      this.pending.forget(key);
    });
  }

  /** Whether the table has limits, which each write must keep. */
  get isLimited(): boolean {
    return this.#shared.usage !== undefined;
  }

  /** Refuses a value that is longer than all entries of the table may be. */
  checkLength(key: CheckedKey, value: number): void {
    this.#shared.usage?.checkLength(lengthOf(key) + value);
  }

  /** Does what belongs to a value that has been written past the cache, in the same transaction. */
  wrotePast(key: CheckedKey, time: number): void {
    if (time !== NEVER) this.expiries.put(key, time);
    this.#shared.enforceLimits();
  }

  /**
   * Writes what is older than a value that is about to be written past the cache. Call it before that, or in its
   * transaction.
   */
  writeOlderThan(key: CheckedKey): void {
    if (this.cache.active) this.writePendingFor(key);
    else if (this.pending.count > 0) this.#afterPending(() => {});
  }

  /** Whether a value is pending, or short enough to become so. */
  #isShort(key: Buffer): boolean {
    return this.pending.has(key) || (this.#shared.values.extentOf(key)?.size ?? 0) <= SHORT;
  }

  #keysOf(range: ResolvedRange): Buffer[] {
    const scan = new Scan(this.#scanned, range, false);
    const keys: Buffer[] = [];
    while (scan.next()) keys.push(keyOf(scan.row));
    return keys;
  }

  get #scanned(): ScanSource {
    const { rows, values, expiries } = this.#shared;
    // No values are read.
    return { connection: this.#connection, name: values.table, rows, expiries, fetch: () => undefined };
  }

  /** Sets or deletes a key, in the way of this vault's other writes. */
  #put(key: CheckedKey, value: Uint8Array | undefined): void {
    if (this.cache.active) this.#pend(key, value);
    else this.#writes.put(key, value);
  }

  /** Runs a direct write in one transaction with what is pending, which is older and comes first. */
  #afterPending<T>(write: () => T): T {
    return this.#connection.transaction(() => {
      this.pending.writeOut();
      const result = write();
      this.#shared.enforceLimits();
      return result;
    });
  }

  #pend(key: CheckedKey, value: Uint8Array | undefined, time = NEVER): void {
    // A write that cannot happen is refused now, not when the cache is flushed.
    this.#connection.checkWritable();
    if (this.cache.put(key, value, time)) return;
    this.#connection.transaction(() => {
      this.#write(key, value, time);
      this.pending.forget(key);
      this.#shared.enforceLimits();
    });
  }

  *#checked(entries: Iterable<StoredEntry>): Generator<StoredEntry> {
    for (const entry of entries) {
      this.checkLength(entry.key, entry.value.length);
      yield entry;
    }
  }

  /** Writes an entry into the file, in the open transaction. The trigger drops the time that the key had. */
  #write(key: CheckedKey, value: Uint8Array | undefined, time: number): void {
    this.#writes.put(key, value);
    if (time !== NEVER) this.expiries.put(key, time);
  }

  /** Removes some of the entries that have expired, beside a write of so many. */
  #sweep(written: number): void {
    if (this.expiries.hasDue) this.#shared.sweep(written, (body) => this.#connection.tryTransaction(body));
  }
}

function lengthOf(key: CheckedKey): number {
  return typeof key === 'string' ? Buffer.byteLength(key) : key.length;
}

/** Passes entries on, and notes their keys. */
function* noting(entries: Iterable<StoredEntry>, keys: Buffer[]): Generator<StoredEntry> {
  for (const entry of entries) {
    keys.push(toBytes(entry.key));
    yield entry;
  }
}

function* notingTimes(entries: Iterable<TimedEntry>, times: Map<string, TimeOfKey>): Generator<StoredEntry> {
  for (const entry of entries) {
    const key = toBytes(entry.key);
    times.set(key.toString('latin1'), [key, entry.time]);
    yield entry;
  }
}
