import { CorruptData, InvalidArgument } from '@kohakuvault/core-native/internal';
import {
  type Access,
  type BlobSite,
  changeSchema,
  columnsOf,
  type QueryParameter,
} from '@kohakuvault/core-native/internal/database';
import type { FixedTables } from './fixed-tables.ts';
import type { ChunkRow, ListedRow, MetaRow } from './rows.ts';

/** The highest number of a chunk with elements of variable size: an int32 in the index. */
export const MAX_CHUNK_INDEX = 2 ** 31 - 1;

/** A row of `col_chunks` whose elements have a variable size. A number that is not a whole number is -1 here. */
export interface DataChunkRow extends ChunkRow {
  /** `actual_size`: how far the chunk may be filled. */
  readonly capacity: number;
  /** `bytes_used`: where the next element goes. */
  readonly used: number;
}

const TABLES = [
  `CREATE TABLE IF NOT EXISTS main.col_meta (
    col_id INTEGER PRIMARY KEY,
    name TEXT UNIQUE NOT NULL,
    dtype TEXT NOT NULL,
    elem_size INTEGER NOT NULL,
    length INTEGER NOT NULL,
    chunk_bytes INTEGER NOT NULL,
    min_chunk_bytes INTEGER DEFAULT 131072,
    max_chunk_bytes INTEGER DEFAULT 16777216)`,
  'CREATE INDEX IF NOT EXISTS main.col_meta_name_idx ON col_meta(name)',
  `CREATE TABLE IF NOT EXISTS main.col_chunks (
    col_id INTEGER NOT NULL,
    chunk_idx INTEGER NOT NULL,
    data BLOB NOT NULL,
    actual_size INTEGER NOT NULL,
    bytes_used INTEGER NOT NULL DEFAULT 0,
    has_deleted INTEGER NOT NULL DEFAULT 0,
    start_elem_idx INTEGER DEFAULT 0,
    end_elem_idx INTEGER DEFAULT 0,
    PRIMARY KEY (col_id, chunk_idx),
    FOREIGN KEY (col_id) REFERENCES col_meta(col_id) ON DELETE CASCADE)`,
];

const NEEDED: Readonly<Record<string, readonly string[]>> = {
  col_meta: ['col_id', 'name', 'dtype', 'elem_size', 'length', 'chunk_bytes', 'min_chunk_bytes', 'max_chunk_bytes'],
  col_chunks: ['col_id', 'chunk_idx', 'data', 'actual_size', 'bytes_used'],
};

// A damaged name or dtype, which is not TEXT, is never found, but must not keep other columns from being listed.
const META = `SELECT col_id AS id, CAST(name AS TEXT) AS name, CAST(dtype AS TEXT) AS dtype, elem_size AS elemSize,
  length, min_chunk_bytes AS minChunk, max_chunk_bytes AS maxChunk FROM main.col_meta`;
// All rows are one text: an object for each would cost three times as much. JSON holds no BLOB.
const LIST = `SELECT json_group_array(json_array(id, name, dtype, CASE WHEN kind IN ('integer', 'real') THEN length END))
  FROM (SELECT col_id AS id, CAST(name AS TEXT) AS name, CAST(dtype AS TEXT) AS dtype, length, typeof(length) AS kind
    FROM main.col_meta ORDER BY col_id)`;
// SQLite reaches the values behind the data only through all of the row's pages, so only DATA_CHUNK reads them.
const CHUNK = 'SELECT chunk_idx AS "index", octet_length(data) AS size FROM main.col_chunks';
const DATA_CHUNK = `SELECT chunk_idx AS "index", octet_length(data) AS size, actual_size AS capacity, bytes_used AS used
  FROM main.col_chunks`;

/** Every change of the schema changes it, no matter who makes it. */
const SCHEMA_NUMBER = 'PRAGMA main.schema_version';

const READS = {
  find: `${META} WHERE name = ?`,
  chunk: `${CHUNK} WHERE col_id = ? AND chunk_idx = ?`,
  chunks: `${CHUNK} WHERE col_id = ? ORDER BY chunk_idx`,
  lastChunk: `${CHUNK} WHERE col_id = ? ORDER BY chunk_idx DESC LIMIT 1`,
  dataChunk: `${DATA_CHUNK} WHERE col_id = ? AND chunk_idx = ?`,
  dataChunks: `${DATA_CHUNK} WHERE col_id = ? ORDER BY chunk_idx`,
  lastDataChunk: `${DATA_CHUNK} WHERE col_id = ? ORDER BY chunk_idx DESC LIMIT 1`,
} as const;

