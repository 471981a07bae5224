import type { Readable, Writable } from 'node:stream';
import { LiveIteration, NotFound } from '@kohakuvault/core-native/internal';
import type {
  AsyncBlobHandle,
  AsyncChange,
  AsyncChangeEventMap,
  AsyncKVault,
  AsyncObserved,
  AsyncPutFileOptions,
  AsyncQueue,
  AsyncWatch,
  BlobOptions,
  ChangeKind,
  ExpiryOptions,
  GetTarget,
  GetToFileOptions,
  Key,
  KeyEncoding,
  KeyOf,
  KeyRange,
  PutSource,
  QueueOptions,
  ReadStreamOptions,
  Storable,
  Stored,
  SubOptions,
  WatchOptions,
} from '@kohakuvault/kvault';
import {
  ChangeEvents,
  checkKey,
  checkSubOptions,
  isRange,
  JobQueue,
  keyBytes,
  LiveValue,
  listOf,
  namedKeySpace,
  pairsOf,
  StartedWatch,
  showKey,
  Version,
} from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { withoutWrapper } from './packing.ts';
import type { Remote } from './remote.ts';
import { RemoteJobs } from './remote-jobs.ts';
import { createReadStream, createWriteStream, getToFile, putFile, RemoteBlobHandle } from './remote-streams.ts';

/** What stands for a key that does not exist: no vault returns it. */
const MISSING = '\u0000kohakuvault.missing';

/** A `KVault` in a thread of its own. */
export class RemoteKVault<
  // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
  V = any,
  K extends KeyEncoding = 'utf8',
  A extends boolean = true,
  E extends ValueEncoding = ValueEncoding,
