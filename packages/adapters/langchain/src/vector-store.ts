import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { openDatabase } from '@kohakuvault/core-native/internal/database';
import {
  type ConnectionOptions,
  type DatabaseSource,
  type FieldTypes,
  idsWhere,
  type Metric,
  type SearchAsyncOptions,
  VectorKVault,
} from '@kohakuvault/vector';
import { vectorInspector } from '@kohakuvault/vector/inspect';
import { Document, type DocumentInterface } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { type MaxMarginalRelevanceSearchOptions, VectorStore } from '@langchain/core/vectorstores';
import { fieldsOfMetadata, splitFilter } from '../../shared/src/split-filter.ts';
import { replaceRows, scoreOf, type TextIdVault } from '../../shared/src/vector-rows.ts';

/** A filter of searches: conditions on the metadata, or a function that accepts documents. */
export type VaultFilter = object | ((document: Document) => boolean);

/** How the vault searches: `mode: 'approximate'`, `recall`, `probes` and the like. */
type SearchSettings = Pick<
  SearchAsyncOptions<unknown>,
  'mode' | 'recall' | 'probes' | 'oversample' | 'searchDimensions' | 'maxDistance'
>;

export interface VaultVectorStoreOptions {
  /** The path of the file, or an open vault or `Database`, whose file then has the documents too. */
  path: DatabaseSource;
  /** The name of the table. Default 'langchain'. */
  table?: string | undefined;
  /** The metric. Default 'cosine'. */
  metric?: Exclude<Metric, 'hamming'> | undefined;
  /** Metadata that searches are limited by: `{ source: 'str', page: 'i64' }`. The core looks at them first. */
  fields?: FieldTypes | undefined;
  /** How searches are done. Default: exactly. */
  search?: SearchSettings | undefined;
  /** Settings of the connection, such as `synchronous` or `key`. */
  connection?: ConnectionOptions | undefined;
}

const DEFAULT_TABLE = 'langchain';

interface Stored {
  readonly pageContent: string;
  // biome-ignore lint/suspicious/noExplicitAny: as in LangChain.
  readonly metadata: Record<string, any>;
}

/** Documents with their vectors, in one table of a SQLite file. The first vector decides how many dimensions it has. */
export class VaultVectorStore extends VectorStore {
  declare FilterType: VaultFilter;
  readonly #options: VaultVectorStoreOptions;
  #vault: TextIdVault<Stored> | undefined;

  constructor(embeddings: EmbeddingsInterface, options: VaultVectorStoreOptions) {
    super(embeddings, {});
    if (options?.path === undefined) {
      throw new InvalidArgument(
        'VaultVectorStore needs the option path: the path of a file, an open vault or a Database',
      );
    }
    this.#options = options;
  }

  /** Makes a store of texts. `metadatas` has one object for each text, or one for all. */
  static override async fromTexts(
    texts: string[],
    metadatas: object[] | object,
    embeddings: EmbeddingsInterface,
    options: VaultVectorStoreOptions,
  ): Promise<VaultVectorStore> {
    const documents = texts.map(
      (pageContent, index) =>
        new Document({ pageContent, metadata: { ...(Array.isArray(metadatas) ? metadatas[index] : metadatas) } }),
    );
    return VaultVectorStore.fromDocuments(documents, embeddings, options);
  }

  static override async fromDocuments(
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface,
    options: VaultVectorStoreOptions,
  ): Promise<VaultVectorStore> {
    const store = new VaultVectorStore(embeddings, options);
    await store.addDocuments(documents);
    return store;
  }

  /** The vault below, once it is open: for an index, backups, transactions. Undefined before the first call. */
  get vault(): TextIdVault<Stored> | undefined {
    return this.#vault;
  }

  _vectorstoreType(): string {
    return 'kohakuvault';
  }

  async addDocuments(documents: DocumentInterface[], options?: { ids?: string[] }): Promise<string[]> {
    const vectors = await this.embeddings.embedDocuments(documents.map(({ pageContent }) => pageContent));
    return this.addVectors(vectors, documents, options);
  }

