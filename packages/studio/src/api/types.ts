/**
 * The JSON API of the Studio, version 1. The page and the server share these types.
 *
 * - Every address is relative to where the Studio is mounted: `api/v1/…`, resolved against `document.baseURI`. The page
 *   keeps its own place in the hash of the URL, so that it works below any path.
 * - `<file>` is the `id` of an entry of `StudioInfo.files`. Other parameters are query parameters. Names of tables and
 *   columns are query parameters as well, because they may contain anything.
 * - A browser is let in by the cookie that the first address sets (`?token=…`). Requests that change something, and all
 *   requests with a body, carry the header `x-kohakuvault-studio: 1` and `content-type: application/json` (uploads:
 *   `application/octet-stream`).
 * - An error has a status of 400 or more and the body `ErrorBody`. `NotFound` is 404, `InvalidArgument` 400, read-only
 *   403, a wrong or missing token 401, `KV_STALE` and a plan that fits no more 409, `KV_BUSY` 503, damage 422, a file
 *   that has gone 410.
 * - A request that is aborted ends its work in the server.
 * - Fields are added within a version, and never renamed.
 * - The page removes `?token=…` from its own address with `history.replaceState` once it has loaded.
 */
export const API_VERSION = 1;

/** The routes, below `api/v1/`. `:file` is the id of a file. */
export const ROUTES = {
  /** GET → StudioInfo */
  studio: 'studio',
  /** GET → text/event-stream of StudioEvent (the `data` of each message is its JSON) */
  events: 'events',
  /** GET → Overview. Reads the schema and little else. */
  overview: 'files/:file/overview',
  /** GET → Sizes. Reads the file as a whole once; later answers come from memory while the file is unchanged. */
  sizes: 'files/:file/sizes',
  /** GET → application/x-ndjson of VerifyMessage */
  verify: 'files/:file/verify',
  /** GET KeysQuery → KeysPage */
  keys: 'files/:file/keys',
  /** GET KeyRangeQuery → KeyCount */
  keysCount: 'files/:file/keys/count',
  /** GET KeyRangeQuery & { format?: 'ndjson' | 'keys' } → a download. POST ExportKeysRequest → the same for chosen keys */
  keysExport: 'files/:file/keys/export',
  /** GET ValueQuery → ValueView */
  value: 'files/:file/value',
  /** GET ValuePartQuery → ValuePart */
  valuePart: 'files/:file/value/part',
  /**
   * GET RawQuery → the bytes, with `accept-ranges: bytes` and an `etag`. A range is at most 64 MiB (`MAX_RANGE`) of a
   * stored packed value, and unbounded of a value of bytes. HEAD works.
   * PUT { table, key, overwrite?: '1' } with the bytes as the body → UploadResult (with write)
   */
  raw: 'files/:file/raw',
  /** POST PlanRequest → ChangePlan (with write). Changes nothing. */
  plans: 'files/:file/plans',
  /** POST → AppliedPlan: does what the plan shows, or nothing if something has changed since. DELETE: forgets it. */
  plan: 'files/:file/plans/:plan',
  /** GET → ColumnList */
  columns: 'files/:file/columns',
  /** GET CurveQuery → Curve */
  curve: 'files/:file/columns/curve',
  /** GET SummaryQuery → ColumnSummary */
  summary: 'files/:file/columns/summary',
  /** GET HistogramQuery → Histogram */
  histogram: 'files/:file/columns/histogram',
  /** GET ColumnTableQuery → ColumnTable. Several columns side by side, as a frame has them. */
  columnTable: 'files/:file/columns/table',
  /** GET ColumnSearchQuery → ColumnMatches */
  columnSearch: 'files/:file/columns/search',
  /** GET ColumnElementQuery → ColumnElement: one element, not cut */
  columnElement: 'files/:file/columns/element',
  /** GET ColumnExportQuery → a download, CSV or Arrow IPC */
  columnExport: 'files/:file/columns/export',
  /** GET → VectorTables */
  vectors: 'files/:file/vectors',
  /** GET RowsQuery → VectorRows */
  vectorRows: 'files/:file/vectors/rows',
  /** GET { table, id } → VectorRow */
  vectorRow: 'files/:file/vectors/row',
  /** POST VectorSearchRequest → VectorSearchResult */
  vectorSearch: 'files/:file/vectors/search',
  /** GET VectorMapQuery → application/x-ndjson of VectorMapMessage */
  vectorMap: 'files/:file/vectors/map',
  /** POST RecallRequest → RecallResult: compares searches of the index with exact ones */
  vectorRecall: 'files/:file/vectors/recall',
  /** GET → TextTables */
  texts: 'files/:file/texts',
  /** GET RowsQuery → TextRows */
  textRows: 'files/:file/texts/rows',
  /** GET { table, id } → TextRow, not cut */
  textRow: 'files/:file/texts/row',
  /** POST TextSearchRequest → TextSearchResult */
  textSearch: 'files/:file/texts/search',
  /** GET SuggestQuery → Suggestions */
  textSuggest: 'files/:file/texts/suggest',
  /** POST HybridSearchRequest → HybridSearchResult */
  textHybrid: 'files/:file/texts/hybrid',
  /** GET → SqlSchema */
  sqlSchema: 'files/:file/sql/schema',
  /** POST SqlRequest → SqlResult */
  sqlQuery: 'files/:file/sql/query',
  /** POST { sql } → SqlPlan */
  sqlPlan: 'files/:file/sql/plan',
  /** POST SqlExportRequest → a download, CSV or Arrow IPC */
  sqlExport: 'files/:file/sql/export',
} as const;

