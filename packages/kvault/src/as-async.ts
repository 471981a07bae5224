import type { Readable, Writable } from 'node:stream';
import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { LocalAsyncBlobHandle } from './async-blob-handle.ts';
import type { AsyncBlobHandle, AsyncKVault, AsyncPutFileOptions } from './async-kvault.ts';
import type { Version } from './atomic/version.ts';
import type { ExpiryOptions } from './expiry/expiry-options.ts';
import type { Key, KeyEncoding, KeyOf } from './keys/keys.ts';
import type { KeyRange } from './keys/range.ts';
import type { KVault } from './kvault.ts';
import { quietWatch } from './live-calls.ts';
import type { AsyncQueue } from './queue/async-queue.ts';
import { JobQueue } from './queue/job-queue.ts';
import { localJobs } from './queue/local-jobs.ts';
import type { QueueOptions } from './queue/options.ts';
import type { PutSource } from './streams/in/sources.ts';
import type { BlobOptions, GetToFileOptions, ReadStreamOptions } from './streams/options.ts';
import type { GetTarget } from './streams/out/targets.ts';
import type { SubOptions } from './sub-options.ts';
import type { Storable, Stored } from './values/wrapped.ts';
import { asyncWatch } from './watch/async-local-watch.ts';
import type { AsyncObserved, AsyncWatch } from './watch/async-watch.ts';
import { ChangeSource } from './watch/change-source.ts';
import type { WatchOptions } from './watch/watch-options.ts';

/**
 * Returns a vault of this thread with the interface of vaults on a server, for code that runs on both. Its calls do
 * their work at once, and block the thread as those of the vault do; what they throw rejects the promise.
 */
export function asAsync<V, K extends KeyEncoding, A extends boolean, E extends ValueEncoding>(
  vault: KVault<V, K, A, E>,
): AsyncKVault<V, K, A, E> {
  return new LocalAsyncKVault(vault);
}

