import type { Readable, Writable } from 'node:stream';
import { NotFound } from '@kohakuvault/core-native/internal';
import type {
  AsyncBlobHandle,
  AsyncKVault,
  AsyncPutFileOptions,
  BlobOptions,
  ChangeKind,
  GetTarget,
  GetToFileOptions,
  Key,
  KeyEncoding,
  KeyOf,
  KeyRange,
  PutSource,
  ReadStreamOptions,
  Storable,
  Stored,
  WatchOptions,
} from '@kohakuvault/kvault';
import { isRange, listOf, pairsOf, showKey } from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { withoutWrapper } from './packing.ts';
import type { Remote } from './remote.ts';
import { createReadStream, createWriteStream, getToFile, putFile, RemoteBlobHandle } from './remote-streams.ts';

/** A change of one key in a vault of another thread. */
export interface AsyncChange<K = string, V = unknown> {
  readonly key: K;
  readonly kind: ChangeKind;
  /** The place after this change, for `since`. */
  readonly position: string;
  /** Returns the value that the key has now; undefined if it has been deleted. */
  value(): Promise<V | undefined>;
}

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

  /** @internal */
  constructor(remote: Remote, table: string, valueEncoding: string, auto: { pack: boolean; headers: boolean }) {
    this.remote = remote;
    this.table = table;
    this.valueEncoding = valueEncoding;
    this.#auto = auto;
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

  async set(key: Key, value: Storable<V, A, E>): Promise<void> {
    await this.remote.call('set', [key, withoutWrapper(value)]);
  }

  async setMany(entries: Iterable<readonly [Key, Storable<V, A, E>]>): Promise<number> {
    return (await this.remote.call('setMany', [packable('setMany', entries)])) as number;
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

  async setDefault(key: Key, value: Storable<V, A, E>): Promise<Stored<V, A, E>> {
    return (await this.remote.call('setDefault', [key, withoutWrapper(value)])) as Stored<V, A, E>;
  }

  async update(
    entries: Iterable<readonly [Key, Storable<V, A, E>]> | Record<string, Storable<V, A, E>>,
  ): Promise<void> {
    await this.remote.call('setMany', [packable('update', pairsOf(entries))]);
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

  /** Iterates over the changes that anybody commits from now on, or after a position: see `KVault.watch`. */
  watch(
    range?: KeyRange | Key,
    { signal, ...options }: WatchOptions = {},
  ): AsyncGenerator<AsyncChange<KeyOf<K>, Stored<V, A, E>>, void, undefined> {
    type Item = { key: KeyOf<K>; kind: ChangeKind; position: string };
    return this.#withValues(this.remote.follow<Item>('watch', [range, options], { signal }));
  }

  async *#withValues(
    items: AsyncGenerator<{ key: KeyOf<K>; kind: ChangeKind; position: string }, void, undefined>,
  ): AsyncGenerator<AsyncChange<KeyOf<K>, Stored<V, A, E>>, void, undefined> {
    for await (const item of items) yield { ...item, value: () => this.get(item.key as Key) };
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

  close(): Promise<void> {
    return this.remote.close();
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
    return Array.isArray(entry) && entry.length === 2 ? [entry[0], withoutWrapper(entry[1])] : entry;
  });
}
