import type { Connection } from '@kohakuvault/core-native/internal/database';
import type { CheckedKey } from '../keys/keys.ts';
import type { KeyedCodec } from '../values/keyed-codec.ts';
import type { PendingEntries } from './pending-entries.ts';
import type { SharedTable } from './shared-table.ts';
import { TableReads } from './table-reads.ts';
import { type StoredEntry, TableWrites } from './table-writes.ts';
import { WriteCache } from './write-cache.ts';

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
  readonly #writes: TableWrites;

  constructor({ connection, shared, codec, maxBlobBytes }: EntriesSetup) {
    const { rows, values, pending } = shared;
    this.#connection = connection;
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

  clear(): void {
    this.#connection.transaction(() => {
      this.pending.clear();
      this.#writes.clear();
    });
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
