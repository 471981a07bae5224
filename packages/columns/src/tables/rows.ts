/** The row of a column, unchecked: the numbers are as SQLite returned them, and a damaged text is NULL. */
export interface MetaRow {
  readonly id: number;
  readonly name: string;
  readonly dtype: string;
  readonly elemSize: number;
  readonly length: number;
  readonly minChunk: number;
  readonly maxChunk: number;
}

/** What a list of columns shows of the row of one: its id, name, dtype and length. A damaged one is null. */
export type ListedRow = readonly [id: number, name: string | null, dtype: string | null, length: number | null];

/** The row of a chunk without its data. */
export interface ChunkRow {
  readonly index: number;
  /** The number of bytes that the BLOB has, whatever `actual_size` says. */
  readonly size: number;
}
