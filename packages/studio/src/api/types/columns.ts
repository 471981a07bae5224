import type { PlainNumber, Problem, ValueNode } from './common.ts';

export interface ColumnList {
  columns: ColumnInfo[];
  frames: {
    name: string;
    columns: { name: string /** The name without the frame's. */; short: string }[];
    rows: number;
  }[];
  version: string;
}

export interface ColumnInfo {
  name: string;
  dtype: string;
  /** What its elements are. `number` and `bool` have curves, histograms and statistics. */
  kind: 'number' | 'bool' | 'text' | 'bytes' | 'vector' | 'document';
  length: number;
  layout: 'col' | 'kvault_col';
  /** The frame that it belongs to, if any. */
  frame: string | null;
  /** Of a fixed-size dtype, in bytes; otherwise null. */
  elementBytes: number | null;
  shape: number[] | null;
  /** Why it cannot be read, if so, such as a dtype of another program. */
  problem: Problem | null;
}

/**
 * A value as typed JSON, for editing: JSON, and objects with one name for what JSON has not. `{"$bigint":"12"}`,
 * `{"$number":"NaN"}` (also Infinity, -Infinity, -0), `{"$undefined":true}`, `{"$date":"2026-01-31T12:00:00.000Z"}` (null
 * for an invalid date), `{"$regexp":["source","flags"]}`, `{"$bytes":"base64"}`, `{"$map":[[key,value],…]}`,
 * `{"$set":[…]}`, `{"$typed":["Float32Array",[…]]}`, `{"$tensor":{"dtype":"f32","shape":[2,2],"data":[…]}}`, and
 * `{"$object":{…}}` for an object whose only name begins with a dollar sign. 64-bit elements are text.
 */
export type TypedJson = string;

/** A range of rows, `start` to `end` without `end`. Default: all. Negative places count from the end. */
export interface RowRangeQuery {
  start?: number;
  end?: number;
}

export interface CurveQuery extends RowRangeQuery {
  name: string;
  /** Another column of numbers; default: the row. */
  x?: string;
  /** 2 to 20,000; default 2,000. */
  points?: number;
  method?: 'lttb' | 'minmax' | 'mean';
}

export interface Curve {
  name: string;
  x: string | null;
  /** The range that was drawn, and the length of the column. */
  start: number;
  end: number;
  length: number;
  /** The rows of the points; those of means may lie between rows. */
  rows: number[];
  /** The x of the points; the rows without an x column. Null for NaN and infinities. */
  xs: (number | null)[];
  ys: (number | null)[];
  /** Whether points are left out. */
  reduced: boolean;
  version: string;
  ms: number;
}

export interface SummaryQuery extends RowRangeQuery {
  name: string;
  /** '1': also quantiles, which read more. */
  quantiles?: '1';
}

export interface ColumnSummary {
  name: string;
  start: number;
  end: number;
  count: number;
  nan: number;
  /** Decimal digits for 64-bit integers. */
  min: PlainNumber | string | boolean | null;
  max: PlainNumber | string | boolean | null;
  sum: PlainNumber | string;
  mean: PlainNumber | null;
  variance: PlainNumber | null;
  /** Of 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99. */
  quantiles: { q: number; v: PlainNumber }[] | null;
  stats: { chunks: number; liveBytes: number; deadBytes: number };
  version: string;
  ms: number;
}

export interface HistogramQuery extends RowRangeQuery {
  name: string;
  /** 1 to 1,000; default 50. */
  bins?: number;
  min?: number;
  max?: number;
}

export interface Histogram {
  name: string;
  /** One more than counts. */
  edges: number[];
  counts: number[];
  version: string;
  ms: number;
}

export interface ColumnTableQuery {
  /** Repeated: `name=a&name=b`. Up to 64. */
  name: string[];
  start?: number;
  /** At most 1,000; default 100. */
  count?: number;
}

export interface ColumnTable {
  columns: { name: string; dtype: string; length: number }[];
  start: number;
  /** The rows of the range; a cell is null where a column is shorter. */
  rows: (ValueNode | null)[][];
  /** The longest column. */
  length: number;
  version: string;
}

export interface ColumnSearchQuery {
  name: string;
  /** Text in texts and documents, any case; in columns of numbers a number, or a range such as `0.5..1`. */
  query: string;
  start?: number;
  limit?: number;
}

export interface ColumnMatches {
  matches: { row: number; cell: ValueNode }[];
  /** Where the next search goes on; null if the end was reached. */
  next: number | null;
}

export interface ColumnElementQuery {
  name: string;
  row: number;
}

export interface ColumnElement {
  name: string;
  row: number;
  node: ValueNode;
  /** The element as typed JSON, for editing; null if it is too long for that, or cannot be had so. */
  json: TypedJson | null;
  code: { typescript: string; python: string | null };
}

/** The columns must have one length. */
export interface ColumnExportQuery {
  name: string[];
  format: 'csv' | 'arrow';
}
