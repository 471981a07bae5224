import type { Readable, Writable } from 'node:stream';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import type { Version } from './atomic/version.ts';
import type { ExpiryOptions } from './expiry/expiry-options.ts';
import type { Key, KeyEncoding, KeyOf } from './keys/keys.ts';
import type { KeyRange } from './keys/range.ts';
import type { AsyncQueue } from './queue/async-queue.ts';
import type { QueueOptions } from './queue/options.ts';
import type { PutSource } from './streams/in/sources.ts';
import type { BlobOptions, GetToFileOptions, PutFileOptions, ReadStreamOptions } from './streams/options.ts';
import type { GetTarget } from './streams/out/targets.ts';
import type { SubOptions } from './sub-options.ts';
import type { Storable, Stored } from './values/wrapped.ts';
import type { AsyncChangeEventMap, AsyncObserved, AsyncWatch } from './watch/async-watch.ts';
import type { WatchOptions } from './watch/watch-options.ts';

/** The options of streams in. What belongs to the value in one transaction differs between the kinds of vaults. */
export type AsyncPutFileOptions = Omit<PutFileOptions, 'onCommit'>;

/**
 * A dict whose calls return promises, wherever it is stored: in a file (`asAsync`) or on a server. Names, arguments,
 * errors and the bytes of values are those of `KVault`. `V` is the type of its values, `K` its `keyEncoding`, `A` its
 * `autoPack` and `E` its `valueEncoding`.
 */
export interface AsyncKVault<
  // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
  V = any,
  K extends KeyEncoding = 'utf8',
  A extends boolean = true,
  E extends ValueEncoding = ValueEncoding,