export type RouteName = keyof typeof ROUTES;

/** The longest range of a packed value that one request returns. */
export const MAX_RANGE = 64 * 1024 * 1024;
/** The header that a page of another origin cannot send without being asked. */
export const REQUEST_HEADER = 'x-kohakuvault-studio';

// ---------------------------------------------------------------------------------------------------------------------
// What all parts share

export interface ErrorBody {
  error: {
    /** A code of docs/errors.md, or one of the Studio: STUDIO_TOKEN, STUDIO_ORIGIN, STUDIO_ROUTE, STUDIO_METHOD,
     * STUDIO_TOO_LARGE, STUDIO_GONE (the file was deleted or replaced), STUDIO_CANCELED. */
    code: string;
    message: string;
  };
}

/** A key in JSON and in URLs: `t:` and the text of a key that is UTF-8, or `x:` and the hex digits of any other. */
export type KeyRef = string;

/** A 64-bit id, as decimal digits; of a table of vectors with text ids the text. */
export type Id = string;

/** A number as JSON cannot always have it: NaN, Infinity, -Infinity and -0 are text. */
export type PlainNumber = number | 'NaN' | 'Infinity' | '-Infinity' | '-0';

/**
 * A value with its types. `id` numbers objects that `ref` refers to: those that occur more than once, or contain
 * themselves. `cut` says that children or characters are left out: `valuePart` returns more of them by the path, which
 * is the places of the children from the root on, such as `0.12.3`. Entry n of a Map has the children 2n (its key) and
 * 2n + 1 (its value).
 */
export type ValueNode =
  | { t: 'null' | 'undefined' }
  | { t: 'boolean'; v: boolean }
  | { t: 'number'; v: PlainNumber }
  | { t: 'bigint'; v: string }
  /** `length` in units of UTF-16. */
  | { t: 'string'; v: string; length: number; cut?: true }
  /** Milliseconds since 1970; null for an invalid date. */
  | { t: 'date'; v: number | null }
  | { t: 'regexp'; source: string; flags: string }
  | { t: 'error'; name: string; message: string; stack?: string; entries?: [string, ValueNode][]; id?: number }
  /** The first bytes in hex. `name` is Buffer, Uint8Array, ArrayBuffer or SharedArrayBuffer. */
  | { t: 'bytes'; name: string; length: number; hex: string; cut?: true; id?: number }
  /** The first numbers; those of 64 bits as decimal digits. */
  | {
      t: 'typed-array';
      name: string;
      length: number;
      v: (PlainNumber | string)[];
      cut?: true;
      id?: number;
    }
  /** An array of numbers with a shape, row-major. `image` is set if the shape is that of a picture. */
  | {
      t: 'tensor';
      dtype: string;
      shape: number[];
      length: number;
      v: (PlainNumber | string)[];
      cut?: true;
      image?: ImageShape;
      id?: number;
    }
  | { t: 'array'; length: number; items: ValueNode[]; cut?: true; id?: number }
  | { t: 'object'; size: number; entries: [string, ValueNode][]; cut?: true; id?: number }
  | { t: 'map'; size: number; entries: [ValueNode, ValueNode][]; cut?: true; id?: number }
  | { t: 'set'; size: number; items: ValueNode[]; cut?: true; id?: number }
  | { t: 'ref'; id: number }
  /** Something with a type of its own, such as a pickle of a Python class that is not read. */
  | { t: 'other'; name: string; text: string };

