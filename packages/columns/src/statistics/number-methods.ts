import { checkOptions } from '@kohakuvault/core-native/internal';
import type { BlockOf, DType, ElementOf, Int64 } from '@kohakuvault/packer';
import type { BatchOptions } from '../bulk/batches.ts';
import { clip } from '../bulk/ranges.ts';
import {
  ColumnStatistics,
  type DownsampleOptions,
  type HistogramOptions,
  type NumberSummary,
  type VarianceOptions,
} from './column-statistics.ts';
import type { Points } from './downsample.ts';
import type { Histogram } from './histogram.ts';
import { type NumberSource, RANGE_RULES, type RangeOptions } from './number-source.ts';
import type { ValueRange } from './value-range.ts';

/** The type of a sum of elements. That of booleans is how many are true. */
export type SumOf<D extends DType, I extends Int64, T> = D extends 'bool' ? number : ElementOf<D, I, T>;

/** The methods of a column that compute: its statistics, and the search by value. */
export abstract class NumberMethods<D extends DType, I extends Int64, T> {
  abstract readonly length: number;
  #made: ColumnStatistics | undefined;

  abstract batches(options?: BatchOptions): Generator<BlockOf<D, I, T>, undefined>;

  /** @internal */
  protected abstract source(): NumberSource;

  min(options?: RangeOptions): ElementOf<D, I, T> | undefined {
    return this.#statistics.min(options) as ElementOf<D, I, T> | undefined;
  }

  max(options?: RangeOptions): ElementOf<D, I, T> | undefined {
    return this.#statistics.max(options) as ElementOf<D, I, T> | undefined;
  }

  sum(options?: RangeOptions): SumOf<D, I, T> {
    return this.#statistics.sum(options) as SumOf<D, I, T>;
  }

  mean(options?: RangeOptions): number | undefined {
    return this.#statistics.mean(options);
  }

  variance(options?: VarianceOptions): number | undefined {
    return this.#statistics.variance(options);
  }

  summary(options?: VarianceOptions): NumberSummary<ElementOf<D, I, T>, SumOf<D, I, T>> {
    return this.#statistics.summary(options) as NumberSummary<ElementOf<D, I, T>, SumOf<D, I, T>>;
  }

  quantile(which: number, options?: RangeOptions): number | undefined;
  quantile(which: readonly number[], options?: RangeOptions): (number | undefined)[];
  quantile(which: number | readonly number[], options?: RangeOptions): number | undefined | (number | undefined)[] {
    return this.#statistics.quantile(which, options);
  }

  histogram(bins: number | ArrayLike<number>, options?: HistogramOptions): Histogram {
    return this.#statistics.histogram(bins, options);
  }

  lowerBound(value: number | bigint, options?: RangeOptions): number {
    return this.#statistics.bound('lowerBound', value, false, options);
  }

  upperBound(value: number | bigint, options?: RangeOptions): number {
    return this.#statistics.bound('upperBound', value, true, options);
  }

  findIndex(
    wanted: ValueRange | ((value: ElementOf<D, I, T>, index: number) => boolean),
    options?: RangeOptions,
  ): number {
    if (typeof wanted !== 'function') return this.#statistics.find(wanted, options);
    checkOptions('findIndex', options, RANGE_RULES);
    let index = clip(options?.start, this.length, 0);
    for (const batch of this.batches(options)) {
      for (const element of batch as Iterable<ElementOf<D, I, T>>) {
        if (wanted(element, index)) return index;
        index++;
      }
    }
    return -1;
  }

  downsample(points: number, options?: DownsampleOptions): Points {
    return this.#statistics.downsample(points, options);
  }

  /** Made at the first use: most columns never need it. */
  get #statistics(): ColumnStatistics {
    this.#made ??= new ColumnStatistics(this.source());
    return this.#made;
  }
}
