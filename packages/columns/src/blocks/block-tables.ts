import { CorruptData, InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import {
  type Access,
  type BlobSite,
  changeSchema,
  columnsOf,
  type QueryParameter,
} from '@kohakuvault/core-native/internal/database';
import type { ChunkBytes, FixedTables } from '../tables/fixed-tables.ts';
import type { ChunkRow, ListedRow, MetaRow } from '../tables/rows.ts';

/** A row of `kvault_col_columns`, unchecked. The limits of chunks are the length of a block's payload. */
export interface BlockMeta extends MetaRow {
  readonly blockBytes: number;
}

/** A row of `kvault_col_blocks`. */
export interface Block {
  readonly id: number;
  no: number;
  /** The index of its first element. */
  first: number;
  count: number;
  /** The bytes of its elements. */
  used: number;
  /** The bytes of its payload. */
  capacity: number;
  /** The most elements that its offsets have room for. */
  rows: number;
}

const TABLES = [
  `CREATE TABLE IF NOT EXISTS main.kvault_col_format (
    singleton INTEGER PRIMARY KEY CHECK(singleton = 1),
    version INTEGER NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS main.kvault_col_columns (
    col_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    dtype TEXT NOT NULL,
    elem_size INTEGER NOT NULL CHECK(elem_size >= 0),
    length INTEGER NOT NULL DEFAULT 0 CHECK(length >= 0),
    block_bytes INTEGER NOT NULL CHECK(block_bytes > 0))`,
  `CREATE TABLE IF NOT EXISTS main.kvault_col_blocks (
    block_id INTEGER PRIMARY KEY,
    col_id INTEGER NOT NULL REFERENCES kvault_col_columns(col_id) ON DELETE CASCADE,
    block_no INTEGER NOT NULL,
    first_row INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    used_bytes INTEGER NOT NULL,
    capacity_bytes INTEGER NOT NULL,
    row_capacity INTEGER NOT NULL,
    UNIQUE(col_id, block_no))`,
  'CREATE INDEX IF NOT EXISTS main.kvault_col_row_index ON kvault_col_blocks(col_id, first_row)',
  `CREATE TABLE IF NOT EXISTS main.kvault_col_data (
    block_id INTEGER PRIMARY KEY REFERENCES kvault_col_blocks(block_id) ON DELETE CASCADE,
    payload BLOB NOT NULL,
    offsets BLOB)`,
  'INSERT OR IGNORE INTO main.kvault_col_format (singleton, version) VALUES (1, 1)',
];

const NEEDED: Readonly<Record<string, readonly string[]>> = {
  kvault_col_format: ['singleton', 'version'],
  kvault_col_columns: ['col_id', 'name', 'dtype', 'elem_size', 'length', 'block_bytes'],
  kvault_col_blocks: [
    'block_id',
    'col_id',
    'block_no',
    'first_row',
    'row_count',
    'used_bytes',
    'capacity_bytes',
    'row_capacity',
  ],
  kvault_col_data: ['block_id', 'payload', 'offsets'],
};

/** The format that this release knows. */
const VERSION = 1;

// A damaged name or dtype, which is not TEXT, is never found, but must not keep other columns from being listed.
const META = `SELECT col_id AS id, CAST(name AS TEXT) AS name, CAST(dtype AS TEXT) AS dtype, elem_size AS elemSize,
  length, block_bytes AS blockBytes FROM main.kvault_col_columns`;
const LIST = `SELECT json_group_array(json_array(id, name, dtype, CASE WHEN kind IN ('integer', 'real') THEN length END))
  FROM (SELECT col_id AS id, CAST(name AS TEXT) AS name, CAST(dtype AS TEXT) AS dtype, length, typeof(length) AS kind
    FROM main.kvault_col_columns ORDER BY col_id)`;
const CHUNK = `SELECT b.block_no AS "index", ifnull(octet_length(d.payload), -1) AS size FROM main.kvault_col_blocks b
  LEFT JOIN main.kvault_col_data d ON d.block_id = b.block_id`;

const READS = {
  find: `${META} WHERE name = ?`,
  version: 'SELECT version FROM main.kvault_col_format',
  blockId: 'SELECT block_id FROM main.kvault_col_blocks WHERE col_id = ? AND block_no = ?',
  chunk: `${CHUNK} WHERE b.col_id = ? AND b.block_no = ?`,
  chunks: `${CHUNK} WHERE b.col_id = ? ORDER BY b.block_no`,
  lastChunk: `${CHUNK} WHERE b.col_id = ? ORDER BY b.block_no DESC LIMIT 1`,
  blocks: `SELECT block_id AS id, block_no AS no, first_row AS first, row_count AS count, used_bytes AS used,
    capacity_bytes AS capacity, row_capacity AS rows FROM main.kvault_col_blocks WHERE col_id = ? ORDER BY block_no`,
} as const;

/** Every change of the schema changes it, no matter who makes it. */
const SCHEMA_NUMBER = 'PRAGMA main.schema_version';

const DATA_OF = 'SELECT block_id FROM main.kvault_col_blocks WHERE col_id = ? AND block_no >= ?';

const WRITES = {
  create: `INSERT INTO main.kvault_col_columns (name, dtype, elem_size, length, block_bytes) VALUES (?, ?, ?, 0, ?)`,
  rename: 'UPDATE main.kvault_col_columns SET name = ? WHERE col_id = ?',
  setLength: 'UPDATE main.kvault_col_columns SET length = ? WHERE col_id = ?',
  setBlockBytes: 'UPDATE main.kvault_col_columns SET block_bytes = ? WHERE col_id = ?',
  drop: 'DELETE FROM main.kvault_col_columns WHERE col_id = ?',
  // Of fixed-size elements: how many each block from a number on has.
  setCounts: `UPDATE main.kvault_col_blocks SET row_count = min(row_capacity, ? - first_row),
    used_bytes = min(row_capacity, ? - first_row) * ? WHERE col_id = ? AND block_no >= ?`,
  putBlock: `INSERT INTO main.kvault_col_blocks
    (col_id, block_no, first_row, row_count, used_bytes, capacity_bytes, row_capacity) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (col_id, block_no) DO UPDATE SET first_row = excluded.first_row, row_count = excluded.row_count,
      used_bytes = excluded.used_bytes, capacity_bytes = excluded.capacity_bytes, row_capacity = excluded.row_capacity`,
  putData: `INSERT INTO main.kvault_col_data (block_id, payload, offsets) VALUES (?, ?, ?)
    ON CONFLICT (block_id) DO UPDATE SET payload = excluded.payload, offsets = excluded.offsets`,
  setUsed: 'UPDATE main.kvault_col_blocks SET row_count = ?, used_bytes = ? WHERE block_id = ?',
  moveRows: 'UPDATE main.kvault_col_blocks SET first_row = first_row + ? WHERE col_id = ? AND block_no > ?',
  // No two blocks may have one number, also while the statement runs. So they become negative first.
  takeNumbers: `UPDATE main.kvault_col_blocks SET block_no = -1 - (block_no + ?) WHERE col_id = ? AND block_no > ?`,
  giveNumbers: 'UPDATE main.kvault_col_blocks SET block_no = -1 - block_no WHERE col_id = ? AND block_no < 0',
  deleteData: `DELETE FROM main.kvault_col_data WHERE block_id IN (${DATA_OF})`,
  deleteBlocks: 'DELETE FROM main.kvault_col_blocks WHERE col_id = ? AND block_no >= ?',
  deleteBlock: 'DELETE FROM main.kvault_col_blocks WHERE block_id = ?',
  deleteBlockData: 'DELETE FROM main.kvault_col_data WHERE block_id = ?',
} as const;

/** The block sizes that grow: so much, doubled, up to so much. */
const LEAST_GROWING = 256;
const MOST_GROWING = 256 * 1024;

/** Numbers that are remembered of blocks, at most. */
const KNOWN_IDS = 100_000;

/** Reads and writes the tables of Python 1.x, one statement or a few per method. The caller runs the transactions. */
export class BlockTables implements FixedTables {
  readonly #connection: Access;
  /** The ids of blocks in one file state, by column and number. */
  readonly #ids = new Map<string, number>();
  readonly #tails = new Map<number, ChunkRow>();
  #knownIn: number | undefined;
  /** The file state, and the number of the committed schema, in which the tables were found. */
  #presentIn: number | undefined;
  #presentInSchema: number | undefined;
  #payloads: BlobSite | undefined;
  #offsets: BlobSite | undefined;
  readonly data: ChunkBytes;

  constructor(connection: Access) {
    this.#connection = connection;
    const idOf = ([column, no]: readonly [number, number]) => {
      const id = this.#idOf(column, no);
      if (id === undefined) throw new NotFound(`kvault_col_blocks has no block ${no} of column ${column}`);
      return id;
    };
    this.data = {
      read: (key, target, offset) => this.payloads.read(idOf(key), target, offset),
      readInPlace: (key, target, offset) => {
        const id = this.#idOf(...key);
        return id !== undefined && this.payloads.readInPlace(id, target, offset);
      },
      write: (key, source, offset) => this.payloads.write(idOf(key), source, offset),
    };
  }

  /** Returns access to the bytes of payloads, by `block_id`. */
  get payloads(): BlobSite {
    this.#payloads ??= this.#connection.blobs({ table: 'kvault_col_data', column: 'payload', key: 'block_id' });
    return this.#payloads;
  }

  /** Returns access to the offsets of elements that vary in size, by `block_id`. */
  get offsets(): BlobSite {
    this.#offsets ??= this.#connection.blobs({ table: 'kvault_col_data', column: 'offsets', key: 'block_id' });
    return this.#offsets;
  }

  /** Whether the tables exist. A file without them has no such columns. */
  get present(): boolean {
    const version = this.#connection.version();
    if (version !== undefined && version === this.#presentIn) return true;
    const { readonly, shared } = this.#connection;
    // Asked before the read, which may begin a snapshot.
    const isOutside = readonly || !shared.database.inTransaction;
    const present = this.#connection.read(() => {
      const schema = this.#connection.query<number>(SCHEMA_NUMBER, { pluck: true }).get();
      if (schema !== undefined && schema === this.#presentInSchema) return true;
      const found = this.#exist();
      // A rollback takes the number back, and another change of the schema gets it then.
      if (isOutside) this.#presentInSchema = found ? schema : undefined;
      return found;
    });
    this.#presentIn = present ? version : undefined;
    return present;
  }

  createTables(): void {
    if (this.present) return;
    changeSchema(this.#connection, ...TABLES);
  }

  dropTables(): void {
    const tables = ['kvault_col_data', 'kvault_col_blocks', 'kvault_col_columns', 'kvault_col_format'];
    changeSchema(this.#connection, ...tables.map((table) => `DROP TABLE IF EXISTS main.${table}`));
    this.#forget();
    this.#presentIn = this.#presentInSchema = undefined;
  }

  find(name: string): BlockMeta | undefined {
    const row = this.#get('find', name) as BlockMeta | undefined;
    return row && withLimits(row);
  }

  list(): ListedRow[] {
    if (!this.present) return [];
    const json = this.#connection.read(() => this.#connection.query<string>(LIST, { pluck: true }).get());
    return JSON.parse(json as string) as ListedRow[];
  }

  create(row: { name: string; dtype: string; elemSize: number; blockBytes: number }): void {
    this.createTables();
    this.#run('create', row.name, row.dtype, row.elemSize, row.blockBytes);
  }

  rename(id: number, name: string): void {
    this.#run('rename', name, id);
  }

  setLength({ id, elemSize, maxChunk }: MetaRow, length: number, before: number): void {
    this.#run('setLength', length, id);
    // Elements that vary in size are counted block by block.
    if (elemSize === 0) return;
    const rows = maxChunk / elemSize;
    this.#run('setCounts', length, length, elemSize, id, Math.floor(Math.min(length, before) / rows));
  }

  grown(meta: MetaRow, end: number, needed: number): MetaRow {
    const { blockBytes, elemSize } = meta as BlockMeta;
    if (needed <= meta.maxChunk || end > meta.maxChunk || !isGrowing(blockBytes)) return meta;
    const grown = withLimits({ ...(meta as BlockMeta), blockBytes: growingBytes(needed) });
    this.#run('setBlockBytes', grown.blockBytes, meta.id);
    if (end > 0) {
      const data = Buffer.alloc(grown.maxChunk);
      this.data.read([meta.id, 0], data.subarray(0, end), 0);
      this.putChunk(meta.id, 0, data, elemSize);
    }
    return grown;
  }

  /** Deletes a column with its blocks. The foreign keys do not do it: a connection may have them off. */
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
    const isKnown = this.#look();
    const tail = this.#tails.get(id) ?? (this.#get('lastChunk', id) as ChunkRow | undefined);
    if (tail && isKnown) this.#tails.set(id, tail);
    return tail;
  }

  putChunk(id: number, index: number, data: Buffer, elemSize: number): void {
    const rows = data.length / elemSize;
    this.putBlock(id, { no: index, first: index * rows, count: 0, used: 0, capacity: data.length, rows }, data, null);
  }

  /** Inserts a block, or replaces it. Returns its id. */
  putBlock(column: number, block: Omit<Block, 'id'>, payload: Buffer, offsets: Buffer | null): number {
    const { no, first, count, used, capacity, rows } = block;
    this.#run('putBlock', column, no, first, count, used, capacity, rows);
    const id = this.#idOf(column, no) as number;
    this.#run('putData', id, payload, offsets);
    this.#tails.delete(column);
    return id;
  }

  blocks(id: number): Block[] {
    return this.#all('blocks', id) as Block[];
  }

  setUsed({ id }: Block, count: number, used: number): void {
    this.#run('setUsed', count, used, id);
  }

  /** Moves the blocks after a number: their first rows by some, and their numbers by others. */
  move(column: number, after: number, rows: number, numbers: number): void {
    if (rows !== 0) this.#run('moveRows', rows, column, after);
    if (numbers === 0) return;
    this.#run('takeNumbers', numbers, column, after);
    this.#run('giveNumbers', column);
    this.#forget();
  }

  deleteBlock({ id }: Block): void {
    this.#run('deleteBlockData', id);
    this.#run('deleteBlock', id);
    this.#forget();
  }

  deleteChunksFrom(id: number, index: number): void {
    this.#run('deleteData', id, index);
    this.#run('deleteBlocks', id, index);
    this.#forget();
  }

  deleteAllChunks(id: number): void {
    this.deleteChunksFrom(id, Number.MIN_SAFE_INTEGER);
  }

  #idOf(column: number, no: number): number | undefined {
    const isKnown = this.#look();
    const key = `${column}:${no}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#connection.read(() =>
      this.#connection.query<number>(READS.blockId, { pluck: true }).get(column, no),
    );
    if (id === undefined || !Number.isSafeInteger(id)) return undefined;
    if (this.#ids.size >= KNOWN_IDS) this.#ids.clear();
    if (isKnown) this.#ids.set(key, id);
    return id;
  }

  /** Forgets what is known of another file state. Returns whether something may be remembered. */
  #look(): boolean {
    const version = this.#connection.version();
    if (version === undefined || version !== this.#knownIn) this.#forget();
    this.#knownIn = version;
    return version !== undefined;
  }

  #forget(): void {
    this.#ids.clear();
    this.#tails.clear();
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

  /** Returns whether the tables exist. Throws if some are missing, or are of a later format. */
  #exist(): boolean {
    const missing: string[] = [];
    for (const [table, needed] of Object.entries(NEEDED)) {
      const names = columnsOf(this.#connection, table);
      if (names.length === 0) missing.push(table);
      const lacking = needed.filter((name) => !names.includes(name));
      if (names.length > 0 && lacking.length > 0) {
        throw new InvalidArgument(
          `the table ${table} is not a table of columns: it lacks ${lacking.join(', ')}; use another file`,
        );
      }
    }
    if (missing.length === Object.keys(NEEDED).length) return false;
    if (missing.length > 0) {
      throw new CorruptData(`tables of the columns of Python 1.x are missing: ${missing.join(', ')}; restore a backup`);
    }
    const version = this.#connection.query<number>(READS.version, { pluck: true }).get();
    if (version === VERSION) return true;
    throw new InvalidArgument(
      `the columns of this file have the format ${String(version)}; this release knows ${VERSION}; use a later release`,
    );
  }
}

/** Returns the least growing block size for so many bytes. */
export function growingBytes(bytes: number): number {
  let size = LEAST_GROWING;
  while (size < bytes && size < MOST_GROWING) size *= 2;
  return size;
}

/** Whether a block size is one of those that grow. */
function isGrowing(bytes: number): boolean {
  return bytes >= LEAST_GROWING && bytes < MOST_GROWING && growingBytes(bytes) === bytes;
}

function withLimits(row: BlockMeta): BlockMeta {
  const { elemSize, blockBytes } = row;
  const payload = elemSize > 0 ? Math.max(1, Math.floor(blockBytes / elemSize)) * elemSize : blockBytes;
  return { ...row, minChunk: payload, maxChunk: payload };
}