/** How a tensor is laid out as a picture. `channels` is 1, 3 or 4. */
export interface ImageShape {
  layout: 'HW' | 'HWC' | 'CHW';
  width: number;
  height: number;
  channels: number;
}

export interface Problem {
  code: string;
  message: string;
}

// ---------------------------------------------------------------------------------------------------------------------
// The Studio, its files and its events

export interface StudioInfo {
  version: typeof API_VERSION;
  /** The version of the package. */
  package: string;
  readonly: boolean;
  files: StudioFile[];
  /** Whether the server was given a function that turns texts into vectors. */
  embeds: boolean;
}

export interface StudioFile {
  id: string;
  /** The name without folders; for a database in memory `:memory:`. */
  name: string;
  path: string;
  readonly: boolean;
}

export type StudioEvent =
  /** At once after the connection. */
  | { type: 'hello'; files: { file: string; version: string }[] }
  /** The file has new content, by whatever process. `version` differs from the last one. */
  | { type: 'changed'; file: string; version: string; bytes: number; walBytes: number; at: number }
  /** The file was deleted, moved or replaced. Its views answer 410. */
  | { type: 'gone'; file: string; message: string }
  /** The file cannot be read at the moment. */
  | { type: 'problem'; file: string; problem: Problem };

// ---------------------------------------------------------------------------------------------------------------------
// Overview

export interface Overview {
  file: StudioFile;
  bytes: number;
  /** `version` changes whenever the content does. */
  version: string;
  journal: { mode: string; walBytes: number };
  pages: { size: number; count: number; free: number };
  schemaVersion: string | null;
  isVault: boolean;
  kv: { table: string /** Null if counting takes long; `sizes` has it. */; keys: number | null; encoding: string }[];
  columns: { name: string; dtype: string; length: number | null; layout: 'col' | 'kvault_col' }[];
  frames: { name: string; columns: string[] }[];
  vectors: {
    table: string;
    vectors: number | null;
    dimensions: number;
    metric: string;
    type: string;
    index: boolean;
  }[];
  texts: { table: string; documents: number | null; columns: string[]; tokenizer: string }[];
  /** Tables that belong to no vault. */
  others: string[];
  /** Triggers, views and other objects that could run SQL of the file. */
  foreign: string[];
  python: PythonNote[];
  host: { sqlite: string; node: string; package: string };
}

/** What the Python package can do with something in the file. */
export interface PythonNote {
  /** Such as `kv` or `column loss`. */
  what: string;
  reads: 'yes' | 'partly' | 'no';
  /** Which versions, or why not. */
  note: string;
}

export interface Sizes {
  version: string;
  /** Of the whole file, in bytes. */
  total: number;
  free: number;
  /** One rectangle each of the treemap; children are the parts of one thing. */
  items: SizeItem[];
}

export interface SizeItem {
  /** The table, or the column. */
  name: string;
  kind: 'kv' | 'column' | 'vectors' | 'texts' | 'other' | 'meta';
  bytes: number;
  /** Keys, elements, vectors, documents or rows. */
  count: number | null;
  children?: { name: string; bytes: number }[];
}

export type VerifyMessage =
  | { type: 'progress'; what: string; done: number; total: number | null }
  | {
      type: 'finding';
      what: string;
      checked: string;
      sound: boolean;
      problems: string[];
      more: number;
      notes: string[];
    }
  | { type: 'end'; sound: boolean; ms: number }
  | { type: 'error'; problem: Problem };

// ---------------------------------------------------------------------------------------------------------------------
// Keys

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

// ---------------------------------------------------------------------------------------------------------------------
// One value

export interface ValueQuery {
  table: string;
  key: KeyRef;
}

