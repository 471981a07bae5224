import { nativeCore } from '@kohakuvault/core-native';
import { type Connection, quoteIdentifier } from '@kohakuvault/core-native/database';
import { MISSING, StoredReads } from './stored-reads.ts';
import { StoredWrites } from './stored-writes.ts';
import type { ValueCodec } from './value-codec.ts';
import type { StoredValues } from './values/stored-values.ts';
import { type Pending, WriteCache } from './write-cache.ts';

/** A key as it was checked: a string, or bytes. */
export type CheckedKey = string | Uint8Array;

export interface EntriesSetup {
  readonly connection: Connection;
  /** What the core knows the table by. */
  readonly number: number;
  readonly values: StoredValues;
  readonly codec: ValueCodec;
  readonly maxBlobBytes: number;
}

/** The entries of one table: what is in the file, and before it what waits in the write-back cache. */
export class Entries {
  readonly cache: WriteCache;
  readonly #connection: Connection;
  readonly #number: number;
  readonly #table: string;
  readonly #codec: ValueCodec;
  readonly #reads: StoredReads;
  readonly #writes: StoredWrites;
  readonly #binding = nativeCore().binding;

  constructor({ connection, number, values, codec, maxBlobBytes }: EntriesSetup) {
    this.#connection = connection;
    this.#number = number;
    this.#table = values.table;
    this.#codec = codec;
    this.#reads = new StoredReads(connection, number, values, codec);
    this.#writes = new StoredWrites(connection, number, values, maxBlobBytes);
    this.cache = new WriteCache(connection, (entries) => this.#writes.putMany(entries));
    connection.onClose(() => this.cache.close());
  }

  /** The value, or `MISSING`. */
  get(key: CheckedKey): unknown {
    if (this.cache.isEmpty) return this.#reads.get(key);
    const pending = this.pending(key);
    if (!pending) return this.#reads.get(key);
    return pending.value ? this.#codec.decode(Buffer.from(pending.value), key) : MISSING;
  }

  /** The values of many keys from one state; undefined where a key does not exist. */
  getMany(keys: readonly CheckedKey[]): unknown[] {
    return this.#connection.snapshot(() => {
      if (this.cache.isEmpty) return this.#reads.getMany(keys);
      return keys.map((key) => {
        const value = this.get(key);
        return value === MISSING ? undefined : value;
      });
    });
  }

  has(key: CheckedKey): boolean {
    const pending = this.pending(key);
    return pending ? pending.value !== undefined : this.#reads.has(key);
  }

  /** The stored bytes of a key that is in the file, in memory of their own. */
  stored(key: CheckedKey): Buffer | undefined {
    return this.#reads.stored(key);
  }

  get size(): number {
    const sql = `SELECT count(*) FROM main.${quoteIdentifier(this.#table)}`;
    const { database } = this.#connection.shared;
    const count = this.#connection.read(() => Number(database.prepare(sql).pluck().get()));
    let pending = 0;
    for (const [, { key, value }] of this.cache.entries()) {
      const isStored = this.#binding.kvHas(this.#connection.handle, this.#number, key);
      if (isStored !== (value !== undefined)) pending += value === undefined ? -1 : 1;
    }
    return count + pending;
  }

  /** Sets stored bytes, which are copied where they have to wait. */
  set(key: CheckedKey, stored: Buffer): void {
    if (this.cache.active) this.#wait(key, Buffer.from(stored));
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
    const copies = Array.from(entries, ({ key, value }) => ({ key, value: Buffer.from(value) }));
    this.#connection.transaction(() => {
      for (const { key, value } of copies) this.#wait(key, value);
    });
  }

  clear(): void {
    this.#connection.transaction(() => {
      for (const [id] of [...this.cache.entries()]) this.cache.forget(id);
      this.#writes.clear();
    });
  }

  /** What waits for a key in the cache. */
  pending(key: CheckedKey): Pending | undefined {
    return this.cache.isEmpty ? undefined : this.cache.get(idOf(key));
  }

  /** Writes what waits for a key, so that the file alone tells its value. */
  settle(key: CheckedKey): void {
    const entry = this.pending(key);
    if (!entry) return;
    this.#writes.put(entry);
    this.cache.forget(idOf(key));
  }

  #wait(key: CheckedKey, value: Buffer | undefined): void {
    const id = idOf(key);
    const kept = typeof key === 'string' ? key : Buffer.from(key);
    const bytes = (typeof key === 'string' ? Buffer.byteLength(key) : key.length) + (value?.length ?? 0);
    // What cannot be written is refused now, and not when the cache is flushed.
    this.#connection.checkWritable();
    const entry = { key: kept, value, bytes };
    if (this.cache.put(id, entry)) return;
    this.#writes.put(entry);
    this.cache.forget(id);
  }
}

/** What tells keys apart in memory. Bytes that are no text get a name no text has: it begins with half a surrogate pair. */
function idOf(key: CheckedKey): string {
  if (typeof key === 'string') return key;
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.length);
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : `\ud800${bytes.toString('latin1')}`;
}
