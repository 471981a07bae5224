import { checkOptions, describe, InvalidArgument, nativeCore, rules } from '@kohakuvault/core-native/internal';
import { type DownsampleMethod, type Points, pointsOf } from './downsample.ts';
import { checkBins, type Histogram, histogramOf } from './histogram.ts';
import { boundsOf, elementOf, type NumberSource, RANGE_RULES, type RangeOptions } from './number-source.ts';
import { numbersOfRanks } from './quantiles.ts';
import { EXTREMES, piecesWithin, SPREAD, SUM, summarize, type Totals } from './summary.ts';
import { boundsOfValues, type ValueRange } from './value-range.ts';

export interface VarianceOptions extends RangeOptions {
  /** Whether the elements are a sample of more: divides by their number minus one. Default false. */
  sample?: boolean | undefined;
}

export interface HistogramOptions extends RangeOptions {
  /** Where the first bin begins. Default: the least element. */
  min?: number | undefined;
  /** Where the last bin ends. Default: the greatest element. */
  max?: number | undefined;
}

export interface DownsampleOptions extends RangeOptions {
  /** Default 'lttb'. */
  method?: DownsampleMethod | undefined;
}

/** What is known of the numbers of a column. `V` is the type of an element, and `S` that of a sum. */
export interface NumberSummary<V = number | bigint | boolean, S = V> {
  /** The number of elements that are not NaN. */
  readonly count: number;
  /** The number of elements that are NaN, which count nowhere else. */
  readonly nan: number;
  readonly min: V | undefined;
  readonly max: V | undefined;
  readonly sum: S;
  readonly mean: number | undefined;
  readonly variance: number | undefined;
}

const NUMBER = { expected: 'a finite number', accepts: Number.isFinite };
const VARIANCE_RULES = { ...RANGE_RULES, sample: rules.boolean };
const HISTOGRAM_RULES = { ...RANGE_RULES, min: NUMBER, max: NUMBER };
const DOWNSAMPLE_RULES = { ...RANGE_RULES, method: rules.oneOf('lttb', 'minmax', 'mean') };
const MOST_POINTS = 10_000_000;

/** The statistics of one column. Each is one consistent read, and takes the same memory however long the column is. */
export class ColumnStatistics {
  readonly #source: NumberSource;

  constructor(source: NumberSource) {
    this.#source = source;
  }

  min(options?: RangeOptions): number | bigint | boolean | undefined {
    return this.#element('min', this.#totals('min', options, EXTREMES).min);
  }

  max(options?: RangeOptions): number | bigint | boolean | undefined {
    return this.#element('max', this.#totals('max', options, EXTREMES).max);
  }

  sum(options?: RangeOptions): number | bigint {
    return this.#shown('sum', this.#totals('sum', options, SUM).sum);
  }

