import type { Readable, Writable } from 'node:stream';
import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import type { AsyncBlobHandle, AsyncKVault, AsyncPutFileOptions } from './async-kvault.ts';
import type { Key, KeyEncoding, KeyOf } from './keys/keys.ts';
import type { KeyRange } from './keys/range.ts';
import type { KVault } from './kvault.ts';
import type { PutSource } from './streams/in/sources.ts';
import type { BlobOptions, GetToFileOptions, ReadStreamOptions } from './streams/options.ts';
import type { BlobHandle } from './streams/out/blob-handle.ts';
import type { GetTarget } from './streams/out/targets.ts';
import type { Storable, Stored } from './values/wrapped.ts';

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
  implements AsyncKVault<V, K, A, E>
{
  readonly #vault: KVault<V, K, A, E>;

  constructor(vault: KVault<V, K, A, E>) {
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

  async set(key: Key, value: Storable<V, A, E>): Promise<void> {
    this.#vault.set(key, value);
  }

  async setMany(entries: Iterable<readonly [Key, Storable<V, A, E>]>): Promise<number> {
    return this.#vault.setMany(entries);
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

  async setDefault(key: Key, value: Storable<V, A, E>): Promise<Stored<V, A, E>> {
    return this.#vault.setDefault(key, value);
  }

  async update(
    entries: Iterable<readonly [Key, Storable<V, A, E>]> | Record<string, Storable<V, A, E>>,
  ): Promise<void> {
    this.#vault.update(entries);
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

class LocalAsyncBlobHandle implements AsyncBlobHandle {
  readonly #handle: BlobHandle;
  readonly size: number;

  constructor(handle: BlobHandle) {
    this.#handle = handle;
    this.size = handle.size;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    return this.#handle.read(offset, length);
  }

  async readInto(target: ArrayBuffer | ArrayBufferView, offset: number): Promise<number> {
    return this.#handle.readInto(target, offset);
  }

  async write(offset: number, bytes: ArrayBuffer | ArrayBufferView): Promise<number> {
    return this.#handle.write(offset, bytes);
  }

  async close(): Promise<void> {
    this.#handle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
