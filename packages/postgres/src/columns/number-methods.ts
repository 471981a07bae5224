import {
  type BatchOptions,
  ColumnStatistics,
  type DownsampleOptions,
  findInBatches,
  type Histogram,
  type HistogramOptions,
  type NumberSource,
  type NumberSummary,
  type Points,
  type RangeOptions,
  type SumOf,
  type ValueRange,
  type VarianceOptions,
} from '@kohakuvault/columns/internal';
import type { BlockOf, DType, ElementOf, Int64 } from '@kohakuvault/packer';

/** The numbers of a range that were read, and the index of the first of them. */
export interface NumbersRead {
  readonly source: NumberSource;
  readonly start: number;
}

/** The methods of a column that compute. Each reads the range that it is about, and computes as a local column does. */
export abstract class NumberMethods<D extends DType, I extends Int64, T> {
  abstract length(): Promise<number>;
  abstract batches(options?: BatchOptions): AsyncGenerator<BlockOf<D, I, T>, void, undefined>;

  /** @internal */
  protected abstract numbers(what: string, options: RangeOptions | undefined): Promise<NumbersRead>;

  /** Returns the least element, or undefined if there is none. NaN is left out, here and in all that follows. */
  async min(options?: RangeOptions): Promise<ElementOf<D, I, T> | undefined> {
    const { statistics, others } = await this.#compute('min', options);
    return statistics.min(others) as ElementOf<D, I, T> | undefined;
  }

  /** Returns the greatest element, or undefined if there is none. */
  async max(options?: RangeOptions): Promise<ElementOf<D, I, T> | undefined> {
    const { statistics, others } = await this.#compute('max', options);
    return statistics.max(others) as ElementOf<D, I, T> | undefined;
  }

  /** Returns the sum. That of integers is exact. */
  async sum(options?: RangeOptions): Promise<SumOf<D, I, T>> {
    const { statistics, others } = await this.#compute('sum', options);
    return statistics.sum(others) as SumOf<D, I, T>;
  }

  /** Returns the mean, or undefined if there is no element. */
  async mean(options?: RangeOptions): Promise<number | undefined> {
    const { statistics, others } = await this.#compute('mean', options);
    return statistics.mean(others);
  }

  /** Returns the variance, or undefined if there are too few elements. */
  async variance(options?: VarianceOptions): Promise<number | undefined> {
    const { statistics, others } = await this.#compute('variance', options);
    return statistics.variance(others);
  }

  /** Returns all of these at once, with the number of elements, and of those that are NaN. */
  async summary(options?: VarianceOptions): Promise<NumberSummary<ElementOf<D, I, T>, SumOf<D, I, T>>> {
    const { statistics, others } = await this.#compute('summary', options);
    return statistics.summary(others) as NumberSummary<ElementOf<D, I, T>, SumOf<D, I, T>>;
  }

  /** Returns the number at a place of the sorted elements from 0 to 1, between two of them if necessary. */
  quantile(which: number, options?: RangeOptions): Promise<number | undefined>;
  quantile(which: readonly number[], options?: RangeOptions): Promise<(number | undefined)[]>;
  async quantile(
    which: number | readonly number[],
    options?: RangeOptions,
  ): Promise<number | undefined | (number | undefined)[]> {
    const { statistics, others } = await this.#compute('quantile', options);
    return statistics.quantile(which, others);
  }

  /** Counts the elements in bins: in so many of one width, or between the given edges. */
  async histogram(bins: number | ArrayLike<number>, options?: HistogramOptions): Promise<Histogram> {
    const { statistics, others } = await this.#compute('histogram', options);
    return statistics.histogram(bins, others);
  }

  /** Returns the first index of a sorted range at which the element is not less than the value. */
  async lowerBound(value: number | bigint, options?: RangeOptions): Promise<number> {
    const { statistics, start, others } = await this.#compute('lowerBound', options);
    return start + statistics.bound('lowerBound', value, false, others);
  }

  /** Returns the first index of a sorted range at which the element is greater than the value. */
  async upperBound(value: number | bigint, options?: RangeOptions): Promise<number> {
    const { statistics, start, others } = await this.#compute('upperBound', options);
    return start + statistics.bound('upperBound', value, true, others);
  }

  /** Returns the index of the first element in a range of values, or for which a function returns true; or -1. */
  async findIndex(
    wanted: ValueRange | ((value: ElementOf<D, I, T>, index: number) => boolean),
    options?: RangeOptions,
  ): Promise<number> {
    if (typeof wanted === 'function') return await findInBatches(this, wanted, options);
    const { statistics, start, others } = await this.#compute('findIndex', options);
    const found = statistics.find(wanted, others);
    return found < 0 ? -1 : start + found;
  }

  /** Returns at most so many points that look like all elements when they are drawn. */
  async downsample(points: number, options?: DownsampleOptions): Promise<Points> {
    const { statistics, start, others } = await this.#compute('downsample', options);
    const { indexes, values } = statistics.downsample(points, others);
    return { indexes: indexes.map((index) => index + start), values };
  }

  async #compute<O extends RangeOptions>(what: string, options: O | undefined) {
    const { source, start } = await this.numbers(what, options);
    const { start: _start, end: _end, ...others } = options ?? ({} as O);
    return { statistics: new ColumnStatistics(source), start, others: others as O };
  }
}