const WRITES = {
  create: `INSERT INTO main.col_meta (name, dtype, elem_size, length, chunk_bytes, min_chunk_bytes, max_chunk_bytes)
    VALUES (?, ?, ?, 0, ?, ?, ?)`,
  rename: 'UPDATE main.col_meta SET name = ? WHERE col_id = ?',
  setLength: 'UPDATE main.col_meta SET length = ? WHERE col_id = ?',
  drop: 'DELETE FROM main.col_meta WHERE col_id = ?',
  // A rewritten chunk is a BLOB of exactly the size it claims, whatever it was before.
  putChunk: `INSERT INTO main.col_chunks (col_id, chunk_idx, data, actual_size, bytes_used) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (col_id, chunk_idx) DO UPDATE
      SET data = excluded.data, actual_size = excluded.actual_size, bytes_used = excluded.bytes_used`,
  setUsed: 'UPDATE main.col_chunks SET bytes_used = ? WHERE col_id = ? AND chunk_idx = ?',
  setMaxChunk: 'UPDATE main.col_meta SET max_chunk_bytes = ? WHERE col_id = ?',
  deleteChunk: 'DELETE FROM main.col_chunks WHERE col_id = ? AND chunk_idx = ?',
  deleteFrom: 'DELETE FROM main.col_chunks WHERE col_id = ? AND chunk_idx >= ?',
  deleteAll: 'DELETE FROM main.col_chunks WHERE col_id = ?',
} as const;

/** Reads and writes `col_meta` and `col_chunks`, one statement per method. The caller runs the transactions. */
export class ChunkTables implements FixedTables {
  readonly #connection: Access;
  #site: BlobSite | undefined;
  /** The file state in which both tables were found. */
  #presentIn: number | undefined;
  /** The number of the committed schema in which both tables were found. */
  #presentInSchema: number | undefined;
  /** Whether both tables were found outside a transaction, so that no rollback can remove them. */
  #committed = false;

  constructor(connection: Access) {
    this.#connection = connection;
  }

