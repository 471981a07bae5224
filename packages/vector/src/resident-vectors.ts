import { nativeCore } from '@kohakuvault/core-native/internal';
import {
  type Access,
  quoteIdentifier,
  type SharedConnection,
  type TableState,
  tableKey,
} from '@kohakuvault/core-native/internal/database';
import { TYPE_CODES } from './metrics.ts';
import { type Neighbor, readNeighbors } from './neighbors.ts';
import type { VectorShape } from './options.ts';
import { type Order, type Running, SearchQueue } from './search-queue.ts';
import { type SearchRequest, vectorRequest } from './search-request.ts';
import { VectorIndex } from './vector-index.ts';

/**
 * A table of vectors in the core, with its resident copy.
 *
 * All vaults on a connection share it, so that a search of one finds what another has written. Our own writes update
 * the copy. After other changes of the table only the changed chunks are read again: see `TableState`.
 */
export class ResidentVectors {
  readonly #binding = nativeCore().binding;
  readonly #shared: SharedConnection;
  readonly #tableId: number;
  readonly #queue: SearchQueue;
  /** The index of the table, if it has one. */
  readonly index: VectorIndex;
  readonly #state: TableState;
  /** The tables of vec0 whose rows are a chunk each. */
  readonly #parts: readonly string[];
  /** Finds a row of a part that does not have its chunk's number as rowid. vec0 makes no such row. */
  readonly #irregular: string;
  /** The largest limit of the searches so far. */
  #residentBytes = 0;
  /** Whether the copy is one that was looked after before, and not one that another thread has just brought. */
  #isKnown = false;

