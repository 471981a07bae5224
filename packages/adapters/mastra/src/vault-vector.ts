import { checkOptions, describe, InvalidArgument, type OptionRule } from '@kohakuvault/core-native/internal';
import type { ConnectionOptions, DatabaseSource, FieldTypes, SearchAsyncOptions } from '@kohakuvault/vector';
import { idsWhere } from '@kohakuvault/vector';
import {
  type CreateIndexParams,
  type DeleteIndexParams,
  type DeleteVectorParams,
  type DeleteVectorsParams,
  type DescribeIndexParams,
  type IndexStats,
  MastraVector,
  type QueryResult,
  type QueryVectorParams,
  type UpdateVectorParams,
  type UpsertVectorParams,
} from '@mastra/core/vector';
import { splitFilter } from '../../shared/src/split-filter.ts';
import { replaceRows, scoreOf, type TextIdVault } from '../../shared/src/vector-rows.ts';
import { Indexes, type Stored } from './indexes.ts';
import { mastraMetricOf } from './metrics.ts';

/** A filter on metadata, in the language of MongoDB. */
// biome-ignore lint/suspicious/noExplicitAny: Mastra has a type of its own for each store.
type Filter = any;

export interface VaultVectorOptions {
  /** The name of the store in Mastra. */
  id: string;
  /** The path of the file, or an open vault or `Database`, whose file then has the indexes too. */
  path: DatabaseSource;
  /** What the tables of the indexes begin with. Default 'mastra_'. */
  prefix?: string | undefined;
  /**
   * Metadata that queries are limited by: `{ thread_id: 'str', resource_id: 'str' }` for the memory of agents. The core
   * looks at them before it compares vectors.
   */
  fields?: FieldTypes | undefined;
  /** How searches are done: `mode: 'approximate'`, `recall` and the like. Default: exactly. */
  search?: Pick<SearchAsyncOptions<unknown>, 'mode' | 'recall' | 'probes' | 'oversample'> | undefined;
  /** Settings of the connection, such as `synchronous` or `key`. */
  connection?: ConnectionOptions | undefined;
}

const isObject: OptionRule = { expected: 'an object', accepts: (value) => typeof value === 'object' && value !== null };
const isText: OptionRule = { expected: 'text', accepts: (value) => typeof value === 'string' };
const RULES: Record<string, OptionRule> = {
  id: isText,
  path: { expected: 'a path, a vault or a Database', accepts: (value) => value != null },
  prefix: isText,
  fields: isObject,
  search: isObject,
  connection: isObject,
};

/** A vector store for Mastra: each index is a table of vectors in one SQLite file. */
export class VaultVector extends MastraVector<Filter> {
  readonly #indexes: Indexes;
  readonly #fields: FieldTypes | undefined;
  readonly #search: VaultVectorOptions['search'];

  constructor(options: VaultVectorOptions) {
    checkOptions('VaultVector', options, RULES);
    if (options?.id === undefined || options.path === undefined) {
      throw new InvalidArgument(
        "VaultVector expects id and path: new VaultVector({ id: 'vectors', path: 'agent.db' })",
      );
    }
    super({ id: options.id });
    const { path, prefix = 'mastra_', fields, search, connection } = options;
    this.#indexes = new Indexes(path, connection, prefix, fields);
    this.#fields = fields;
    this.#search = search;
  }