class LocalAsyncKVault<V, K extends KeyEncoding, A extends boolean, E extends ValueEncoding>
  extends ChangeSource<KeyOf<K>, Stored<V, A, E>>
  implements AsyncKVault<V, K, A, E>
{
  readonly #vault: KVault<V, K, A, E>;

  constructor(vault: KVault<V, K, A, E>) {
    super();
    this.#vault = vault;
  }

  get(key: Key): Promise<Stored<V, A, E> | undefined>;
  get<D>(key: Key, fallback: D): Promise<Stored<V, A, E> | D>;
  async get(key: Key, fallback?: unknown): Promise<unknown> {
    return this.#vault.get(key, fallback);
  }

  async getOrThrow(key: Key): Promise<Stored<V, A, E>> {
    return this.#vault.getOrThrow(key);
  }

  getMany(keys: Iterable<Key>): Promise<(Stored<V, A, E> | undefined)[]>;
  getMany(range: KeyRange): Promise<Stored<V, A, E>[]>;
  async getMany(keys: Iterable<Key> | KeyRange): Promise<(Stored<V, A, E> | undefined)[]> {
    return this.#vault.getMany(keys as Iterable<Key>);
  }

  async has(key: Key): Promise<boolean> {
    return this.#vault.has(key);
  }

  async set(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<void> {
    this.#vault.set(key, value, options);
  }

  async setMany(entries: Iterable<readonly [Key, Storable<V, A, E>]>, options?: ExpiryOptions): Promise<number> {
    return this.#vault.setMany(entries, options);
  }

  async delete(key: Key): Promise<boolean> {
    return this.#vault.delete(key);
  }

  async deleteMany(keys: Iterable<Key>): Promise<number> {
    return this.#vault.deleteMany(keys);
  }

  async deleteRange(range: KeyRange | Key): Promise<number> {
    return this.#vault.deleteRange(range);
  }

  async rename(from: Key, to: Key): Promise<void> {
    this.#vault.rename(from, to);
  }

  async clear(): Promise<void> {
    this.#vault.clear();
  }

  pop(key: Key): Promise<Stored<V, A, E> | undefined>;
  pop<D>(key: Key, fallback: D): Promise<Stored<V, A, E> | D>;
  async pop(key: Key, fallback?: unknown): Promise<unknown> {
    return this.#vault.pop(key, fallback);
  }

  async setDefault(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<Stored<V, A, E>> {
    return this.#vault.setDefault(key, value, options);
  }

  async update(
    entries: Iterable<readonly [Key, Storable<V, A, E>]> | Record<string, Storable<V, A, E>>,
    options?: ExpiryOptions,
  ): Promise<void> {
    this.#vault.update(entries, options);
  }

  async setIfAbsent(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<boolean> {
    return this.#vault.setIfAbsent(key, value, options);
  }

  async getWithVersion(key: Key): Promise<{ value: Stored<V, A, E> | undefined; version: Version }> {
    return this.#vault.getWithVersion(key);
  }

  async compareAndSet(
    key: Key,
    expected: Version | Storable<V, A, E> | undefined,
    next: Storable<V, A, E> | undefined,
    options?: ExpiryOptions,
  ): Promise<boolean> {
    return this.#vault.compareAndSet(key, expected, next, options);
  }

  increment(key: Key, by?: number, options?: ExpiryOptions): Promise<number>;
  increment(key: Key, by: bigint, options?: ExpiryOptions): Promise<bigint>;
  async increment(key: Key, by?: number | bigint, options?: ExpiryOptions): Promise<number | bigint> {
    return this.#vault.increment(key, by as number, options);
  }

  async touch(key: Key, options?: ExpiryOptions): Promise<boolean> {
    return this.#vault.touch(key, options);
  }

  async ttlOf(key: Key): Promise<number | undefined> {
    return this.#vault.ttlOf(key);
  }

  async purgeExpired(): Promise<number> {
    return this.#vault.purgeExpired();
  }

  sub<W = V>(name: Key, options?: SubOptions): AsyncKVault<W, K, A, E> {
    return new LocalAsyncKVault<W, K, A, E>(this.#vault.sub<W>(name, options));
  }

  /** @internal */
  protected override watchQuietly(): AsyncWatch<unknown, unknown> {
    return asyncWatch<unknown, unknown>(() => this.#vault[quietWatch]());
  }

  watch(range?: KeyRange | Key, options?: WatchOptions): AsyncWatch<KeyOf<K>, Stored<V, A, E>> {
    return asyncWatch(() => this.#vault.watch(range, options));
  }

  observe(key: Key): AsyncObserved<Stored<V, A, E>> {
    return this.#vault.observe(key);
  }

  // biome-ignore lint/suspicious/noExplicitAny: without a type argument jobs are as untyped as what JSON.parse returns.
  queue<J = any>(name: string, options?: QueueOptions): AsyncQueue<J> {
    return new JobQueue<J>(name, options, (resolved) => localJobs(this.#vault.queue(name, resolved)));
  }

  async size(): Promise<number> {
    return this.#vault.size;
  }

  async count(range?: KeyRange | Key): Promise<number> {
    return this.#vault.count(range);
  }

  async sizeOf(key: Key): Promise<number | undefined> {
    return this.#vault.sizeOf(key);
  }

  async *keys(range?: KeyRange | Key): AsyncGenerator<KeyOf<K>, void, undefined> {
    yield* this.#vault.keys(range);
  }

  async *values(range?: KeyRange | Key): AsyncGenerator<Stored<V, A, E>, void, undefined> {
    yield* this.#vault.values(range);
  }

  async *entries(range?: KeyRange | Key): AsyncGenerator<[KeyOf<K>, Stored<V, A, E>], void, undefined> {
    yield* this.#vault.entries(range);
  }

  async toArray(range?: KeyRange | Key): Promise<[KeyOf<K>, Stored<V, A, E>][]> {
    return this.#vault.toArray(range);
  }

  [Symbol.asyncIterator](): AsyncGenerator<[KeyOf<K>, Stored<V, A, E>], void, undefined> {
    return this.entries();
  }

  async putFile(key: Key, source: PutSource, options?: AsyncPutFileOptions): Promise<number> {
    return await this.#vault.putFile(key, source, options);
  }

  async getToFile(key: Key, target: GetTarget, options?: GetToFileOptions): Promise<number> {
    return await this.#vault.getToFile(key, target, options);
  }

  createReadStream(key: Key, options?: ReadStreamOptions): Readable {
    try {
      return this.#vault.createReadStream(key, options);
    } catch (error) {
      // A server knows only later what a file knows at once, so code for both listens to the stream.
      const isLater = error instanceof KohakuVaultError && error.code === 'KV_NOT_FOUND';
      if (!isLater) throw error;
      const { Readable } = process.getBuiltinModule('node:stream');
      return new Readable({
        read() {
          this.destroy(error);
        },
      });
    }
  }

  createWriteStream(key: Key, options?: AsyncPutFileOptions): Writable {
    return this.#vault.createWriteStream(key, options);
  }

  async openBlob(key: Key, options?: BlobOptions): Promise<AsyncBlobHandle> {
    return new LocalAsyncBlobHandle(this.#vault.openBlob(key, options));
  }

  enableAutoPack(options?: { structured?: boolean }): void {
    this.#vault.enableAutoPack(options);
  }

  disableAutoPack(): void {
    this.#vault.disableAutoPack();
  }

  enableHeaders(): void {
    this.#vault.enableHeaders();
  }

  disableHeaders(): void {
    this.#vault.disableHeaders();
  }

  get autoPackEnabled(): boolean {
    return this.#vault.autoPackEnabled;
  }

  get headersEnabled(): boolean {
    return this.#vault.headersEnabled;
  }

  get valueEncoding(): string {
    return this.#vault.valueEncoding;
  }

  get table(): string {
    return this.#vault.table;
  }

  get open(): boolean {
    return this.#vault.open;
  }

  async close(): Promise<void> {
    this.#vault.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
