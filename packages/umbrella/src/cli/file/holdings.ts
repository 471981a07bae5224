import { type Database, fromBetterSqlite3, quoteIdentifier } from '@kohakuvault/core-native/internal/database';

/** A table of vectors, as its declaration tells. */
export interface VectorTable {
  readonly name: string;
  /** Whether it is declared as VectorKVault declares its own, and not as somebody else's table of sqlite-vec. */
  readonly isOurs: boolean;
  readonly dimensions: number;
  readonly elementType: string;
  readonly metric: string;
}

/** What kinds of things a file holds, told by its schema alone: nothing is made, nothing of ours has to be there. */
export interface Holdings {
  readonly kv: readonly string[];
  /** Columns as the Python package before 1.0 keeps them, and this one. */
  readonly legacyColumns: boolean;
  /** Columns as the Python package keeps them from 1.0 on. */
  readonly newColumns: boolean;
  readonly vectors: readonly VectorTable[];
  /** Full-text tables of the Python package's TextVault. */
  readonly texts: readonly string[];
  /** Tables that are none of ours. */
  readonly others: readonly string[];
}

interface SchemaRow {
  name: string;
  sql: string | null;
}

const OWN = ['kohakuvault_meta', 'col_meta', 'col_chunks'];
const SHADOWS_OF_VECTORS = /^_(?:values|info|chunks|rowids|vector_chunks\d\d|metadatachunks\d\d|metadatatext\d\d)$/;
const SHADOWS_OF_TEXTS = /^_(?:values|data|idx|content|docsize|config)$/;

export function holdingsOf(database: Database): Holdings {
  const rows = database
    // As text, whatever class a faulty program has given it.
    .prepare(
      "SELECT coalesce(CAST(name AS TEXT), '') AS name, CAST(sql AS TEXT) AS sql FROM main.sqlite_schema WHERE type = 'table' ORDER BY name",
    )
    .all() as SchemaRow[];
  const names = new Set(rows.map(({ name }) => name));
  const vectors = rows.flatMap((row) => vectorTable(row) ?? []);
  const texts = rows.filter(({ sql }) => usesModule(sql, 'fts5')).map(({ name }) => name);
  const isShadow = (name: string) =>
    vectors.some((table) => name.startsWith(table.name) && SHADOWS_OF_VECTORS.test(name.slice(table.name.length))) ||
    texts.some((table) => name.startsWith(table) && SHADOWS_OF_TEXTS.test(name.slice(table.length)));
  const plain = rows
    .map(({ name }) => name)
    .filter((name) => !/^(?:sqlite_|kvault_col_|kohakuvault_parts_)/.test(name) && !OWN.includes(name))
    .filter((name) => !isShadow(name) && !texts.includes(name) && !vectors.some((table) => table.name === name));
  const kv = plain.filter((name) => isKeyValueTable(database, name));
  return {
    kv,
    // One without the other is damage, which is told where they are read.
    legacyColumns: names.has('col_meta') || names.has('col_chunks'),
    newColumns: names.has('kvault_col_columns'),
    vectors,
    texts,
    others: plain.filter((name) => !kv.includes(name)),
  };
}

/** Whether a file has anything of ours at all. */
export function isVault({ kv, legacyColumns, newColumns, vectors, texts }: Holdings): boolean {
  return kv.length > 0 || legacyColumns || newColumns || vectors.length > 0 || texts.length > 0;
}

function usesModule(sql: string | null, module: string): boolean {
  return sql !== null && new RegExp(`^\\s*CREATE\\s+VIRTUAL\\s+TABLE\\b[^(]*\\bUSING\\s+${module}\\b`, 'i').test(sql);
}

function vectorTable({ name, sql }: SchemaRow): VectorTable | undefined {
  if (!sql || !usesModule(sql, 'vec0')) return undefined;
  const vector = /\b(float|f32|int8|i8|bit)\s*\[\s*(\d+)\s*\]/i.exec(sql);
  const metric = /\bdistance_metric\s*=\s*(\w+)/i.exec(sql);
  const written = (vector?.[1] ?? '').toLowerCase();
  const elementType = ELEMENT_TYPES[written] ?? written;
  return {
    name,
    isOurs: OWN_VECTORS.test(sql),
    dimensions: Number(vector?.[2] ?? 0),
    elementType,
    metric: (metric?.[1] ?? (elementType === 'bit' ? 'hamming' : 'l2')).toLowerCase(),
  };
}

/** How VectorKVault declares its tables. */
const OWN_VECTORS =
  /\bUSING\s+vec0\s*\(\s*value_ref\s+integer\s*,\s*vector\s+\w+\s*\[\s*\d+\s*\](?:\s+distance_metric\s*=\s*\w+)?\s*(?:,\s*chunk_size\s*=[^,()]*)*\)\s*;?\s*$/i;

/** What vec0 lets the types of elements be called. */
const ELEMENT_TYPES: Readonly<Record<string, string>> = { float: 'f32', i8: 'int8' };

interface ColumnInfo {
  name: string;
  type: string;
  pk: number;
}

/** A table of two BLOBs, the first of them its key, and with rowids: what both packages make for a dict. */
function isKeyValueTable(database: Database, name: string): boolean {
  const listed = database.prepare("SELECT wr FROM pragma_table_list(?) WHERE schema = 'main'").pluck().get(name);
  if (listed !== 0) return false;
  const columns = database.prepare("SELECT name, type, pk FROM pragma_table_info(?, 'main')").all(name) as ColumnInfo[];
  const [key, value] = columns;
  return (
    columns.length === 2 &&
    key?.name === 'key' &&
    value?.name === 'value' &&
    key.pk === 1 &&
    [key, value].every(({ type }) => type.toUpperCase() === 'BLOB')
  );
}

/** The table beside a key-value table that has the parts of values too long for one row; undefined where there is none. */
export function partsOf(database: Database, table: string): string | undefined {
  const name = `kohakuvault_parts_${table}`;
  const found = database.prepare("SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?").get(name);
  return found === undefined ? undefined : `main.${quoteIdentifier(name)}`;
}

/** The number of rows of a table; undefined where it is missing, or needs something that is not loaded here. */
export function rowsOf(database: Database, table: string): number | undefined {
  let count: Statement;
  try {
    count = database.prepare(`SELECT count(*) FROM main.${quoteIdentifier(table)}`);
  } catch (error) {
    // The table is not there, or not as it should be; damage has codes of its own.
    if ((error as { code?: unknown }).code === 'SQLITE_ERROR') return undefined;
    throw fromBetterSqlite3(error);
  }
  return Number(count.pluck().get());
}

type Statement = ReturnType<Database['prepare']>;