export interface ValueView {
  table: string;
  key: KeyRef;
  /** As stored, headers included; of a value in parts, all parts. */
  storedBytes: number;
  /** How it is encoded: raw, json, msgpack, cbor, pickle, …, as `kohakuvault ls --long` names it. */
  encoding: string;
  /** The header in front of the value, if there is one: what its bytes mean. */
  header: { hex: string; about: string } | null;
  location: {
    table: string;
    rowid: string;
    inParts: boolean;
    parts: number;
    /** How the table encodes its values: auto, or what the file keeps. */
    tableEncoding: string;
  };
  /**
   * What the page shows: `bytes` (hex), `text`, a picture, audio or video by `mime`, a tree of types, or nothing
   * because of `problem`.
   */
  kind: 'bytes' | 'text' | 'image' | 'audio' | 'video' | 'tree' | 'tensor' | 'problem';
  /** What the bytes look like; null if nothing is known, or if the value is not bytes. `raw` answers with a safe one. */
  mime: string | null;
  /** The length of a value that is bytes, without headers; otherwise null. `raw` serves it in ranges. */
  contentBytes: number | null;
  /** The value with its types; null if it is bytes, or if `problem` is set. A long value is cut. */
  tree: ValueNode | null;
  /** The value as typed JSON for editing; null if it is too long (more than 1 MiB) or cannot be written so. */
  json: string | null;
  /** The first characters, if it is text; the language for highlighting: json, html, svg, markdown, xml, csv, plain. */
  text: { v: string; cut: boolean; language: string } | null;
  /** Why it is not shown. */
  problem: Problem | null;
  /** Changes whenever the value does. */
  etag: string;
  version: string;
  editable: boolean;
  /** Code that reads this value. */
  code: { typescript: string; python: string | null };
}

export interface ValuePartQuery extends ValueQuery {
  /** Places of children, such as `0.12.3`; empty for the root. */
  path: string;
  /** The first child, or the first character, byte or number. */
  start?: number;
  /** At most 1,000 children, 64 Ki characters, bytes or numbers. */
  count?: number;
}

/** `node` as in the tree, but with the asked children only. `start` is the place of the first. */
export interface ValuePart {
  path: string;
  start: number;
  node: ValueNode;
}

export interface RawQuery extends ValueQuery {
  /** 'content' (default): the bytes of a value that is bytes. 'stored': what is in the file, headers included. 'numbers':
   * the elements of a tensor or a typed array, little-endian. */
  form?: 'content' | 'stored' | 'numbers';
  /** '1': as a download, with a file name. */
  download?: '1';
}

export interface UploadResult {
  key: KeyRef;
  bytes: number;
  replaced: boolean;
}

export type PlanRequest =
  | { kind: 'set'; table: string; key: KeyRef /** Typed JSON. */; json: string }
  | { kind: 'text'; table: string; key: KeyRef; text: string }
  | { kind: 'delete'; table: string; keys: KeyRef[] }
  /** All keys of a range. */
  | { kind: 'delete-range'; range: KeyRangeQuery }
  | { kind: 'rename'; table: string; key: KeyRef; to: KeyRef };

/** What a change would do. It is kept for ten minutes. */
export interface ChangePlan {
  id: string;
  /** The first 100 of the changes. */
  changes: PlannedChange[];
  /** All of them. */
  count: number;
  /** Bytes of values that would be replaced or deleted. */
  bytes: number;
}

export interface PlannedChange {
  key: KeyRef;
  /** Null: there is no such key, or will be none. */
  before: ShownValue | null;
  after: ShownValue | null;
}

export interface ShownValue {
  encoding: string;
  bytes: number;
  /** Typed JSON or text, cut to 10,000 characters; null if it is bytes or cannot be shown. */
  text: string | null;
}

export interface AppliedPlan {
  count: number;
  version: string;
}

// ---------------------------------------------------------------------------------------------------------------------
// Columns

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
  code: { typescript: string; python: string | null };
}

/** The columns must have one length. */
export interface ColumnExportQuery {
  name: string[];
  format: 'csv' | 'arrow';
}

// ---------------------------------------------------------------------------------------------------------------------
// Vectors

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

// ---------------------------------------------------------------------------------------------------------------------
// Texts

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

// ---------------------------------------------------------------------------------------------------------------------
// SQL

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