> extends AsyncDisposable,
    AsyncIterable<[KeyOf<K>, Stored<V, A, E>]> {
  /** Returns the value, or the fallback (undefined) if the key does not exist. */
  get(key: Key): Promise<Stored<V, A, E> | undefined>;
  get<D>(key: Key, fallback: D): Promise<Stored<V, A, E> | D>;
  /** Returns the value. Rejects with `NotFound` if the key does not exist. */
  getOrThrow(key: Key): Promise<Stored<V, A, E>>;
  /** Returns the values of many keys, in their order, or all values of a range, from one state. */
  getMany(keys: Iterable<Key>): Promise<(Stored<V, A, E> | undefined)[]>;
  getMany(range: KeyRange): Promise<Stored<V, A, E>[]>;
  has(key: Key): Promise<boolean>;
  /** Sets a key. Without options, the entry expires after the `ttl` of the vault, if that has one. */
  set(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<void>;
  /** Writes many entries: all of them, or none if one cannot be written. Returns how many. */
  setMany(entries: Iterable<readonly [Key, Storable<V, A, E>]>, options?: ExpiryOptions): Promise<number>;
  /** Deletes a key. Returns whether it existed. */
  delete(key: Key): Promise<boolean>;
  /** Deletes many keys, all or none. Returns how many of them existed. */
  deleteMany(keys: Iterable<Key>): Promise<number>;
  /** Deletes the keys of a range, or with a prefix. Returns how many there were. */
  deleteRange(range: KeyRange | Key): Promise<number>;
  /** Gives a value another key, in place of the value that has that. `NotFound` if there is no such key. */
  rename(from: Key, to: Key): Promise<void>;
  clear(): Promise<void>;
  /** Deletes a key. Returns its value, or the fallback (undefined) if the key does not exist. */
  pop(key: Key): Promise<Stored<V, A, E> | undefined>;
  pop<D>(key: Key, fallback: D): Promise<Stored<V, A, E> | D>;
  /** Sets the key if it does not exist. Returns the value that is stored then. */
  setDefault(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<Stored<V, A, E>>;
  /** Sets all entries of an iterable of pairs, or of an object: all of them or none. */
  update(
    entries: Iterable<readonly [Key, Storable<V, A, E>]> | Record<string, Storable<V, A, E>>,
    options?: ExpiryOptions,
  ): Promise<void>;
  /** Sets a key if it does not exist, also if other programs try to. Returns whether it was set. */
  setIfAbsent(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<boolean>;
  /** Returns a value with its version, for `compareAndSet`. A key that does not exist has a version too. */
  getWithVersion(key: Key): Promise<{ value: Stored<V, A, E> | undefined; version: Version }>;
  /**
   * Sets a key if it has the version or the value that is expected; undefined expects that it does not exist. Without a
   * next value, the key is deleted. Returns whether it was as expected.
   */
  compareAndSet(
    key: Key,
    expected: Version | Storable<V, A, E> | undefined,
    next: Storable<V, A, E> | undefined,
    options?: ExpiryOptions,
  ): Promise<boolean>;
  /** Adds to the number that a key has, or to 0 if it does not exist. Returns the sum. The options are for a new entry. */
  increment(key: Key, by?: number, options?: ExpiryOptions): Promise<number>;
  increment(key: Key, by: bigint, options?: ExpiryOptions): Promise<bigint>;
  /** Has an entry expire at another time; without options, after the `ttl` of the vault. Returns whether it exists. */
  touch(key: Key, options?: ExpiryOptions): Promise<boolean>;
  /** Returns in how many milliseconds an entry expires: Infinity if it does not, and undefined without the key. */
  ttlOf(key: Key): Promise<number | undefined>;
  /** Removes all entries of the table that have expired. Returns how many there were. */
  purgeExpired(): Promise<number>;
  /** Returns the keys that begin with a name and a slash, as a vault whose keys do not have that. */
  sub<W = V>(name: Key, options?: SubOptions): AsyncKVault<W, K, A, E>;
  /** Returns the changes of the keys of a range, or with a prefix, that anybody commits from now on, or after `since`. */
  watch(range?: KeyRange | Key, options?: WatchOptions): AsyncWatch<KeyOf<K>, Stored<V, A, E>>;
  /** Has a listener called with each change that anybody commits, or with the error that has ended that. */
  on<N extends keyof AsyncChangeEventMap<KeyOf<K>, Stored<V, A, E>>>(
    event: N,
    listener: AsyncChangeEventMap<KeyOf<K>, Stored<V, A, E>>[N],
  ): this;
  /** Has a listener called no more. */
  off<N extends keyof AsyncChangeEventMap<KeyOf<K>, Stored<V, A, E>>>(
    event: N,
    listener: AsyncChangeEventMap<KeyOf<K>, Stored<V, A, E>>[N],
  ): this;
  /** Returns the value of a key as it changes, no matter who changes it. */
  observe(key: Key): AsyncObserved<Stored<V, A, E>>;
  /** Returns a durable queue of jobs beside the vault. All vaults of the file, or of the store, share it by its name. */
  // biome-ignore lint/suspicious/noExplicitAny: without a type argument jobs are as untyped as what JSON.parse returns.
  queue<J = any>(name: string, options?: QueueOptions): AsyncQueue<J>;
  /** Returns the number of keys. */
  size(): Promise<number>;
  /** Counts the keys of a range, or with a prefix, without reading values. */
  count(range?: KeyRange | Key): Promise<number>;
  /** Returns the length of a value without reading it; undefined if the key does not exist. */
  sizeOf(key: Key): Promise<number | undefined>;
  keys(range?: KeyRange | Key): AsyncGenerator<KeyOf<K>, void, undefined>;
  values(range?: KeyRange | Key): AsyncGenerator<Stored<V, A, E>, void, undefined>;
  entries(range?: KeyRange | Key): AsyncGenerator<[KeyOf<K>, Stored<V, A, E>], void, undefined>;
  /** Returns the entries of a range, or with a prefix, as an array, from one state. */
  toArray(range?: KeyRange | Key): Promise<[KeyOf<K>, Stored<V, A, E>][]>;
  /** Stores all bytes of a source of any size, in constant memory: all or nothing. Returns how many they were. */
  putFile(key: Key, source: PutSource, options?: AsyncPutFileOptions): Promise<number>;
  /** Writes a bytes value to a file or a stream, in constant memory. Returns its length. `NotFound` without the key. */
  getToFile(key: Key, target: GetTarget, options?: GetToFileOptions): Promise<number>;
  /** Returns a stream of a value's bytes, or of a range of them. A missing key is an error of the stream. */
  createReadStream(key: Key, options?: ReadStreamOptions): Readable;
  /** Returns a stream whose bytes become the key's value when it finishes. If it is destroyed, the old value stays. */
  createWriteStream(key: Key, options?: AsyncPutFileOptions): Writable;
  /** Opens a bytes value for random access. `NotFound` without the key; `KV_STALE` once the value was replaced. */
  openBlob(key: Key, options?: BlobOptions): Promise<AsyncBlobHandle>;
  enableAutoPack(options?: { structured?: boolean }): void;
  disableAutoPack(): void;
  enableHeaders(): void;
  disableHeaders(): void;
  readonly autoPackEnabled: boolean;
  readonly headersEnabled: boolean;
  /** The name of the encoding of the values: 'auto', or what the table keeps. */
  readonly valueEncoding: string;
  readonly table: string;
  /** Whether the vault can be used. */
  readonly open: boolean;
  close(): Promise<void>;
}

/** Random access to one bytes value, in place. Once the value has been replaced or deleted, a call fails: `KV_STALE`. */
export interface AsyncBlobHandle extends AsyncDisposable {
  /** The number of bytes of the value. A handle never changes it. */
  readonly size: number;
  /** Returns the bytes from `offset` on, fewer than `length` at the value's end. */
  read(offset: number, length: number): Promise<Buffer>;
  /** Fills the target with the bytes from `offset` on. Returns how many there were. */
  readInto(target: ArrayBuffer | ArrayBufferView, offset: number): Promise<number>;
  /** Overwrites the value from `offset` on. Returns how many bytes. Refuses bytes that would reach past its end. */
  write(offset: number, bytes: ArrayBuffer | ArrayBufferView): Promise<number>;
  close(): Promise<void>;
}
