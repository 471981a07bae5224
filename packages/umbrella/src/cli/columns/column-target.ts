import type { Column } from '@kohakuvault/columns';

/** The column that a file is imported into. */
export interface ColumnTarget {
  readonly name: string;
  /** The dtype of the column, or the one that was asked for. Undefined if the format must tell it. */
  readonly dtype: string | undefined;
  /** Returns the column, and creates it if it does not exist. */
  open(dtype: string): Column;
  progress(done: number): void;
}
