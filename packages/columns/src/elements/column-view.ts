import type { BlockOf, BlockTensorOf, DType, ElementOf, InputOf, Int64, TypedArray } from '@kohakuvault/packer';
import type { ArrowOptions } from '../arrow/arrow-options.ts';
import type { ArrowVector } from '../arrow/arrow-types.ts';
import type { BatchOptions } from '../bulk/batches.ts';
import type {
  DownsampleOptions,
  HistogramOptions,
  NumberSummary,
  VarianceOptions,
} from '../statistics/column-statistics.ts';
import type { Points } from '../statistics/downsample.ts';
import type { Histogram } from '../statistics/histogram.ts';
import type { SumOf } from '../statistics/number-methods.ts';
import type { RangeOptions } from '../statistics/number-source.ts';
import type { ValueRange } from '../statistics/value-range.ts';
import type { ColumnStats } from './column-store.ts';

/** The elements of a range as bytes. */
export interface ColumnBuffers {
  /** The encoded elements, back to back. */
  readonly data: Buffer;
  /** Where each element begins in `data`, and where the last one ends. Undefined if all have one size. */
  readonly offsets: Float64Array | undefined;
}

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
   * Returns elements in the order of their indexes, which may repeat and may be negative. Throws `InvalidArgument` if one
   * is not that of an element.
   */
  take(indexes: Iterable<number>): BlockOf<D, I, T>;
  /**
   * Returns the elements of a range, a batch at a time. Each batch is one consistent read; inside `snapshot`, all of
   * them are.
   */
  batches(options?: BatchOptions): Generator<BlockOf<D, I, T>, undefined>;
  /** Returns the bytes of a range as they are stored, and the bounds of the elements in them if they vary in size. */
  buffers(start?: number, end?: number): ColumnBuffers;
  /**
   * Copies elements from `start` on into a typed array of the column's numbers, as many as fit. Returns their number.
   * The numbers of vectors are copied back to back. Those of `bytes:<size>` are copied into a Uint8Array, and truth values
   * as 0 and 1.
   */
  readInto(target: TypedArray, start?: number): number;
  /**
   * Returns the elements of a range as a vector of the package apache-arrow, over one copy of their bytes. Documents become
   * JSON text. `V` is the type of the vector: `toArrow<Vector<Float64>>()`.
   */
  toArrow<V = ArrowVector>(options?: ArrowOptions): V;
  /**
   * Returns the index of the first element that equals the value, or -1. Documents are equal if their encodings are.
   */
  indexOf(value: InputOf<D, T>, from?: number): number;
  /** Returns whether an element equals the value. NaN equals NaN here. */
  includes(value: InputOf<D, T>, from?: number): boolean;
  /**
   * Returns the least element, or undefined if there is none. Like all that follows, this is for columns of numbers; NaN
   * is left out, and no more memory is needed for a long column than for a short one.
   */
  min(options?: RangeOptions): ElementOf<D, I, T> | undefined;
  /** Returns the greatest element, or undefined if there is none. */
  max(options?: RangeOptions): ElementOf<D, I, T> | undefined;
  /** Returns the sum. That of integers is exact, and that of booleans is how many are true. */
  sum(options?: RangeOptions): SumOf<D, I, T>;
  /** Returns the mean, or undefined if there is no element. */
  mean(options?: RangeOptions): number | undefined;
  /** Returns the variance, or undefined if there are too few elements. */
  variance(options?: VarianceOptions): number | undefined;
  /** Returns all of these at once, with the number of elements, and of those that are NaN. */
  summary(options?: VarianceOptions): NumberSummary<ElementOf<D, I, T>, SumOf<D, I, T>>;
  /** Returns the number at a place of the sorted elements from 0 to 1, between two of them if necessary. */
  quantile(which: number, options?: RangeOptions): number | undefined;
  quantile(which: readonly number[], options?: RangeOptions): (number | undefined)[];
  /** Counts the elements in bins: in so many of one width, or between the given edges. */
  histogram(bins: number | ArrayLike<number>, options?: HistogramOptions): Histogram;
  /** Returns the first index of a sorted range at which the element is not less than the value. */
  lowerBound(value: number | bigint, options?: RangeOptions): number;
  /** Returns the first index of a sorted range at which the element is greater than the value. */
  upperBound(value: number | bigint, options?: RangeOptions): number;
  /** Returns the index of the first element for which the predicate holds, or which is in a range, or -1. */
  findIndex(
    wanted: ValueRange | ((value: ElementOf<D, I, T>, index: number) => boolean),
    options?: RangeOptions,
  ): number;
  /** Returns at most so many points that look like all elements when they are drawn. */
  downsample(points: number, options?: DownsampleOptions): Points;
  /** Returns what the column takes in the file. Pending elements are not counted. */
  stats(): ColumnStats;
}
