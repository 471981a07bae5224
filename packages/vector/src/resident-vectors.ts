import { nativeCore } from '@kohakuvault/core-native/internal';
import { type Access, type SharedConnection, tableKey } from '@kohakuvault/core-native/internal/database';
import { TYPE_CODES } from './metrics.ts';
import { type Neighbor, readNeighbors } from './neighbors.ts';
import type { VectorShape } from './options.ts';
import { type Order, SearchQueue } from './search-queue.ts';
import type { SearchRequest } from './search-request.ts';

/**
 * A table of vectors in the core, with its resident copy.
 *
 * All vaults on a connection share it, so that a search of one finds what another has written. Our own writes update
 * the copy. Any other change of the file state drops it: see `FileState`.
 */
export class ResidentVectors {
  readonly #binding = nativeCore().binding;
  readonly #shared: SharedConnection;
  readonly #tableId: number;
  readonly #queue: SearchQueue;
  /** The file state of the copy, if there is one. */
  #version: number | undefined;

  private constructor(shared: SharedConnection, table: string, { vectorType, dimensions, metric }: VectorShape) {
    this.#shared = shared;
    const type = TYPE_CODES[vectorType];
    this.#tableId = this.#binding.createVectorTable(shared.handle, table, type, dimensions, metric === 'cosine');
    this.#queue = new SearchQueue({
      shared,
      tableId: this.#tableId,
      mayKeep: () => this.#current() !== undefined,
      search: (request, residentBytes) => this.search(request, residentBytes),
    });
  }

  /** Returns the companion for a table of a connection. */
  static of(connection: Access, table: string, shape: VectorShape): ResidentVectors {
    const key = `vectors ${Object.values(shape).join(' ')} ${tableKey(table)}`;
    return connection.companion(key, (shared) => new ResidentVectors(shared, table, shape));
  }

  /** Returns the nearest vectors of each query. Uses or makes a resident copy if it takes at most `residentBytes`. */
  search(request: SearchRequest, residentBytes: number): Neighbor[][] {
    const mayKeep = this.#current() !== undefined;
    const whole = mayKeep ? { ...request, residentBytes } : request;
    return readNeighbors(this.#binding.vectorSearch(this.#shared.handle, this.#tableId, whole));
  }

  /** Searches in another thread, if another connection can see what this one sees. */
  searchOffLoop(order: Order): Promise<Neighbor[][]> {
    return this.#queue.search(order);
  }

  /** Prepares the copy for a write. Call it inside the transaction of each write, before the write. */
  beginWrite(): void {
    this.#current();
  }

  inserted(ids: BigInt64Array, valueIds: BigInt64Array, rows: Uint8Array): void {
    this.#binding.vectorInserted(this.#shared.handle, this.#tableId, ids, valueIds, rows);
  }

  replaced(id: bigint, row: Uint8Array): void {
    this.#binding.vectorReplaced(this.#shared.handle, this.#tableId, id, row);
  }

  removed(id: bigint): void {
    this.#binding.vectorRemoved(this.#shared.handle, this.#tableId, id);
  }

  /** Puts vectors into free slots of a chunk. Returns the ids of those that it had room for. Then call `inserted`. */
  fill(chunk: bigint, valueIds: BigInt64Array, rows: Uint8Array): BigInt64Array {
    const ids = this.#binding.vectorFill(this.#shared.handle, this.#tableId, chunk, valueIds, rows);
    return new BigInt64Array(ids.buffer.slice(ids.byteOffset, ids.byteOffset + ids.length));
  }

  /** Drops the copy; the next search reads the file. */
  forget(): void {
    this.#binding.vectorForget(this.#shared.handle, this.#tableId);
  }

  /** Deletes all vectors from the file, and drops the copy. */
  clear(): void {
    this.#binding.vectorClear(this.#shared.handle, this.#tableId);
  }

  /** Runs a statement that changes the schema of vec0's own tables. */
  alter(sql: string): void {
    this.#binding.vectorAlter(this.#shared.handle, this.#tableId, sql);
  }

  /** Drops a stale copy. Returns the file state, or undefined while it is unknown. */
  #current(): number | undefined {
    const version = this.#shared.version();
    if (version !== undefined && version !== this.#version) {
      this.forget();
      this.#version = version;
    }
    return version;
  }
}
