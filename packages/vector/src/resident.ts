import { nativeCore, type VectorRequest } from '@kohakuvault/core-native';
import type { Connection } from '@kohakuvault/core-native/database';
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
 * All vaults on one connection and table share it, so what one writes the other finds. The copy is dropped when somebody else
 * has written, and brought up to date by our own writes; while a transaction is open that the user began themselves it is
 * neither used nor changed, because nobody tells us how that ends.
 */
export class Resident {
  readonly #binding = nativeCore().binding;
  readonly #handle: number;
  readonly #table: number;
  /** Of which state of the file the copy is, if there is one. */
  #version: number | undefined;

  private constructor(handle: number, table: string, { vectorType, dimensions, metric }: Shape) {
    this.#handle = handle;
    const type = TYPE_CODES[vectorType];
    this.#table = this.#binding.createVectorTable(handle, table, type, dimensions, metric === 'cosine');
  }

  /** The one of this connection and table. */
  static of(connection: Connection, table: string, shape: Shape): Resident {
    const { handle } = connection;
    // SQLite takes names of tables for the same in upper and lower case.
    const key = `vectors ${Object.values(shape).join(' ')} ${table.toLowerCase()}`;
    return connection.companion(key, () => new Resident(handle, table, shape));
  }

  /** The nearest of each query. A copy of the table's vectors is used or made where it takes no more than so many bytes. */
  search(connection: Connection, request: Request, residentBytes: number): Neighbour[][] {
    const mayKeep = this.#current(connection) !== undefined;
    return readNeighbours(
      this.#binding.vectorSearch(this.#handle, this.#table, mayKeep ? { ...request, residentBytes } : request),
    );
  }

  /** The same in another thread, where another connection can see what this one sees. */
  async searchOffLoop(
    connection: Connection,
    request: Request,
    residentBytes: number,
    running: (search: Cancel) => () => void,
  ): Promise<Neighbour[][]> {
    const { database } = connection.shared;
    // What is not committed is seen by this connection alone.
    if (this.#current(connection) === undefined || database.inTransaction)
      return this.search(connection, request, residentBytes);
    const flag = new this.#binding.CancelFlag();
    const ended = running(flag);
    try {
      const found = await this.#binding.vectorSearchOffLoop(
        this.#handle,
        this.#table,
        { ...request, residentBytes },
        database.memory ? undefined : database.name,
        flag,
      );
      // What the other thread has read is of the version above or of a later one. It may become the copy all the same: where the
      // version has moved on, the next look at it drops the copy, and where that look has been taken, the core refuses it.
      this.#binding.vectorAdopt(connection.handle, this.#table);
      return readNeighbours(found);
    } finally {
      ended();
    }
  }

  /**
   * To be called inside the transaction of each write, before it: whether the copy is to be told of the write. Where it is not, the
   * next version is another one.
   */
  beginWrite(connection: Connection): boolean {
    return this.#current(connection) !== undefined;
  }

  inserted(ids: BigInt64Array, valueIds: BigInt64Array, rows: Uint8Array): void {
    this.#binding.vectorInserted(this.#handle, this.#table, ids, valueIds, rows);
  }

  replaced(id: bigint, row: Uint8Array): void {
    this.#binding.vectorReplaced(this.#handle, this.#table, id, row);
  }

  removed(id: bigint): void {
    this.#binding.vectorRemoved(this.#handle, this.#table, id);
  }

  /** Drops the copy; the next search reads the file. */
  forget(): void {
    this.#binding.vectorForget(this.#handle, this.#table);
  }

  /** Drops a copy that is older than the file. The version of the file; undefined while none can be told. */
  #current(connection: Connection): number | undefined {
    const version = connection.version();
    if (version !== undefined && version !== this.#version) {
      this.forget();
      this.#version = version;
    }
    return version;
  }
}
