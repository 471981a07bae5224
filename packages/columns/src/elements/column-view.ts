import type { BlockOf, BlockTensorOf, DType, ElementOf, InputOf, Int64, TypedArray } from '@kohakuvault/packer';
import type { ColumnStats } from './column-store.ts';

/** What can be read of a column. Every `Column` is one, and without type arguments it is a column of any dtype. */
export interface ColumnView<D extends DType = DType, I extends Int64 = Int64, T = unknown>
  extends Iterable<ElementOf<D, I, T>> {
  readonly name: string;
  /** The dtype in its canonical spelling. */
  readonly dtype: D;
  readonly length: number;
  /** The bytes of all elements, as they are encoded. */
  readonly bytes: number;
  /** Returns an element, or undefined if there is none at this index. Negative indexes count from the end. */
  at(index: number): ElementOf<D, I, T> | undefined;
  /** Returns the elements of a range, every `step`th of them. A negative step runs backwards, as in Python. */
  slice(start?: number, end?: number, step?: number): BlockOf<D, I, T>;
  /**
   * Returns the elements of a range as one tensor, whose first dimension is their number. Only for vectors of one
   * shape.
   */
  sliceTensor(start?: number, end?: number): BlockTensorOf<D>;
  /**
   * Copies elements from `start` on into a typed array of the column's numbers, as many as fit. Returns their number.
   * The numbers of vectors are copied back to back.
   */
  readInto(target: TypedArray, start?: number): number;
  /**
   * Returns the index of the first element that equals the value, or -1. Documents are equal if their encodings are.
   */
  indexOf(value: InputOf<D, T>, from?: number): number;
  /** Returns whether an element equals the value. NaN equals NaN here. */
  includes(value: InputOf<D, T>, from?: number): boolean;
  /** Returns what the column takes in the file. Pending elements are not counted. */
  stats(): ColumnStats;
}
