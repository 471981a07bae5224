/**
 * The core's functions that tell which rows commits have changed, beside the generated ones. `read` is a copy of the
 * head of the WAL's index that is not newer than what the caller reads from the file.
 */
export interface WatchBinding {
  /** Returns the number of a watch, which watches nothing yet. */
  createWatch(handle: number): number;
  /** Begins to watch, with no row. Returns false if that is not possible. */
  watchBegin(handle: number, watch: number, read: Uint32Array | undefined): boolean;
  /** Watches nothing any more. */
  watchEnd(handle: number, watch: number): void;
  /**
   * Watches all rows of a table, also those to come. The owner of each is its rowid. Returns false, and watches nothing
   * any more, if that is not possible.
   */
  watchTable(handle: number, watch: number, table: string): boolean;
  /** Watches one row. Returns whether that is possible. */
  watchRow(handle: number, watch: number, table: string, rowid: number, owner: number): boolean;
  /**
   * Fills `target` with bytes of a value of a watched row, from `offset` on, and reads only the database pages that have
   * them. Returns how many bytes there were, or one of `ValueRead`.
   */
  watchRead(
    handle: number,
    watch: number,
    table: string,
    rowid: number,
    column: number,
    offset: number,
    target: Uint8Array,
  ): number;
  /** Forgets the rows of an owner. */
  watchForget(handle: number, watch: number, owner: number): void;
  /** Returns the pages of an owner's rows. */
  watchPages(handle: number, watch: number, owner: number): Float64Array;
  /**
   * Returns the owners of rows that may have changed since the last look. Undefined means that all may have, and nothing
   * is watched any more.
   */
  watchChanges(handle: number, watch: number, read: Uint32Array | undefined): Float64Array | undefined;
  /**
   * Notes that the open transaction changes the copy as it has changed the file. Returns false, and watches nothing any
   * more, if that cannot be told from what others do.
   */
  watchNoteOwn(handle: number, watch: number): boolean;
}
