import { type SharedConnection, type TableState, ValueRead } from '@kohakuvault/core-native/internal/database';

/** Where chunks are. */
export interface ChunkSource {
  readonly table: string;
  /** The column of their bytes. */
  readonly data: string;
  /** Finds the rowid of a chunk, by the id of its column and its number. */
  readonly row: string;
}

export const CHUNKS: ChunkSource = {
  table: 'col_chunks',
  data: 'data',
  row: 'SELECT rowid FROM main.col_chunks WHERE col_id = ? AND chunk_idx = ?',
};

/** The payloads of Python 1.x. */
export const BLOCKS: ChunkSource = {
  table: 'kvault_col_data',
  data: 'payload',
  row: 'SELECT block_id FROM main.kvault_col_blocks WHERE col_id = ? AND block_no = ?',
};

/** The same, found by their ids instead of their numbers, which change. */
export const BLOCKS_BY_ID: ChunkSource = {
  ...BLOCKS,
  row: 'SELECT block_id FROM main.kvault_col_blocks WHERE col_id = ? AND block_id = ?',
};

/** The place of the data among the values of a row. Virtual columns have none there. */
const DATA_PLACE = `SELECT count(*) FROM pragma_table_xinfo(?, 'main') WHERE hidden <> 2 AND cid <
  (SELECT cid FROM pragma_table_xinfo(?, 'main') WHERE name = ? COLLATE NOCASE)`;

/** A chunk of which something is in memory. */
export interface KeptChunk {
  /** Drops what memory has of it. */
  readonly drop: () => void;
  /** The rowid by which it is watched; undefined if it is not. */
  row: number | undefined;
}

/**
 * Which chunks in memory may have changed in the file. A chunk that cannot be watched is dropped at any change of the
 * file state: its row is not committed yet, or the file is not in WAL mode.
 */
export class ChunkWatch {
  readonly #shared: SharedConnection;
  readonly #source: ChunkSource;
  readonly #state: TableState;
  readonly #watched = new Map<number, KeptChunk>();
  readonly #unwatched = new Set<KeptChunk>();
  #version: number | undefined;
  /** The turn of reads at the last look. */
  #turn = -1;
  /** The place of the data in a row; -1 if bytes of it must be read through SQLite, undefined if nobody has asked yet. */
  #dataPlace: number | undefined;
  /** The file state in which others have committed after the state that reads see. */
  #lateVersion: number | undefined;

  constructor(shared: SharedConnection, source: ChunkSource) {
    this.#shared = shared;
    this.#source = source;
    this.#state = shared.tableState();
  }

  /**
   * Drops the chunks that may have changed. Returns the file state, which rows of `col_meta` follow, or undefined if
   * nothing may be kept or used.
   */
  look(): number | undefined {
    // Each commit of ours has reads begin another turn, and the others change the file state too.
    const now = this.#shared.version();
    if (now !== undefined && now === this.#version && this.#shared.turn === this.#turn) return now;
    return this.#lookAgain();
  }

  #lookAgain(): number | undefined {
    const change = this.#state.look();
    if (change === 'unknown') return undefined;
    const { version } = this.#state;
    this.#turn = this.#shared.turn;
    if (version === this.#version && change === 'same') return version;
    this.#version = version;
    if (change === 'all') this.#loseAll();
    for (const chunk of this.#unwatched) chunk.drop();
    this.#unwatched.clear();
    if (typeof change === 'object') for (const row of change) this.#drop(row);
    return version;
  }

  /** Prepares to keep chunks. To be called after a look, before they are read. */
  begin(): void {
    if (this.#state.isWatching) return;
    this.#loseAll();
    this.#dataPlace = undefined;
    this.#state.begin();
  }

  /** Whether `read` is possible at all. */
  get mayRead(): boolean {
    if (!this.#state.isWatching) return false;
    this.#dataPlace ??= this.#findDataPlace();
    return this.#dataPlace >= 0;
  }

  /**
   * Fills `target` with bytes of a chunk that is watched, from `offset` on. Reads only the database pages that have
   * them, which the watch knows. Returns false if the bytes must be read through SQLite.
   */
  read(chunk: KeptChunk, offset: number, target: Buffer): boolean {
    let got = this.#readValue(chunk, offset, target);
    if (got === ValueRead.untested && this.#lateVersion !== this.#version && this.#testCommits()) {
      got = this.#readValue(chunk, offset, target);
      // In a snapshot that lasts, every read would find the same commits again.
      if (got === ValueRead.untested) this.#lateVersion = this.#version;
    }
    return got === target.length;
  }

  #readValue({ row }: KeptChunk, offset: number, target: Buffer): number {
    if (row === undefined) return ValueRead.unknown;
    return this.#state.readValue({ table: this.#source.table, row, place: this.#dataPlace as number }, offset, target);
  }

  /** Takes in the latest commits. Returns whether reads still see the same file state. */
  #testCommits(): boolean {
    const before = this.#version;
    this.#state.mustTest();
    return this.#lookAgain() === before && before !== undefined;
  }

  #findDataPlace(): number {
    // The WAL of an encrypted file is decrypted by the page.
    if (this.#shared.mayBeEncrypted) return -1;
    const { table, data } = this.#source;
    return this.#shared.read(
      () => this.#shared.query<number>(DATA_PLACE, { pluck: true }).get(table, table, data) ?? -1,
    );
  }

  /** Watches a chunk that was read. `drop` is called when it may have changed. */
  watch(column: number, index: number, drop: () => void): KeptChunk {
    const chunk: KeptChunk = { drop, row: undefined };
    const row = this.#state.isWatching ? this.#rowOf(column, index) : undefined;
    // Another chunk had the row before.
    if (row !== undefined) this.#drop(row);
    if (row !== undefined && this.#state.watchRow(this.#source.table, row, row)) {
      chunk.row = row;
      this.#watched.set(row, chunk);
    } else {
      this.#unwatched.add(chunk);
    }
    return chunk;
  }

  /** Stops watching a chunk of which memory has nothing any more. */
  forget(chunk: KeptChunk): void {
    this.#unwatched.delete(chunk);
    if (chunk.row === undefined) return;
    this.#watched.delete(chunk.row);
    this.#state.forgetOwner(chunk.row);
    chunk.row = undefined;
  }

  /** Notes that memory got elements from the file. */
  noteRead(): void {
    this.#state.noteRead();
  }

  /** Notes that we have written to chunks in the open transaction, and changed what memory has of them. */
  noteWrite(): void {
    this.#state.noteWrite();
  }

  #rowOf(column: number, index: number): number | undefined {
    const row = this.#shared.read(() =>
      this.#shared.query<number>(this.#source.row, { pluck: true }).get(column, index),
    );
    return Number.isSafeInteger(row) ? row : undefined;
  }

  #drop(row: number): void {
    const chunk = this.#watched.get(row);
    if (!chunk) return;
    this.forget(chunk);
    chunk.drop();
  }

  /** None is watched any more. */
  #loseAll(): void {
    for (const chunk of this.#watched.values()) {
      chunk.row = undefined;
      this.#unwatched.add(chunk);
    }
    this.#watched.clear();
  }
}
