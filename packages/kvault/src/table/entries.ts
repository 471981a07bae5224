import { type Connection, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import type { CheckedKey } from '../keys/keys.ts';
import type { KeyedCodec } from '../values/keyed-codec.ts';
import type { PendingEntries } from './pending-entries.ts';
import type { SharedTable } from './shared-table.ts';
import { StoredReads } from './stored-reads.ts';
import { StoredWrites } from './stored-writes.ts';
import { WriteCache } from './write-cache.ts';

export interface EntriesSetup {
  readonly connection: Connection;
  readonly shared: SharedTable;
  readonly codec: KeyedCodec;
  readonly maxBlobBytes: number;
}

/** The entries of one table: what is in the file, and before it what is pending in the write-back cache, which the core's reads see. */
export class Entries {
  readonly cache: WriteCache;
  readonly pending: PendingEntries;
  readonly #connection: Connection;
  readonly #table: string;
  readonly #reads: StoredReads;
  readonly #writes: StoredWrites;

  constructor({ connection, shared, codec, maxBlobBytes }: EntriesSetup) {
    const { number, values, pending } = shared;
    this.#connection = connection;
    this.#table = values.table;
    this.pending = pending;
    this.#writes = new StoredWrites(connection, number, values, maxBlobBytes);
    this.cache = new WriteCache(connection, pending);
    this.#reads = new StoredReads({ connection, number, values, codec, pending });
    connection.onClose(() => this.cache.writeBack.close());
  }

  /** The value, or `MISSING`. */
  get(key: CheckedKey): unknown {
    return this.#reads.get(key);
  }

  /** The values of many keys from one state; undefined where a key does not exist. */
  getMany(keys: readonly CheckedKey[]): unknown[] {
    return this.#connection.consistently(() => this.#reads.getMany(keys));
  }

  has(key: CheckedKey): boolean {
    return this.#reads.has(key);
  }

  /** The stored bytes of a key, in memory of their own. */
  stored(key: CheckedKey): Buffer | undefined {
    return this.#reads.stored(key);
  }

  get size(): number {
    return this.#connection.consistently(() => {
      const count = this.#connection.query<number>(`SELECT count(*) FROM main.${quoteIdentifier(this.#table)}`, {
        pluck: true,
      });
      return (this.#connection.read(() => count.get()) as number) + this.pending.surplus;
    });
  }

  /** Sets stored bytes, which are copied where they have to wait. */
  set(key: CheckedKey, stored: Buffer): void {
    if (this.cache.active) this.#wait(key, stored);
    else if (this.pending.count === 0) this.#writes.set(key, stored);
    else this.#behindPending(() => this.#writes.set(key, stored));
  }

  /** Whether there was such a key. */
  delete(key: CheckedKey): boolean {
    if (this.cache.active) {
      this.#connection.checkWritable();
      const existed = this.has(key);
      if (existed) this.#wait(key, undefined);
      return existed;
    }
    if (this.pending.count === 0) return this.#writes.delete(key);
    return this.#behindPending(() => this.#writes.delete(key));
  }

  /** Sets many in one transaction. All of them are looked at before the first is written. */
  setMany(entries: Iterable<{ readonly key: CheckedKey; readonly value: Buffer }>): void {
    if (!this.cache.active) {
      this.#behindPending(this.#writes.prepareMany(entries));
      return;
    }
    const list = [...entries];
    this.#connection.transaction(() => {
      for (const { key, value } of list) this.#wait(key, value);
    });
  }

  clear(): void {
    this.#connection.transaction(() => {
      this.pending.clear();
      this.#writes.clear();
    });
  }

  /** Writes what is pending for a key, so that the file alone tells its value. */
  settle(key: CheckedKey): void {
    const pending = this.pending.get(key);
    if (!pending) return;
    this.#connection.transaction(() => {
      this.#writes.put(key, pending.value);
      this.pending.forget(key);
    });
  }

  /** Before a value is written directly, inside the transaction that does it or before that: what is pending is older and comes first. */
  makeWay(key: CheckedKey): void {
    if (this.cache.active) this.settle(key);
    else if (this.pending.count > 0) this.#behindPending(() => {});
  }

  /** Runs a direct write in one transaction with what is pending, which is older and comes first. */
  #behindPending<T>(write: () => T): T {
    return this.#connection.transaction(() => {
      this.pending.writeOut();
      return write();
    });
  }

  #wait(key: CheckedKey, value: Buffer | undefined): void {
    // What cannot be written is refused now, and not when the cache is flushed.
    this.#connection.checkWritable();
    if (this.cache.put(key, value)) return;
    this.#connection.transaction(() => {
      this.#writes.put(key, value);
      this.pending.forget(key);
    });
  }
}
