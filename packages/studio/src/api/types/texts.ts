import type { Id, Problem, ValueNode } from './common.ts';

export interface TextTables {
  tables: TextTable[];
  version: string;
}

export interface TextTable {
  table: string;
  documents: number | null;
  columns: string[];
  tokenizer: string;
  encoding: string;
  problem: Problem | null;
  code: { typescript: string; python: string | null };
}

export interface TextRows {
  rows: TextRow[];
  next: Id | null;
  version: string;
}

export interface TextRow {
  id: Id;
  /** Cut to 1,000 units in lists. */
  texts: Record<string, { text: string; cut: boolean }>;
  value: ValueNode;
}

export interface TextSearchRequest {
  table: string;
  query: string;
  /** How the words must occur; default 'all'. 'raw' is the language of FTS5. */
  match?: 'all' | 'any' | 'phrase' | 'prefix' | 'raw';
  columns?: string[];
  /** At most 200; default 20. */
  k?: number;
  offset?: number;
}

export interface TextSearchResult {
  results: TextHit[];
  /** How many documents match. */
  total: number;
  ms: number;
}

export interface TextHit {
  id: Id;
  score: number;
  value: ValueNode;
  /** A piece of each column with matches; `ranges` are places in `text`, to mark. */
  snippets: {
    column: string;
    text: string;
    ranges: { start: number; end: number }[];
    before: boolean;
    after: boolean;
  }[];
}

export interface SuggestQuery {
  table: string;
  prefix: string;
  k?: number;
}

export interface Suggestions {
  suggestions: { term: string; documents: number }[];
}

export interface HybridSearchRequest {
  texts: string;
  vectors: string;
  query: string;
  /** The vector of the query; without it the server's function makes it. */
  vector?: number[];
  k?: number;
}

export interface HybridSearchResult {
  results: {
    id: Id;
    score: number;
    value: ValueNode;
    /** The rank in each list, from 1; null if it is not in it. */
    textRank: number | null;
    vectorRank: number | null;
    distance: number | null;
    snippets: TextHit['snippets'];
  }[];
  ms: number;
}
