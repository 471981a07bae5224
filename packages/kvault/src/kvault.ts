import type { Readable, Writable } from 'node:stream';
import { describe, InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import {
  CachedVault,
  type Connection,
  type DatabaseSource,
  openVault,
} from '@kohakuvault/core-native/internal/database';
import { type Feature, registerFeatures } from './features.ts';
import { type CheckedKey, checkKey, type Key, type KeyEncoding, keyText, showKey } from './keys/keys.ts';
import { type KeyRange, resolveRange } from './keys/range.ts';
import { objectView } from './object-view.ts';
import { type KVaultOptions, optionsOf } from './options.ts';
import type { PutSource } from './streams/in/sources.ts';
import { removeDeadSpools } from './streams/in/spool.ts';
import type { BlobOptions, GetToFileOptions, PutFileOptions, ReadStreamOptions } from './streams/options.ts';
import type { BlobHandle } from './streams/out/blob-handle.ts';
import { type GetTarget, Streams } from './streams/streams.ts';
import { Entries } from './table/entries.ts';
import { keyOf, type Row, scan } from './table/scan.ts';
import { SharedTable } from './table/shared-table.ts';
import { MISSING } from './table/stored-reads.ts';
import { openEntryTable } from './table/table.ts';
import type { CacheStats } from './table/write-cache.ts';
import { type KeyedCodec, keyedCodec } from './values/keyed-codec.ts';

/** A dict of anything, in one table of one SQLite file. */
// biome-ignore lint/suspicious/noExplicitAny: a vault holds anything unless its user says what.
export class KVault<V = any> extends CachedVault {
  readonly #connection: Connection;
  readonly #number: number;
  readonly #keyEncoding: KeyEncoding;
  readonly #table: string;
  readonly #codec: KeyedCodec;
  readonly #entries: Entries;
  readonly #streams: Streams;

  constructor(source: DatabaseSource, options?: KVaultOptions) {
    const { own, connection: given } = optionsOf(options);
    const { table, chunkSize, maxBlobBytes } = own;
    const codec = keyedCodec(table, own);
    const { connection, number, entries, streams } = openVault(source, given, (connection) => {
      openEntryTable(connection, table);
      removeDeadSpools(connection);
      registerFeatures(connection, ...asked(options));
      const shared = SharedTable.of(connection, table, maxBlobBytes);
      const { number, values } = shared;
      const entries = new Entries({ connection, shared, codec, maxBlobBytes });
      const streams = new Streams({ connection, table, values, codec, chunkSize, maxBlobBytes, entries });
      return { connection, number, entries, streams };
    });
    super(connection, entries.cache.writeBack);
    this.#connection = connection;
    this.#number = number;
    this.#keyEncoding = own.keyEncoding;
    this.#table = table;
    this.#codec = codec;
    this.#entries = entries;
    this.#streams = streams;
  }

  /** The value, or the fallback (undefined) where the key does not exist. */
  get(key: Key): V | undefined;
  get<D>(key: Key, fallback: D): V | D;
  get(key: Key, fallback?: unknown): unknown {
    const value = this.#entries.get(checkKey(key));
    return value === MISSING ? fallback : value;
  }

  /** The value; `NotFound` where the key does not exist. */
  getOrThrow(key: Key): V {
    const value = this.#entries.get(checkKey(key));
    if (value === MISSING) throw new NotFound(`${this.table} has no key ${showKey(key)}`);
    return value as V;
  }

  /** The values of many keys, in their order, from one state of the file. */
  getMany(keys: Iterable<Key>): (V | undefined)[] {
    return this.#entries.getMany(listOf('getMany', keys).map(checkKey)) as (V | undefined)[];
  }

  has(key: Key): boolean {
    return this.#entries.has(checkKey(key));
  }

  set(key: Key, value: V): this {
    const checked = checkKey(key);
    this.#entries.set(checked, this.#codec.encode(value, key));
    return this;
  }

  /** Writes many entries in one transaction; how many. Where one cannot be written, none is. */
  setMany(entries: Iterable<readonly [Key, V]>): number {
    const list = listOf('setMany', entries);
    this.#entries.setMany(this.#encoded(list));
    return list.length;
  }

  /** Whether there was such a key. */
  delete(key: Key): boolean {
    return this.#entries.delete(checkKey(key));
  }

  /** Deletes many keys in one transaction; how many there were. */
  deleteMany(keys: Iterable<Key>): number {
    const list = listOf('deleteMany', keys).map(checkKey);
    return this.#connection.transaction(() => list.filter((key) => this.#entries.delete(key)).length);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Deletes a key and returns its value, or the fallback (undefined) where there was none. */
  pop(key: Key): V | undefined;
  pop<D>(key: Key, fallback: D): V | D;
  pop(key: Key, fallback?: unknown): unknown {
    const checked = checkKey(key);
    return this.#connection.transaction(() => {
      const value = this.#entries.get(checked);
      if (value === MISSING) return fallback;
      this.#entries.delete(checked);
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
    return this.#entries.size;
  }

  *keys(range?: KeyRange | Key): Generator<string> {
    for (const row of this.#scan(range, false)) yield this.#keyOf(row);
  }

  *values(range?: KeyRange | Key): Generator<V> {
    for (const row of this.#scan(range, true)) yield this.#valueOf(row);
  }

  *entries(range?: KeyRange | Key): Generator<[string, V]> {
    for (const row of this.#scan(range, true)) yield [this.#keyOf(row), this.#valueOf(row)];
  }

  [Symbol.iterator](): Generator<[string, V]> {
    return this.entries();
  }

  /** The vault as an object: `view.a = 1; 'a' in view; delete view.a`. */
  asObject(): Record<string, V> {
    return objectView(this);
  }

  /** What is pending; undefined while no cache is enabled. */
  get cacheStats(): CacheStats | undefined {
    return this.#entries.cache.stats;
  }

  /** Encode values of any kind, with headers; `structured: false` refuses those that Python could not read. */
  enableAutoPack(options?: { structured?: boolean }): void {
    this.#codec.enableAutoPack(options, () => registerFeatures(this.#connection, 'headers_v1', 'auto_pack_v1'));
  }

  /** Take bytes only, and give back what is stored, with any header. */
  disableAutoPack(): void {
    this.#codec.disableAutoPack();
  }

  get autoPackEnabled(): boolean {
    return this.#codec.autoPack;
  }

  enableHeaders(): void {
    registerFeatures(this.#connection, 'headers_v1');
    this.#codec.headers = true;
  }

  disableHeaders(): void {
    this.#codec.headers = false;
  }

  get headersEnabled(): boolean {
    return this.#codec.headers;
  }

  get table(): string {
    return this.#table;
  }

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

  *#encoded(entries: (readonly [Key, V])[]): Generator<{ key: CheckedKey; value: Buffer }> {
    for (const entry of entries) {
      if (!Array.isArray(entry) || entry.length !== 2) {
        throw new InvalidArgument(`setMany: one entry is ${describe(entry)}; expected a pair of a key and a value`);
      }
      const [key, value] = entry;
      yield { key: checkKey(key), value: this.#codec.encode(value, key) };
    }
  }

  #scan(range: KeyRange | Key | undefined, values: boolean): Iterable<Row> {
    const fetch = (key: Buffer) => this.#entries.stored(key);
    const source = { connection: this.#connection, name: this.table, table: this.#number, fetch };
    return scan(source, resolveRange(range), values);
  }

  #keyOf(row: Row): string {
    if (this.#keyEncoding === 'bytes') return keyOf(row) as unknown as string;
    return keyText(row.memory, row.keyStart, row.keyEnd);
  }

  #valueOf(row: Row): V {
    const { memory, keyEnd, valueEnd, own } = row;
    const key = () => keyOf(row);
    return (own ? this.#codec.decode(own, key) : this.#codec.decodeFrom(memory, keyEnd, valueEnd, key)) as V;
  }
}

/** What was asked for in words, and is no default. */
function asked(options: KVaultOptions | undefined): Feature[] {
  const features: Feature[] = [];
  if (options?.headers) features.push('headers_v1');
  if (options?.autoPack) features.push('auto_pack_v1');
  return features;
}

function listOf<T>(method: string, items: Iterable<T>): T[] {
  if (typeof items === 'string' || typeof (items as Iterable<T> | undefined)?.[Symbol.iterator] !== 'function') {
    throw new InvalidArgument(`${method}: given is ${describe(items)}; expected an array or another iterable`);
  }
  return Array.from(items);
}