  /** Whether the tables exist. A file without them has no columns. */
  get present(): boolean {
    const version = this.#connection.version();
    if (version !== undefined && version === this.#presentIn) return true;
    const present = this.#findTables();
    if (!present && this.#committed) {
      throw new CorruptData(
        'the tables col_meta and col_chunks were removed, by dropTables() or other software; restore a backup, or open the file again ' +
          'to start without columns',
      );
    }
    this.#presentIn = present ? version : undefined;
    return present;
  }

  /** Creates the tables if they do not exist. */
  createTables(): void {
    this.#committed = false;
    if (this.#findTables()) return;
    changeSchema(this.#connection, ...TABLES);
    this.#committed = !this.#connection.shared.database.inTransaction;
  }

  /** Deletes the tables with all columns. */
  dropTables(): void {
    changeSchema(
      this.#connection,
      ...Object.keys(NEEDED)
        .toReversed()
        .map((table) => `DROP TABLE IF EXISTS main.${table}`),
    );
    this.#committed = false;
    this.#presentIn = this.#presentInSchema = undefined;
  }

  #findTables(): boolean {
    const { readonly, shared } = this.#connection;
    // Asked before the read, which may begin a snapshot.
    const isOutside = readonly || !shared.database.inTransaction;
    return this.#connection.read(() => {
      // Asked before the tables: what changes the schema in between is noticed the next time.
      const schema = this.#connection.query<number>(SCHEMA_NUMBER, { pluck: true }).get();
      if (schema !== undefined && schema === this.#presentInSchema) return true;
      const present = this.#bothExist();
      this.#committed ||= present && isOutside;
      // A rollback takes the number back, and another change of the schema gets it then.
      if (isOutside) this.#presentInSchema = present ? schema : undefined;
      return present;
    });
  }

  find(name: string): MetaRow | undefined {
    return this.#get('find', name) as MetaRow | undefined;
  }

  /** Returns the rows of all columns, in the order of creation. */
  list(): ListedRow[] {
    if (!this.present) return [];
    const json = this.#connection.read(() => this.#connection.query<string>(LIST, { pluck: true }).get());
    return JSON.parse(json as string) as ListedRow[];
  }

  create(row: { name: string; dtype: string; elemSize: number; minChunk: number; maxChunk: number }): void {
    // They were created when the vault was opened, but a rollback may have removed them.
    if (!this.present) this.createTables();
    this.#run('create', row.name, row.dtype, row.elemSize, row.minChunk, row.minChunk, row.maxChunk);
  }

  rename(id: number, name: string): void {
    this.#run('rename', name, id);
  }

  setLength({ id }: MetaRow, length: number): void {
    this.#run('setLength', length, id);
  }

  /** Deletes a column and its chunks. The foreign key does not do it: a connection may have foreign keys off. */
  drop(id: number): void {
    this.deleteAllChunks(id);
    this.#run('drop', id);
  }

  chunk(id: number, index: number): ChunkRow | undefined {
    return this.#get('chunk', id, index) as ChunkRow | undefined;
  }

  chunks(id: number): ChunkRow[] {
    return this.#all('chunks', id) as ChunkRow[];
  }

  lastChunk(id: number): ChunkRow | undefined {
    return this.#get('lastChunk', id) as ChunkRow | undefined;
  }

  /** Inserts a chunk, or replaces its content. */
  putChunk(id: number, index: number, data: Buffer): void {
    this.#run('putChunk', id, index, data, data.length, 0);
  }

  /** Inserts a chunk of elements that vary in size, or replaces its content. */
  putDataChunk(id: number, index: number, data: Buffer, used: number): void {
    this.#run('putChunk', id, index, data, data.length, used);
  }

  dataChunk(id: number, index: number): DataChunkRow | undefined {
    return checkedChunk(id, this.#get('dataChunk', id, index) as DataChunkRow | undefined);
  }

  dataChunks(id: number): DataChunkRow[] {
    return this.#all('dataChunks', id).map((row) => checkedChunk(id, row as DataChunkRow));
  }

  lastDataChunk(id: number): DataChunkRow | undefined {
    return checkedChunk(id, this.#get('lastDataChunk', id) as DataChunkRow | undefined);
  }

  setUsed(id: number, index: number, used: number): void {
    this.#run('setUsed', used, id, index);
  }

  setMaxChunk(id: number, maxChunk: number): void {
    this.#run('setMaxChunk', maxChunk, id);
  }

  deleteChunk(id: number, index: number): void {
    this.#run('deleteChunk', id, index);
  }

  /** Deletes the chunks from `index` on. */
  deleteChunksFrom(id: number, index: number): void {
    this.#run('deleteFrom', id, index);
  }

  deleteAllChunks(id: number): void {
    this.#run('deleteAll', id);
  }

  /** Returns access to ranges of the chunks' bytes, by `[col_id, chunk_idx]`. */
  get data(): BlobSite {
    this.#site ??= this.#connection.blobs({ table: 'col_chunks', column: 'data', key: ['col_id', 'chunk_idx'] });
    return this.#site;
  }

  #get(name: keyof typeof READS, ...parameters: QueryParameter[]): unknown {
    if (!this.present) return undefined;
    return this.#connection.read(() => this.#connection.query(READS[name]).get(...parameters));
  }

  #all(name: keyof typeof READS, ...parameters: QueryParameter[]): unknown[] {
    if (!this.present) return [];
    return this.#connection.read(() => this.#connection.query(READS[name]).all(...parameters));
  }

  #run(name: keyof typeof WRITES, ...parameters: unknown[]): void {
    this.#connection.write(() => this.#connection.statement(WRITES[name]).run(...parameters));
  }

  /** Returns whether both tables exist. Throws if there is only one of them, or if one lacks a column. */
  #bothExist(): boolean {
    const found = Object.entries(NEEDED).map(([table, needed]) => {
      const names = columnsOf(this.#connection, table);
      const missing = names.length > 0 ? needed.filter((name) => !names.includes(name)) : [];
      if (missing.length > 0) {
        const Wrong = this.#committed ? CorruptData : InvalidArgument;
        throw new Wrong(
          `the table ${table} is not a table of ColumnVault: it lacks ${missing.join(', ')}; use another file`,
        );
      }
      return names.length > 0;
    });
    if (found.some(Boolean) && !found.every(Boolean)) {
      const [there, missing] = found[0] ? ['col_meta', 'col_chunks'] : ['col_chunks', 'col_meta'];
      throw new CorruptData(`the table ${missing} is missing, and ${there} is unusable without it; restore a backup`);
    }
    return found.every(Boolean);
  }
}

/** Throws if a chunk has a number that no index can hold: elements added behind it could not be found. */
function checkedChunk<R extends DataChunkRow | undefined>(id: number, row: R): R {
  if (row === undefined) return row;
  const { index, size, capacity, used } = row;
  if (!Number.isSafeInteger(index) || index < 0 || index > MAX_CHUNK_INDEX || size === null) {
    const what = size === null ? `chunk ${index} has no data` : `there is a chunk ${index}`;
    throw new CorruptData(`the chunks of the column with col_id ${id} are damaged: ${what}; restore a backup`);
  }
  if (Number.isSafeInteger(capacity) && Number.isSafeInteger(used)) return row;
  return { ...row, capacity: wholeOr(-1, capacity), used: wholeOr(-1, used) };
}

function wholeOr(fallback: number, value: number): number {
  return Number.isSafeInteger(value) ? value : fallback;
}
