import type { BlobSite, Connection, Findings } from '@kohakuvault/core-native/internal/database';

/** A row of `col_meta`, whose numbers `ColumnVault` has accepted. */
export interface Meta {
  readonly id: bigint;
  readonly elemSize: number;
  readonly length: number;
  readonly maxChunk: number;
}

/** A row of `col_chunks` without its bytes, which nothing has checked yet. */
export interface Chunk {
  readonly index: unknown;
  readonly type: string;
  /** The length of the data, whatever `actual_size` says. */
  readonly size: bigint | null;
  readonly used: unknown;
}

type Statement = ReturnType<Connection['database']['prepare']> & { get(...parameters: unknown[]): unknown };

const CHUNK = `SELECT chunk_idx AS "index", typeof(data) AS type, octet_length(data) AS size, bytes_used AS used
  FROM main.col_chunks WHERE col_id = ?`;

/** Reads the rows of `col_meta` and `col_chunks` unchecked, to report where damage is. */
export class ChunkTables {
  /** Ranges of the data of chunks, by `[col_id, chunk_idx]`. */
  readonly bytes: BlobSite;
  readonly #database: Connection['database'];
  readonly #meta: Statement;
  readonly #all: Statement;
  readonly #one: Statement;

  constructor(connection: Connection) {
    const { database } = connection;
    this.#database = database;
    this.bytes = connection.blobs({ table: 'col_chunks', column: 'data', key: ['col_id', 'chunk_idx'] });
    this.#meta = database
      .prepare('SELECT col_id, elem_size, length, max_chunk_bytes FROM main.col_meta WHERE name = ?')
      .safeIntegers();
    this.#all = database.prepare(`${CHUNK} ORDER BY chunk_idx`).safeIntegers();
    this.#one = database.prepare(`${CHUNK} AND chunk_idx = ?`).safeIntegers();
  }

  /** Returns whether a column is in these tables, and not only in those of Python 1.x. */
  has(name: string): boolean {
    const find = this.#database.prepare('SELECT 1 FROM main.col_meta WHERE name IN (?, ?)');
    return find.get(name, `${name}_data`) !== undefined;
  }

  meta(name: string): Meta {
    const row = this.#meta.get(name) as Record<string, bigint>;
    return {
      id: row.col_id as bigint,
      elemSize: Number(row.elem_size),
      length: Number(row.length),
      maxChunk: Number(row.max_chunk_bytes),
    };
  }

  chunks({ id }: Meta): IterableIterator<Chunk> {
    return this.#all.iterate(id) as IterableIterator<Chunk>;
  }

  chunk({ id }: Meta, index: number): Chunk | undefined {
    return this.#one.get(id, index) as Chunk | undefined;
  }

  /** Returns the bytes of all chunks of a column. */
  totalBytes({ id }: Meta): number {
    const total = this.#database.prepare('SELECT total(octet_length(data)) FROM main.col_chunks WHERE col_id = ?');
    return total.pluck().get(id) as number;
  }

  /** Counts the chunks that belong to no column. */
  orphans(): number {
    const count = this.#database.prepare(
      'SELECT count(*) FROM main.col_chunks WHERE col_id NOT IN (SELECT col_id FROM main.col_meta)',
    );
    return count.pluck().get() as number;
  }
}

/**
 * Verifies that a column has all bytes that its length needs, and returns the number of its chunks. Chunks after the
 * last element do not matter. The loop runs over the existing chunks, because a damaged length may be anything.
 */
export function checkChunks(tables: ChunkTables, meta: Meta, findings: Findings): number {
  const needed = meta.length * meta.elemSize;
  const end = Math.ceil(needed / meta.maxChunk);
  let expected = 0;
  let count = 0;
  const missing = (until: number) => {
    if (expected < until) {
      const range = until - expected === 1 ? `chunk ${expected} is` : `chunks ${expected} to ${until - 1} are`;
      findings.problem(`${range} missing`);
      expected = until;
    }
  };
  for (const { index, type, size } of tables.chunks(meta)) {
    count++;
    if (typeof index !== 'bigint') findings.problem(`a chunk has the number ${JSON.stringify(index)}`);
    else if (index >= expected && index < end) {
      missing(Number(index));
      const least = Math.min(meta.maxChunk, needed - expected * meta.maxChunk);
      if (type !== 'blob' && type !== 'text') findings.problem(`chunk ${index} is of type ${type}, not bytes`);
      else if (Number(size) < least) findings.problem(`chunk ${index} has ${size} bytes; its elements need ${least}`);
      expected++;
    }
  }
  missing(end);
  return count;
}
