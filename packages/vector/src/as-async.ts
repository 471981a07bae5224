import type { EncodedInput, EncodedOutput, ValueEncoding } from '@kohakuvault/packer/value';
import type { AsyncSearchOptions, AsyncVectors } from './async-vectors.ts';
import type { FieldsOutput, FieldTypes } from './fields.ts';
import type { IdRange } from './id-range.ts';
import type { IdInput, IdKind, IdOf } from './vault-ids.ts';
import type { ExtrasArgument, NewVector, VectorChanges, VectorExtras, VectorInfo } from './vault-types.ts';
import type { StoredVector, VectorLike } from './vector-format.ts';
import type { VectorKVault } from './vector-kvault.ts';
import type { SearchResult } from './walk.ts';

/**
 * Returns a vault of this thread with the interface of vectors on a server, for code that runs on both. Its searches run
 * in another thread. Other calls do their work at once; what they throw rejects the promise.
 */
export function asAsync<V, E extends ValueEncoding, F extends FieldTypes, K extends IdKind>(
  vault: VectorKVault<V, E, F, K>,
): AsyncVectors<V, E, F, K> {
  return new LocalAsyncVectors(vault);
}

class LocalAsyncVectors<V, E extends ValueEncoding, F extends FieldTypes, K extends IdKind>
  implements AsyncVectors<V, E, F, K>
{
  readonly #vault: VectorKVault<V, E, F, K>;

  constructor(vault: VectorKVault<V, E, F, K>) {
    this.#vault = vault;
  }

  async insert(vector: VectorLike, value: EncodedInput<V, E>, ...extras: ExtrasArgument<F, K>): Promise<IdOf<K>> {
    return this.#vault.insert(vector, value, ...extras);
  }

  async insertMany(rows: Iterable<NewVector<EncodedInput<V, E>, F, K>>): Promise<IdOf<K>[]> {
    return this.#vault.insertMany(rows);
  }

  async upsert(
    vector: VectorLike,
    value: EncodedInput<V, E>,
    extras: VectorExtras<F, K> & { readonly id: IdInput<K> },
  ): Promise<IdOf<K>> {
    return this.#vault.upsert(vector, value, extras);
  }

  async search(
    query: VectorLike,
    options?: number | AsyncSearchOptions<EncodedOutput<V, E>, F, K>,
  ): Promise<SearchResult<EncodedOutput<V, E>, IdOf<K>>[]> {
    return await this.#vault.searchAsync(query, options);
  }

  async searchMany(
    queries: Iterable<VectorLike>,
    options?: number | AsyncSearchOptions<EncodedOutput<V, E>, F, K>,
  ): Promise<SearchResult<EncodedOutput<V, E>, IdOf<K>>[][]> {
    return await this.#vault.searchManyAsync(queries, options);
  }

  async get(query: VectorLike): Promise<EncodedOutput<V, E> | undefined> {
    return (await this.search(query, 1))[0]?.value;
  }

  async getById(id: IdInput<K>): Promise<{ vector: StoredVector; value: EncodedOutput<V, E> } | undefined> {
    return this.#vault.getById(id);
  }

  async fields(id: IdInput<K>): Promise<FieldsOutput<F> | undefined> {
    return this.#vault.fields(id);
  }

  async has(id: IdInput<K>): Promise<boolean> {
    return this.#vault.has(id);
  }

  async update(id: IdInput<K>, changes: VectorChanges<EncodedInput<V, E>, F>): Promise<boolean> {
    return this.#vault.update(id, changes);
  }

  async delete(id: IdInput<K>): Promise<boolean> {
    return this.#vault.delete(id);
  }

  async deleteMany(ids: Iterable<IdInput<K>>): Promise<number> {
    return this.#vault.deleteMany(ids);
  }

  async clear(): Promise<void> {
    this.#vault.clear();
  }

  async size(): Promise<number> {
    return this.#vault.size;
  }

  async info(): Promise<Omit<VectorInfo, 'index'>> {
    const { index: _index, ...info } = this.#vault.info();
    return info;
  }

  async createIndex(): Promise<void> {
    await this.#vault.createIndexAsync();
  }

  async dropIndex(): Promise<boolean> {
    return this.#vault.dropIndex();
  }

  async *keys(range?: IdRange<IdInput<K>>): AsyncGenerator<IdOf<K>, void, undefined> {
    yield* this.#vault.keys(range);
  }

  async *values(range?: IdRange<IdInput<K>>): AsyncGenerator<EncodedOutput<V, E>, void, undefined> {
    for (const value of this.#vault.values(range)) yield value;
  }

  async *entries(
    range?: IdRange<IdInput<K>>,
  ): AsyncGenerator<[id: IdOf<K>, vector: StoredVector, value: EncodedOutput<V, E>], void, undefined> {
    yield* this.#vault.entries(range);
  }

  [Symbol.asyncIterator](): AsyncGenerator<
    [id: IdOf<K>, vector: StoredVector, value: EncodedOutput<V, E>],
    void,
    undefined
  > {
    return this.entries();
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
