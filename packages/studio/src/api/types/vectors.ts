import type { Id, Problem, ValueNode } from './common.ts';

export interface VectorTables {
  tables: VectorTable[];
  version: string;
}

export interface VectorTable {
  table: string;
  vectors: number | null;
  dimensions: number;
  metric: string;
  type: 'f32' | 'int8' | 'bit';
  /** Names and types: i64, f64, str, bool. */
  fields: Record<string, string>;
  ids: 'i64' | 'str';
  encoding: string;
  /** Null without an index. `pending`: vectors that are not in its lists yet. */
  index: { lists: number; [more: string]: unknown } | null;
  /** Why it cannot be read, if so: a table of sqlite-vec that is not one of a VectorKVault, for example. */
  problem: Problem | null;
  /** Whether text can be turned into vectors for it. */
  embeds: boolean;
  code: { typescript: string; python: string | null };
}

export interface RowsQuery {
  table: string;
  after?: Id;
  /** At most 200; default 50. */
  limit?: number;
}

export interface VectorRows {
  rows: VectorRow[];
  next: Id | null;
  version: string;
}

export interface VectorRow {
  id: Id;
  value: ValueNode;
  fields: Record<string, ValueNode>;
  /** The first 64 elements in lists; all of them in `vectorRow`. Bits as 0 and 1. */
  vector: number[];
}

export interface VectorSearchRequest {
  table: string;
  /** One of the three. */
  vector?: number[];
  id?: Id;
  text?: string;
  /** At most 1,000; default 10. */
  k?: number;
  /** A condition on fields, as `search` of a VectorKVault has it. */
  where?: Record<string, unknown>;
  mode?: 'exact' | 'approximate';
  metric?: string;
  maxDistance?: number;
}

export interface VectorSearchResult {
  results: (Omit<VectorRow, 'vector'> & { distance: number })[];
  ms: number;
}

export interface VectorMapQuery {
  table: string;
  /** 'pca' (default): at once. 'neighbors': PCA first, then better places of the points again and again. */
  method?: 'pca' | 'neighbors';
  /** At most 100,000 (default). Of more vectors, it takes as many at even distances. */
  limit?: number;
  /** The field that colors the points. */
  color?: string;
}

export type VectorMapMessage =
  | { type: 'progress'; stage: 'read' | 'pca' | 'neighbors'; done: number; total: number }
  /** Once, before the first `points`. */
  | {
      type: 'rows';
      ids: Id[];
      /** A color's value per point, if one was asked for; null where the field is missing. */
      color: { field: string; type: string; values: (number | string | boolean | null)[] } | null;
      total: number;
    }
  /** x and y of each point from -1 to 1: a Float32Array in little-endian bytes as base64. May come again. */
  | {
      type: 'points';
      method: 'pca' | 'neighbors';
      points: string /** How much of the variance PCA shows. */;
      explained?: number;
      final: boolean;
    }
  | { type: 'error'; problem: Problem };

export interface RecallRequest {
  table: string;
  /** At most 200; default 50. */
  queries?: number;
  k?: number;
}

export interface RecallResult {
  queries: number;
  k: number;
  /** How many of the k nearest the index finds, 0 to 1. */
  recall: number;
  exactMs: number;
  approximateMs: number;
}
