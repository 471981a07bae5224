import {
  checkOptions,
  describe,
  InvalidArgument,
  isTagged,
  type OptionRule,
  rules,
} from '@kohakuvault/core-native/internal';
import { type FieldName, type FieldTypes, typeOfField } from './fields.ts';
import { checkMetric, type Metric } from './metrics.ts';
import { choiceOf, type MmrOptions } from './mmr.ts';
import type { VectorShape } from './options.ts';
import type { SideTables } from './side-tables.ts';
import type { IdInput, IdKind, IdOf } from './vault-ids.ts';
import { refuseWithoutLists } from './vector-index.ts';
import type { Where, WhereQuery } from './where.ts';

/** The vectors to search: the ids of some, or a function that accepts an id and a value. */
export type VectorFilter<V, K extends IdKind = 'i64'> = Iterable<IdInput<K>> | ((id: IdOf<K>, value: V) => boolean);

export interface SearchOptions<V, F extends FieldTypes = FieldTypes, K extends IdKind = 'i64'> {
  /** The number of results, without an upper limit. Default 10. */
  k?: number | undefined;
  /** The metric. Default: that of the table. Other metrics use the vectors as they are stored. */
  metric?: Metric | undefined;
  /** The largest distance of a result. Under 'dot' a distance is the negative of the product. */
  maxDistance?: number | undefined;
  /** The number of nearest results to skip. Default 0. */
  offset?: number | undefined;
  /** Limits the search. The results are the k nearest vectors that the filter accepts. */
  filter?: VectorFilter<V, K> | undefined;
  /** Limits the search by fields: `{ year: { $gte: 2020 }, author: 'Ada' }`. It is evaluated before vectors are compared. */
  where?: Where<F> | undefined;
  /** Returns only the nearest vector for each value of a field. A vector without the field is a group of its own. */
  distinctBy?: FieldName<F> | undefined;
  /** Chooses results among the nearest that are near to the query and differ from each other, the best first. */
  mmr?: MmrOptions | undefined;
  /** 'approximate' finds candidates by a sketch first, and may miss some results. Default 'exact'. */
  mode?: 'exact' | 'approximate' | undefined;
  /**
   * Finds the candidates by so many of the first dimensions, for embeddings of models that tell most in them
   * (Matryoshka), and compares these in full. The search is approximate, and uses no index.
   */
  searchDimensions?: number | undefined;
  /** The number of candidates of an approximate search, as a multiple of k. Default 20, with an index 10. */
  oversample?: number | undefined;
  /** The share of the nearest vectors that an approximate search should find in an index, up to 1. Default 0.99. */
  recall?: number | undefined;
  /** The number of lists of an index that an approximate search looks at, instead of `recall`. */
  probes?: number | undefined;
}

export interface SearchAsyncOptions<V, F extends FieldTypes = FieldTypes, K extends IdKind = 'i64'>
  extends SearchOptions<V, F, K> {
  /** Cancels the search. The promise is rejected with the reason of the signal. */
  signal?: AbortSignal | undefined;
}

const SEARCH_RULES: Record<string, OptionRule> = {
  k: rules.wholeNumber(0),
  metric: { expected: 'the name of a metric', accepts: (value) => typeof value === 'string' },
  // Whether it may be negative depends on the metric.
  maxDistance: { expected: 'a number, at least 0', accepts: (value) => typeof value === 'number' },
  offset: rules.wholeNumber(0),
  filter: {
    expected: 'a function (id, value) => boolean, or an iterable of ids',
    accepts: (value) =>
      typeof value === 'function' ||
      (typeof value === 'object' &&
        value !== null &&
        typeof (value as Iterable<unknown>)[Symbol.iterator] === 'function'),
  },
  where: { expected: 'an object of conditions', accepts: (value) => typeof value === 'object' && value !== null },
  distinctBy: { expected: 'the name of a field', accepts: (value) => typeof value === 'string' },
  mmr: {
    expected: 'an object { fetchK, lambda }',
    accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  },
  mode: rules.oneOf('exact', 'approximate'),
  searchDimensions: rules.wholeNumber(1),
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
  readonly accepts: ((id: never, value: V) => boolean) | undefined;
  readonly where: WhereQuery | undefined;
  readonly distinctBy: string | undefined;
  /** How many of the neighbors are chosen, and how. */
  readonly choice: { readonly k: number; readonly lambda: number } | undefined;
  /** Returns the number of candidates for a number of neighbors, with or without an index. Undefined if it is exact. */
  candidates(wanted: number, hasLists: boolean): number | undefined;
  /** How many of the first dimensions find the candidates. Undefined if sketches or an index do. */
  readonly searchDimensions: number | undefined;
  /** How an approximate search looks at the lists of an index. */
  readonly lists: { readonly probes?: number; readonly recall?: number };
  readonly signal: AbortSignal | undefined;
}

