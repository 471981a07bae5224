import { checkOptions, describe, InvalidArgument, type OptionRule, rules } from '@kohakuvault/core-native/internal';
import { idsOf, type VectorId } from './ids.ts';
import { checkMetric, type Metric } from './metrics.ts';
import type { Shape } from './options.ts';

/** Which vectors count: those of some ids, or those whose id and value a function accepts. */
export type VectorFilter<V> = Iterable<VectorId> | ((id: bigint, value: V) => boolean);

export interface SearchOptions<V> {
  /** How many neighbours, without a ceiling. Default 10. */
  k?: number | undefined;
  /** Default: the table's. Another one is computed from the vectors as they are stored. */
  metric?: Metric | undefined;
  /** Nothing farther than this. */
  maxDistance?: number | undefined;
  /** How many of the nearest to leave out. Default 0. */
  offset?: number | undefined;
  /** The k nearest of those that count. */
  filter?: VectorFilter<V> | undefined;
  /** 'approximate' looks at rough copies first and may miss some. Default 'exact'. */
  mode?: 'exact' | 'approximate' | undefined;
  /** How many candidates an approximate search compares exactly, as a multiple of k. Default 20. */
  oversample?: number | undefined;
}

export interface SearchAsyncOptions<V> extends SearchOptions<V> {
  /** Ends the search; the promise is rejected with the signal's reason. */
  signal?: AbortSignal | undefined;
}

const SEARCH_RULES: Record<string, OptionRule> = {
  k: rules.wholeNumber(0),
  metric: { expected: 'the name of a metric', accepts: (value) => typeof value === 'string' },
  maxDistance: {
    expected: 'a number from 0 on',
    accepts: (value) => typeof value === 'number' && value >= 0,
  },
  offset: rules.wholeNumber(0),
  filter: {
    expected: 'a function (id, value) => boolean, or an iterable of ids',
    accepts: (value) =>
      typeof value === 'function' ||
      (typeof value === 'object' &&
        value !== null &&
        typeof (value as Iterable<unknown>)[Symbol.iterator] === 'function'),
  },
  mode: rules.oneOf('exact', 'approximate'),
  oversample: rules.wholeNumber(1),
};

const ASYNC_RULES: Record<string, OptionRule> = {
  ...SEARCH_RULES,
  signal: { expected: 'an AbortSignal', accepts: (value) => value instanceof AbortSignal },
};

/** Fewer candidates are not worth saving. */
const LEAST_CANDIDATES = 50;

/** A search whose options are checked. */
export interface Plan<V> {
  readonly metric: Metric;
  readonly offset: number;
  /** How many neighbours are wanted with those that are left out. */
  readonly wanted: number;
  readonly maxDistance: number;
  readonly only: BigInt64Array | undefined;
  readonly accepts: ((id: bigint, value: V) => boolean) | undefined;
  /** How many candidates for so many neighbours; undefined where the search is exact. */
  candidates(wanted: number): number | undefined;
  readonly signal: AbortSignal | undefined;
}

export function planSearch<V>(
  owner: string,
  shape: Shape,
  given: number | SearchAsyncOptions<V> | undefined,
  isAsync = false,
): Plan<V> {
  if (typeof given !== 'number' && given !== undefined && (typeof given !== 'object' || given === null)) {
    throw new InvalidArgument(`${owner}: k is ${describe(given)}; expected a whole number from 0 on, or options`);
  }
  const options = typeof given === 'number' ? { k: given } : (given ?? {});
  checkOptions(owner, options, isAsync ? ASYNC_RULES : SEARCH_RULES);
  const { k = 10, metric, maxDistance = Number.POSITIVE_INFINITY, offset = 0, filter, mode, oversample = 20 } = options;
  const isTest = typeof filter === 'function';
  return {
    metric: metric === undefined ? shape.metric : checkMetric(owner, metric, shape.vectorType),
    offset,
    wanted: Math.min(k + offset, Number.MAX_SAFE_INTEGER),
    maxDistance,
    only: filter === undefined || isTest ? undefined : idsOf(owner, filter),
    accepts: isTest ? filter : undefined,
    candidates:
      mode === 'approximate'
        ? (wanted) => Math.min(Math.max(wanted * oversample, LEAST_CANDIDATES), Number.MAX_SAFE_INTEGER)
        : () => undefined,
    signal: options.signal,
  };
}
