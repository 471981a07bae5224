import type { KeyRef } from './common.ts';

export interface KeyRangeQuery {
  table: string;
  prefix?: KeyRef;
  gte?: KeyRef;
  gt?: KeyRef;
  lte?: KeyRef;
  lt?: KeyRef;
}

export interface KeysQuery extends KeyRangeQuery {
  /** '1': from the last key to the first. */
  reverse?: '1';
  /** The `next` of the page before: continues after it. */
  after?: string;
  /** Skips so many entries first, to go to a place of a long list. Costs time in proportion. Not with a separator. */
  skip?: number;
  /** At most 1,000; default 200. A page is also at most about 1 MiB, so that it may have fewer. */
  limit?: number;
  /** Shows keys that have this text behind the prefix as a folder. */
  separator?: string;
  /** Shows only keys whose text contains this, any case. A page ends after 50,000 keys looked at: follow `next`. */
  contains?: string;
}

export interface KeysPage {
  table: string;
  entries: KeyEntry[];
  /** What to give as `after` for the next page; null at the end. */
  next: string | null;
  version: string;
}

export type KeyEntry =
  | { kind: 'key'; key: KeyRef /** Of the value. */; bytes: number; encoding: string }
  /** `count` counts up to 1,000; `more` says that there are more. */
  | { kind: 'folder'; prefix: KeyRef; name: string; count: number; more: boolean };

export interface KeyCount {
  count: number;
  /** Of the values, as stored. */
  bytes: number;
}

export interface ExportKeysRequest {
  table: string;
  keys: KeyRef[];
  format?: 'ndjson' | 'keys';
}
