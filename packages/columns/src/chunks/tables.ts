import { CorruptData, InvalidArgument } from '@kohakuvault/core-native/internal';
import {
  type Access,
  type BlobSite,
  changeSchema,
  columnsOf,
  type QueryParameter,
} from '@kohakuvault/core-native/internal/database';

/** Chunks with elements that vary in size are told by an int32. */
export const MOST_CHUNK = 2 ** 31 - 1;

/** A row of `col_meta`. Its numbers are as SQLite gave them, and its texts NULL where they are damaged: who uses them checks them. */
export interface MetaRow {
  readonly id: number;
  readonly name: string;
  readonly dtype: string;
  readonly elemSize: number;
  readonly length: number;
  readonly minChunk: number;
  readonly maxChunk: number;
}

/** A row of `col_chunks` without its data. */
export interface ChunkRow {
  readonly index: number;
  /** The bytes that are really there, whatever `actual_size` says. */
  readonly size: number;
}

/** The same of a chunk whose elements vary in size; -1 where a number is none. */
export interface DataChunkRow extends ChunkRow {
  /** `actual_size`: how far it is meant to be filled. */
  readonly capacity: number;
  /** Where the next element goes. */
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

// A name or dtype of another class than TEXT, NULL too, is one that nobody finds, but must not keep others from being listed.
const META = `SELECT col_id AS id, CAST(name AS TEXT) AS name, CAST(dtype AS TEXT) AS dtype, elem_size AS elemSize, length, min_chunk_bytes AS minChunk,
  max_chunk_bytes AS maxChunk FROM main.col_meta`;
// What stands behind the data in a row is reached by way of all its pages, so it is asked for only where it is needed.
const CHUNK = 'SELECT chunk_idx AS "index", octet_length(data) AS size FROM main.col_chunks';
const DATA_CHUNK = `SELECT chunk_idx AS "index", octet_length(data) AS size, actual_size AS capacity, bytes_used AS used
  FROM main.col_chunks`;

const READS = {
  find: `${META} WHERE name = ?`,
  list: `${META} ORDER BY col_id`,
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
  setLength: 'UPDATE main.col_meta SET length = ? WHERE col_id = ?',
  drop: 'DELETE FROM main.col_meta WHERE col_id = ?',
  // A chunk that is written anew is a BLOB of exactly the size it claims, whatever it was before.
  putChunk: `INSERT INTO main.col_chunks (col_id, chunk_idx, data, actual_size, bytes_used) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (col_id, chunk_idx) DO UPDATE
      SET data = excluded.data, actual_size = excluded.actual_size, bytes_used = excluded.bytes_used`,
  setUsed: 'UPDATE main.col_chunks SET bytes_used = ? WHERE col_id = ? AND chunk_idx = ?',
  setMaxChunk: 'UPDATE main.col_meta SET max_chunk_bytes = ? WHERE col_id = ?',
  deleteChunk: 'DELETE FROM main.col_chunks WHERE col_id = ? AND chunk_idx = ?',
  deleteFrom: 'DELETE FROM main.col_chunks WHERE col_id = ? AND chunk_idx >= ?',
  deleteAll: 'DELETE FROM main.col_chunks WHERE col_id = ?',
} as const;

/** The rows of `col_meta` and `col_chunks`, one statement a method. Transactions are up to the caller. */
export class LegacyTables {
  readonly #connection: Access;
  #site: BlobSite | undefined;
  /** Under which version of the file both tables were there. */
  #presentIn: number | undefined;
  /** Whether they were there when no transaction was open, whose end could have undone them. */
  #lasting = false;

  constructor(connection: Access) {
    this.#connection = connection;
  }

  /** Whether the tables are there; where they are not, the file holds no columns. */
  get present(): boolean {
    const version = this.#connection.version();
    if (version !== undefined && version === this.#presentIn) return true;
    const present = this.#look();
    if (!present && this.#lasting) {
      throw new CorruptData(
        'the tables col_meta and col_chunks are gone: something else has removed them. Restore a backup, or open the file again to begin with none',
      );
    }
    this.#presentIn = present ? version : undefined;
    return present;
  }

  make(): void {
    this.#lasting = false;
    if (this.#look()) return;
    changeSchema(this.#connection, ...TABLES);
    this.#lasting = !this.#connection.shared.database.inTransaction;
  }

  #look(): boolean {
    const present = this.#connection.read(() => this.#check());
    this.#lasting ||= present && !this.#connection.shared.database.inTransaction;
    return present;
  }

  find(name: string): MetaRow | undefined {
    return this.#get('find', name) as MetaRow | undefined;
  }

  /** In the order of creation. */
  list(): MetaRow[] {
    return this.#all('list') as MetaRow[];
  }

  create(row: { name: string; dtype: string; elemSize: number; minChunk: number; maxChunk: number }): void {
    // Made when the vault was opened; but that may have been undone.
    if (!this.present) this.make();
    this.#run('create', row.name, row.dtype, row.elemSize, row.minChunk, row.minChunk, row.maxChunk);
  }

  setLength(id: number, length: number): void {
    this.#run('setLength', length, id);
  }

  /** The column and its chunks: not every connection has foreign keys that would take them along. */
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

  /** Makes a chunk, or gives one new content. */
  putChunk(id: number, index: number, data: Buffer, used = 0): void {
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

  /** The bytes of chunks, in place: `data` by `[col_id, chunk_idx]`. */
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

  /** Whether both tables are there; one that is not as it should be is refused before anything is done to it. */
  #check(): boolean {
    const found = Object.entries(NEEDED).map(([table, needed]) => {
      const names = columnsOf(this.#connection, table);
      const missing = names.length > 0 ? needed.filter((name) => !names.includes(name)) : [];
      if (missing.length > 0) {
        const Wrong = this.#lasting ? CorruptData : InvalidArgument;
        throw new Wrong(
          `the table ${table} is no table of columns: it lacks ${missing.join(', ')}. Columns need a file without such a table`,
        );
      }
      return names.length > 0;
    });
    if (found.some(Boolean) && !found.every(Boolean)) {
      const [there, missing] = found[0] ? ['col_meta', 'col_chunks'] : ['col_chunks', 'col_meta'];
      throw new CorruptData(
        `the table ${missing} is missing, without which ${there} says nothing: something has removed it. Restore a backup`,
      );
    }
    return found.every(Boolean);
  }
}

/** Refuses a chunk with a number that no index could tell: what is put behind it could not be found. */
function checkedChunk<R extends DataChunkRow | undefined>(id: number, row: R): R {
  if (row === undefined) return row;
  const { index, size, capacity, used } = row;
  if (!Number.isSafeInteger(index) || index < 0 || index > MOST_CHUNK || size === null) {
    const what = size === null ? `chunk ${index} has no data` : `there is a chunk ${index}`;
    throw new CorruptData(`the chunks of the column with col_id ${id} are damaged: ${what}. Restore a backup`);
  }
  if (Number.isSafeInteger(capacity) && Number.isSafeInteger(used)) return row;
  return { ...row, capacity: wholeOr(-1, capacity), used: wholeOr(-1, used) };
}

function wholeOr(other: number, value: number): number {
  return Number.isSafeInteger(value) ? value : other;
}
