import type { Readable, Writable } from 'node:stream';
import type { OptimizeOptions, OptimizeResult } from '@kohakuvault/core-native/database';
import { InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import {
  CachedVault,
  type Connection,
  type DatabaseSource,
  type KvRow,
  type KvTable,
  refuseSwitch,
} from '@kohakuvault/core-native/internal/database';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { checkDeleteRange, checkPair, isRange, listOf, pairsOf } from './arguments.ts';
import { AtomicEntries } from './atomic/atomic-entries.ts';
import { checkIncrement } from './atomic/expected.ts';
import type { Version } from './atomic/version.ts';
import { type ExpiryOptions, expiryOf, NEVER } from './expiry/expiry-options.ts';
import { registerFeatures } from './features.ts';
import { type KeySpace, namedKeySpace } from './keys/key-space.ts';
import { type CheckedKey, checkKey, type Key, type KeyEncoding, type KeyOf, showKey } from './keys/keys.ts';
import { type KeyRange, type ResolvedRange, resolveRange, withoutForeignKeys } from './keys/range.ts';
import { objectView, type Viewed } from './object-view.ts';
import { type CompactOptions, checkCompactOptions, type KVaultOptions } from './options.ts';
import type { QueueOptions } from './queue/options.ts';
import { Queue } from './queue/queue.ts';
import { putFile } from './streams/in/put-file.ts';
import type { PutSource } from './streams/in/sources.ts';
import { createWriteStream } from './streams/in/write-stream.ts';
import type { BlobOptions, GetToFileOptions, PutFileOptions, ReadStreamOptions } from './streams/options.ts';
import { type BlobHandle, openBlob } from './streams/out/blob-handle.ts';
import { getToFile } from './streams/out/get-to-file.ts';
import { createReadStream } from './streams/out/read-stream.ts';
import type { GetTarget } from './streams/out/targets.ts';
import { type StreamContext, StreamKey } from './streams/stream-context.ts';
import { checkSubOptions, type SubOptions } from './sub-options.ts';
import type { Entries } from './table/entries.ts';
import { RowIterator } from './table/row-iterator.ts';
import { type KeyPlace, keyOf, Scan } from './table/scan.ts';
import { MISSING, type TableReads } from './table/table-reads.ts';
import type { StoredEntry } from './table/table-writes.ts';
import type { CacheStats } from './table/write-cache.ts';
import type { KeyedCodec } from './values/keyed-codec.ts';
import type { Storable, Stored } from './values/wrapped.ts';
import { keyReader, type Parts, partsOf, Sublevel } from './vault-parts.ts';
import type { ChangeEventMap } from './watch/change-events.ts';
import type { Observed } from './watch/observe.ts';
import type { Watch } from './watch/watch.ts';
import type { WatchOptions } from './watch/watch-options.ts';
import { Watching } from './watch/watching.ts';

/** The method that watches everything, and keeps no process running. */
export const quietWatch = Symbol('kohakuvault.quiet watch');

/**
 * A dict in one table of one SQLite file. `V` is the type of its values, anything by default; `K` is its `keyEncoding`,
 * which decides whether keys come back as strings or as Buffers. `A` is `autoPack`: with false, values are bytes. Give
 * `boolean` for a vault that switches. `E` is its `valueEncoding`: with 'utf8' values are strings, with 'binary' bytes,
 * and with a codec what that decodes.
 */
export class KVault<
  // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
  V = any,
  K extends KeyEncoding = 'utf8',
  A extends boolean = true,
  E extends ValueEncoding = ValueEncoding,
> extends CachedVault {
  readonly #parts: Parts;
  readonly #connection: Connection;
  readonly #rows: KvTable;
  readonly #keyOf: (row: KeyPlace) => KeyOf<K>;
  readonly #table: string;
  readonly #codec: KeyedCodec;
  readonly #entries: Entries;
  readonly #reads: TableReads;
  readonly #streams: StreamContext;
  readonly #options: KVaultOptions | undefined;
  /** The keys of a sublevel; undefined if the vault has all keys of its table. */
  readonly #space: KeySpace | undefined;
  /** After how many milliseconds an entry expires by default. */
  readonly #ttl: number;
  /** Of any types: a vault of some type is one of its more general types. */
  readonly #watching: Watching<unknown, unknown>;

  constructor(source: DatabaseSource, options?: KVaultOptions<K, A, E>) {
    const parts = source instanceof Sublevel ? source.parts : partsOf(source, options);
    const { connection, entries, table, keyEncoding } = parts;
    super(connection, entries.cache.writeBack);
    this.#parts = parts;
    this.#connection = connection;
    this.#options = options && { ...options };
    this.#rows = parts.rows;
    this.#table = table;
    this.#space = source instanceof Sublevel ? source.space : undefined;
    this.#ttl = source instanceof Sublevel ? source.ttl : parts.ttl;
    this.#keyOf = keyReader(keyEncoding as K, this.#space);
    this.#codec = parts.codec;
    this.#entries = entries;
    this.#reads = entries.reads;
    this.#streams = parts.streams;
    this.#watching = new Watching<unknown, unknown>({
      connection,
      table,
      shared: parts.shared,
      checkedKey: (key) => this.#key(key),
      range: (range) => this.#range(range),
      keyOf: (key) => this.#keyOf({ memory: key, keyStart: 0, keyEnd: key.length }),
      get: (key) => {
        const value = this.#reads.get(key);
        return value === MISSING ? undefined : value;
      },
    });
  }

  /** Returns the value, or the fallback (undefined) if the key does not exist. */
  get(key: Key): Stored<V, A, E> | undefined;
  get<D>(key: Key, fallback: D): Stored<V, A, E> | D;
  get(key: Key, fallback?: unknown): unknown {
    const value = this.#reads.get(this.#key(key));
    return value === MISSING ? fallback : value;
  }

  /** Returns the value. Throws `NotFound` if the key does not exist. */
  getOrThrow(key: Key): Stored<V, A, E> {
    const checked = this.#key(key);
    const value = this.#reads.get(checked);
    if (value === MISSING) throw this.#notFound(checked);
    return value as Stored<V, A, E>;
  }

  /**
   * Returns the values of many keys, in their order, or all values of a range, in the order of their keys. They are from
   * one state of the file.
   */
  getMany(keys: Iterable<Key>): (Stored<V, A, E> | undefined)[];
  getMany(range: KeyRange): Stored<V, A, E>[];
  getMany(keys: Iterable<Key> | KeyRange): (Stored<V, A, E> | undefined)[] {
    if (isRange(keys)) return this.#collect(keys, this.#valueOf);
    return this.#reads.getMany(this.#keyList('getMany', keys)) as (Stored<V, A, E> | undefined)[];
  }

  has(key: Key): boolean {
    return this.#reads.has(this.#key(key));
  }

  /** Sets a key. Without options, the entry expires after the `ttl` of the vault, if that has one. */
  set(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): this {
    const checked = this.#key(key);
    const stored = this.#codec.encode(value, key);
    this.#entries.set(checked, stored, this.#expiryOf('set', options));
    return this;
  }

  /** Writes many entries in one transaction: all of them, or none if one cannot be written. Returns how many. */
  setMany(entries: Iterable<readonly [Key, Storable<V, A, E>]>, options?: ExpiryOptions): number {
    const list = listOf('setMany', 'entries', entries);
    this.#entries.setMany(this.#encoded(list), this.#expiryOf('setMany', options));
    return list.length;
  }

  /** Deletes a key. Returns whether it existed. */
  delete(key: Key): boolean {
    return this.#entries.delete(this.#key(key));
  }

  /** Deletes many keys in one transaction. Returns how many of them existed. */
  deleteMany(keys: Iterable<Key>): number {
    const list = this.#keyList('deleteMany', keys);
    return this.#connection.transaction(() => list.filter((key) => this.#entries.delete(key)).length);
  }

  /** Deletes the keys of a range, or with a prefix, in one transaction. Returns how many there were. */
  deleteRange(range: KeyRange | Key): number {
    checkDeleteRange(range);
    return this.#entries.deleteRange(withoutForeignKeys(this.#range(range)));
  }

  /**
   * Gives a value another key, in place of the value that has that. The value is not read. Throws `NotFound` if there
   * is no such key.
   */
  rename(from: Key, to: Key): void {
    const source = this.#key(from);
    if (!this.#entries.rename(source, this.#key(to))) throw this.#notFound(source);
  }

  clear(): void {
    if (this.#space) this.#entries.deleteRange(this.#range(undefined));
    else this.#entries.clear();
  }

  /** Deletes a key. Returns its value, or the fallback (undefined) if the key does not exist. */
  pop(key: Key): Stored<V, A, E> | undefined;
  pop<D>(key: Key, fallback: D): Stored<V, A, E> | D;
  pop(key: Key, fallback?: unknown): unknown {
    const checked = this.#key(key);
    return this.#connection.transaction(() => {
      const value = this.#reads.get(checked);
      if (value === MISSING) return fallback;
      this.#entries.delete(checked);
      return value;
    });
  }

  /** Sets the key if it does not exist. Returns the value that is stored then. */
  setDefault(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Stored<V, A, E> {
    const checked = this.#key(key);
    return this.#connection.transaction(() => {
      const found = this.#reads.get(checked);
      if (found !== MISSING) return found as Stored<V, A, E>;
      const stored = this.#codec.encode(value, key);
      this.#entries.set(checked, stored, this.#expiryOf('setDefault', options));
      return this.#codec.decode(Buffer.from(stored), key) as Stored<V, A, E>;
    });
  }

  /** Sets all entries of an iterable of pairs, or of an object, in one transaction. */
  update(
    entries: Iterable<readonly [Key, Storable<V, A, E>]> | Record<string, Storable<V, A, E>>,
    options?: ExpiryOptions,
  ): void {
    this.setMany(pairsOf(entries), options);
  }

  /** Sets a key if it does not exist, also if other processes try to. Returns whether it was set. */
  setIfAbsent(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): boolean {
    const checked = this.#key(key);
    const stored = this.#codec.encode(value, key);
    return this.#atomic.setIfAbsent(checked, stored, this.#expiryOf('setIfAbsent', options));
  }

  /** Returns a value with its version, for `compareAndSet`. A key that does not exist has a version too. */
  getWithVersion(key: Key): { value: Stored<V, A, E> | undefined; version: Version } {
    return this.#atomic.getWithVersion(this.#key(key)) as { value: Stored<V, A, E> | undefined; version: Version };
  }

  /**
   * Sets a key if it has the version or the value that is expected; undefined expects that it does not exist. Without a
   * next value, the key is deleted. No other vault, thread or process comes between. Returns whether it was as expected.
   */
  compareAndSet(
    key: Key,
    expected: Version | Storable<V, A, E> | undefined,
    next: Storable<V, A, E> | undefined,
    options?: ExpiryOptions,
  ): boolean {
    const checked = this.#key(key);
    const stored = next === undefined ? undefined : this.#codec.encode(next, key);
    return this.#atomic.compareAndSet(checked, expected, stored, this.#expiryOf('compareAndSet', options));
  }

  /**
   * Adds to the number that a key has, or to 0 if it does not exist, and returns the sum. No other vault, thread or
   * process comes between. The options are for a new entry: another one expires when it would have.
   */
  increment(key: Key, by?: number, options?: ExpiryOptions): number;
  increment(key: Key, by: bigint, options?: ExpiryOptions): bigint;
  increment(key: Key, by: number | bigint = 1, options?: ExpiryOptions): number | bigint {
    const checked = this.#key(key);
    const amount = checkIncrement(by);
    const time = this.#expiryOf('increment', options);
    return this.#atomic.increment(checked, amount, time);
  }

  /**
   * Has an entry expire at another time, counted from now; without options, after the `ttl` of the vault. Returns
   * whether it exists.
   */
  touch(key: Key, options?: ExpiryOptions): boolean {
    const checked = this.#key(key);
    if (options === undefined && this.#ttl === NEVER) {
      throw new InvalidArgument('touch expects ttl or expiresAt, since the vault has no ttl of its own');
    }
    return this.#entries.touch(checked, this.#expiryOf('touch', options));
  }

  /**
   * Returns in how many milliseconds an entry expires: Infinity if it does not, and undefined if there is no such key.
   */
  ttlOf(key: Key): number | undefined {
    const time = this.#entries.timeOf(this.#key(key));
    return time === undefined ? undefined : Math.max(0, time - Date.now());
  }

  /**
   * Removes all entries of the table that have expired. Nobody sees them anyway, and writes remove some of them each; a
   * call takes the space back at once. Returns how many there were.
   */
  purgeExpired(): number {
    return this.#entries.purgeExpired();
  }

  /**
   * Returns the keys that begin with a name and a slash, as a vault whose keys do not have that: `sub('media')` calls
   * `media/a` in this vault `a`. It shares everything with this vault, its cache and its closing too.
   */
  sub<W = V>(name: Key, options?: SubOptions): KVault<W, K, A, E> {
    checkSubOptions(options);
    const space = namedKeySpace(name, this.#space);
    const { ttl = this.#ttl } = options ?? {};
    return vaultOf<W, K, A, E>(new Sublevel(this.#parts, space, ttl) as never, this.#options as never);
  }

  /** Closes the vault. Of a sublevel it does nothing: that is closed with the vault it was made from. */
  override close(): void {
    if (!this.#space) super.close();
  }

  /** The number of keys. */
  get size(): number {
    return this.#space ? this.#reads.count(this.#range(undefined)) : this.#reads.size;
  }

  /** Counts the keys of a range, or with a prefix, without reading values. */
  count(range?: KeyRange | Key): number {
    return this.#reads.count(withoutForeignKeys(this.#range(range)));
  }

  /**
   * Returns the length of a value without reading it: of bytes and text in bytes, of other values as they are encoded.
   * Returns undefined if the key does not exist.
   */
  sizeOf(key: Key): number | undefined {
    return this.#reads.sizeOf(this.#key(key));
  }

  keys(range?: KeyRange | Key): Generator<KeyOf<K>> {
    return this.#iterate(range, false, this.#keyOf);
  }

  values(range?: KeyRange | Key): Generator<Stored<V, A, E>> {
    return this.#iterate(range, true, this.#valueOf);
  }

  entries(range?: KeyRange | Key): Generator<[KeyOf<K>, Stored<V, A, E>]> {
    return this.#iterate(range, true, this.#entryOf);
  }

  /** Returns the entries of a range, or with a prefix, as an array, from one state of the file. */
  toArray(range?: KeyRange | Key): [KeyOf<K>, Stored<V, A, E>][] {
    return this.#collect(range, this.#entryOf);
  }

  [Symbol.iterator](): Generator<[KeyOf<K>, Stored<V, A, E>]> {
    return this.entries();
  }

  /** Returns the vault as an object: `view.a = 1; 'a' in view; delete view.a`. */
  asObject(): Record<string, Stored<V, A, E>> {
    return objectView(this as Viewed<Stored<V, A, E>>);
  }

  /** How much is pending; undefined while no cache is enabled. */
  get cacheStats(): CacheStats | undefined {
    return this.#entries.cache.stats;
  }

  /** Stores values of any kind, with headers. `structured: false` refuses those that Python cannot read. */
  enableAutoPack(options?: { structured?: boolean }): void {
    refuseSwitch('enableAutoPack', this.table, this.valueEncoding);
    this.#codec.enableAutoPack(options, () => registerFeatures(this.#connection, 'headers_v1', 'auto_pack_v1'));
  }

  /** Takes only bytes from now on, and returns values as they are stored, headers included. */
  disableAutoPack(): void {
    refuseSwitch('disableAutoPack', this.table, this.valueEncoding);
    this.#codec.disableAutoPack();
  }

  get autoPackEnabled(): boolean {
    return this.valueEncoding === 'auto' && this.#codec.autoPack;
  }

  enableHeaders(): void {
    refuseSwitch('enableHeaders', this.table, this.valueEncoding);
    registerFeatures(this.#connection, 'headers_v1');
    this.#codec.headers = true;
  }

  disableHeaders(): void {
    refuseSwitch('disableHeaders', this.table, this.valueEncoding);
    this.#codec.headers = false;
  }

  get headersEnabled(): boolean {
    return this.valueEncoding === 'auto' && this.#codec.headers;
  }

  /** The name of the encoding of the values: 'auto', or what the file keeps. */
  get valueEncoding(): string {
    return this.#codec.encoding;
  }

  get table(): string {
    return this.#table;
  }

  /**
   * Rewrites the table in one transaction so that its rows lie in the order of their keys: scans and ranges of a table
   * that was filled in another order then read neighbors. Returns how many rows were written, 0 if they lay so already.
   * The file keeps the space of the old rows until `optimize`.
   */
  compact(options?: CompactOptions): number {
    checkCompactOptions('compact', options);
    return this.#entries.putInKeyOrder();
  }

  /**
   * Refreshes the statistics that SQLite plans with, rewrites the file without its free pages, and moves the WAL into
   * it. With `maxMs` it does so in small steps, between which others write. With `order: 'keys'` it does `compact`
   * first. Returns what was done, and what is left.
   */
  override optimize(options?: OptimizeOptions & CompactOptions): OptimizeResult {
    const { order, ...others } = options ?? {};
    if (order === undefined) return super.optimize(options);
    checkCompactOptions('optimize', { order });
    if (others.maxMs !== undefined) {
      throw new InvalidArgument('optimize got order and maxMs; a table is put in order at once: leave out one of them');
    }
    if (this.#connection.shared.database.inTransaction) return super.optimize(others);
    this.compact({ order });
    return super.optimize(others);
  }

  /** Deletes the table with all its values, and closes the vault. Refused while another vault has the table open. */
  dropTable(): void {
    this.#refuseSublevel('dropTable', 'clear() deletes its entries');
    this.#entries.dropTable();
    this.close();
  }

  /**
   * Gives the table another name, which no table may have. Closes this vault, and returns one with the same options on
   * the table. Refused while another vault has the table open.
   */
  renameTable(name: string): KVault<V, K, A, E> {
    this.#refuseSublevel('renameTable', 'rename the table by the vault that it was made from');
    this.#entries.renameTable(name);
    const renamed = vaultOf<V, K, A, E>(this, { ...(this.#options as KVaultOptions<K, A, E>), table: name });
    this.close();
    return renamed;
  }

  /**
   * Stores all bytes of a source of any size, in constant memory: all of them or nothing. Returns how many they were.
   */
  putFile(key: Key, source: PutSource, options?: PutFileOptions): Promise<number> {
    return putFile(this.#streams, this.#streamKey(key), source, options, this.#ttl);
  }

  /** Writes a bytes value to a file or a stream, in constant memory. Returns its length. `NotFound` without the key. */
  getToFile(key: Key, target: GetTarget, options?: GetToFileOptions): Promise<number> {
    return getToFile(this.#streams, this.#streamKey(key), target, options);
  }

  /**
   * Returns a stream of a value's bytes, or of a range of them, as they are now. Later writes do not change what it
   * gives.
   */
  createReadStream(key: Key, options?: ReadStreamOptions): Readable {
    return createReadStream(this.#streams, this.#streamKey(key), options);
  }

  /**
   * Returns a stream whose bytes become the key's value when it finishes. If it is destroyed before, the old value
   * stays.
   */
  createWriteStream(key: Key, options?: PutFileOptions): Writable {
    return createWriteStream(this.#streams, this.#streamKey(key), options, this.#ttl);
  }

  /** Opens a bytes value for random access. `NotFound` without the key; `KV_STALE` once the value has been replaced. */
  openBlob(key: Key, options?: BlobOptions): BlobHandle {
    return openBlob(this.#streams, this.#streamKey(key), options);
  }

  get #atomic(): AtomicEntries {
    return new AtomicEntries(this.table, this.#entries, this.#codec);
  }

  /** Checks a key, and returns the key of the table. */
  #key(key: Key): CheckedKey {
    return this.#space === undefined ? checkKey(key) : this.#space.key(key);
  }

  #keyList(method: string, keys: Iterable<Key>): CheckedKey[] {
    return listOf(method, 'keys', keys).map((key) => this.#key(key));
  }

  /** Streams check a key themselves, in their turn among other arguments. */
  #streamKey(key: Key): Key | StreamKey {
    return this.#space === undefined ? key : new StreamKey(key, this.#space.key(key));
  }

  /** Checks a range, and returns the range of the table. */
  #range(range: KeyRange | Key | undefined): ResolvedRange {
    return this.#space === undefined ? resolveRange(range) : this.#space.range(range);
  }

  #expiryOf(method: string, options: ExpiryOptions | undefined): number {
    return options === undefined && this.#ttl === NEVER ? NEVER : expiryOf(method, options, this.#ttl);
  }

  #notFound(key: CheckedKey): NotFound {
    return new NotFound(`${this.table} has no key ${showKey(key)}`);
  }

  #refuseSublevel(method: string, instead: string): void {
    if (this.#space) throw new InvalidArgument(`${method} concerns a whole table, and this is a sublevel; ${instead}`);
  }

  /**
   * Returns the changes of the keys of a range, or with a prefix, that anybody commits from now on: vaults of this and
   * other threads and processes, the Python package, SQL. Each comes once, in the order of the commits.
   */
  watch(range?: KeyRange | Key, options?: WatchOptions): Watch<KeyOf<K>, Stored<V, A, E>> {
    return this.#watching.watch(range, options) as Watch<KeyOf<K>, Stored<V, A, E>>;
  }

  /** @internal */
  [quietWatch](): Watch<unknown, unknown> {
    return this.#watching.watch(undefined, undefined, false);
  }

  /** Has a listener called with each change that anybody commits, or with the error that has ended that. */
  on<N extends keyof ChangeEventMap<KeyOf<K>, Stored<V, A, E>>>(
    event: N,
    listener: ChangeEventMap<KeyOf<K>, Stored<V, A, E>>[N],
  ): this {
    this.#watching.events.on(event, listener as ChangeEventMap<unknown, unknown>[N]);
    return this;
  }

  /** Has a listener called no more. */
  off<N extends keyof ChangeEventMap<KeyOf<K>, Stored<V, A, E>>>(
    event: N,
    listener: ChangeEventMap<KeyOf<K>, Stored<V, A, E>>[N],
  ): this {
    this.#watching.events.off(event, listener as ChangeEventMap<unknown, unknown>[N]);
    return this;
  }

  /** Returns the value of a key as it changes, no matter who changes it: for user interfaces, and for `for await`. */
  observe(key: Key): Observed<Stored<V, A, E>> {
    return this.#watching.observe(key) as Observed<Stored<V, A, E>>;
  }

  /** Returns a durable queue of jobs in the file. All vaults on the file share the queues, by their names. */
  // biome-ignore lint/suspicious/noExplicitAny: without a type argument jobs are as untyped as what JSON.parse returns.
  queue<J = any>(name: string, options?: QueueOptions): Queue<J> {
    return new Queue<J>(this.#connection, name, options);
  }

  *#encoded(entries: (readonly [Key, Storable<V, A, E>])[]): Generator<StoredEntry> {
    for (const entry of entries) {
      checkPair(entry);
      const [key, value] = entry;
      yield { key: this.#key(key), value: this.#codec.encode(value, key) };
    }
  }

  #scan(range: KeyRange | Key | undefined, values: boolean): Scan {
    const fetch = (key: Buffer) => this.#reads.stored(key);
    const { expiries } = this.#entries;
    const source = { connection: this.#connection, name: this.table, rows: this.#rows, expiries, fetch };
    return new Scan(source, this.#range(range), values);
  }

  #iterate<T>(range: KeyRange | Key | undefined, values: boolean, read: (row: KvRow) => T): Generator<T> {
    return new RowIterator(() => this.#scan(range, values), read) as unknown as Generator<T>;
  }

  #collect<T>(range: KeyRange | Key | undefined, read: (row: KvRow) => T): T[] {
    return this.#connection.consistently(() => {
      const scan = this.#scan(range, true);
      const { row } = scan;
      const found: T[] = [];
      try {
        while (scan.next()) found.push(read(row));
      } finally {
        scan.end();
      }
      return found;
    });
  }

  readonly #valueOf = (row: KvRow): Stored<V, A, E> => {
    const { memory, keyEnd, valueEnd, own } = row;
    const key = () => keyOf(row);
    return (own ? this.#codec.decode(own, key) : this.#codec.decodeFrom(memory, keyEnd, valueEnd, key)) as Stored<
      V,
      A,
      E
    >;
  };

  readonly #entryOf = (row: KvRow): [KeyOf<K>, Stored<V, A, E>] => [this.#keyOf(row), this.#valueOf(row)];
}

/** Outside of the class: a bundler renames a class that mentions itself. */
function vaultOf<V, K extends KeyEncoding, A extends boolean, E extends ValueEncoding>(
  source: DatabaseSource,
  options: KVaultOptions<K, A, E>,
): KVault<V, K, A, E> {
  return new KVault<V, K, A, E>(source, options);
}
