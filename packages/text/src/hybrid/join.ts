import {
  checkOptions,
  InvalidArgument,
  type OptionRule,
  refusePromise,
  rules,
} from '@kohakuvault/core-native/internal';
import type { FieldTypes, VectorLike, Where } from '@kohakuvault/vector/internal';
import type { Match } from '../match/expression.ts';
import { type Fused, type Fusion, fuse } from './fusion.ts';

export interface HybridSearchOptions<V, F extends FieldTypes = FieldTypes> {
  /** The words to look for. */
  query: string;
  /** The vector to look for. */
  embedding: VectorLike;
  /** The number of results. Default 10. */
  k?: number | undefined;
  /** How much each search counts. Default 1 each. */
  weights?: { text?: number | undefined; vector?: number | undefined } | undefined;
  /** 'rrf' by the places of results in the two lists, 'relative' by their scores. Default 'rrf'. */
  fusion?: Fusion | undefined;
  /** How the words must be in a document: as in `TextVault.search`. Default 'any'. */
  match?: Match | undefined;
  /** What a document and its vector have in common. Default: their ids. */
  key?: ((value: V) => string) | undefined;
  /**
   * Limits the search: a condition on the fields of the vectors, as in `VectorKVault.search`, or a function that accepts
   * values. A document without a vector meets no condition.
   */
  where?: Where<F> | ((value: V) => boolean) | undefined;
  /** Returns only the best result of those for which it returns the same. */
  distinctBy?: ((value: V) => unknown) | undefined;
}

export interface HybridResult<V> {
  /** The id of the document; of the vector, if only that was found. */
  id: bigint;
  value: V;
  score: number;
  /** The place in the results of each search that has found it, from 1 on. */
  ranks: { text?: number; vector?: number };
}

const anyFunction: OptionRule = { expected: 'a function', accepts: (value) => typeof value === 'function' };
const weight: OptionRule = {
  expected: 'a number, at least 0',
  accepts: (value) => typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY,
};
const RULES: Record<string, OptionRule> = {
  query: { expected: 'a string', accepts: (value) => typeof value === 'string' },
  embedding: { expected: 'a vector', accepts: (value) => value !== null },
  k: rules.wholeNumber(0),
  weights: { expected: '{ text, vector }', accepts: (value) => typeof value === 'object' && value !== null },
  fusion: rules.oneOf('rrf', 'relative'),
  match: rules.oneOf('all', 'any', 'phrase', 'raw'),
  key: anyFunction,
  where: {
    expected: 'an object of conditions on the fields of the vectors, or a function that accepts values',
    accepts: (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
  },
  distinctBy: anyFunction,
};

/** Refuses options that a hybrid search does not have. */
export function checkHybrid(options: object | undefined): void {
  checkOptions('hybridSearch', options, RULES);
  const { query, embedding, weights } = (options ?? {}) as Partial<HybridSearchOptions<unknown>>;
  if (query === undefined || embedding === undefined) {
    throw new InvalidArgument('hybridSearch expects { query, embedding }: the words and the vector to look for');
  }
  checkOptions('hybridSearch: weights', weights, { text: weight, vector: weight });
}

/** How many results of each search are joined at first: more than are wanted, since the lists differ. */
const LEAST_DEPTH = 50;
const DEPTH_OF_RESULT = 5;
const GROWTH = 4;

/** Returns how many results of each search are joined: at first, and then if there were not enough. */
export function* depthsFor(k: number): Generator<number, never> {
  for (let depth = Math.max(LEAST_DEPTH, k * DEPTH_OF_RESULT); ; depth *= GROWTH) yield depth;
}

/** What both searches have found. */
interface Found<V> {
  readonly id: bigint;
  readonly value: V;
}

/** Joins the results of two searches of a depth. Returns undefined if deeper ones may have more that are wanted. */
export function joined<V>(
  texts: readonly (Found<V> & { readonly score: number })[],
  vectors: readonly (Found<V> & { readonly distance: number })[],
  { k = 10, weights, fusion = 'rrf', key, distinctBy }: HybridSearchOptions<V>,
  depth: number,
): HybridResult<V>[] | undefined {
  const keyOf = ({ id, value }: Found<V>) => (key ? refusePromise('key', key(value)) : id);
  const fused = fuse<Found<V>, Found<V>>(
    texts.map((item) => ({ key: keyOf(item), score: item.score, item })),
    vectors.map((item) => ({ key: keyOf(item), score: -item.distance, item })),
    fusion,
    { text: weights?.text ?? 1, vector: weights?.vector ?? 1 },
  );
  const results = fused.map(resultOf);
  const distinct = distinctBy ? firstOfEach(results, distinctBy) : results;
  const isAll = texts.length < depth && vectors.length < depth;
  return distinct.length >= k || isAll ? distinct.slice(0, k) : undefined;
}

function resultOf<V>({ score, text, vector }: Fused<Found<V>, Found<V>>): HybridResult<V> {
  const { id, value } = ((text ?? vector) as { item: Found<V> }).item;
  return { id, value, score, ranks: { ...(text && { text: text.rank }), ...(vector && { vector: vector.rank }) } };
}

function firstOfEach<V>(results: readonly HybridResult<V>[], distinctBy: (value: V) => unknown): HybridResult<V>[] {
  const seen = new Set<unknown>();
  return results.filter(({ value }) => {
    const what = refusePromise('distinctBy', distinctBy(value));
    if (seen.has(what)) return false;
    seen.add(what);
    return true;
  });
}