  private constructor(shared: SharedConnection, table: string, { vectorType, dimensions, metric }: VectorShape) {
    this.#shared = shared;
    this.#state = shared.tableState();
    const type = TYPE_CODES[vectorType];
    this.#tableId = this.#binding.createVectorTable(shared.handle, table, type, dimensions, metric === 'cosine');
    this.index = new VectorIndex(shared, table, { vectorType, dimensions, metric });
    const [chunks, ...parts] = ['chunks', 'vector_chunks00', 'metadatachunks00'].map((part) => `${table}_${part}`);
    this.#parts = [chunks as string, ...parts];
    this.#irregular = parts
      .map((part) => `SELECT 1 FROM main.${quoteIdentifier(part)} WHERE rowid IS NOT _rowid_`)
      .join(' UNION ALL ');
    this.#queue = new SearchQueue({
      shared,
      tableId: this.#tableId,
      mayKeep: () => this.#current(),
      begin: () => this.#beginCopy(),
      search: (request, residentBytes) => this.#search(request, residentBytes),
    });
  }

  /** Returns the companion for a table of a connection. */
  static of(connection: Access, table: string, shape: VectorShape): ResidentVectors {
    const key = `vectors ${Object.values(shape).join(' ')} ${tableKey(table)}`;
    return connection.companion(key, (shared) => new ResidentVectors(shared, table, shape));
  }

  /**
   * Returns the nearest vectors of each query. Uses or makes a resident copy if it takes at most `residentBytes`.
   * `running` registers what closing the vault cancels.
   */
  search(request: SearchRequest, residentBytes: number, running: (work: Running) => () => void): Neighbor[][] {
    const listed = this.index.search(request, residentBytes);
    if (listed) return listed;
    const found = this.#search(request, residentBytes);
    if (request.lists) this.#queue.sketch({ request, running });
    return found;
  }

  #search(request: SearchRequest, residentBytes: number): Neighbor[][] {
    const mayKeep = this.#current();
    if (residentBytes > this.#residentBytes) this.#residentBytes = residentBytes;
    const whole = vectorRequest(request, mayKeep ? residentBytes : undefined);
    const found = readNeighbors(this.#binding.vectorSearch(this.#shared.handle, this.#tableId, whole));
    if (mayKeep && !this.#state.isWatching) this.#watch();
    return found;
  }

  /** Searches in another thread, if another connection can see what this one sees. */
  searchOffLoop(order: Order): Promise<Neighbor[][]> {
    if (order.residentBytes > this.#residentBytes) this.#residentBytes = order.residentBytes;
    return this.#queue.search(order);
  }

  /** Prepares the copy for a write. Call it inside the transaction of each write, before the write. */
  beginWrite(): void {
    this.#current();
  }

  inserted(ids: BigInt64Array, valueIds: BigInt64Array, rows: Uint8Array): void {
    this.#binding.vectorInserted(this.#shared.handle, this.#tableId, ids, valueIds, rows);
    this.index.noteInserted(ids);
    this.#state.noteWrite();
  }

  replaced(id: bigint, row: Uint8Array): void {
    this.#binding.vectorReplaced(this.#shared.handle, this.#tableId, id, row);
    this.#state.noteWrite();
  }

  removed(id: bigint): void {
    this.#binding.vectorRemoved(this.#shared.handle, this.#tableId, id);
    this.index.noteRemoved(id);
    this.#state.noteWrite();
  }

  /**
   * Puts vectors into free slots of a chunk. `ids` has the least integer for a vector that gets the next id; if it is
   * empty, all do. Returns the ids of those that it had room for. Then call `inserted`.
   */
  fill(chunk: bigint, ids: BigInt64Array, valueIds: BigInt64Array, rows: Uint8Array): BigInt64Array {
    const filled = this.#binding.vectorFill(this.#shared.handle, this.#tableId, chunk, ids, valueIds, rows);
    return new BigInt64Array(filled.buffer.slice(filled.byteOffset, filled.byteOffset + filled.length));
  }

  /** Makes a chunk with free slots. Returns its number. */
  makeChunk(slots: number): bigint {
    const number = this.#binding.vectorMakeChunk(this.#shared.handle, this.#tableId, slots);
    return new BigInt64Array(number.buffer.slice(number.byteOffset, number.byteOffset + number.length))[0] as bigint;
  }

  /** Deletes a vector from the file. Then call `removed`. */
  takeOut(id: bigint): void {
    this.#binding.vectorTakeOut(this.#shared.handle, this.#tableId, id);
  }

  /** Drops the copy; the next search reads the file. */
  forget(): void {
    this.#isKnown = false;
    this.#state.end();
    this.#binding.vectorForget(this.#shared.handle, this.#tableId);
  }

  /** Deletes all vectors from the file, and drops the copy. */
  clear(): void {
    this.#isKnown = false;
    this.#state.end();
    this.#binding.vectorClear(this.#shared.handle, this.#tableId);
    this.index.forget();
  }

  /** Runs a statement that changes the schema of vec0's own tables. */
  alter(sql: string): void {
    this.#binding.vectorAlter(this.#shared.handle, this.#tableId, sql);
  }

  /** Renews a stale copy, or drops it. Returns whether a copy may be used or made. */
  #current(): boolean {
    const change = this.#state.look();
    if (change === 'unknown') return false;
    if (change === 'all') this.#lose();
    else if (change !== 'same') this.#renew(change);
    return true;
  }

  /**
   * Drops the copy if there is one. The copy that another thread makes is tested when it is here. Without a copy, the
   * searches count on: the next one makes it, though others commit between any two.
   */
  #lose(): void {
    if (this.#isResident) this.forget();
  }

  /** Reads chunks again. */
  #renew(chunks: Float64Array): void {
    const { handle } = this.#shared;
    let isRenewed = false;
    try {
      isRenewed = this.#binding.vectorRenew(handle, this.#tableId, chunks, this.#residentBytes);
    } finally {
      if (isRenewed) this.#state.noteRead();
      else this.forget();
    }
  }

  /**
   * Watches the rows of the copy that there is, if there is a copy. To be called right after a look. With a mark, the
   * next look tests all commits since then. Returns whether the rows are watched.
   */
  #watch(mark?: Uint32Array): boolean {
    const state = this.#state;
    if (!this.#isResident) return false;
    this.#isKnown = true;
    state.noteRead();
    if (!state.begin(mark)) return false;
    if (this.#shared.query(this.#irregular).get() !== undefined) state.end();
    return this.#parts.every((part) => state.watchTable(part));
  }

  /**
   * Notes that another thread begins to read the file. Returns a function to be called when its copy is here, which
   * catches up with what was committed meanwhile.
   */
  #beginCopy(): () => void {
    const state = this.#state;
    const mark = state.mark();
    const { version } = state;
    return () => {
      let isKept = !this.#shared.database.open || this.#isKnown || !this.#isResident;
      try {
        isKept ||= this.#catchUp(version, mark);
      } finally {
        if (!isKept) this.forget();
      }
    };
  }

  /** Catches up with what was committed since another thread began to read. Returns whether its copy may be kept. */
  #catchUp(version: number | undefined, mark: Uint32Array | undefined): boolean {
    const state = this.#state;
    // What a transaction has not committed yet, the other thread has not read.
    if (this.#shared.database.inTransaction) return false;
    const change = state.look();
    if (change === 'unknown') return false;
    if (state.version !== version) return mark !== undefined && this.#watch(mark) && this.#current();
    this.#watch();
    return true;
  }

  get #isResident(): boolean {
    return this.#binding.vectorIsResident(this.#shared.handle, this.#tableId);
  }
}
