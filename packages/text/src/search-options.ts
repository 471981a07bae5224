import {
  checkOptions,
  describe,
  InvalidArgument,
  idsOf,
  isTagged,
  type OptionRule,
  type RowId,
  rules,
} from '@kohakuvault/core-native/internal';
import type { Markers } from './found/places.ts';
import { expressionOf, type Match } from './match/expression.ts';

/** The documents to search: the ids of some, or a function that accepts an id and a value. */
export type TextFilter<V> = Iterable<RowId> | ((id: bigint, value: V) => boolean);

/** How a query is read, and where it is looked for. */
export interface TextQueryOptions<F extends string> {
  /** The columns to search. Default: all. */
  columns?: readonly F[] | undefined;
  /**
   * 'all': documents with all words. 'any': with at least one. 'phrase': with the words next to each other. 'raw': the
   * query is in FTS5's own language. Default 'all'.
   */
  match?: Match | undefined;
  /** Whether the last word may be the beginning of a word. Default false. */
  prefix?: boolean | undefined;
  /**
   * Refuses to begin if it was aborted, also between steps that call a filter. Nothing can abort it while the search
   * blocks the event loop: `timeout` ends that.
   */
  signal?: AbortSignal | undefined;
  /** The most milliseconds that the search may take. It fails with `KV_TIMEOUT` then. */
  timeout?: number | undefined;
}

export interface TextSearchOptions<V, F extends string> extends TextQueryOptions<F> {
  /** The number of results, without an upper limit. Default 10. */
  k?: number | undefined;
  /** The number of best results to skip. Default 0. */
  offset?: number | undefined;
  /** Limits the search. The results are the k best documents that the filter accepts. */
  filter?: TextFilter<V> | undefined;
  /** Returns the part of each document that shows best why it was found: of about so many words, by default 16. */
  snippet?: boolean | (Markers & { tokens?: number | undefined }) | undefined;
  /** Returns where each document matches. */
  highlight?: boolean | Markers | undefined;
}

/** A query with checked options. */
export interface QueryPlan {
  readonly query: string;
  readonly match: Match;
  /** The query in the language of FTS5; undefined if nothing can match. */
  readonly expression: string | undefined;
  /** Whether the expression is nothing but words, of which a document has at least one. */
  readonly isPlain: boolean;
  readonly signal: AbortSignal | undefined;
  /** The time of `performance.now()` until which the search may run. */
  readonly deadline: number | undefined;
}

export interface SearchPlan<V> extends QueryPlan {
  readonly offset: number;
  /** The number of documents, skipped ones included. */
  readonly wanted: number;
  readonly only: BigInt64Array | undefined;
  readonly accepts: ((id: bigint, value: V) => boolean) | undefined;
  readonly snippet: (Markers & { readonly tokens: number }) | undefined;
  readonly highlight: Markers | undefined;
}

/** What a plan needs to know of the table. */
export interface SearchedTable {
  readonly columns: readonly string[];
  readonly tokenizer: string;
}

const text: OptionRule = { expected: 'a string', accepts: (value) => typeof value === 'string' };
const MARKER_RULES = { before: text, after: text };
const SNIPPET_RULES = { ...MARKER_RULES, tokens: rules.wholeNumber(1, 10_000) };
const SNIPPET_TOKENS = 16;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const QUERY_RULES: Record<string, OptionRule> = {
  columns: { expected: 'an array of names of columns', accepts: (value) => Array.isArray(value) && value.length > 0 },
  match: rules.oneOf('all', 'any', 'phrase', 'raw'),
  prefix: rules.boolean,
  signal: { expected: 'an AbortSignal', accepts: (value) => isTagged(value, 'AbortSignal') },
  timeout: { expected: 'a number of milliseconds', accepts: (value) => typeof value === 'number' && value >= 0 },
};

const SEARCH_RULES: Record<string, OptionRule> = {
  ...QUERY_RULES,
  k: rules.wholeNumber(0),
  offset: rules.wholeNumber(0),
  filter: {
    expected: 'a function (id, value) => boolean, or an iterable of ids',
    accepts: (value) =>
      typeof value === 'function' ||
      (isObject(value) && typeof (value as Iterable<unknown>)[Symbol.iterator] === 'function'),
  },
  snippet: { expected: 'true, false or { tokens, before, after }', accepts: isSwitch },
  highlight: { expected: 'true, false or { before, after }', accepts: isSwitch },
};

function isSwitch(value: unknown): boolean {
  return typeof value === 'boolean' || (isObject(value) && !Array.isArray(value));
}

/** Checks a query and the options that `count` and `search` share. */
export function planQuery<F extends string>(
  owner: string,
  table: SearchedTable,
  query: string,
  options: TextQueryOptions<F> | undefined,
): QueryPlan {
  checkOptions(owner, options, QUERY_RULES);
  return queryPlanOf(owner, table, query, options ?? {});
}

export function planSearch<V, F extends string>(
  owner: string,
  table: SearchedTable,
  query: string,
  given: number | TextSearchOptions<V, F> | undefined,
): SearchPlan<V> {
  if (typeof given !== 'number' && given !== undefined && !isObject(given)) {
    throw new InvalidArgument(`${owner}: k is ${describe(given)}; expected a whole number, or options`);
  }
  const options: TextSearchOptions<V, F> = typeof given === 'number' ? { k: given } : (given ?? {});
  checkOptions(owner, options, SEARCH_RULES);
  const { k = 10, offset = 0, filter, snippet, highlight } = options;
  if (isObject(snippet)) checkOptions(`${owner}: snippet`, snippet, SNIPPET_RULES);
  if (isObject(highlight)) checkOptions(`${owner}: highlight`, highlight, MARKER_RULES);
  const isTest = typeof filter === 'function';
  return {
    ...queryPlanOf(owner, table, query, options),
    offset,
    wanted: Math.min(k + offset, Number.MAX_SAFE_INTEGER),
    only: filter === undefined || isTest ? undefined : idsOf(owner, filter),
    accepts: isTest ? filter : undefined,
    snippet: switched(snippet, (own) => ({ ...own, tokens: own.tokens ?? SNIPPET_TOKENS })),
    highlight: switched(highlight, (own) => own),
  };
}

/** Returns what an option asks for that is a switch or an object; undefined if it is off. */
function switched<Own extends object, Wanted>(
  option: boolean | Own | undefined,
  wanted: (own: Partial<Own>) => Wanted,
): Wanted | undefined {
  if (option === undefined || option === false) return undefined;
  return wanted(option === true ? {} : option);
}

function queryPlanOf<F extends string>(
  owner: string,
  { columns: all, tokenizer }: SearchedTable,
  query: string,
  { columns, match = 'all', prefix = false, signal, timeout }: TextQueryOptions<F>,
): QueryPlan {
  if (typeof query !== 'string')
    throw new InvalidArgument(`${owner}: the query is ${describe(query)}; expected a string`);
  const other = columns?.find((name) => !all.includes(name));
  if (columns && other !== undefined) {
    throw new InvalidArgument(
      `${owner}: there is no column ${describe(other)}; the columns are ${all.map(describe).join(', ')}`,
    );
  }
  if (match === 'raw' && prefix) {
    throw new InvalidArgument(`${owner}: prefix is for words; in a raw query, write * after the word`);
  }
  signal?.throwIfAborted();
  const expression = expressionOf(query, { match, prefix, columns, hasWords: tokenizer === 'words' });
  return {
    query,
    match,
    expression: expression?.text,
    isPlain: expression?.isPlain ?? false,
    signal,
    deadline: timeout === undefined ? undefined : performance.now() + timeout,
  };
}
