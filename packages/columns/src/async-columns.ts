import type {
  BlockOf,
  BlockTensorOf,
  DocumentDType,
  DType,
  ElementOf,
  Elements,
  InputOf,
  Int64,
  TypedArray,
} from '@kohakuvault/packer';
import type { ArrowOptions } from './arrow/arrow-options.ts';
import type { ArrowTable, ArrowVector } from './arrow/arrow-types.ts';
import type { BatchOptions } from './bulk/batches.ts';
import type { ColumnBuffers } from './elements/column-view.ts';
import type { AsyncFollowing } from './following/async-following.ts';
import type { FollowOptions } from './following/follow-options.ts';
import type { FrameBlocks, FrameConditions, FrameInput, FrameRow, FrameSchema } from './frame-types.ts';
import type {
  DownsampleOptions,
  HistogramOptions,
  NumberSummary,
  VarianceOptions,
} from './statistics/column-statistics.ts';
import type { Points } from './statistics/downsample.ts';
import type { Histogram } from './statistics/histogram.ts';
import type { SumOf } from './statistics/number-methods.ts';
import type { RangeOptions } from './statistics/number-source.ts';
import type { ValueRange } from './statistics/value-range.ts';

/** The options that a column has wherever it is stored. */
export interface AsyncColumnOptions<I extends Int64 = Int64> {
  /** The type that elements of `i64` and `u64` are read as. Default 'bigint'. It is not stored. */
  int64?: I | undefined;
  /** A JSON Schema that the documents of a `msgpack` or `cbor` column must match. It is not stored. */
  schema?: object | undefined;
}

export interface AsyncNewColumnOptions<I extends Int64 = Int64> extends AsyncColumnOptions<I> {
  /** Whether the documents of a `msgpack` or `cbor` column are records: see `NewColumnOptions`. Default false. */
  records?: boolean | undefined;
}

/**
 * A column whose calls return promises, wherever it is stored. Names, arguments, errors and the bytes of elements are those
 * of `Column`.
 */
export interface AsyncColumn<D extends DType = DType, I extends Int64 = 'bigint', T = unknown>
  extends AsyncIterable<ElementOf<D, I, T>> {
  readonly name: string;
  readonly dtype: D;
  /** Returns the number of elements. */
  length(): Promise<number>;
  /** Returns the bytes of all elements, as they are encoded. */
  bytes(): Promise<number>;
  at(index: number): Promise<ElementOf<D, I, T> | undefined>;
  set(index: number, value: InputOf<D, T>): Promise<void>;
  append(value: InputOf<D, T>): Promise<number>;
  push(...values: InputOf<D, T>[]): Promise<number>;
  extend(values: Elements<D, T>): Promise<number>;
  slice(start?: number, end?: number, step?: number): Promise<BlockOf<D, I, T>>;
  setSlice(start: number, values: Elements<D, T>): Promise<void>;
  take(indexes: Iterable<number>): Promise<BlockOf<D, I, T>>;
  /** Returns the elements of a range, a batch at a time. */
  batches(options?: BatchOptions): AsyncGenerator<BlockOf<D, I, T>, void, undefined>;
  /**
   * Returns the elements that are appended from now on, or those from an index on, and waits for more, no matter who
   * appends. If the column becomes shorter, it goes on at the new end.
   */
  follow(options?: FollowOptions): AsyncFollowing<ElementOf<D, I, T>>;
  buffers(start?: number, end?: number): Promise<ColumnBuffers>;
  sliceTensor(start?: number, end?: number): Promise<BlockTensorOf<D>>;
  /** Copies elements from `start` on into a typed array of the column's numbers, as many as fit. Returns their number. */
  readInto(target: TypedArray, start?: number): Promise<number>;
  /** Returns the elements of a range as a vector of the package apache-arrow. */
  toArrow<V = ArrowVector>(options?: ArrowOptions): Promise<V>;
  indexOf(value: InputOf<D, T>, from?: number): Promise<number>;
  includes(value: InputOf<D, T>, from?: number): Promise<boolean>;
  reverse(): Promise<this>;
  insert(index: number, value: InputOf<D, T>): Promise<void>;
  remove(index: number): Promise<ElementOf<D, I, T>>;
  removeRange(start: number, end: number): Promise<number>;
  truncate(length: number): Promise<number>;
  pop(): Promise<ElementOf<D, I, T> | undefined>;
  clear(): Promise<void>;
  compact(): Promise<void>;
  min(options?: RangeOptions): Promise<ElementOf<D, I, T> | undefined>;
  max(options?: RangeOptions): Promise<ElementOf<D, I, T> | undefined>;
  sum(options?: RangeOptions): Promise<SumOf<D, I, T>>;
  mean(options?: RangeOptions): Promise<number | undefined>;
  variance(options?: VarianceOptions): Promise<number | undefined>;
  summary(options?: VarianceOptions): Promise<NumberSummary<ElementOf<D, I, T>, SumOf<D, I, T>>>;
  quantile(which: number, options?: RangeOptions): Promise<number | undefined>;
  quantile(which: readonly number[], options?: RangeOptions): Promise<(number | undefined)[]>;
  histogram(bins: number | ArrayLike<number>, options?: HistogramOptions): Promise<Histogram>;
  lowerBound(value: number | bigint, options?: RangeOptions): Promise<number>;
  upperBound(value: number | bigint, options?: RangeOptions): Promise<number>;
  findIndex(
    wanted: ValueRange | ((value: ElementOf<D, I, T>, index: number) => boolean),
    options?: RangeOptions,
  ): Promise<number>;
  downsample(points: number, options?: DownsampleOptions): Promise<Points>;
}