  async createIndex({ indexName, dimension, metric = 'cosine' }: CreateIndexParams): Promise<void> {
    if (!Number.isInteger(dimension) || dimension < 1) {
      throw new InvalidArgument(`createIndex: dimension is ${describe(dimension)}; expected a whole number from 1 on`);
    }
    // What Mastra says about an index that is there already: nothing, or that its dimension differs.
    if (this.#indexes.find(indexName)) await this.validateExistingIndex(indexName, dimension, metric);
    else this.#indexes.create(indexName, dimension, metric);
  }

  async listIndexes(): Promise<string[]> {
    return this.#indexes.names();
  }

  async describeIndex({ indexName }: DescribeIndexParams): Promise<IndexStats> {
    const { dimensions, count, metric } = this.#indexes.get(indexName).info();
    const name = mastraMetricOf(metric);
    return { dimension: dimensions, count, ...(name && { metric: name }) };
  }

  async deleteIndex({ indexName }: DeleteIndexParams): Promise<void> {
    this.#indexes.drop(indexName);
  }

  /** Writes vectors in place of those with their ids, and without those that `deleteFilter` accepts: all, or nothing. */
  async upsert(params: UpsertVectorParams<Filter>): Promise<string[]> {
    const { indexName, vectors, metadata, ids: given, deleteFilter } = params;
    refuseSparse('upsert', params.sparseVectors);
    if (!Array.isArray(vectors) || vectors.length === 0) {
      throw new InvalidArgument(`upsert: vectors is ${describe(vectors)}; expected a list with one vector at least`);
    }
    for (const [name, list] of Object.entries({ metadata, ids: given })) {
      if (list && list.length !== vectors.length) {
        throw new InvalidArgument(`upsert got ${vectors.length} vectors and ${list.length} ${name}; expected as many`);
      }
    }
    const vault = this.#indexes.get(indexName);
    const ids = given ?? vectors.map(() => crypto.randomUUID());
    const rows = vectors.map((vector, index) => ({
      id: ids[index] as string,
      vector,
      value: { metadata: metadata?.[index] ?? {} },
    }));
    vault.transaction(() => {
      if (deleteFilter) vault.deleteMany(this.#idsOf('upsert', vault, deleteFilter));
      replaceRows(vault, rows);
    });
    return ids;
  }

  async query(params: QueryVectorParams<Filter>): Promise<QueryResult[]> {
    const { indexName, queryVector, topK = 10, filter, includeVector = false } = params;
    refuseSparse('query', params.sparseVector);
    if (!queryVector)
      throw new InvalidArgument('query: queryVector is missing; a search by metadata alone is not known');
    if (!Number.isInteger(topK) || topK < 1) {
      throw new InvalidArgument(`query: topK is ${describe(topK)}; expected a whole number from 1 on`);
    }
    const vault = this.#indexes.get(indexName);
    const { metric } = vault.info();
    const { where, test } = splitFilter('query', filter, this.#fields);
    const found = await vault.searchAsync(queryVector, {
      ...this.#search,
      k: topK,
      ...(where && { where }),
      ...(test && { filter: (_: string, { metadata }: Stored) => test(metadata) }),
    });
    return found.map(({ id, distance, value }) => ({
      id,
      score: scoreOf(metric, distance),
      metadata: value.metadata,
      ...(includeVector && { vector: Array.from(vault.getById(id)?.vector ?? []) }),
    }));
  }

  /** Changes a vector, or all that a filter accepts. Metadata replace those that are there. */
  async updateVector({ indexName, id, filter, update }: UpdateVectorParams<Filter>): Promise<void> {
    if (id !== undefined && filter !== undefined) {
      throw new InvalidArgument('updateVector got id and filter, which are mutually exclusive; give one of them');
    }
    if (id === undefined && filter === undefined) {
      throw new InvalidArgument('updateVector: Either id or filter must be provided, got neither');
    }
    if (!update?.vector && !update?.metadata) {
      throw new InvalidArgument('updateVector got no updates; expected update.vector, update.metadata or both');
    }
    if (filter !== undefined) refuseEmpty('updateVector', filter);
    const vault = this.#indexes.get(indexName);
    const { vector, metadata } = update;
    vault.transaction(() => {
      const ids = id === undefined ? this.#idsOf('updateVector', vault, filter) : [id];
      for (const each of ids) {
        const value = metadata && { metadata };
        vault.update(each, { vector, value });
      }
    });
  }

  async deleteVector({ indexName, id }: DeleteVectorParams): Promise<void> {
    this.#indexes.get(indexName).delete(id);
  }

  async deleteVectors({ indexName, ids, filter }: DeleteVectorsParams<Filter>): Promise<void> {
    if (ids && filter) {
      throw new InvalidArgument('deleteVectors got ids and filter, which are mutually exclusive; give one of them');
    }
    if (!ids && !filter) {
      throw new InvalidArgument('deleteVectors: Either filter or ids must be provided, got neither');
    }
    if (ids?.length === 0) throw new InvalidArgument('deleteVectors got an empty ids array; expected one id at least');
    if (filter) refuseEmpty('deleteVectors', filter);
    const vault = this.#indexes.get(indexName);
    vault.transaction(() => void vault.deleteMany(ids ?? this.#idsOf('deleteVectors', vault, filter)));
  }

  /** Returns the vault of an index, for what Mastra does not have: an index for approximate searches, fields, backups. */
  vault(indexName: string): TextIdVault<Stored> {
    return this.#indexes.get(indexName);
  }

  /** Closes the file. */
  close(): void {
    this.#indexes.close();
  }

  #idsOf(owner: string, vault: TextIdVault<Stored>, filter: Filter): string[] {
    const { where, test } = splitFilter(owner, filter, this.#fields);
    const chosen = where && vault[idsWhere](owner, where);
    if (!test) return chosen ?? [...vault.keys()];
    const isChosen = chosen && new Set(chosen);
    return Array.from(vault)
      .filter(([id, , { metadata }]) => (isChosen?.has(id) ?? true) && test(metadata))
      .map(([id]) => id);
  }
}

function refuseEmpty(owner: string, filter: object): void {
  if (Object.keys(filter).length > 0) return;
  throw new InvalidArgument(`${owner} got an empty filter, which every vector meets; give a condition`);
}

function refuseSparse(owner: string, sparse: unknown): void {
  if (sparse === undefined) return;
  throw new InvalidArgument(`${owner}: sparse vectors are not stored; use hybridSearch of @kohakuvault/text for words`);
}