  mean(options?: RangeOptions): number | undefined {
    return meanOf(this.#totals('mean', options, SUM));
  }

  variance(options?: VarianceOptions): number | undefined {
    return varianceOf(this.#totals('variance', options, SPREAD, VARIANCE_RULES), options);
  }

  summary(options?: VarianceOptions): NumberSummary<number | bigint | boolean, number | bigint> {
    const totals = this.#totals('summary', options, EXTREMES | SUM | SPREAD, VARIANCE_RULES);
    const { count, nan } = totals;
    const [min, max] = [this.#element('summary', totals.min), this.#element('summary', totals.max)];
    const sum = this.#shown('summary', totals.sum);
    return { count, nan, min, max, sum, mean: meanOf(totals), variance: varianceOf(totals, options) };
  }

  quantile(which: number | readonly number[], options?: RangeOptions): number | undefined | (number | undefined)[] {
    const asked = typeof which === 'number' ? [which] : which;
    const isRight = Array.isArray(asked) && asked.every((q) => typeof q === 'number' && q >= 0 && q <= 1);
    if (!isRight) {
      throw new InvalidArgument(`quantile expects a number from 0 to 1, or an array of them, got ${describe(which)}`);
    }
    const found = this.#run('quantile', options, (element, range) => {
      const ranksOf = (count: number) => [
        ...new Set(asked.flatMap((q) => [Math.floor(q * (count - 1)), Math.ceil(q * (count - 1))])),
      ];
      const { count, numbers } = numbersOfRanks(this.#source, element, range, ranksOf);
      return asked.map((q) => (count === 0 ? undefined : between(numbers, q * (count - 1))));
    });
    return typeof which === 'number' ? found[0] : found;
  }

  histogram(bins: number | ArrayLike<number>, options?: HistogramOptions): Histogram {
    checkBins(bins);
    return this.#run(
      'histogram',
      options,
      (element, range) => histogramOf(this.#source, element, range, bins, options ?? {}),
      HISTOGRAM_RULES,
    );
  }

  /** Returns the first index at which an element of a sorted range is not before the value; `isAfter`: after it. */
  bound(what: string, value: unknown, isAfter: boolean, options?: RangeOptions): number {
    if (typeof value !== 'bigint' && (typeof value !== 'number' || Number.isNaN(value))) {
      throw new InvalidArgument(`${what} expects a number or a bigint, got ${describe(value)}`);
    }
    return this.#run(what, options, (_, [start, end]) => {
      let [low, high] = [start, end];
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        const element = this.#source.at(middle) as number;
        if (isAfter ? element <= (value as number) : element < (value as number)) low = middle + 1;
        else high = middle;
      }
      return low;
    });
  }

  /** Returns the index of the first element in a range of values, or -1. */
  find(range: ValueRange, options?: RangeOptions): number {
    return this.#run('findIndex', options, (element, bounds) => {
      const values = boundsOfValues('findIndex', range, element);
      let found = -1;
      if (!values) return found;
      const { binding } = nativeCore();
      const visitor = (bytes: Uint8Array, first: number) => {
        const at = binding.numberFind(element.code, bytes, values);
        if (at >= 0) found = first + at;
        return at < 0;
      };
      this.#source.visit(...bounds, visitor, piecesWithin(element, values));
      return found;
    });
  }

  downsample(points: number, options?: DownsampleOptions): Points {
    if (!Number.isInteger(points) || points < 2 || points > MOST_POINTS) {
      throw new InvalidArgument(
        `downsample expects a number of points from 2 to ${MOST_POINTS}, got ${describe(points)}`,
      );
    }
    return this.#run(
      'downsample',
      options,
      (element, range) => pointsOf(this.#source, element, range, points, options?.method ?? 'lttb'),
      DOWNSAMPLE_RULES,
    );
  }

  #totals(what: string, options: RangeOptions | undefined, flags: number, optionRules?: typeof RANGE_RULES): Totals {
    return this.#run(what, options, (element, range) => summarize(this.#source, element, range, flags), optionRules);
  }

  /** Checks what was given, and runs reads of one range in one state of the file. */
  #run<R>(
    what: string,
    options: RangeOptions | undefined,
    work: (element: ReturnType<typeof elementOf>, range: [number, number]) => R,
    optionRules: Parameters<typeof checkOptions>[2] = RANGE_RULES,
  ): R {
    const element = elementOf(what, this.#source);
    checkOptions(what, options, optionRules);
    return this.#source.consistently(() => work(element, boundsOf(what, options ?? {}, this.#source.length)));
  }

  /** Returns an element as the column does. */
  #element(what: string, value: number | bigint | undefined): number | bigint | boolean | undefined {
    return this.#source.element?.type === 'bool' && value !== undefined ? value !== 0 : this.#shown(what, value);
  }

  /** Returns a number of 64 bits as the column returns its elements. */
  #shown<V extends number | bigint | undefined>(what: string, value: V): V | number {
    if (typeof value !== 'bigint' || !this.#source.asNumbers) return value;
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw new InvalidArgument(
      `${what}: ${value} is not a safe integer and cannot be returned as a number; open the column with int64: 'bigint'`,
    );
  }
}

function meanOf({ sum, count }: Totals): number | undefined {
  return count === 0 ? undefined : Number(sum) / count;
}

function varianceOf({ squares, count }: Totals, options: VarianceOptions | undefined): number | undefined {
  const divisor = count - (options?.sample ? 1 : 0);
  return divisor > 0 ? squares / divisor : undefined;
}

/** Returns what lies at a rank, which may be between two numbers. */
function between(numbers: ReadonlyMap<number, number | bigint>, rank: number): number {
  const [low, high] = [numbers.get(Math.floor(rank)), numbers.get(Math.ceil(rank))] as [number, number];
  if (low === high) return Number(low);
  return Number(low) + Number(high - low) * (rank - Math.floor(rank));
}