/** Columns of one length that grow together, wherever they are stored. See `Frame`. */
export interface AsyncFrame<S extends FrameSchema = FrameSchema> extends AsyncIterable<FrameRow<S>> {
  readonly name: string;
  readonly columns: { readonly [K in keyof S]: AsyncColumn<S[K]> };
  /** Returns the number of rows. */
  length(): Promise<number>;
  append(row: FrameInput<S>): Promise<number>;
  extend(rows: Iterable<FrameInput<S>> | { readonly [K in keyof S]: Elements<S[K]> }): Promise<number>;
  at(index: number): Promise<FrameRow<S> | undefined>;
  slice(start?: number, end?: number): Promise<FrameBlocks<S>>;
  take(indexes: Iterable<number>): Promise<FrameBlocks<S>>;
  toArrow<V = ArrowTable>(options?: ArrowOptions): Promise<V>;
  rows(range?: RangeOptions): AsyncGenerator<FrameRow<S>, void, undefined>;
  where(conditions: FrameConditions<S>, range?: RangeOptions): Promise<Float64Array>;
  truncate(length: number): Promise<number>;
  clear(): Promise<void>;
}

/** Columns under names, wherever they are stored: in a file (`asAsync`) or on a server. See `ColumnVault`. */
export interface AsyncColumns extends AsyncDisposable {
  createColumn<D extends DType, I extends Int64 = 'bigint', T = unknown>(
    name: string,
    dtype: D,
    options?: AsyncNewColumnOptions<I>,
  ): Promise<AsyncColumn<D, I, T>>;
  createColumn<T>(
    name: string,
    dtype: DocumentDType,
    options?: AsyncNewColumnOptions,
  ): Promise<AsyncColumn<DocumentDType, 'bigint', T>>;
  ensure<D extends DType, I extends Int64 = 'bigint', T = unknown>(
    name: string,
    dtype: D,
    options?: AsyncNewColumnOptions<I>,
  ): Promise<AsyncColumn<D, I, T>>;
  ensure<T>(
    name: string,
    dtype: DocumentDType,
    options?: AsyncNewColumnOptions,
  ): Promise<AsyncColumn<DocumentDType, 'bigint', T>>;
  column<D extends DType = DType, I extends Int64 = 'bigint', T = unknown>(
    name: string,
    dtype?: D,
    options?: AsyncColumnOptions<I>,
  ): Promise<AsyncColumn<D, I, T>>;
  column<T>(
    name: string,
    dtype: DocumentDType,
    options?: AsyncColumnOptions,
  ): Promise<AsyncColumn<DocumentDType, 'bigint', T>>;
  has(name: string): Promise<boolean>;
  listColumns(): Promise<{ name: string; dtype: string; length: number; records?: true }[]>;
  deleteColumn(name: string): Promise<boolean>;
  renameColumn(from: string, to: string): Promise<void>;
  /** Returns columns of one length that grow together. Creates those of the schema if there are none. */
  frame<const S extends FrameSchema>(name: string, schema: S): Promise<AsyncFrame<S>>;
  frame(name: string): Promise<AsyncFrame>;
  deleteFrame(name: string): Promise<boolean>;
  /** Whether the vault can be used. */
  readonly open: boolean;
  close(): Promise<void>;
}
