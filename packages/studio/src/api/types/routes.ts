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
