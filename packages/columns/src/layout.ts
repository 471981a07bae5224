import type { DTypeInfo } from '@kohakuvault/packer';

/**
 * What stands between a column's values and the tables they are kept in. The public classes know nothing of chunks, and a
 * layout nothing of values: it keeps elements as the bytes that their dtype gives them.
 */

/** Consecutive elements as bytes, back to back. */
export interface EncodedBlock {
  /** How many elements. */
  readonly count: number;
  /** All their bytes and no others. */
  readonly data: Buffer;
  /** Where each begins and ends in `data`: `count` + 1 bounds from 0 on. Only where elements vary in size. */
  readonly offsets?: Float64Array;
}

/** How large the chunks of a column may become, in bytes, as the user gave it: not yet fitted to the elements. */
export interface ChunkLimits {
  readonly minChunkBytes: number;
  readonly maxChunkBytes: number;
}

export interface ColumnEntry {
  readonly name: string;
  /** As it is stored: maybe in one of Python's spellings, maybe unknown to us. */
  readonly dtype: string;
  /** How many elements; NaN where the file is damaged there. */
  readonly length: number;
}

export interface ColumnStats {
  /** Rows of chunks, those of an index included. */
  readonly chunks: number;
  /** Bytes of the elements that are there. */
  readonly liveBytes: number;
  /** Bytes that `compact` would give back. */
  readonly deadBytes: number;
}

/** Where an element's bytes lie in memory. Reused from call to call: read it at once, and copy what is kept. */
export interface Located {
  bytes: Buffer;
  start: number;
  end: number;
}

/** All columns of one file in one kind of tables. */
export interface ColumnLayout {
  /** The columns users see, in the order of their creation. */
  list(): ColumnEntry[];
  /** The column's store, undefined without such a column. */
  open(name: string): ColumnStore | undefined;
  /** Makes an empty column; `InvalidArgument` where the name is taken or would clash with another. */
  create(name: string, dtype: DTypeInfo, limits: ChunkLimits): void;
  /** Whether there was such a column. What it took is free for reuse. */
  delete(name: string): boolean;
}

/**
 * The elements of one column that are in the file. A store finds its column by name and notices by itself when another
 * process changes, deletes or makes it anew; without the column every method throws `NotFound`.
 *
 * Every mutation is one transaction (a savepoint inside another) that reads first what the file holds. Indexes are those of
 * committed elements, whole numbers from 0 on, and checked by the store against that reading: another process may have
 * removed elements since the caller looked. Whatever is out of range then is `InvalidArgument`, and nothing is changed.
 */
export interface ColumnStore {
  readonly name: string;
  /** As it is stored. */
  readonly dtype: string;
  readonly length: number;
  /** Bytes of all elements. */
  readonly bytes: number;
  /** Moves whenever elements that had been there may have changed or moved; appending does not move it. */
  readonly generation: number;
  /** The bytes of the elements from `start` up to `end`, all of one state of the file, in memory of their own. */
  read(start: number, end: number): EncodedBlock;
  /**
   * Finds one element's bytes without copying them; what is not in memory is read, and stays there under the byte bound.
   * Only with an index below `length`.
   */
  locate(index: number, located: Located): void;
  /** Replaces as many elements as the block has, from `start` on. */
  write(start: number, block: EncodedBlock): void;
  /** Adds elements at the end; the new length. */
  append(block: EncodedBlock): number;
  /** Removes `deleteCount` elements from `start` on and puts the block's in their place. */
  splice(start: number, deleteCount: number, block: EncodedBlock): void;
  clear(): void;
  stats(): ColumnStats;
  /** Rewrites what is not as tight as it could be, and gives the rest back for reuse. */
  compact(): void;
}
