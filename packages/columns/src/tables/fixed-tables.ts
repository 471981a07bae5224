import type { ChunkRow, MetaRow } from './rows.ts';

/** The bytes of chunks, by the id of their column and their number. */
export interface ChunkBytes {
  /** Fills `target` from `offset` on, and returns how many bytes there were. */
  read(key: readonly [number, number], target: Uint8Array, offset: number): number;
  /** Fills `target` from the pages of the file, if that is possible. */
  readInPlace(key: readonly [number, number], target: Uint8Array, offset: number): boolean;
  write(key: readonly [number, number], source: Uint8Array, offset: number): number;
}

/** The tables that hold columns of fixed-size elements, one statement or a few per method. */
export interface FixedTables {
  readonly data: ChunkBytes;
  find(name: string): MetaRow | undefined;
  /** Changes the length, which was `before`. The chunks are those that the new length needs. */
  setLength(meta: MetaRow, length: number, before: number): void;
  /**
   * Returns the row of a column that is to have `needed` bytes after the `end` bytes that it has: with larger chunks, if
   * they grow. Only tables in which the size of chunks is that of all have it.
   */
  grown?(meta: MetaRow, end: number, needed: number): MetaRow;
  chunk(id: number, index: number): ChunkRow | undefined;
  chunks(id: number): ChunkRow[];
  lastChunk(id: number): ChunkRow | undefined;
  /** Inserts a chunk, or replaces its content. */
  putChunk(id: number, index: number, data: Buffer, elemSize: number): void;
  deleteChunksFrom(id: number, index: number): void;
  deleteAllChunks(id: number): void;
}
