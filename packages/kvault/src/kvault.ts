import type { Readable, Writable } from 'node:stream';
import {
  CorruptData,
  checkOptions,
  describe,
  InvalidArgument,
  NotFound,
  nativeCore,
  rules,
} from '@kohakuvault/core-native';
import {
  type CheckpointMode,
  type CheckpointResult,
  type Connection,
  connectionOf,
  type Database,
  type DatabaseSource,
  openDatabase,
  quoteIdentifier,
} from '@kohakuvault/core-native/database';
import { decodeValue, encodeValue } from '@kohakuvault/packer/value';
import { checkKey, type Key, type KeyEncoding, showKey } from './keys.ts';
import { objectView } from './object-view.ts';
import { type KVaultOptions, splitOptions } from './options.ts';
import { type KeyRange, resolveRange } from './range.ts';
import { type Row, scan } from './scan.ts';
import type { BlobHandle } from './streams/blob-handle.ts';
import type { BlobOptions, GetToFileOptions, PutFileOptions, ReadStreamOptions } from './streams/options.ts';
import type { PutSource } from './streams/sources.ts';
import { removeDeadSpools } from './streams/spool.ts';
import { type GetTarget, Streams } from './streams/streams.ts';
import { noteReplaced } from './streams/watch.ts';
import { openTable } from './table.ts';
import { looksLikeManifest } from './values/manifest.ts';
import { StoredValues } from './values/stored-values.ts';
import { writeValue } from './values/value-writer.ts';
import { type CacheOptions, type CacheStats, type Pending, WriteCache } from './write-cache.ts';

/** Values up to this size are read into memory that is used again; longer ones into memory of their own. */
const SCRATCH_BYTES = 64 * 1024;

/** A dict of anything, in one table of one SQLite file. */
// biome-ignore lint/suspicious/noExplicitAny: a vault holds anything unless its user says what.
export class KVault<V = any> implements Disposable {
  readonly #connection: Connection;
  readonly #table: string;
  readonly #number: number;
  readonly #keyEncoding: KeyEncoding;
  readonly #cache: WriteCache;
  readonly #maxBlobBytes: number;
  readonly #binding = nativeCore().binding;
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  #autoPack: boolean;
  #headers: boolean;
  #structured = true;

  constructor(source: DatabaseSource, options?: KVaultOptions) {
    const { own, connection } = splitOptions(options);
    this.#table = own.table;
    this.#autoPack = own.autoPack;
    this.#headers = own.headers;
    this.#keyEncoding = own.keyEncoding;
    this.#chunkSize = own.chunkSize;
    this.#maxBlobBytes = own.maxBlobBytes;
    this.#connection = openDatabase(source, connection);
    try {
      this.#number = openTable(this.#connection, own.table);
      removeDeadSpools(this.#connection);
    } catch (error) {
      this.#connection.close();
      throw error;
    }
    this.#cache = new WriteCache(this.#connection, (entry) => this.#writeStored(entry.key, entry.value));
    this.#connection.onClose(() => this.#cache.close());
  }

  /** For another vault made from this one. */
  get [connectionOf](): Connection {
    return this.#connection;
  }

  /** The value, or the fallback (undefined) where the key does not exist. */
  get(key: Key): V | undefined;
  get<D>(key: Key, fallback: D): V | D;
  get(key: Key, fallback?: unknown): unknown {
    const stored = this.#stored(checkKey(key));
    return stored === undefined ? fallback : this.#decode(stored, key);
  }

  /** The value; `NotFound` where the key does not exist. */
  getOrThrow(key: Key): V {
    const stored = this.#stored(checkKey(key));
    if (stored === undefined) throw new NotFound(`${this.#table} has no key ${showKey(key)}`);
    return this.#decode(stored, key) as V;
  }

  /** The values of many keys, in their order, from one state of the file. */
  getMany(keys: Iterable<Key>): (V | undefined)[] {
    const list = listOf('getMany', keys);
    return this.#connection.snapshot(() => list.map((key) => this.get(key)));
  }

  has(key: Key): boolean {
    const checked = checkKey(key);
    const pending = this.#pending(checked);
    if (pending) return pending.value !== undefined;
    this.#connection.touch();
    return this.#binding.kvHas(this.#connection.handle, this.#number, checked);
  }

  set(key: Key, value: V): this {
    const checked = checkKey(key);
    this.#put(checked, this.#encode(value, key));
    return this;
  }

  /** Writes many entries in one transaction; how many. Where one cannot be written, none is. */
  setMany(entries: Iterable<readonly [Key, V]>): number {
    const encoded = listOf('setMany', entries).map((entry) => {
      if (!Array.isArray(entry) || entry.length !== 2) {
        throw new InvalidArgument(`setMany: one entry is ${describe(entry)}; expected a pair of a key and a value`);
      }
      const [key, value] = entry;
      const checked = checkKey(key);
      return { key: checked, value: Buffer.from(this.#encode(value, key)) };
    });
    this.#connection.transaction(() => {
      for (const { key, value } of encoded) this.#put(key, value);
    });
    return encoded.length;
  }

  /** Whether there was such a key. */
  delete(key: Key): boolean {
    const checked = checkKey(key);
    if (!this.#cache.active) {
      const { handle } = this.#connection;
      const existed = this.#connection.write(() => this.#binding.kvDelete(handle, this.#number, checked));
      noteReplaced(this.#connection, this.#table, checked);
      return existed;
    }
    const existed = this.has(key);
    if (existed) this.#putPending(checked, undefined);
    return existed;
  }

  /** Deletes many keys in one transaction; how many there were. */
  deleteMany(keys: Iterable<Key>): number {
    const list = listOf('deleteMany', keys);
    for (const key of list) checkKey(key);
    return this.#connection.transaction(() => list.filter((key) => this.delete(key)).length);
  }

  clear(): void {
    const table = quoteIdentifier(this.#table);
    this.#connection.transaction(() => {
      for (const [id] of [...this.#cache.entries()]) this.#cache.forget(id);
      this.#binding.execute(this.#connection.handle, `DELETE FROM main.${table}`);
      noteReplaced(this.#connection, this.#table);
    });
  }

  /** Deletes a key and returns its value, or the fallback (undefined) where there was none. */
  pop(key: Key): V | undefined;
  pop<D>(key: Key, fallback: D): V | D;
  pop(key: Key, fallback?: unknown): unknown {
    return this.#connection.transaction(() => {
      const stored = this.#stored(checkKey(key));
      if (stored === undefined) return fallback;
      const value = this.#decode(stored, key);
      this.delete(key);
      return value;
    });
  }

  /** Sets the key where it does not exist; the value it has then. */
  setDefault(key: Key, value: V): V {
    return this.#connection.transaction(() => {
      if (!this.has(key)) this.set(key, value);
      return this.getOrThrow(key);
    });
  }

