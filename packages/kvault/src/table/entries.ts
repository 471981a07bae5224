import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Connection, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
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
/** A longer value that is in the file does not become pending when it gets another key. */
const SHORT = 64 * 1024;

export interface EntriesSetup {
  readonly connection: Connection;
  readonly shared: SharedTable;
  readonly codec: KeyedCodec;
  readonly maxBlobBytes: number;
}

/** The entries of one table: how they are read, and whether a write is pending or goes to the file at once. */
export class Entries {
  readonly reads: TableReads;
  readonly cache: WriteCache;
  readonly pending: PendingEntries;
  readonly #connection: Connection;
  readonly #shared: SharedTable;
  readonly #writes: TableWrites;

  constructor({ connection, shared, codec, maxBlobBytes }: EntriesSetup) {
    const { rows, values, pending } = shared;
    this.#connection = connection;
    this.#shared = shared;
    this.pending = pending;
    this.#writes = new TableWrites(connection, rows, values, maxBlobBytes);
    this.cache = new WriteCache(connection, pending);
    this.reads = new TableReads({ connection, rows, values, codec, pending });
    connection.onClose(() => this.cache.writeBack.close());
  }

  /** Sets stored bytes. They are copied if they stay pending. */
  set(key: CheckedKey, stored: Buffer): void {
    if (this.cache.active) this.#pend(key, stored);
    else if (this.pending.count === 0) this.#writes.set(key, stored);
    else this.#afterPending(() => this.#writes.set(key, stored));
  }

  /** Deletes a key. Returns whether it existed. */
  delete(key: CheckedKey): boolean {
    if (this.cache.active) {
      this.#connection.checkWritable();
      const existed = this.reads.has(key);
      if (existed) this.#pend(key, undefined);
      return existed;
    }
    if (this.pending.count === 0) return this.#writes.delete(key);
    return this.#afterPending(() => this.#writes.delete(key));
  }

  /** Sets many entries in one transaction. All of them are checked before the first is written. */
  setMany(entries: Iterable<StoredEntry>): void {
    if (!this.cache.active) {
      this.#afterPending(this.#writes.prepareMany(entries));
      return;
    }
    const list = [...entries];
    this.#connection.transaction(() => {
      for (const { key, value } of list) this.#pend(key, value);
    });
  }

  /** Deletes the keys of a range in one transaction. Returns how many there were. */
  deleteRange(range: ResolvedRange): number {
    if (!this.cache.active && range.limit === NO_LIMIT) {
      return this.#afterPending(() => this.#writes.deleteRange(range));
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
        if (stored) this.#pend(to, stored);
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
      this.#writes.put(key, pending.value);
      this.pending.forget(key);
    });
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
    const { rows, values } = this.#shared;
    // No values are read.
    return { connection: this.#connection, name: values.table, rows, fetch: () => undefined };
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
      return write();
    });
  }

  #pend(key: CheckedKey, value: Uint8Array | undefined): void {
    // A write that cannot happen is refused now, not when the cache is flushed.
    this.#connection.checkWritable();
    if (this.cache.put(key, value)) return;
    this.#connection.transaction(() => {
      this.#writes.put(key, value);
      this.pending.forget(key);
    });
  }
}