> implements AsyncKVault<V, K, A, E>
{
  /** @internal */
  readonly remote: Remote;
  readonly table: string;
  readonly valueEncoding: string;
  readonly #auto: { pack: boolean; headers: boolean };
  readonly #isSublevel: boolean;
  readonly #events: ChangeEvents<AsyncChange<unknown, unknown>>;

  /** @internal */
  constructor(
    remote: Remote,
    table: string,
    valueEncoding: string,
    auto: { pack: boolean; headers: boolean },
    isSublevel = false,
  ) {
    this.remote = remote;
    this.table = table;
    this.valueEncoding = valueEncoding;
    this.#auto = auto;
    this.#isSublevel = isSublevel;
    this.#events = new ChangeEvents<AsyncChange<unknown, unknown>>(() => this.#watch(undefined, undefined, false));
  }

  get(key: Key): Promise<Stored<V, A, E> | undefined>;
  get<D>(key: Key, fallback: D): Promise<Stored<V, A, E> | D>;
  async get(key: Key, fallback?: unknown): Promise<unknown> {
    // The fallback stays here: it may be anything.
    const value = await this.remote.call('get', [key, MISSING]);
    return value === MISSING ? fallback : value;
  }

  async getOrThrow(key: Key): Promise<Stored<V, A, E>> {
    const value = await this.remote.call('get', [key, MISSING]);
    if (value === MISSING) throw new NotFound(`${this.table} has no key ${showKey(key)}`);
    return value as Stored<V, A, E>;
  }

  getMany(keys: Iterable<Key>): Promise<(Stored<V, A, E> | undefined)[]>;
  getMany(range: KeyRange): Promise<Stored<V, A, E>[]>;
  async getMany(keys: Iterable<Key> | KeyRange): Promise<(Stored<V, A, E> | undefined)[]> {
    const given = isRange(keys) ? keys : listOf('getMany', 'keys', keys);
    return (await this.remote.call('getMany', [given])) as (Stored<V, A, E> | undefined)[];
  }

  async has(key: Key): Promise<boolean> {
    return (await this.remote.call('has', [key])) as boolean;
  }

  async set(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<void> {
    await this.remote.call('set', [key, withoutWrapper(value), options]);
  }

  async setMany(entries: Iterable<readonly [Key, Storable<V, A, E>]>, options?: ExpiryOptions): Promise<number> {
    return (await this.remote.call('setMany', [packable('setMany', entries), options])) as number;
  }

  async delete(key: Key): Promise<boolean> {
    return (await this.remote.call('delete', [key])) as boolean;
  }

  async deleteMany(keys: Iterable<Key>): Promise<number> {
    return (await this.remote.call('deleteMany', [listOf('deleteMany', 'keys', keys)])) as number;
  }

  async deleteRange(range: KeyRange | Key): Promise<number> {
    return (await this.remote.call('deleteRange', [range])) as number;
  }

  async rename(from: Key, to: Key): Promise<void> {
    await this.remote.call('rename', [from, to]);
  }

  async clear(): Promise<void> {
    await this.remote.call('clear');
  }

  pop(key: Key): Promise<Stored<V, A, E> | undefined>;
  pop<D>(key: Key, fallback: D): Promise<Stored<V, A, E> | D>;
  async pop(key: Key, fallback?: unknown): Promise<unknown> {
    const value = await this.remote.call('pop', [key, MISSING]);
    return value === MISSING ? fallback : value;
  }

  async setDefault(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<Stored<V, A, E>> {
    return (await this.remote.call('setDefault', [key, withoutWrapper(value), options])) as Stored<V, A, E>;
  }

  async update(
    entries: Iterable<readonly [Key, Storable<V, A, E>]> | Record<string, Storable<V, A, E>>,
    options?: ExpiryOptions,
  ): Promise<void> {
    await this.remote.call('setMany', [packable('update', pairsOf(entries)), options]);
  }

  async size(): Promise<number> {
    return (await this.remote.call('size')) as number;
  }

  async count(range?: KeyRange | Key): Promise<number> {
    return (await this.remote.call('count', [range])) as number;
  }

  async sizeOf(key: Key): Promise<number | undefined> {
    return (await this.remote.call('sizeOf', [key])) as number | undefined;
  }

  keys(range?: KeyRange | Key): AsyncGenerator<KeyOf<K>, void, undefined> {
    return this.remote.iterate('keys', [range]);
  }

  values(range?: KeyRange | Key): AsyncGenerator<Stored<V, A, E>, void, undefined> {
    return this.remote.iterate('values', [range]);
  }

  entries(range?: KeyRange | Key): AsyncGenerator<[KeyOf<K>, Stored<V, A, E>], void, undefined> {
    return this.remote.iterate('entries', [range]);
  }

  async toArray(range?: KeyRange | Key): Promise<[KeyOf<K>, Stored<V, A, E>][]> {
    return (await this.remote.call('toArray', [range])) as [KeyOf<K>, Stored<V, A, E>][];
  }

  [Symbol.asyncIterator](): AsyncGenerator<[KeyOf<K>, Stored<V, A, E>], void, undefined> {
    return this.entries();
  }

  putFile(key: Key, source: PutSource, options?: AsyncPutFileOptions): Promise<number> {
    return putFile(this.remote, key, source, options);
  }

  getToFile(key: Key, target: GetTarget, options?: GetToFileOptions): Promise<number> {
    return getToFile(this.remote, key, target, options);
  }

  createReadStream(key: Key, options?: ReadStreamOptions): Readable {
    return createReadStream(this.remote, key, options);
  }

  createWriteStream(key: Key, options?: AsyncPutFileOptions): Writable {
    return createWriteStream(this.remote, key, options);
  }

  async openBlob(key: Key, options?: BlobOptions): Promise<AsyncBlobHandle> {
    const { remote, properties } = await this.remote.keep('openBlob', [key, options], ['size']);
    return new RemoteBlobHandle(remote, properties.size as number);
  }

  async setIfAbsent(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<boolean> {
    return (await this.remote.call('setIfAbsent', [key, withoutWrapper(value), options])) as boolean;
  }

  async getWithVersion(key: Key): Promise<{ value: Stored<V, A, E> | undefined; version: Version }> {
    const { value, version } = (await this.remote.call('getWithVersion', [key])) as { value: never; version: string };
    return { value, version: new Version(version) };
  }

  async compareAndSet(
    key: Key,
    expected: Version | Storable<V, A, E> | undefined,
    next: Storable<V, A, E> | undefined,
    options?: ExpiryOptions,
  ): Promise<boolean> {
    const args = [key, withoutWrapper(expected), withoutWrapper(next), options];
    return (await this.remote.call('compareAndSet', args)) as boolean;
  }

  increment(key: Key, by?: number, options?: ExpiryOptions): Promise<number>;
  increment(key: Key, by: bigint, options?: ExpiryOptions): Promise<bigint>;
  async increment(key: Key, by?: number | bigint, options?: ExpiryOptions): Promise<number | bigint> {
    return (await this.remote.call('increment', [key, by, options])) as number | bigint;
  }

  async touch(key: Key, options?: ExpiryOptions): Promise<boolean> {
    return (await this.remote.call('touch', [key, options])) as boolean;
  }

  async ttlOf(key: Key): Promise<number | undefined> {
    return (await this.remote.call('ttlOf', [key])) as number | undefined;
  }

  async purgeExpired(): Promise<number> {
    return (await this.remote.call('purgeExpired')) as number;
  }

  sub<W = V>(name: Key, options?: SubOptions): RemoteKVault<W, K, A, E> {
    checkSubOptions(options);
    namedKeySpace(name, undefined);
    return subOf<W, K, A, E>(this, this.remote.place('sub', [name, options]), this.#auto);
  }

  watch(range?: KeyRange | Key, options?: WatchOptions): AsyncWatch<KeyOf<K>, Stored<V, A, E>> {
    return this.#watch(range, options, true);
  }

  on<N extends keyof AsyncChangeEventMap<KeyOf<K>, Stored<V, A, E>>>(
    event: N,
    listener: AsyncChangeEventMap<KeyOf<K>, Stored<V, A, E>>[N],
  ): this {
    this.#events.on(event, listener as AsyncChangeEventMap<unknown, unknown>[N]);
    return this;
  }

  off<N extends keyof AsyncChangeEventMap<KeyOf<K>, Stored<V, A, E>>>(
    event: N,
    listener: AsyncChangeEventMap<KeyOf<K>, Stored<V, A, E>>[N],
  ): this {
    this.#events.off(event, listener as AsyncChangeEventMap<unknown, unknown>[N]);
    return this;
  }

  observe(key: Key): AsyncObserved<Stored<V, A, E>> {
    // A view of bytes that the caller may change later.
    const own = typeof key === 'string' ? checkKey(key) : keyBytes(key);
    return new LiveValue((options) => {
      const { items, close } = this.remote.live<Stored<V, A, E> | undefined>('observe', [own], options);
      return new LiveIteration({ close }, items);
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: without a type argument jobs are as untyped as what JSON.parse returns.
  queue<J = any>(name: string, options?: QueueOptions): AsyncQueue<J> {
    return new JobQueue<J>(name, options, (resolved) => {
      return new RemoteJobs(this.remote.place('queue', [name, resolved]).place('calls', []));
    });
  }

  #watch(
    range: KeyRange | Key | undefined,
    { signal, ...options }: WatchOptions = {},
    keepsAlive: boolean,
  ): AsyncWatch<KeyOf<K>, Stored<V, A, E>> {
    type Item = { key: KeyOf<K>; kind: ChangeKind; position: string };
    const { begun, items, close } = this.remote.live<Item>('watch', [range, options], { signal, keepsAlive });
    let last = '';
    const get = (key: KeyOf<K>) => this.get(key as Key);
    async function* changes(): AsyncGenerator<AsyncChange<KeyOf<K>, Stored<V, A, E>>, void, undefined> {
      for await (const item of items) {
        last = item.position;
        yield { ...item, value: () => get(item.key) };
      }
    }
    const placed = begun.then(async (watch) => {
      last ||= (await watch.call('position', [], { keepsAlive })) as string;
    });
    return new StartedWatch({ close }, changes(), { begun: placed, position: () => last });
  }

  enableAutoPack(options?: { structured?: boolean }): void {
    this.#switch('enableAutoPack', options);
    this.#auto.pack = this.#auto.headers = true;
  }

  disableAutoPack(): void {
    this.#switch('disableAutoPack');
    this.#auto.pack = false;
  }

  enableHeaders(): void {
    this.#switch('enableHeaders');
    this.#auto.headers = true;
  }

  disableHeaders(): void {
    this.#switch('disableHeaders');
    this.#auto.headers = false;
  }

  get autoPackEnabled(): boolean {
    return this.#auto.pack;
  }

  get headersEnabled(): boolean {
    return this.#auto.headers;
  }

  get open(): boolean {
    return this.remote.open;
  }

  /** Closes the vault. Of a sublevel it does nothing: that is closed with the vault it was made from. */
  async close(): Promise<void> {
    if (!this.#isSublevel) await this.remote.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Calls that follow come after it. What it throws is thrown nowhere, since it returns nothing. */
  #switch(method: string, ...args: unknown[]): void {
    void this.remote.call(method, args).catch(() => {});
  }
}

function packable(method: string, entries: Iterable<readonly [Key, unknown]>): unknown[] {
  return listOf(method, 'entries', entries).map((entry) => {
    if (!Array.isArray(entry) || entry.length !== 2) return entry;
    const value = withoutWrapper(entry[1]);
    return value === entry[1] ? entry : [entry[0], value];
  });
}

/** Outside of the class: a bundler renames a class that mentions itself. */
function subOf<V, K extends KeyEncoding, A extends boolean, E extends ValueEncoding>(
  { table, valueEncoding }: { readonly table: string; readonly valueEncoding: string },
  remote: Remote,
  auto: { pack: boolean; headers: boolean },
): RemoteKVault<V, K, A, E> {
  return new RemoteKVault<V, K, A, E>(remote, table, valueEncoding, auto, true);
}