/** What a search needs to know of its table. */
export interface SearchedVault {
  readonly shape: VectorShape;
  readonly sides: SideTables;
}

export function planSearch<V, F extends FieldTypes, K extends IdKind>(
  owner: string,
  { shape, sides }: SearchedVault,
  given: number | SearchAsyncOptions<V, F, K> | undefined,
  isAsync = false,
): SearchPlan<V> {
  if (typeof given !== 'number' && given !== undefined && (typeof given !== 'object' || given === null)) {
    throw new InvalidArgument(`${owner}: k is ${describe(given)}; expected a whole number, or options`);
  }
  const options = typeof given === 'number' ? { k: given } : (given ?? {});
  checkOptions(owner, options, isAsync ? ASYNC_RULES : SEARCH_RULES);
  const { k = 10, maxDistance = Number.POSITIVE_INFINITY, offset = 0, filter, mode, oversample } = options;
  const metric = options.metric === undefined ? shape.metric : checkMetric(owner, options.metric, shape.vectorType);
  if (Number.isNaN(maxDistance) || (maxDistance < 0 && metric !== 'dot')) {
    const expected = metric === 'dot' ? 'a number' : 'a number, at least 0';
    throw new InvalidArgument(`${owner} expects maxDistance to be ${expected}, got ${maxDistance}`);
  }
  if (options.distinctBy !== undefined) typeOfField(owner, sides.types, options.distinctBy);
  const { recall, probes, searchDimensions } = options;
  if (searchDimensions !== undefined) checkSearchDimensions(owner, options, shape);
  refuseWithoutLists(owner, mode, { recall, probes });
  const isTest = typeof filter === 'function';
  const choice = choiceOf(owner, options.mmr, k, offset);
  return {
    metric,
    offset,
    wanted: choice?.fetchK ?? Math.min(k + offset, Number.MAX_SAFE_INTEGER),
    maxDistance,
    only: filter === undefined || isTest ? undefined : rowsOf(owner, sides, filter),
    accepts: isTest ? (filter as SearchPlan<V>['accepts']) : undefined,
    where: options.where === undefined ? undefined : sides.compile(owner, options.where),
    distinctBy: options.distinctBy,
    choice,
    searchDimensions,
    candidates:
      mode === 'approximate' || searchDimensions !== undefined
        ? (wanted, hasLists) => {
            const factor = oversample ?? (hasLists ? LIST_OVERSAMPLE : OVERSAMPLE);
            return Math.min(Math.max(wanted * factor, LEAST_CANDIDATES), Number.MAX_SAFE_INTEGER);
          }
        : () => undefined,
    lists: { ...(recall !== undefined && { recall }), ...(probes !== undefined && { probes }) },
    signal: options.signal,
  };
}

function checkSearchDimensions(
  owner: string,
  {
    searchDimensions,
    mode,
    recall,
    probes,
  }: Pick<SearchOptions<unknown>, 'searchDimensions' | 'mode' | 'recall' | 'probes'>,
  { dimensions, vectorType }: VectorShape,
): void {
  const given = `${owner}: searchDimensions is ${searchDimensions}`;
  if (vectorType === 'bit') {
    throw new InvalidArgument(`${given}; a table of bits is searched by all of them, which takes no longer`);
  }
  if ((searchDimensions as number) > dimensions) {
    throw new InvalidArgument(`${given}; the vectors of the table have ${dimensions} dimensions`);
  }
  if (mode === 'exact') {
    throw new InvalidArgument(`${given}, by which a search is approximate; leave out mode: 'exact'`);
  }
  if (recall !== undefined || probes !== undefined) {
    throw new InvalidArgument(`${given}, and recall and probes belong to an index, which it does not use; use either`);
  }
}

/** Returns the rows of ids. Ids that no vector has are left out. */
function rowsOf(owner: string, { ids }: SideTables, given: Iterable<unknown>): BigInt64Array {
  const rows = Array.from(given, (id) => ids.rowOf(owner, id));
  return BigInt64Array.from(rows.filter((row) => row !== undefined)).sort();
}
