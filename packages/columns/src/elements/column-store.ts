import type { TypedArray } from '@kohakuvault/packer';
import type { KnownPieces } from '../statistics/known-pieces.ts';
import type { ElementBytes, EncodedBlock } from './encoded-block.ts';

/** Whose tables hold a column: those of Python 0.4 to 0.9, or those of Python 1.x. */
export type Layout = '0.7' | '1.x';

export interface ColumnStats {
  /** The number of chunks, those of an element index included. */
  readonly chunks: number;
  /** The bytes of the elements in the file. */
  readonly liveBytes: number;
  /** The bytes that `compact` would free. */
  readonly deadBytes: number;
}

/**
 * The elements of one column that are in the file, as the bytes that the dtype gives them. A store knows nothing of
 * values, and the public classes know nothing of chunks.
 *
 * A store finds its column by name, and notices when another process changes, deletes or recreates it. If there is no
 * such column any more, every method throws `NotFound`.
 *
 * Every change is one transaction (a savepoint inside another), and first reads what the file holds. Indexes are those
 * of committed elements: whole numbers from 0 on. The store checks them against that reading, because another process
 * may have removed elements meanwhile. An index out of range is `InvalidArgument`, and nothing is changed.
 */
export interface ColumnStore {
  readonly name: string;
  readonly layout: Layout;
  /** The dtype in the spelling that the file has. */
  readonly dtype: string;
  readonly length: number;
  /** The bytes of all elements. */
  readonly bytes: number;
  /** A number that changes when existing elements may have changed or moved. Appending does not change it. */
  readonly generation: number;
  /** The resident numbers, if the elements are numbers that memory holds as the file does. */
  readonly numbers?: ResidentNumbers | undefined;
  /** Returns the bytes of the elements from `start` up to `end`, all of one file state, in memory of their own. */
  read(start: number, end: number): EncodedBlock;
  /** Copies the bytes of the same elements into `target`. Only stores of fixed-size elements have it. */
  readInto?(start: number, end: number, target: Buffer): void;
  /**
   * Copies the bytes of elements in the order of their indexes, in memory of their own. Returns undefined if not all
   * elements fit into memory, or if they have a variable size. All indexes must be below `length`.
   */
  take?(indexes: Float64Array): EncodedBlock | undefined;
  /**
   * Passes the bytes of the elements from `start` up to `end` piece by piece, in order, until the visitor returns false.
   * They are good only until it returns. Only stores of fixed-size elements have it. Of a piece that `known` takes, the
   * bytes are not passed.
   */
  visit?(start: number, end: number, visitor: (bytes: Uint8Array, first: number) => boolean, known?: KnownPieces): void;
  /**
   * Counts the elements from `start` up to `end`, as long as they have at most so many bytes together. Only stores of
   * variable-size elements have it.
   */
  countWithin?(start: number, end: number, bytes: number): number;
  /**
   * Finds the bytes of one element without copying them. What is not resident is read, and stays resident within the
   * limit. `index` must be below `length`.
   */
  locate(index: number, target: ElementBytes): void;
  /** Replaces as many elements as the block has, from `start` on. */
  write(start: number, block: EncodedBlock): void;
  /** Adds elements at the end. Returns the new length. */
  append(block: EncodedBlock): number;
  /** Removes `deleteCount` elements from `start` on, and inserts those of the block there. */
  splice(start: number, deleteCount: number, block: EncodedBlock): void;
  clear(): void;
  stats(): ColumnStats;
  /** Rewrites chunks that are longer or emptier than necessary, and frees the rest for reuse. */
  compact(): void;
}

/** The numbers of a column that are in memory. */
export interface ResidentNumbers {
  /** Returns the numbers in the current file state. Another file state makes the answer stale: do not keep it. */
  fresh(): { readonly length: number; segmentAt(index: number): NumberSegment | undefined };
}

/** Consecutive elements in memory, from index `start` up to `end` at most. */
export interface NumberSegment {
  readonly start: number;
  readonly end: number;
  /** The elements as numbers, from `start` on. */
  readonly values: TypedArray | undefined;
}
