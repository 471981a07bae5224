import { nativeCore, type VectorRequest } from '@kohakuvault/core-native/internal';
import { type Access, type SharedConnection, tableKey } from '@kohakuvault/core-native/internal/database';
import { TYPE_CODES } from './metrics.ts';
import { type Neighbour, readNeighbours } from './neighbours.ts';
import type { Shape } from './options.ts';

/** A search as the core runs it. */
export type Request = Omit<VectorRequest, 'residentBytes'>;

/** Tells a search off the event loop that nobody wants its result any more. */
export interface Cancel {
  cancel(): void;
}

/**
 * One table as the core knows it, and whether the copy of its vectors that the core keeps in memory may be used.
 *
 * All vaults on one connection and table share it, so what one writes the other finds. The copy is brought up to date
 * by our own writes, and dropped when the file's state is another one: see `FileState`.
 */
export class Resident {
  readonly #binding = nativeCore().binding;
  readonly #shared: SharedConnection;
  readonly #table: number;
  /** Of which state of the file the copy is, if there is one. */
  #version: number | undefined;

  private constructor(shared: SharedConnection, table: string, { vectorType, dimensions, metric }: Shape) {
    this.#shared = shared;
    const type = TYPE_CODES[vectorType];
    this.#table = this.#binding.createVectorTable(shared.handle, table, type, dimensions, metric === 'cosine');
  }

  /** The one of this connection and table. */
  static of(connection: Access, table: string, shape: Shape): Resident {
    const key = `vectors ${Object.values(shape).join(' ')} ${tableKey(table)}`;
    return connection.companion(key, (shared) => new Resident(shared, table, shape));
  }

  /**
   * The nearest of each query. A copy of the table's vectors is used or made where it takes no more than so many bytes.
   */
  search(request: Request, residentBytes: number): Neighbour[][] {
    const mayKeep = this.#current() !== undefined;
    const whole = mayKeep ? { ...request, residentBytes } : request;
    return readNeighbours(this.#binding.vectorSearch(this.#shared.handle, this.#table, whole));
  }

  /** The same in another thread, where another connection can see what this one sees. */
  async searchOffLoop(
    request: Request,
    residentBytes: number,
    running: (search: Cancel) => () => void,
  ): Promise<Neighbour[][]> {
    const { database, handle } = this.#shared;
    // What is not committed is seen by this connection alone.
    if (this.#current() === undefined || database.inTransaction) return this.search(request, residentBytes);
    const flag = new this.#binding.CancelFlag();
    const ended = running(flag);
    try {
      const found = await this.#binding.vectorSearchOffLoop(handle, this.#table, { ...request, residentBytes }, flag);
      // What the other thread has read is of the version above or of a later one. It may become the copy all the same:
      // where the version has moved on, the next look at it drops the copy, and where that look has been taken, the
      // core refuses it.
      if (database.open) this.#binding.vectorAdopt(handle, this.#table);
      return readNeighbours(found);
    } finally {
      ended();
    }
  }

  /**
   * To be called inside the transaction of each write, before it: the copy is told of what is written to this state of
   * the file.
   */
  beginWrite(): void {
    this.#current();
  }

  inserted(ids: BigInt64Array, valueIds: BigInt64Array, rows: Uint8Array): void {
    this.#binding.vectorInserted(this.#shared.handle, this.#table, ids, valueIds, rows);
  }

  replaced(id: bigint, row: Uint8Array): void {
    this.#binding.vectorReplaced(this.#shared.handle, this.#table, id, row);
  }

  removed(id: bigint): void {
    this.#binding.vectorRemoved(this.#shared.handle, this.#table, id);
  }

  /** Drops the copy; the next search reads the file. */
  forget(): void {
    this.#binding.vectorForget(this.#shared.handle, this.#table);
  }

  /** Takes all vectors out of the file, and drops the copy. */
  clear(): void {
    this.#binding.vectorClear(this.#shared.handle, this.#table);
  }

  /** Drops a copy that is of another state than the file. The version of the file; undefined while none can be told. */
  #current(): number | undefined {
    const version = this.#shared.version();
    if (version !== undefined && version !== this.#version) {
      this.forget();
      this.#version = version;
    }
    return version;
  }
}
