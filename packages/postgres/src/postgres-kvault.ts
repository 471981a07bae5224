import type { Readable, Writable } from 'node:stream';
import { InvalidArgument, isArrayBuffer, LiveIteration, type NotFound } from '@kohakuvault/core-native/internal';
import {
  type AsyncBlobHandle,
  type AsyncKVault,
  type AsyncObserved,
  type AsyncQueue,
  type AsyncWatch,
  type BlobOptions,
  ChangeSource,
  checkDeleteRange,
  checkIncrement,
  checkPair,
  checkSubOptions,
  checkWatch,
  type ExpiryOptions,
  type FollowValue,
  type GetTarget,
  type GetToFileOptions,
  isRange,
  JobQueue,
  type Key,
  type KeyEncoding,
  type KeyOf,
  type KeyRange,
  type KeySpace,
  keyBytes,
  keyText,
  type Lifetime,
  LiveValue,
  listOf,
  missing,
  NEVER,
  namedKeySpace,
  type PutSource,
  pairsOf,
  type QueueOptions,
  type ReadStreamOptions,
  type ResolvedRange,
  resolveRange,
  type Storable,
  type Stored,
  type SubOptions,
  showKey,
  Version,
  type WatchOptions,
} from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { watch } from './changes/watch.ts';
import { AtomicEntries } from './kvault/atomic-entries.ts';
import { entryPages, keyPages, timedPages } from './kvault/entry-pages.ts';
import type { NewTimedEntry, PageEntry, StoredEntry, TimedEntry } from './kvault/entry-reads.ts';
import { dropEntryTables } from './kvault/entry-sql.ts';
import { keyId, storedKey } from './kvault/keys.ts';
import { lifeOf } from './kvault/life.ts';
import type { VaultContext } from './kvault/vault-context.ts';
import { PostgresJobs } from './queue/postgres-jobs.ts';
import { openBlob } from './streams/blob-handle.ts';
import { getToFile } from './streams/get-to-file.ts';
import type { PostgresPutFileOptions } from './streams/on-commit.ts';
import { putFile } from './streams/put-file.ts';
import { createReadStream } from './streams/read-stream.ts';
import type { StreamKey } from './streams/stream-key.ts';
import { createWriteStream } from './streams/write-stream.ts';

/** The method for those who copy a vault. */
export const storedEntries = Symbol('kohakuvault.stored entries');