  /** Writes documents in one transaction, in place of those with their ids. Returns the ids. */
  async addVectors(
    vectors: number[][],
    documents: DocumentInterface[],
    options?: { ids?: string[] },
  ): Promise<string[]> {
    const { ids: given } = options ?? {};
    if (vectors.length !== documents.length || (given && given.length !== documents.length)) {
      throw new InvalidArgument(
        `addVectors got ${vectors.length} vectors and ${documents.length} documents` +
          `${given ? ` with ${given.length} ids` : ''}; expected as many of each`,
      );
    }
    const [first] = vectors;
    if (!first) return [];
    const ids = documents.map(({ id }, index) => given?.[index] ?? id ?? crypto.randomUUID());
    const rows = documents.map(({ pageContent, metadata }, index) => ({
      id: ids[index] as string,
      vector: vectors[index] as number[],
      value: { pageContent, metadata: metadata ?? {} },
    }));
    replaceRows(this.#open(first.length), rows);
    return ids;
  }

  /** Deletes documents: those with some ids, or those that a filter accepts. */
  override async delete(which?: { ids?: string[]; filter?: VaultFilter }): Promise<void> {
    const { ids, filter } = which ?? {};
    if ((ids === undefined) === (filter === undefined)) {
      throw new InvalidArgument(`delete expects { ids } or { filter }, got ${describe(which)}`);
    }
    const vault = this.#vault ?? this.#openExisting();
    if (!vault) return;
    if (ids) {
      vault.deleteMany(ids);
      return;
    }
    vault.transaction(() => void vault.deleteMany(this.#idsOf(vault, filter as VaultFilter)));
  }

  /** Returns the nearest documents and how alike they are: under cosine, the cosine itself. */
  async similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: VaultFilter,
  ): Promise<[Document, number][]> {
    return this.#search(query, { k, ...this.#limits('similaritySearch', filter) });
  }

  /** Returns documents that are near to the query and differ from each other. */
  override async maxMarginalRelevanceSearch(
    query: string,
    { k, fetchK = 20, lambda = 0.5, filter }: MaxMarginalRelevanceSearchOptions<VaultFilter>,
  ): Promise<Document[]> {
    const limits = this.#limits('maxMarginalRelevanceSearch', filter);
    const vector = await this.embeddings.embedQuery(query);
    const mmr = { fetchK: Math.max(k, fetchK), lambda };
    return (await this.#search(vector, { k, mmr, ...limits })).map(([document]) => document);
  }

  /** Closes the vault. */
  close(): void {
    this.#vault?.close();
    this.#vault = undefined;
  }

  async #search(
    query: number[],
    options: SearchAsyncOptions<Stored, FieldTypes, 'str'>,
  ): Promise<[Document, number][]> {
    const vault = this.#open(query.length);
    const { metric } = vault.info();
    const found = await vault.searchAsync(query, { ...this.#options.search, ...options });
    return found.map(({ id, distance, value }) => [documentOf(id, value), scoreOf(metric, distance)]);
  }

  #limits(owner: string, filter: VaultFilter | undefined): SearchAsyncOptions<Stored, FieldTypes, 'str'> {
    if (typeof filter === 'function') {
      const accepts = filter as (document: Document) => boolean;
      return { filter: (id: string, value: Stored) => accepts(documentOf(id, value)) };
    }
    const { where, test } = splitFilter(owner, filter, this.#options.fields);
    return {
      ...(where && { where }),
      ...(test && { filter: (_: string, { metadata }: Stored) => test(metadata) }),
    };
  }

  #idsOf(vault: TextIdVault<Stored>, filter: VaultFilter): string[] {
    if (typeof filter !== 'function') {
      const { where, test } = splitFilter('delete', filter, this.#options.fields);
      if (where && !test) return vault[idsWhere]('delete', where) ?? [...vault.keys()];
    }
    const { filter: accepts, where } = this.#limits('delete', filter);
    const chosen = where && new Set(vault[idsWhere]('delete', where));
    const test = (accepts ?? (() => true)) as (id: string, value: Stored) => boolean;
    return Array.from(vault)
      .filter(([id, , value]) => (chosen?.has(id) ?? true) && test(id, value))
      .map(([id]) => id);
  }

  /** Opens the table as it is; undefined if there is none yet. */
  #openExisting(): TextIdVault<Stored> | undefined {
    const { path, table = DEFAULT_TABLE, connection } = this.#options;
    using file = openDatabase(path, connection);
    const found = vectorInspector.list(file.shared.database).find((each) => each.table === table);
    return found && this.#open(found.dimensions);
  }

  #open(dimensions: number): TextIdVault<Stored> {
    if (this.#vault) return this.#vault;
    const { path, table = DEFAULT_TABLE, metric, fields, connection } = this.#options;
    this.#vault = new VectorKVault<Stored, 'auto', FieldTypes, 'str'>(path, {
      ...connection,
      table,
      dimensions,
      metric,
      ids: 'str',
      ...(fields && { fields, fieldsOf: ({ metadata }: Stored) => fieldsOfMetadata(fields, metadata) }),
    });
    return this.#vault;
  }
}

function documentOf(id: string, { pageContent, metadata }: Stored): Document {
  return new Document({ id, pageContent, metadata });
}
