import { type Connection, quoteIdentifier } from '@kohakuvault/core-native/database';
import type { CheckedKey } from './keys.ts';
import { StoredReads } from './stored-reads.ts';
import { StoredWrites } from './stored-writes.ts';
import type { ValueCodec } from './value-codec.ts';
import type { StoredValues } from './values/stored-values.ts';
import { WriteCache } from './write-cache.ts';

export interface EntriesSetup {
  readonly connection: Connection;
  /** What the core knows the table by. */
  readonly number: number;
  readonly values: StoredValues;
  readonly codec: ValueCodec;
  readonly maxBlobBytes: number;
}

/** The entries of one table: what is in the file, and before it what waits in the write-back cache, which the core's reads see. */
export class Entries {
  readonly cache: WriteCache;
  readonly #connection: Connection;
  readonly #table: string;
  readonly #reads: StoredReads;
  readonly #writes: StoredWrites;

  constructor({ connection, number, values, codec, maxBlobBytes }: EntriesSetup) {
    this.#connection = connection;
    this.#table = values.table;
    this.#writes = new StoredWrites(connection, number, values, maxBlobBytes);
    this.cache = new WriteCache(connection, number, () => this.#writes.writePending());
    this.#reads = new StoredReads({ connection, number, values, codec, cache: this.cache });
    connection.onClose(() => this.cache.close());
  }

  /** The value, or `MISSING`. */
  get(key: CheckedKey): unknown {
    return this.#reads.get(key);
  }

  /** The values of many keys from one state; undefined where a key does not exist. */
  getMany(keys: readonly CheckedKey[]): unknown[] {
    return this.#connection.snapshot(() => this.#reads.getMany(keys));
  }

  has(key: CheckedKey): boolean {
    return this.#reads.has(key);
  }

  /** The stored bytes of a key, in memory of their own. */
  stored(key: CheckedKey): Buffer | undefined {
    return this.#reads.stored(key);
  }

  get size(): number {
    const sql = `SELECT count(*) FROM main.${quoteIdentifier(this.#table)}`;
    const count = this.#connection.query<number>(sql, { pluck: true });
    return this.#connection.read(() => count.get() as number) + this.cache.surplus;
  }

  /** Sets stored bytes, which are copied where they have to wait. */
  set(key: CheckedKey, stored: Buffer): void {
    if (this.cache.active) this.#wait(key, stored);
    else this.#writes.set(key, stored);
  }

  /** Whether there was such a key. */
  delete(key: CheckedKey): boolean {
    if (!this.cache.active) return this.#writes.delete(key);
    const existed = this.has(key);
    if (existed) this.#wait(key, undefined);
    return existed;
  }

  /** Sets many in one transaction. All of them are looked at before the first is written. */
  setMany(entries: Iterable<{ readonly key: CheckedKey; readonly value: Buffer }>): void {
    if (!this.cache.active) {
      this.#connection.transaction(this.#writes.prepareMany(entries));
      return;
    }
    const list = [...entries];
    this.#connection.transaction(() => {
      for (const { key, value } of list) this.#wait(key, value);
    });
  }

  clear(): void {
    this.#connection.transaction(() => {
      this.cache.clear();
      this.#writes.clear();
    });
  }

  /** Writes what waits for a key, so that the file alone tells its value. */
  settle(key: CheckedKey): void {
    const pending = this.cache.get(key);
    if (!pending) return;
    this.#writes.put(key, pending.value);
    this.cache.forget(key);
  }

  #wait(key: CheckedKey, value: Buffer | undefined): void {
    // What cannot be written is refused now, and not when the cache is flushed.
    this.#connection.checkWritable();
    if (this.cache.put(key, value)) return;
    this.#writes.put(key, value);
    this.cache.forget(key);
  }
}
