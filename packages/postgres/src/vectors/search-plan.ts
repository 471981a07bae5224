import { checkOptions, describe, InvalidArgument, isTagged, rules } from '@kohakuvault/core-native/internal';
import {
  type AsyncSearchOptions,
  checkMetric,
  choiceOf,
  type FieldTypes,
  type IdKind,
  type Metric,
  typeOfField,
} from '@kohakuvault/vector/internal';
import type { Parameter } from '../client/session.ts';
import type { VectorContext } from './vector-context.ts';
import type { VectorId } from './vector-ids.ts';
import { parameterOf } from './vector-text.ts';

/** The options of a search, with the meaning that they have for a local vault. */
export type PostgresSearchOptions<
  // biome-ignore lint/suspicious/noExplicitAny: a vault holds anything unless its user says what.
  V = any,
  F extends FieldTypes = FieldTypes,
  K extends IdKind = 'i64',
> = AsyncSearchOptions<V, F, K>;

const object = (value: unknown): value is object => typeof value === 'object' && value !== null;
const SEARCH_RULES = {
  k: rules.wholeNumber(0),
  metric: { expected: 'the name of a metric', accepts: (value: unknown) => typeof value === 'string' },
  maxDistance: { expected: 'a number, at least 0', accepts: (value: unknown) => typeof value === 'number' },
  offset: rules.wholeNumber(0),
  filter: {
    expected: 'a function (id, value) => boolean, or an iterable of ids',
    accepts: (value: unknown) => typeof value === 'function' || (object(value) && Symbol.iterator in value),
  },
  where: { expected: 'an object of conditions', accepts: object },
  distinctBy: { expected: 'the name of a field', accepts: (value: unknown) => typeof value === 'string' },
  mmr: {
    expected: 'an object { fetchK, lambda }',
    accepts: (value: unknown) => object(value) && !Array.isArray(value),
  },
  mode: rules.oneOf('exact', 'approximate'),
  oversample: rules.wholeNumber(1),
  signal: { expected: 'an AbortSignal', accepts: (value: unknown) => isTagged(value, 'AbortSignal') },
};

/** A search with checked options. */
export interface SearchPlan {
  readonly owner: string;
  readonly offset: number;
  /** The number of neighbors, skipped ones included. */
  readonly wanted: number;
  readonly maxDistance: number;
  readonly metric: Metric;
  readonly only: readonly VectorId[] | undefined;
  readonly accepts: ((id: never, value: never) => boolean) | undefined;
  readonly where: unknown;
  readonly distinctBy: string | undefined;
  /** How many of the neighbors are chosen, and how. */
  readonly choice: { readonly k: number; readonly lambda: number } | undefined;
  readonly isExact: boolean;
  readonly oversample: number;
  readonly signal: AbortSignal | undefined;
}

/** A query as the server takes it, and as bytes. */
export interface Query {
  readonly parameter: Parameter;
  readonly bytes: Buffer;
}

/** Checks the options of a search before the first statement. The table must be open. */
export function planSearch(owner: string, context: VectorContext, given: unknown): SearchPlan {
  if (typeof given !== 'number' && given !== undefined && !object(given)) {
    throw new InvalidArgument(`${owner}: k is ${describe(given)}; expected a whole number, or options`);
  }
  // biome-ignore lint/suspicious/noExplicitAny: the fields and ids are those of the table.
  const options = (typeof given === 'number' ? { k: given } : (given ?? {})) as PostgresSearchOptions<any, any, any>;
  checkOptions(owner, options, SEARCH_RULES);
  const { shape } = context.options;
  const { k = 10, offset = 0, maxDistance = Number.POSITIVE_INFINITY, mode = 'exact', oversample = 10 } = options;
  const metric = options.metric === undefined ? shape.metric : checkMetric(owner, options.metric, shape.vectorType);
  if (Number.isNaN(maxDistance) || (maxDistance < 0 && metric !== 'dot')) {
    const expected = metric === 'dot' ? 'a number' : 'a number, at least 0';
    throw new InvalidArgument(`${owner} expects maxDistance to be ${expected}, got ${maxDistance}`);
  }
  if (mode === 'approximate' && metric !== shape.metric) {
    throw new InvalidArgument(
      `${owner}: an approximate search has the metric of the index, ${shape.metric}; got ${metric}`,
    );
  }
  const { filter, distinctBy, where, signal } = options;
  if (distinctBy !== undefined) typeOfField(owner, context.fields, distinctBy);
  const isTest = typeof filter === 'function';
  const choice = choiceOf(owner, options.mmr, k, offset);
  signal?.throwIfAborted();
  return {
    owner,
    offset,
    wanted: choice?.fetchK ?? Math.min(k + offset, Number.MAX_SAFE_INTEGER),
    maxDistance,
    metric,
    only:
      filter === undefined || isTest
        ? undefined
        : Array.from(filter as Iterable<unknown>, (id) => context.ids.check(owner, id)),
    accepts: isTest ? (filter as SearchPlan['accepts']) : undefined,
    where,
    distinctBy,
    choice,
    isExact: mode === 'exact',
    oversample,
    signal,
  };
}

/** Checks and encodes a query. */
export function queryOf(owner: string, { format, options }: VectorContext, query: unknown, metric: Metric): Query {
  const bytes = format.encodeQuery(owner, query as never, metric);
  return { parameter: parameterOf(options.shape, bytes), bytes };
}