  /** Sets all entries of an iterable of pairs or of an object, in one transaction. */
  update(entries: Iterable<readonly [Key, V]> | Record<string, V>): void {
    if (typeof entries !== 'object' || entries === null) {
      throw new InvalidArgument(`update: the entries are ${describe(entries)}; expected pairs or an object`);
    }
    this.setMany(Symbol.iterator in entries ? entries : Object.entries(entries));
  }

  get size(): number {
    const { database } = this.#connection.shared;
    const count = this.#connection.read(() =>
      Number(
        database
          .prepare(`SELECT count(*) FROM main.${quoteIdentifier(this.#table)}`)
          .pluck()
          .get(),
      ),
    );
    let pending = 0;
    for (const [, { key, value }] of this.#cache.entries()) {
      const isStored = this.#binding.kvHas(this.#connection.handle, this.#number, key);
      if (isStored !== (value !== undefined)) pending += value === undefined ? -1 : 1;
    }
    return count + pending;
  }

  *keys(range?: KeyRange | Key): Generator<string> {
    for (const { key } of this.#scan(range, false)) yield this.#keyOut(key) as string;
  }

  *values(range?: KeyRange | Key): Generator<V> {
    for (const row of this.#scan(range, true)) yield this.#valueOf(row);
  }

  *entries(range?: KeyRange | Key): Generator<[string, V]> {
    for (const row of this.#scan(range, true)) yield [this.#keyOut(row.key) as string, this.#valueOf(row)];
  }

  [Symbol.iterator](): Generator<[string, V]> {
    return this.entries();
  }

  /** The vault as an object: `view.a = 1; 'a' in view; delete view.a`. */
  asObject(): Record<string, V> {
    return objectView(this);
  }

  enableCache(options?: CacheOptions): void {
    this.#use();
    this.#cache.enable(options);
  }

  disableCache(): void {
    this.#use();
    this.#cache.disable();
  }

  /** Writes what is pending in one transaction; the number of entries. Nothing inside `lockCache`. */
  flushCache(): number {
    this.#use();
    return this.#cache.flush();
  }

  /** Runs a body whose writes are gathered and written at its end. It may be asynchronous. */
  cache<T>(body: (vault: this) => T): T;
  cache<T>(options: CacheOptions, body: (vault: this) => T): T;
  cache<T>(first: CacheOptions | ((vault: this) => T), second?: (vault: this) => T): T {
    this.#use();
    const body = typeof first === 'function' ? first : second;
    if (typeof body !== 'function') {
      throw new InvalidArgument(`cache: the body is ${describe(body)}; expected a function`);
    }
    return this.#cache.scope(typeof first === 'function' ? undefined : first, () => body(this));
  }

  /** Runs a body during which nothing pending is written. It may be asynchronous. */
  lockCache<T>(body: () => T): T {
    this.#use();
    if (typeof body !== 'function') {
      throw new InvalidArgument(`lockCache: the body is ${describe(body)}; expected a function`);
    }
    return this.#cache.lock(body);
  }

  /** What is pending; undefined while no cache is enabled. */
  get cacheStats(): CacheStats | undefined {
    return this.#cache.stats;
  }

  /** Encode values of any kind, with headers; `structured: false` refuses those that Python could not read. */
  enableAutoPack(options: { structured?: boolean } = {}): void {
    checkOptions('enableAutoPack', options, { structured: rules.boolean });
    this.#autoPack = true;
    this.#headers = true;
    this.#structured = options.structured ?? true;
  }

  /** Take bytes only, and give back what is stored, with any header. */
  disableAutoPack(): void {
    this.#autoPack = false;
  }

  get autoPackEnabled(): boolean {
    return this.#autoPack;
  }

  enableHeaders(): void {
    this.#headers = true;
  }

  disableHeaders(): void {
    this.#headers = false;
  }

  get headersEnabled(): boolean {
    return this.#headers;
  }

  /** IMMEDIATE; nested it is a savepoint. Covers every vault on this connection, and what they have pending. */
  transaction<T>(body: () => T): T {
    return this.#connection.transaction(body);
  }

  /** One consistent state for all the body reads, without the write lock. */
  snapshot<T>(body: () => T): T {
    return this.#connection.snapshot(body);
  }

  checkpoint(mode?: CheckpointMode): CheckpointResult {
    return this.#connection.checkpoint(mode);
  }

  optimize(): void {
    this.#connection.optimize();
  }

  /** Writes what is pending and ends this vault's share of the connection. */
  close(): void {
    this.#connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get database(): Database {
    return this.#connection.database;
  }

  get path(): string {
    return this.#connection.path;
  }

  get table(): string {
    return this.#table;
  }

  /** Throws where the vault is closed. */
  #use(): void {
    this.#connection.handle;
  }

  #pending(key: string | Uint8Array): Pending | undefined {
    return this.#cache.isEmpty ? undefined : this.#cache.get(idOf(key));
  }

  /** The stored bytes, which are the caller's until its next read: short ones lie in memory that is used again. */
  #stored(key: string | Uint8Array): Buffer | undefined {
    const pending = this.#pending(key);
    if (pending) return pending.value && Buffer.from(pending.value);
    return this.#storedIn(key, this.#scratch);
  }

  #storedIn(key: string | Uint8Array, scratch: Buffer): Buffer | undefined {
    this.#connection.touch();
    const { handle } = this.#connection;
    const length = this.#binding.kvGet(handle, this.#number, key, scratch);
    if (length >= 0) {
      const stored = scratch.subarray(0, length);
      return looksLikeManifest(stored) ? this.#values.readAll(bytesOfKey(key)) : stored;
    }
    if (length === -1) return undefined;
    // Read again into memory of its own; another connection may have made it longer still meanwhile.
    return this.#storedIn(key, Buffer.allocUnsafeSlow(-2 - length));
  }

  /** The value of stored bytes, sharing no memory that is used again. */
  #decode(stored: Buffer, key: Key): unknown {
    try {
      const value = decodeValue(stored, { autoPack: this.#autoPack });
      return value instanceof Buffer && value.buffer === this.#scratch.buffer ? Buffer.from(value) : value;
    } catch (error) {
      if (looksLikeManifest(stored)) {
        throw new CorruptData(`the value of ${showKey(key)} in ${this.#table} is in parts that are not there`);
      }
      if (error instanceof CorruptData) {
        throw new CorruptData(`the value of ${showKey(key)} in ${this.#table}: ${error.message}`, { cause: error });
      }
      throw error;
    }
  }

  #encode(value: unknown, key: Key): Buffer {
    try {
      return encodeValue(value, { autoPack: this.#autoPack, headers: this.#headers, structured: this.#structured });
    } catch (error) {
      if (error instanceof InvalidArgument) {
        throw new InvalidArgument(`the value for ${showKey(key)}: ${error.message}`, { cause: error });
      }
      throw error;
    }
  }

  /** Writes stored bytes: pending where a cache is active, in the file otherwise. */
  #put(key: string | Uint8Array, stored: Buffer): void {
    if (this.#cache.active) {
      // What was given may be changed by its owner before it is written.
      this.#putPending(key, Buffer.from(stored));
    } else {
      this.#writeStored(key, stored);
    }
  }

  #putPending(key: string | Uint8Array, value: Buffer | undefined): void {
    const id = idOf(key);
    const kept = typeof key === 'string' ? key : Buffer.from(key);
    const bytes = (typeof key === 'string' ? Buffer.byteLength(key) : key.length) + (value?.length ?? 0);
    // What cannot be written is refused now, and not when the cache is flushed.
    this.#connection.checkWritable();
    if (this.#cache.put(id, { key: kept, value, bytes })) return;
    this.#writeStored(key, value);
    this.#cache.forget(id);
  }

  #writeStored(key: string | Uint8Array, value: Uint8Array | undefined): void {
    const { handle } = this.#connection;
    if (value === undefined) this.#connection.write(() => this.#binding.kvDelete(handle, this.#number, key));
    else if (value.length > this.#maxBlobBytes) this.#writeInParts(bytesOfKey(key), value);
    else this.#connection.write(() => this.#binding.kvSet(handle, this.#number, key, value));
    noteReplaced(this.#connection, this.#table, key);
  }

  #writeInParts(key: Buffer, value: Uint8Array): void {
    const limits = { size: value.length, maxBlobBytes: this.#maxBlobBytes };
    this.#connection.transaction(() => writeValue(this.#values, key, limits, (writer) => writer.append(value)));
  }

  get #values(): StoredValues {
    this.#valuesOfThis ??= new StoredValues(this.#connection, this.#table);
    return this.#valuesOfThis;
  }

  #scan(range: KeyRange | Key | undefined, values: boolean): Iterable<Row> {
    return scan(
      {
        connection: this.#connection,
        table: this.#number,
        cache: this.#cache,
        fetch: (key) => this.#storedIn(key, Buffer.alloc(0)),
      },
      resolveRange(range),
      values,
    );
  }

  #keyOut(key: Buffer): string | Buffer {
    if (this.#keyEncoding === 'bytes') return key;
    const text = key.toString('utf8');
    if (text.includes('\ufffd') && !Buffer.from(text).equals(key)) {
      throw new CorruptData(
        `the key ${key.toString('hex')} (hexadecimal) is no UTF-8: open the vault with keyEncoding: 'bytes' to list it`,
      );
    }
    return text;
  }

  #valueOf({ key, value }: Row): V {
    return this.#decode(value as Buffer, key) as V;
  }

  // Streams: everything they do is in src/streams.

  readonly #chunkSize: number;
  #streamsOfThis: Streams | undefined;
  #valuesOfThis: StoredValues | undefined;

  /** Stores all bytes of a source, of any size, in constant memory: the whole of it or nothing. How many they were. */
  putFile(key: Key, source: PutSource, options?: PutFileOptions): Promise<number> {
    return this.#streams.putFile(key, source, options);
  }

  /** Writes a bytes value to a file or a stream, in constant memory. How many bytes it has. `NotFound` without the key. */
  getToFile(key: Key, target: GetTarget, options?: GetToFileOptions): Promise<number> {
    return this.#streams.getToFile(key, target, options);
  }

  /** The bytes of a value, or of a part of it, as they are now, whatever is written while they are read. */
  createReadStream(key: Key, options?: ReadStreamOptions): Readable {
    return this.#streams.createReadStream(key, options);
  }

  /** A stream whose bytes become the key's value when it finishes; destroyed before, it leaves the old one. */
  createWriteStream(key: Key, options?: PutFileOptions): Writable {
    return this.#streams.createWriteStream(key, options);
  }

  /** Random access to a bytes value. `NotFound` without the key; `KV_STALE` once it has been replaced. */
  openBlob(key: Key, options?: BlobOptions): BlobHandle {
    return this.#streams.openBlob(key, options);
  }

  get #streams(): Streams {
    this.#streamsOfThis ??= new Streams({
      connection: this.#connection,
      table: this.#table,
      values: this.#values,
      chunkSize: this.#chunkSize,
      maxBlobBytes: this.#maxBlobBytes,
      readsHeaders: () => this.#autoPack,
      writesHeaders: () => this.#autoPack && this.#headers,
      pending: (key) => this.#pending(key),
      settle: (key) => {
        const entry = this.#pending(key);
        if (!entry) return;
        this.#writeStored(key, entry.value);
        this.#cache.forget(idOf(key));
      },
    });
    return this.#streamsOfThis;
  }
}

function bytesOfKey(key: string | Uint8Array): Buffer {
  return Buffer.from(key as string);
}

/** What tells keys apart in memory. Bytes that are no text get a name no text has: it begins with half a surrogate pair. */
function idOf(key: string | Uint8Array): string {
  if (typeof key === 'string') return key;
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.length);
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : `\ud800${bytes.toString('latin1')}`;
}

function listOf<T>(method: string, items: Iterable<T>): T[] {
  if (typeof items === 'string' || typeof (items as Iterable<T> | undefined)?.[Symbol.iterator] !== 'function') {
    throw new InvalidArgument(`${method}: given is ${describe(items)}; expected an array or another iterable`);
  }
  return Array.from(items);
}
