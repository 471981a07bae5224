/**
 * What this package uses of its peer, for a workspace in which it is not installed: it brings hundreds of packages.
 * `tools/adapters` installs it, and compiles the sources against its real types.
 */

declare module '@mastra/core/vector' {
  // biome-ignore lint/suspicious/noExplicitAny: as in Mastra.
  type Any = any;
  export interface QueryResult {
    id: string;
    score: number;
    metadata?: Record<string, Any>;
    vector?: number[];
    document?: string;
  }
  export interface IndexStats {
    dimension: number;
    count: number;
    metric?: 'cosine' | 'euclidean' | 'dotproduct';
  }
  export interface UpsertVectorParams<Filter = Any> {
    indexName: string;
    vectors: number[][];
    metadata?: Record<string, Any>[];
    ids?: string[];
    sparseVectors?: object[];
    deleteFilter?: Filter;
  }
  export interface CreateIndexParams {
    indexName: string;
    dimension: number;
    metric?: 'cosine' | 'euclidean' | 'dotproduct';
  }
  export interface QueryVectorParams<Filter = Any> {
    indexName: string;
    queryVector?: number[];
    topK?: number;
    filter?: Filter;
    includeVector?: boolean;
    sparseVector?: object;
  }
  export interface DescribeIndexParams {
    indexName: string;
  }
  export interface DeleteIndexParams {
    indexName: string;
  }
  export interface UpdateVectorParams<Filter = Any> {
    indexName: string;
    id?: string;
    filter?: Filter;
    update: { vector?: number[]; metadata?: Record<string, Any> };
  }
  export interface DeleteVectorParams {
    indexName: string;
    id: string;
  }
  export interface DeleteVectorsParams<Filter = Any> {
    indexName: string;
    ids?: string[];
    filter?: Filter;
  }
  export abstract class MastraVector<Filter = Any> {
    id: string;
    constructor(options: { id: string });
    abstract query(params: QueryVectorParams<Filter>): Promise<QueryResult[]>;
    abstract upsert(params: UpsertVectorParams<Filter>): Promise<string[]>;
    abstract createIndex(params: CreateIndexParams): Promise<void>;
    abstract listIndexes(): Promise<string[]>;
    abstract describeIndex(params: DescribeIndexParams): Promise<IndexStats>;
    abstract deleteIndex(params: DeleteIndexParams): Promise<void>;
    abstract updateVector(params: UpdateVectorParams<Filter>): Promise<void>;
    abstract deleteVector(params: DeleteVectorParams): Promise<void>;
    abstract deleteVectors(params: DeleteVectorsParams<Filter>): Promise<void>;
    protected validateExistingIndex(indexName: string, dimension: number, metric: string): Promise<void>;
  }
}
