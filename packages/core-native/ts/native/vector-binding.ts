/**
 * What the core does for `@kohakuvault/vector` beside the generated calls: the resident copy of a table is told of what has
 * been written to the file.
 */
export interface VectorBinding {
  /** Vectors of new ids, with the ids of their values; the rows back to back. */
  vectorInserted(handle: number, table: number, ids: BigInt64Array, valueIds: BigInt64Array, rows: Uint8Array): void;
  vectorReplaced(handle: number, table: number, id: bigint, row: Uint8Array): void;
  vectorRemoved(handle: number, table: number, id: bigint): void;
  /** Drops the resident copy. */
  vectorForget(handle: number, table: number): void;
  /** Takes all vectors out of the file, and drops the resident copy. */
  vectorClear(handle: number, table: number): void;
  /** Makes resident what a search off the event loop has read, if nothing was written here since it began. */
  vectorAdopt(handle: number, table: number): void;
}
