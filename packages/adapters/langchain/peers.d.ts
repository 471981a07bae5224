/**
 * What this package uses of its peers, for a workspace in which they are not installed: they bring hundreds of packages.
 * `tools/adapters` installs them, and compiles the sources against their real types.
 */

declare module '@langchain/core/documents' {
  // biome-ignore lint/suspicious/noExplicitAny: as in LangChain.
  type Any = any;
  export interface DocumentInterface<Metadata extends Record<string, Any> = Record<string, Any>> {
    pageContent: string;
    metadata: Metadata;
    id?: string;
  }
  export class Document<Metadata extends Record<string, Any> = Record<string, Any>>
    implements DocumentInterface<Metadata>
  {
    pageContent: string;
    metadata: Metadata;
    id?: string;
    constructor(fields: { pageContent: string; metadata?: Metadata; id?: string });
  }
}

declare module '@langchain/core/embeddings' {
  export interface EmbeddingsInterface<TOutput = number[]> {
    embedDocuments(documents: string[]): Promise<TOutput[]>;
    embedQuery(document: string): Promise<TOutput>;
  }
}

declare module '@langchain/core/vectorstores' {
  import type { DocumentInterface } from '@langchain/core/documents';
  import type { EmbeddingsInterface } from '@langchain/core/embeddings';

  // biome-ignore lint/suspicious/noExplicitAny: as in LangChain.
  type Any = any;
  export interface MaxMarginalRelevanceSearchOptions<FilterType> {
    k: number;
    fetchK?: number;
    lambda?: number;
    filter?: FilterType;
  }
  export abstract class VectorStore {
    FilterType: object | string;
    lc_namespace: string[];
    embeddings: EmbeddingsInterface;
    constructor(embeddings: EmbeddingsInterface, dbConfig: Record<string, Any>);
    abstract _vectorstoreType(): string;
    abstract addVectors(
      vectors: number[][],
      documents: DocumentInterface[],
      options?: Record<string, Any>,
    ): Promise<string[] | undefined>;
    abstract addDocuments(documents: DocumentInterface[], options?: Record<string, Any>): Promise<string[] | undefined>;
    delete(params?: Record<string, Any>): Promise<void>;
    maxMarginalRelevanceSearch?(
      query: string,
      options: MaxMarginalRelevanceSearchOptions<this['FilterType']>,
    ): Promise<DocumentInterface[]>;
    static fromTexts(
      texts: string[],
      metadatas: object[] | object,
      embeddings: EmbeddingsInterface,
      dbConfig: Record<string, Any>,
    ): Promise<VectorStore>;
    static fromDocuments(
      documents: DocumentInterface[],
      embeddings: EmbeddingsInterface,
      dbConfig: Record<string, Any>,
    ): Promise<VectorStore>;
    abstract similaritySearchVectorWithScore(
      query: number[],
      k: number,
      filter?: this['FilterType'],
    ): Promise<[DocumentInterface, number][]>;
  }
}

declare module '@langchain/core/stores' {
  export abstract class BaseStore<K, V> {
    lc_namespace: string[];
    constructor(kwargs?: object);
    abstract mget(keys: K[]): Promise<(V | undefined)[]>;
    abstract mset(keyValuePairs: [K, V][]): Promise<void>;
    abstract mdelete(keys: K[]): Promise<void>;
    abstract yieldKeys(prefix?: string): AsyncGenerator<K | string>;
  }
}

declare module '@langchain/core/indexing' {
  export interface UpdateOptions {
    groupIds?: (string | null)[];
    timeAtLeast?: number;
  }
  export interface ListKeyOptions {
    before?: number;
    after?: number;
    groupIds?: (string | null)[];
    limit?: number;
  }
  export abstract class RecordManager {
    lc_namespace: string[];
    constructor(kwargs?: object);
    abstract createSchema(): Promise<void>;
    abstract getTime(): Promise<number>;
    abstract update(keys: string[], updateOptions?: UpdateOptions): Promise<void>;
    abstract exists(keys: string[]): Promise<boolean[]>;
    abstract listKeys(options?: ListKeyOptions): Promise<string[]>;
    abstract deleteKeys(keys: string[]): Promise<void>;
  }
}

declare module '@langchain/core/runnables' {
  export interface RunnableConfig {
    // biome-ignore lint/suspicious/noExplicitAny: as in LangChain.
    configurable?: Record<string, any>;
  }
}

declare module '@langchain/langgraph-checkpoint' {
  import type { RunnableConfig } from '@langchain/core/runnables';

  // biome-ignore lint/suspicious/noExplicitAny: as in LangGraph.
  type Any = any;
  export type ChannelVersion = number | string;
  export type ChannelVersions = Record<string, ChannelVersion>;
  export interface Checkpoint {
    v: number;
    id: string;
    ts: string;
    channel_values: Record<string, unknown>;
    channel_versions: ChannelVersions;
    versions_seen: Record<string, ChannelVersions>;
  }
  export type CheckpointMetadata = { source: string; step: number; parents: Record<string, string> };
  export type PendingWrite = [string, unknown];
  export type CheckpointPendingWrite = [string, ...PendingWrite];
  export interface CheckpointTuple {
    config: RunnableConfig;
    checkpoint: Checkpoint;
    metadata?: CheckpointMetadata;
    parentConfig?: RunnableConfig;
    pendingWrites?: CheckpointPendingWrite[];
  }
  export interface CheckpointListOptions {
    limit?: number;
    before?: RunnableConfig;
    filter?: Record<string, Any>;
  }
  export interface SerializerProtocol {
    dumpsTyped(data: Any): Promise<[string, Uint8Array]>;
    loadsTyped(type: string, data: Uint8Array | string): Promise<Any>;
  }
  export abstract class BaseCheckpointSaver<V extends string | number = number> {
    serde: SerializerProtocol;
    constructor(serde?: SerializerProtocol);
    abstract getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined>;
    abstract list(config: RunnableConfig, options?: CheckpointListOptions): AsyncGenerator<CheckpointTuple>;
    abstract put(
      config: RunnableConfig,
      checkpoint: Checkpoint,
      metadata: CheckpointMetadata,
      newVersions: ChannelVersions,
    ): Promise<RunnableConfig>;
    abstract putWrites(
      config: RunnableConfig,
      writes: PendingWrite[],
      taskId: string,
      taskPath?: string,
    ): Promise<void>;
    abstract deleteThread(threadId: string): Promise<void>;
    getNextVersion(current: V | undefined): V;
  }
  export const TASKS: string;
  export const WRITES_IDX_MAP: Record<string, number>;
  export function copyCheckpoint(checkpoint: Checkpoint): Checkpoint;
  export function getCheckpointId(config: RunnableConfig): string;
  export function maxChannelVersion(...versions: ChannelVersion[]): ChannelVersion;
}
