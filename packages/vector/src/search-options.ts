import {
  checkOptions,
  describe,
  InvalidArgument,
  isTagged,
  type OptionRule,
  rules,
} from '@kohakuvault/core-native/internal';
import { idsOf, type VectorId } from './ids.ts';
import { checkMetric, type Metric } from './metrics.ts';
import type { VectorShape } from './options.ts';
import { refuseWithoutLists } from './vector-index.ts';

/** The vectors to search: the ids of some, or a function that accepts an id and a value. */
export type VectorFilter<V> = Iterable<VectorId> | ((id: bigint, value: V) => boolean);

export interface SearchOptions<V> {
  /** The number of results, without an upper limit. Default 10. */
  k?: number | undefined;
  /** The metric. Default: that of the table. Other metrics use the vectors as they are stored. */
  metric?: Metric | undefined;
  /** The largest distance of a result. */
  maxDistance?: number | undefined;
  /** The number of nearest results to skip. Default 0. */
  offset?: number | undefined;
  /** Limits the search. The results are the k nearest vectors that the filter accepts. */
  filter?: VectorFilter<V> | undefined;
  /** 'approximate' finds candidates by a sketch first, and may miss some results. Default 'exact'. */
  mode?: 'exact' | 'approximate' | undefined;
  /** The number of candidates of an approximate search, as a multiple of k. Default 20, with an index 10. */
  oversample?: number | undefined;
  /** The share of the nearest vectors that an approximate search should find in an index, up to 1. Default 0.99. */
  recall?: number | undefined;
  /** The number of lists of an index that an approximate search looks at, instead of `recall`. */
  probes?: number | undefined;
}

export interface SearchAsyncOptions<V> extends SearchOptions<V> {
  /** Cancels the search. The promise is rejected with the reason of the signal. */
  signal?: AbortSignal | undefined;
}

const SEARCH_RULES: Record<string, OptionRule> = {
  k: rules.wholeNumber(0),
  metric: { expected: 'the name of a metric', accepts: (value) => typeof value === 'string' },
  maxDistance: {
    expected: 'a number, at least 0',
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
  recall: {
    expected: 'a number above 0, at most 1',
    accepts: (value) => typeof value === 'number' && value > 0 && value <= 1,
  },
  probes: rules.wholeNumber(1),
};

const ASYNC_RULES: Record<string, OptionRule> = {
  ...SEARCH_RULES,
  signal: { expected: 'an AbortSignal', accepts: (value) => isTagged(value, 'AbortSignal') },
};

/** The least number of candidates; fewer would not be faster. */
const LEAST_CANDIDATES = 50;

const OVERSAMPLE = 20;
/** The codes of lists are those of smaller differences, and come nearer to the distances. */
const LIST_OVERSAMPLE = 10;

/** A search with checked options. */
export interface SearchPlan<V> {
  readonly metric: Metric;
  readonly offset: number;
  /** The number of neighbors, skipped ones included. */
  readonly wanted: number;
  readonly maxDistance: number;
  readonly only: BigInt64Array | undefined;
  readonly accepts: ((id: bigint, value: V) => boolean) | undefined;
  /** Returns the number of candidates for a number of neighbors, with or without an index. Undefined if it is exact. */
  candidates(wanted: number, hasLists: boolean): number | undefined;
  /** How an approximate search looks at the lists of an index. */
  readonly lists: { readonly probes?: number; readonly recall?: number };
  readonly signal: AbortSignal | undefined;
}

export function planSearch<V>(
  owner: string,
  shape: VectorShape,
  given: number | SearchAsyncOptions<V> | undefined,
  isAsync = false,
): SearchPlan<V> {
  if (typeof given !== 'number' && given !== undefined && (typeof given !== 'object' || given === null)) {
    throw new InvalidArgument(`${owner}: k is ${describe(given)}; expected a whole number, or options`);
  }
  const options = typeof given === 'number' ? { k: given } : (given ?? {});
  checkOptions(owner, options, isAsync ? ASYNC_RULES : SEARCH_RULES);
  const { k = 10, metric, maxDistance = Number.POSITIVE_INFINITY, offset = 0, filter, mode, oversample } = options;
  const { recall, probes } = options;
  refuseWithoutLists(owner, mode, { recall, probes });
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
        ? (wanted, hasLists) => {
            const factor = oversample ?? (hasLists ? LIST_OVERSAMPLE : OVERSAMPLE);
            return Math.min(Math.max(wanted * factor, LEAST_CANDIDATES), Number.MAX_SAFE_INTEGER);
          }
        : () => undefined,
    lists: { ...(recall !== undefined && { recall }), ...(probes !== undefined && { probes }) },
    signal: options.signal,
  };
}
