/**
 * The core's functions for `@kohakuvault/vector`, beside the generated ones: they change the resident copy as the file
 * was changed.
 */
export interface VectorBinding {
  /** Adds vectors of new ids, with the ids of their values. The rows come one after another. */
  vectorInserted(handle: number, table: number, ids: BigInt64Array, valueIds: BigInt64Array, rows: Uint8Array): void;
  vectorReplaced(handle: number, table: number, id: bigint, row: Uint8Array): void;
  vectorRemoved(handle: number, table: number, id: bigint): void;
  /**
   * Reads chunks again that others have changed. Returns false if the copy must be dropped: it would take more than
   * `most` bytes, or the table is not as vec0 makes it.
   */
  vectorRenew(handle: number, table: number, chunks: Float64Array, most: number): boolean;
  /** Drops the resident copy. */
  vectorForget(handle: number, table: number): void;
  /** Deletes all vectors from the file, and drops the resident copy. */
  vectorClear(handle: number, table: number): void;
  /**
   * Puts vectors with the ids of their values into free slots of a chunk, as many as it has room for. Their ids are
   * those given, or the next ones: for the least integer, and for vectors without one. Returns their ids, 64 bits each.
   * The resident copy stays as it is.
   */
  vectorFill(
    handle: number,
    table: number,
    chunk: bigint,
    ids: BigInt64Array,
    valueIds: BigInt64Array,
    rows: Uint8Array,
  ): Buffer;
  /** Makes a chunk with so many free slots. Returns its number, in 64 bits. */
  vectorMakeChunk(handle: number, table: number, slots: number): Buffer;
  /**
   * Deletes a vector from the file, and its chunk with its last vector. The resident copy stays as it is. Returns false
   * if there is no such vector.
   */
  vectorTakeOut(handle: number, table: number, id: bigint): boolean;
  /** Registers a module `vec0` with which SQLite makes, renames and drops tables. It can do nothing else. */
  vectorStandIn(handle: number): void;
  /** Runs a statement that changes the schema of vec0's own tables. */
  vectorAlter(handle: number, table: number, sql: string): void;
  /** Whether there is a resident copy. */
  vectorIsResident(handle: number, table: number): boolean;
  /** Whether approximate searches by a metric (a `MetricCode`) lack sketches, and no thread makes them. */
  vectorNeedsSketch(handle: number, table: number, metric: number): boolean;
  /**
   * Puts vectors that are in no list of the index into lists: as many as suit the insert of so many vectors, or all if
   * that is negative. Returns how many. `state` is the number of `FileState`, or -1.
   */
  vectorIndexGrow(handle: number, index: number, state: number, inserted: number): number;
  /** Notes in the file that a vector was changed, so that its entries in lists do not fit it. */
  vectorIndexTouch(handle: number, index: number, state: number, id: bigint): void;
  /** Removes all vectors from the lists. */
  vectorIndexClear(handle: number, index: number): void;
  /** Removes the tables of the index. Returns whether there were any. */
  vectorIndexDrop(handle: number, index: number): boolean;
  /** Forgets what memory holds of the index. */
  vectorIndexForget(handle: number, index: number): void;
  /** Follows the insert of vectors. */
  vectorIndexInserted(handle: number, index: number, ids: BigInt64Array): void;
  /** Follows the removal of a vector. */
  vectorIndexRemoved(handle: number, index: number, id: bigint): void;
}
