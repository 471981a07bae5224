import type { EncodedInput, EncodedOutput, ValueEncoding } from '@kohakuvault/packer/value';
import type { FieldsOutput, FieldTypes } from './fields.ts';
import type { IdRange } from './id-range.ts';
import type { SearchAsyncOptions } from './search-options.ts';
import type { IdInput, IdKind, IdOf } from './vault-ids.ts';
import type { ExtrasArgument, NewVector, VectorChanges, VectorExtras, VectorInfo } from './vault-types.ts';
import type { StoredVector, VectorLike } from './vector-format.ts';
import type { SearchResult } from './walk.ts';

/** The options that a search has wherever the vectors are stored. */
export type AsyncSearchOptions<V, F extends FieldTypes = FieldTypes, K extends IdKind = 'i64'> = Omit<
  SearchAsyncOptions<V, F, K>,
  'searchDimensions' | 'recall' | 'probes'
>;

/**
 * Vectors whose calls return promises, wherever they are stored: in a file (`asAsync`) or on a server. Names, arguments,
 * errors, distances and conditions are those of `VectorKVault`.
 */
export interface AsyncVectors<
  // biome-ignore lint/suspicious/noExplicitAny: a vault holds anything unless its user says what.
  V = any,
  E extends ValueEncoding = ValueEncoding,
  F extends FieldTypes = FieldTypes,
  K extends IdKind = 'i64',
> extends AsyncDisposable,
    AsyncIterable<[id: IdOf<K>, vector: StoredVector, value: EncodedOutput<V, E>]> {
  /** Inserts a vector. Returns its id: the given one, or a new one. */
  insert(vector: VectorLike, value: EncodedInput<V, E>, ...extras: ExtrasArgument<F, K>): Promise<IdOf<K>>;
  /** Inserts many vectors, or none if one is refused. Returns their ids. */
  insertMany(rows: Iterable<NewVector<EncodedInput<V, E>, F, K>>): Promise<IdOf<K>[]>;
  /** Inserts a vector, or changes the vector, the value and all fields of the vector that has its id. Returns the id. */
  upsert(
    vector: VectorLike,
    value: EncodedInput<V, E>,
    extras: VectorExtras<F, K> & { readonly id: IdInput<K> },
  ): Promise<IdOf<K>>;
  /** Returns the nearest vectors of a query, nearest first. Equally near vectors come newest first. */
  search(
    query: VectorLike,
    options?: number | AsyncSearchOptions<EncodedOutput<V, E>, F, K>,
  ): Promise<SearchResult<EncodedOutput<V, E>, IdOf<K>>[]>;
  /** Searches for many queries together. */
  searchMany(
    queries: Iterable<VectorLike>,
    options?: number | AsyncSearchOptions<EncodedOutput<V, E>, F, K>,
  ): Promise<SearchResult<EncodedOutput<V, E>, IdOf<K>>[][]>;
  /** Returns the value of the nearest vector. Undefined if the vault is empty. */
  get(query: VectorLike): Promise<EncodedOutput<V, E> | undefined>;
  /** Returns a stored vector and its value. Under cosine, floats have the length 1. */
  getById(id: IdInput<K>): Promise<{ vector: StoredVector; value: EncodedOutput<V, E> } | undefined>;
  /** Returns the fields of a vector. Missing ones are left out. Undefined if there is no such vector. */
  fields(id: IdInput<K>): Promise<FieldsOutput<F> | undefined>;
  has(id: IdInput<K>): Promise<boolean>;
  /** Changes a vector, its value, its fields, or several of them. Returns false if the id does not exist. */
  update(id: IdInput<K>, changes: VectorChanges<EncodedInput<V, E>, F>): Promise<boolean>;
  /** Deletes a vector and its value. Returns false if the id does not exist. */
  delete(id: IdInput<K>): Promise<boolean>;
  /** Deletes many vectors and their values, all or none. Returns how many of the ids existed. */
  deleteMany(ids: Iterable<IdInput<K>>): Promise<number>;
  /** Deletes all vectors and values. */
  clear(): Promise<void>;
  /** Returns the number of vectors. */
  size(): Promise<number>;
  info(): Promise<Omit<VectorInfo, 'index'>>;
  /** Makes an index for approximate searches, or makes it again. */
  createIndex(): Promise<void>;
  /** Removes the index. Searches work as without it. Returns whether there was one. */
  dropIndex(): Promise<boolean>;
  /** Iterates over the ids in a range, by default all of them in the order in which they came. */
  keys(range?: IdRange<IdInput<K>>): AsyncGenerator<IdOf<K>, void, undefined>;
  /** Iterates over the values of the vectors whose ids are in a range. */
  values(range?: IdRange<IdInput<K>>): AsyncGenerator<EncodedOutput<V, E>, void, undefined>;
  /** Iterates over the vectors in a range of ids with their values. */
  entries(
    range?: IdRange<IdInput<K>>,
  ): AsyncGenerator<[id: IdOf<K>, vector: StoredVector, value: EncodedOutput<V, E>], void, undefined>;
  /** The name of the encoding of the values: 'auto', or what the table keeps. */
  readonly valueEncoding: string;
  readonly table: string;
  /** Whether the vault can be used. */
  readonly open: boolean;
  close(): Promise<void>;
}