/** A dict in tables of a PostgreSQL server. See `AsyncKVault` for what its calls do. */
export class PostgresKVault<
    // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
    V = any,
    K extends KeyEncoding = 'utf8',
    A extends boolean = true,
    E extends ValueEncoding = ValueEncoding,
  >
  extends ChangeSource<KeyOf<K>, Stored<V, A, E>>
  implements AsyncKVault<V, K, A, E>
{
  readonly #context: VaultContext;
  /** The keys of a sublevel; undefined if the vault has all keys of its table. */
  readonly #space: KeySpace | undefined;
  /** After how many milliseconds an entry expires by default. */
  readonly #ttl: number;

  /** @internal */
  constructor(context: VaultContext, sublevel?: { readonly space: KeySpace; readonly ttl: number }) {
    super();
    this.#context = context;
    this.#space = sublevel?.space;
    this.#ttl = sublevel?.ttl ?? context.options.ttl;
  }

  get(key: Key): Promise<Stored<V, A, E> | undefined>;
  get<D>(key: Key, fallback: D): Promise<Stored<V, A, E> | D>;
  async get(key: Key, fallback?: unknown): Promise<unknown> {
    const stored = await this.#stored(key);
    return stored === undefined ? fallback : this.#value(stored, key);
  }

  async getOrThrow(key: Key): Promise<Stored<V, A, E>> {
    const stored = await this.#stored(key);
    if (stored === undefined) throw this.#missing(key);
    return this.#value(stored, key);
  }

  getMany(keys: Iterable<Key>): Promise<(Stored<V, A, E> | undefined)[]>;
  getMany(range: KeyRange): Promise<Stored<V, A, E>[]>;
  async getMany(keys: Iterable<Key> | KeyRange): Promise<(Stored<V, A, E> | undefined)[]> {
    if (isRange(keys)) {
      const resolved = this.#range(keys);
      const { reads, executor } = await this.#ready();
      const entries = await reads.entries(executor, resolved);
      return await this.#read(() => entries.map(({ key, value }) => this.#decode(value, key)));
    }
    const wanted = listOf('getMany', 'keys', keys).map((key) => this.#key(key));
    const { reads, executor } = await this.#ready();
    const found = await reads.getMany(executor, wanted);
    return await this.#read(() =>
      wanted.map((key) => {
        const stored = found.get(keyId(key));
        return stored && this.#decode(stored, key);
      }),
    );
  }

  async has(key: Key): Promise<boolean> {
    const bytes = this.#key(key);
    const { reads, executor } = await this.#ready();
    return await reads.has(executor, bytes);
  }

  async set(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<void> {
    const life = this.#lifeOf('set', options);
    const { isReady, hasStructures } = this.#context;
    // At once, if there is nothing to wait for.
    const { key: bytes, value: stored } =
      isReady && !hasStructures ? this.#encode(key, value) : await this.#written(() => this.#encode(key, value));
    await this.#context.writes.set(this.#context.executor, { key: bytes, value: stored, life });
    if (life) this.#context.purges.beside();
  }

  async setMany(entries: Iterable<readonly [Key, Storable<V, A, E>]>, options?: ExpiryOptions): Promise<number> {
    const life = this.#lifeOf('setMany', options);
    const list = listOf('setMany', 'entries', entries);
    const encoded = await this.#written(() =>
      list.map((entry) => {
        checkPair(entry);
        return this.#encode(...entry);
      }),
    );
    await this.#context.writes.setMany(this.#context.executor, encoded, life);
    if (life) this.#context.purges.beside();
    return list.length;
  }

  async delete(key: Key): Promise<boolean> {
    const bytes = this.#key(key);
    const { writes, executor } = await this.#ready();
    return await writes.delete(executor, bytes);
  }

  async deleteMany(keys: Iterable<Key>): Promise<number> {
    const list = listOf('deleteMany', 'keys', keys).map((key) => this.#key(key));
    const { writes, executor } = await this.#ready();
    return await writes.deleteMany(executor, list);
  }

  async deleteRange(range: KeyRange | Key): Promise<number> {
    checkDeleteRange(range);
    const resolved = this.#range(range);
    const { writes, executor } = await this.#ready();
    return await writes.deleteRange(executor, resolved);
  }

  async rename(from: Key, to: Key): Promise<void> {
    const [source, target] = [this.#key(from), this.#key(to)];
    const { writes, executor } = await this.#ready();
    if (!(await writes.rename(executor, source, target))) throw this.#missing(from);
  }

  async clear(): Promise<void> {
    const { writes, executor } = await this.#ready();
    if (this.#space) await writes.deleteRange(executor, this.#range(undefined));
    else await writes.clear(executor);
  }

  pop(key: Key): Promise<Stored<V, A, E> | undefined>;
  pop<D>(key: Key, fallback: D): Promise<Stored<V, A, E> | D>;
  async pop(key: Key, fallback?: unknown): Promise<unknown> {
    const bytes = this.#key(key);
    const { writes, executor } = await this.#ready();
    const stored = await writes.pop(executor, bytes);
    return stored === undefined ? fallback : await this.#read(() => this.#decode(stored, key));
  }

  async setDefault(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<Stored<V, A, E>> {
    const life = this.#lifeOf('setDefault', options);
    const entry = await this.#written(() => this.#encode(key, value));
    const stored = await this.#context.writes.setDefault(this.#context.executor, { ...entry, life });
    return await this.#read(() => this.#decode(stored, key));
  }

  async update(
    entries: Iterable<readonly [Key, Storable<V, A, E>]> | Record<string, Storable<V, A, E>>,
    options?: ExpiryOptions,
  ): Promise<void> {
    await this.setMany(pairsOf(entries), options);
  }

  async setIfAbsent(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<boolean> {
    const life = this.#lifeOf('setIfAbsent', options);
    const entry = await this.#written(() => this.#encode(key, value));
    return await this.#atomic.setIfAbsent({ ...entry, life });
  }

  async getWithVersion(key: Key): Promise<{ value: Stored<V, A, E> | undefined; version: Version }> {
    const stored = await this.#stored(key);
    const value = stored === undefined ? undefined : await this.#value(stored, key);
    return { value, version: Version.of(stored) };
  }

  async compareAndSet(
    key: Key,
    expected: Version | Storable<V, A, E> | undefined,
    next: Storable<V, A, E> | undefined,
    options?: ExpiryOptions,
  ): Promise<boolean> {
    const life = this.#lifeOf('compareAndSet', options);
    const bytes = this.#key(key);
    const stored = await this.#written(() => (next === undefined ? undefined : this.#encode(key, next).value));
    return await this.#atomic.compareAndSet(bytes, expected, stored, life);
  }

  increment(key: Key, by?: number, options?: ExpiryOptions): Promise<number>;
  increment(key: Key, by: bigint, options?: ExpiryOptions): Promise<bigint>;
  async increment(key: Key, by: number | bigint = 1, options?: ExpiryOptions): Promise<number | bigint> {
    const bytes = this.#key(key);
    const amount = checkIncrement(by);
    const life = this.#lifeOf('increment', options);
    await this.#ready();
    return await this.#atomic.increment(bytes, amount, life);
  }

  async touch(key: Key, options?: ExpiryOptions): Promise<boolean> {
    const bytes = this.#key(key);
    if (options === undefined && this.#ttl === NEVER) {
      throw new InvalidArgument('touch expects ttl or expiresAt, since the vault has no ttl of its own');
    }
    const life = this.#lifeOf('touch', options);
    const { writes, executor } = await this.#ready();
    return await writes.touch(executor, bytes, life);
  }

  async ttlOf(key: Key): Promise<number | undefined> {
    const bytes = this.#key(key);
    const { reads, executor } = await this.#ready();
    return await reads.ttlOf(executor, bytes);
  }

  async purgeExpired(): Promise<number> {
    const { purges } = await this.#ready();
    return await purges.all();
  }

  sub<W = V>(name: Key, options?: SubOptions): PostgresKVault<W, K, A, E> {
    checkSubOptions(options);
    const space = namedKeySpace(name, this.#space);
    return vaultOf<W, K, A, E>(this.#context, { space, ttl: options?.ttl ?? this.#ttl });
  }

  watch(range?: KeyRange | Key, options?: WatchOptions): AsyncWatch<KeyOf<K>, Stored<V, A, E>> {
    return this.#watch(range, options, true);
  }

  observe(key: Key): AsyncObserved<Stored<V, A, E>> {
    this.#context.assertOpen();
    // A view of bytes that the caller may change later.
    const own = typeof key === 'string' ? key : keyBytes(key);
    this.#key(own);
    return new LiveValue((options) => this.#follow(own, options));
  }

  // biome-ignore lint/suspicious/noExplicitAny: without a type argument jobs are as untyped as what JSON.parse returns.
  queue<J = any>(name: string, options?: QueueOptions): AsyncQueue<J> {
    const context = this.#context;
    return new JobQueue<J>(name, options, (resolved) => {
      const { executor, catalog } = context;
      return new PostgresJobs(
        {
          executor,
          catalog,
          assertOpen: () => context.assertOpen(),
          register: (end) => context.register(end),
        },
        name,
        resolved,
      );
    });
  }

  async size(): Promise<number> {
    const { reads, executor } = await this.#ready();
    return this.#space ? await reads.count(executor, this.#range(undefined)) : await reads.size(executor);
  }

  async count(range?: KeyRange | Key): Promise<number> {
    const resolved = this.#range(range);
    const { reads, executor } = await this.#ready();
    return await reads.count(executor, resolved);
  }

  async sizeOf(key: Key): Promise<number | undefined> {
    const bytes = this.#key(key);
    const { reads, executor, codec } = await this.#ready();
    const measured = await reads.measure(executor, bytes);
    return measured && measured.size - codec.headerLength(measured.first);
  }

  async *keys(range?: KeyRange | Key): AsyncGenerator<KeyOf<K>, void, undefined> {
    const resolved = this.#range(range);
    const { reads, executor } = await this.#ready();
    for await (const page of keyPages(reads, executor, resolved)) {
      for (const key of page) yield this.#keyOf(key);
    }
  }

  async *values(range?: KeyRange | Key): AsyncGenerator<Stored<V, A, E>, void, undefined> {
    for await (const page of this.#pages(range)) {
      for (const { key, value = await this.#long(key) } of page) {
        this.#context.assertOpen();
        if (value) yield this.#value(value, key);
      }
    }
  }

  async *entries(range?: KeyRange | Key): AsyncGenerator<[KeyOf<K>, Stored<V, A, E>], void, undefined> {
    const { hasStructures } = this.#context;
    for await (const page of this.#pages(range)) {
      for (const { key, value = await this.#long(key) } of page) {
        this.#context.assertOpen();
        if (!value) continue;
        yield [this.#keyOf(key), hasStructures ? await this.#value(value, key) : this.#decode(value, key)];
      }
    }
  }

  async toArray(range?: KeyRange | Key): Promise<[KeyOf<K>, Stored<V, A, E>][]> {
    const resolved = this.#range(range);
    const { reads, executor } = await this.#ready();
    const entries = await reads.entries(executor, resolved);
    return await this.#read(() => entries.map(({ key, value }) => [this.#keyOf(key), this.#decode(value, key)]));
  }

  [Symbol.asyncIterator](): AsyncGenerator<[KeyOf<K>, Stored<V, A, E>], void, undefined> {
    return this.entries();
  }

  async putFile(key: Key, source: PutSource, options?: PostgresPutFileOptions): Promise<number> {
    this.#context.assertOpen();
    return await putFile(this.#context, this.#streamKey(key), source, options, this.#ttl);
  }

  async getToFile(key: Key, target: GetTarget, options?: GetToFileOptions): Promise<number> {
    this.#context.assertOpen();
    return await getToFile(this.#context, this.#streamKey(key), target, options);
  }

  createReadStream(key: Key, options?: ReadStreamOptions): Readable {
    return createReadStream(this.#context, this.#streamKey(key), options);
  }

  createWriteStream(key: Key, options?: PostgresPutFileOptions): Writable {
    return createWriteStream(this.#context, this.#streamKey(key), options, this.#ttl);
  }

  async openBlob(key: Key, options?: BlobOptions): Promise<AsyncBlobHandle> {
    this.#context.assertOpen();
    return await openBlob(this.#context, this.#streamKey(key), options);
  }

  enableAutoPack(options?: { structured?: boolean }): void {
    this.#refuseSwitch('enableAutoPack');
    this.#context.codec.enableAutoPack(options);
  }

  disableAutoPack(): void {
    this.#refuseSwitch('disableAutoPack');
    this.#context.codec.disableAutoPack();
  }

  get autoPackEnabled(): boolean {
    return this.valueEncoding === 'auto' && this.#context.codec.autoPack;
  }

  enableHeaders(): void {
    this.#refuseSwitch('enableHeaders');
    this.#context.codec.headers = true;
  }

  disableHeaders(): void {
    this.#refuseSwitch('disableHeaders');
    this.#context.codec.headers = false;
  }

  get headersEnabled(): boolean {
    return this.valueEncoding === 'auto' && this.#context.codec.headers;
  }

  get valueEncoding(): string {
    return this.#context.codec.encoding;
  }

  get table(): string {
    return this.#context.table;
  }

  get open(): boolean {
    return this.#context.open;
  }

  /** @internal Reads and writes entries as they are stored, for those who copy them. Long values are left out. */
  get [storedEntries]() {
    return {
      rows: () => this.#timed(),
      put: async (entries: readonly NewTimedEntry[]): Promise<void> => {
        const { writes, executor } = await this.#ready();
        await writes.putTimed(executor, entries);
      },
      decode: (value: Buffer, key: Buffer): unknown => this.#value(value, key),
      encode: (entries: readonly (readonly [Buffer, unknown])[]): Promise<Buffer[]> =>
        this.#written(() => entries.map(([key, value]) => this.#encode(key, value).value)),
      /** Does the same as `put` for keys that are most likely new. */
      add: async (entries: readonly NewTimedEntry[]): Promise<void> => {
        const { writes, executor } = await this.#ready();
        await writes.addTimed(executor, entries);
      },
    };
  }

  /** Deletes the tables of the vault with its values, and closes it. */
  async dropTable(): Promise<void> {
    if (this.#space) {
      throw new InvalidArgument(
        'dropTable concerns a whole table, and this is a sublevel; clear() deletes its entries',
      );
    }
    const { catalog, executor, table } = await this.#ready();
    await catalog.remove(executor, table, (session) => dropEntryTables(session, catalog, table));
    await this.close();
  }

  /** Closes the vault. Of a sublevel it does nothing: that is closed with the vault it was made from. */
  async close(): Promise<void> {
    if (!this.#space) await this.#context.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #ready(): Promise<VaultContext> {
    await this.#context.ready();
    return this.#context;
  }

  async *#timed(): AsyncGenerator<TimedEntry, void, undefined> {
    const { reads, executor } = await this.#ready();
    for await (const page of timedPages(reads, executor)) yield* page;
  }

  async *#pages(range: KeyRange | Key | undefined): AsyncGenerator<readonly PageEntry[], void, undefined> {
    const resolved = this.#range(range);
    const { reads, executor } = await this.#ready();
    yield* entryPages(reads, executor, resolved);
  }

  /** Reads a value in parts, when it is its turn, if it is still there. */
  #long(key: Buffer): Promise<Buffer | undefined> {
    const { reads, executor } = this.#context;
    return reads.get(executor, key);
  }

  /** Encodes values now, and again if that has shown structures that they can share. */
  async #written<T>(encode: () => T): Promise<T> {
    const encoded = encode();
    if (!this.#context.isReady) await this.#ready();
    const { structures, executor } = this.#context;
    if (!structures.wants) return encoded;
    await structures.share(executor);
    return encode();
  }

  /** Returns the stored bytes of a key. A vault that is ready asks for them at once. */
  #stored(key: Key): Promise<Buffer | undefined> {
    const bytes = this.#key(key);
    const { reads, executor, isReady } = this.#context;
    return isReady ? reads.get(executor, bytes) : this.#ready().then(() => reads.get(executor, bytes));
  }

  /** Decodes a value: at once, unless that may need structures that others have added. */
  #value(stored: Buffer, key: Key): Stored<V, A, E> | Promise<Stored<V, A, E>> {
    return this.#context.hasStructures ? this.#read(() => this.#decode(stored, key)) : this.#decode(stored, key);
  }

  #read<T>(decode: () => T): Promise<T> {
    return this.#context.structures.decode(this.#context.executor, decode);
  }

  #encode(key: Key, value: unknown): StoredEntry {
    this.#context.assertOpen();
    const bytes = this.#key(key);
    const encoded = this.#context.codec.encode(value, key);
    // Bytes that may belong to the caller are copied: they are sent later, and may change until then.
    const isOurs = this.valueEncoding === 'auto' && !ArrayBuffer.isView(value) && !isArrayBuffer(value);
    return { key: bytes, value: isOurs ? encoded : Buffer.from(encoded) };
  }

  #decode(stored: Buffer, key: Key): Stored<V, A, E> {
    return this.#context.codec.decode(stored, key) as Stored<V, A, E>;
  }

  get #atomic(): AtomicEntries {
    return new AtomicEntries(this.#context);
  }

  /** Checks a key, and returns the key of the table. */
  #key(key: Key): Buffer {
    return this.#space === undefined ? storedKey(key) : storedKey(this.#space.key(key));
  }

  /** Streams check a key themselves, in their turn among other arguments. */
  #streamKey(key: Key): Key | StreamKey {
    if (this.#space === undefined) return key;
    const bytes = this.#key(key);
    return { bytes, shown: showKey(bytes), given: key };
  }

  /** Checks a range, and returns the range of the table. */
  #range(range: KeyRange | Key | undefined): ResolvedRange {
    return this.#space === undefined ? resolveRange(range) : this.#space.range(range);
  }

  #lifeOf(method: string, options: ExpiryOptions | undefined): Lifetime | undefined {
    return options === undefined && this.#ttl === NEVER ? undefined : lifeOf(method, options, this.#ttl);
  }

  /** @internal */
  protected override watchQuietly(): AsyncWatch<unknown, unknown> {
    return this.#watch(undefined, undefined, false);
  }

  #watch(
    range: KeyRange | Key | undefined,
    options: WatchOptions | undefined,
    keepsAlive: boolean,
  ): AsyncWatch<KeyOf<K>, Stored<V, A, E>> {
    const context = this.#context;
    const resolved = this.#range(range);
    const { signal, since, keep = 0 } = checkWatch(resolved, options);
    context.assertOpen();
    const { executor, catalog, table } = context;
    const { news } = executor;
    if (!news) throw new InvalidArgument('watch cannot begin inside a transaction; watch by a vault of the store');
    const watched = {
      executor,
      catalog,
      table,
      news,
      ready: () => context.tables(),
      register: (end: () => unknown) => context.register(end),
      keyOf: (key: Buffer) => this.#keyOf(key),
      currentValue: (key: Buffer) => this.#current(key),
    };
    const begun = watch<KeyOf<K>, Stored<V, A, E>>(watched, { range: resolved, signal, since, keep, keepsAlive });
    context.waitFor(begun.begun);
    return begun;
  }

  /** Follows the value of a key. Its bytes tell whether it is another one. */
  #follow(key: Key, { signal, keepsAlive }: FollowValue): LiveIteration<Stored<V, A, E> | undefined> {
    const changes = this.#watch({ gte: key, lte: key }, { signal }, keepsAlive);
    const read = () => this.getWithVersion(key);
    async function* values(): AsyncGenerator<Stored<V, A, E> | undefined, void, undefined> {
      try {
        await changes.begun;
        let last = await read();
        yield last.value;
        for await (const _ of changes) {
          const now = await read();
          if (now.version.equals(last.version)) continue;
          last = now;
          yield now.value;
        }
      } finally {
        await changes.return();
      }
    }
    return new LiveIteration({ close: () => changes.return() }, values());
  }

  /** Returns the value of a key of the table. */
  async #current(key: Buffer): Promise<Stored<V, A, E> | undefined> {
    const { reads, executor } = await this.#ready();
    const stored = await reads.get(executor, key);
    return stored === undefined ? undefined : await this.#value(stored, key);
  }

  #keyOf(stored: Buffer): KeyOf<K> {
    const start = this.#space?.prefix.length ?? 0;
    const isBytes = this.#context.options.keyEncoding === 'bytes';
    return (isBytes ? stored.subarray(start) : keyText(stored, start, stored.length)) as KeyOf<K>;
  }

  #missing(key: Key): NotFound {
    return missing(this.#context, { shown: showKey(this.#space ? this.#key(key) : key) });
  }

  #refuseSwitch(method: string): void {
    if (this.valueEncoding === 'auto') return;
    throw new InvalidArgument(
      `${method} belongs to the encoding 'auto'; the values of ${this.table} are encoded as ` +
        JSON.stringify(this.valueEncoding),
    );
  }
}

/** Outside of the class: a bundler renames a class that mentions itself. */
function vaultOf<V, K extends KeyEncoding, A extends boolean, E extends ValueEncoding>(
  context: VaultContext,
  sublevel: { readonly space: KeySpace; readonly ttl: number },
): PostgresKVault<V, K, A, E> {
  return new PostgresKVault<V, K, A, E>(context, sublevel);
}
