import type { Readable, Writable } from 'node:stream';
import { InvalidArgument, isArrayBuffer, type NotFound } from '@kohakuvault/core-native/internal';
import {
  type AsyncBlobHandle,
  type AsyncKVault,
  type BlobOptions,
  checkDeleteRange,
  checkPair,
  type GetTarget,
  type GetToFileOptions,
  isRange,
  type Key,
  type KeyEncoding,
  type KeyOf,
  type KeyRange,
  keyText,
  listOf,
  missing,
  type PutSource,
  pairsOf,
  type ReadStreamOptions,
  resolveRange,
  type Storable,
  type Stored,
  showKey,
} from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { copiedEntries, entryPages, keyPages } from './kvault/entry-pages.ts';
import type { PageEntry, StoredEntry } from './kvault/entry-reads.ts';
import { dropEntryTables } from './kvault/entry-sql.ts';
import { keyId, storedKey } from './kvault/keys.ts';
import type { VaultContext } from './kvault/vault-context.ts';
import { openBlob } from './streams/blob-handle.ts';
import { getToFile } from './streams/get-to-file.ts';
import type { PostgresPutFileOptions } from './streams/on-commit.ts';
import { putFile } from './streams/put-file.ts';
import { createReadStream } from './streams/read-stream.ts';
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
> implements AsyncKVault<V, K, A, E>
{
  readonly #context: VaultContext;

  /** @internal */
  constructor(context: VaultContext) {
    this.#context = context;
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
      const resolved = resolveRange(keys);
      const { reads, executor } = await this.#ready();
      const entries = await reads.entries(executor, resolved);
      return await this.#read(() => entries.map(({ key, value }) => this.#decode(value, key)));
    }
    const wanted = listOf('getMany', 'keys', keys).map(storedKey);
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
    const bytes = storedKey(key);
    const { reads, executor } = await this.#ready();
    return await reads.has(executor, bytes);
  }

  async set(key: Key, value: Storable<V, A, E>): Promise<void> {
    const { isReady, hasStructures } = this.#context;
    // At once, if there is nothing to wait for.
    const entry =
      isReady && !hasStructures ? this.#encode(key, value) : await this.#written(() => this.#encode(key, value));
    await this.#context.writes.set(this.#context.executor, entry);
  }

  async setMany(entries: Iterable<readonly [Key, Storable<V, A, E>]>): Promise<number> {
    const list = listOf('setMany', 'entries', entries);
    const encoded = await this.#written(() =>
      list.map((entry) => {
        checkPair(entry);
        return this.#encode(...entry);
      }),
    );
    await this.#context.writes.setMany(this.#context.executor, encoded);
    return list.length;
  }

  async delete(key: Key): Promise<boolean> {
    const bytes = storedKey(key);
    const { writes, executor } = await this.#ready();
    return await writes.delete(executor, bytes);
  }

  async deleteMany(keys: Iterable<Key>): Promise<number> {
    const list = listOf('deleteMany', 'keys', keys).map(storedKey);
    const { writes, executor } = await this.#ready();
    return await writes.deleteMany(executor, list);
  }

  async deleteRange(range: KeyRange | Key): Promise<number> {
    checkDeleteRange(range);
    const resolved = resolveRange(range);
    const { writes, executor } = await this.#ready();
    return await writes.deleteRange(executor, resolved);
  }

  async rename(from: Key, to: Key): Promise<void> {
    const [source, target] = [storedKey(from), storedKey(to)];
    const { writes, executor } = await this.#ready();
    if (!(await writes.rename(executor, source, target))) throw this.#missing(from);
  }

  async clear(): Promise<void> {
    const { writes, executor } = await this.#ready();
    await writes.clear(executor);
  }

  pop(key: Key): Promise<Stored<V, A, E> | undefined>;
  pop<D>(key: Key, fallback: D): Promise<Stored<V, A, E> | D>;
  async pop(key: Key, fallback?: unknown): Promise<unknown> {
    const bytes = storedKey(key);
    const { writes, executor } = await this.#ready();
    const stored = await writes.pop(executor, bytes);
    return stored === undefined ? fallback : await this.#read(() => this.#decode(stored, key));
  }

  async setDefault(key: Key, value: Storable<V, A, E>): Promise<Stored<V, A, E>> {
    const entry = await this.#written(() => this.#encode(key, value));
    const stored = await this.#context.writes.setDefault(this.#context.executor, entry);
    return await this.#read(() => this.#decode(stored, key));
  }

  async update(
    entries: Iterable<readonly [Key, Storable<V, A, E>]> | Record<string, Storable<V, A, E>>,
  ): Promise<void> {
    await this.setMany(pairsOf(entries));
  }

  async size(): Promise<number> {
    const { reads, executor } = await this.#ready();
    return await reads.size(executor);
  }

  async count(range?: KeyRange | Key): Promise<number> {
    const resolved = resolveRange(range);
    const { reads, executor } = await this.#ready();
    return await reads.count(executor, resolved);
  }

  async sizeOf(key: Key): Promise<number | undefined> {
    const bytes = storedKey(key);
    const { reads, executor, codec } = await this.#ready();
    const measured = await reads.measure(executor, bytes);
    return measured && measured.size - codec.headerLength(measured.first);
  }

  async *keys(range?: KeyRange | Key): AsyncGenerator<KeyOf<K>, void, undefined> {
    const resolved = resolveRange(range);
    const { reads, executor } = await this.#ready();
    for await (const key of keyPages(reads, executor, resolved)) yield this.#keyOf(key);
  }

  async *values(range?: KeyRange | Key): AsyncGenerator<Stored<V, A, E>, void, undefined> {
    for await (const { key, value } of this.#scan(range)) yield await this.#read(() => this.#decode(value, key));
  }

  async *entries(range?: KeyRange | Key): AsyncGenerator<[KeyOf<K>, Stored<V, A, E>], void, undefined> {
    for await (const { key, value } of this.#scan(range)) {
      yield [this.#keyOf(key), await this.#read(() => this.#decode(value, key))];
    }
  }

  async toArray(range?: KeyRange | Key): Promise<[KeyOf<K>, Stored<V, A, E>][]> {
    const resolved = resolveRange(range);
    const { reads, executor } = await this.#ready();
    const entries = await reads.entries(executor, resolved);
    return await this.#read(() => entries.map(({ key, value }) => [this.#keyOf(key), this.#decode(value, key)]));
  }

  [Symbol.asyncIterator](): AsyncGenerator<[KeyOf<K>, Stored<V, A, E>], void, undefined> {
    return this.entries();
  }

  async putFile(key: Key, source: PutSource, options?: PostgresPutFileOptions): Promise<number> {
    this.#context.assertOpen();
    return await putFile(this.#context, key, source, options);
  }

  async getToFile(key: Key, target: GetTarget, options?: GetToFileOptions): Promise<number> {
    this.#context.assertOpen();
    return await getToFile(this.#context, key, target, options);
  }

  createReadStream(key: Key, options?: ReadStreamOptions): Readable {
    return createReadStream(this.#context, key, options);
  }

  createWriteStream(key: Key, options?: PostgresPutFileOptions): Writable {
    return createWriteStream(this.#context, key, options);
  }

  async openBlob(key: Key, options?: BlobOptions): Promise<AsyncBlobHandle> {
    this.#context.assertOpen();
    return await openBlob(this.#context, key, options);
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
      rows: () => this.#copied(),
      add: async (entries: readonly StoredEntry[]): Promise<void> => {
        const { writes, executor } = await this.#ready();
        await writes.add(executor, entries);
      },
    };
  }

  /** Deletes the tables of the vault with its values, and closes it. */
  async dropTable(): Promise<void> {
    const { catalog, executor, table } = await this.#ready();
    await catalog.remove(executor, table, (session) => dropEntryTables(session, catalog, table));
    await this.close();
  }

  async close(): Promise<void> {
    this.#context.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #ready(): Promise<VaultContext> {
    await this.#context.ready();
    return this.#context;
  }

  async *#copied(): AsyncGenerator<PageEntry, void, undefined> {
    const { reads, executor } = await this.#ready();
    yield* copiedEntries(reads, executor);
  }

  async *#scan(range: KeyRange | Key | undefined): AsyncGenerator<StoredEntry, void, undefined> {
    const resolved = resolveRange(range);
    const { reads, executor } = await this.#ready();
    for await (const entry of entryPages(reads, executor, resolved)) {
      this.#context.assertOpen();
      yield entry;
    }
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
    const bytes = storedKey(key);
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
    const bytes = storedKey(key);
    const encoded = this.#context.codec.encode(value, key);
    // Bytes that may belong to the caller are copied: they are sent later, and may change until then.
    const isOurs = this.valueEncoding === 'auto' && !ArrayBuffer.isView(value) && !isArrayBuffer(value);
    return { key: bytes, value: isOurs ? encoded : Buffer.from(encoded) };
  }

  #decode(stored: Buffer, key: Key): Stored<V, A, E> {
    return this.#context.codec.decode(stored, key) as Stored<V, A, E>;
  }

  #keyOf(key: Buffer): KeyOf<K> {
    const isBytes = this.#context.options.keyEncoding === 'bytes';
    return (isBytes ? key : keyText(key, 0, key.length)) as KeyOf<K>;
  }

  #missing(key: Key): NotFound {
    return missing(this.#context, { shown: showKey(key) });
  }

  #refuseSwitch(method: string): void {
    if (this.valueEncoding === 'auto') return;
    throw new InvalidArgument(
      `${method} belongs to the encoding 'auto'; the values of ${this.table} are encoded as ` +
        JSON.stringify(this.valueEncoding),
    );
  }
}
