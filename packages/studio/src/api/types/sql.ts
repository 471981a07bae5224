import type { PlainNumber } from './common.ts';

/** Long integers as text with `t: 'integer'`; bytes by their length and their first bytes. */
export type SqlCell =
  | null
  | number
  | string
  | { t: 'integer'; v: string }
  | { t: 'real'; v: PlainNumber }
  | { t: 'blob'; length: number; hex: string }
  | { t: 'text'; v: string; length: number };

export interface SqlSchema {
  tables: { name: string; kind: 'table' | 'view' | 'virtual'; columns: { name: string; type: string }[] }[];
  /** What to write to read a column as a table. */
  columns: { name: string; sql: string }[];
  limits: { rows: number; ms: number };
}

export interface SqlRequest {
  sql: string;
  parameters?: (null | number | string)[];
  /** At most 10,000; default 1,000. */
  maxRows?: number;
  /** At most 60,000; default 10,000. */
  timeoutMs?: number;
}

export interface SqlResult {
  columns: { name: string /** The declared type, if it comes from a table. */; type: string | null }[];
  rows: SqlCell[][];
  /** Whether rows were left out. */
  more: boolean;
  ms: number;
}

export interface SqlPlan {
  steps: { id: number; parent: number; detail: string }[];
}

export interface SqlExportRequest {
  sql: string;
  parameters?: (null | number | string)[];
  format: 'csv' | 'arrow';
}
