import {
  checkOptions,
  describe,
  InvalidArgument,
  type OptionRule,
  refusePromise,
  rules,
} from '@kohakuvault/core-native/internal';
import { type FieldTypes, VectorKVault, type VectorLike, type Where } from '@kohakuvault/vector';
import { type Fused, type Fusion, fuse } from './hybrid/fusion.ts';
import { type Limits, limitsOf } from './hybrid/limits.ts';
import type { Match } from './match/expression.ts';
import { TextVault } from './text-vault.ts';

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

/** How many results of each search are joined at first: more than are wanted, since the lists differ. */
const LEAST_DEPTH = 50;
const DEPTH_OF_RESULT = 5;
const GROWTH = 4;

/** What both searches have found. */
interface Found<V> {
  readonly id: bigint;
  readonly value: V;
}

/** Searches by words and by a vector, and joins the results. The two vaults may be in one file or in two. */
export function hybridSearch<V, F extends FieldTypes = FieldTypes>(
  // biome-ignore lint/suspicious/noExplicitAny: the names of columns and the encodings do not matter here.
  vaults: { text: TextVault<V, any, any>; vector: VectorKVault<V, any, F> },
  options: HybridSearchOptions<V, F>,
): HybridResult<V>[] {
  const { text, vector } = checkedVaults<V>(vaults);
  checkOptions('hybridSearch', options, RULES);
  const { query, embedding, k = 10, distinctBy } = options ?? {};
  if (query === undefined || embedding === undefined) {
    throw new InvalidArgument('hybridSearch expects { query, embedding }: the words and the vector to look for');
  }
  checkOptions('hybridSearch: weights', options.weights, { text: weight, vector: weight });
  // Of vaults on one connection, both see one state of the file.
  return text.snapshot(() =>
    vector.snapshot(() => {
      const limits = limitsOf(vector, options as HybridSearchOptions<V>);
      for (let depth = Math.max(LEAST_DEPTH, k * DEPTH_OF_RESULT); ; depth *= GROWTH) {
        const { results, isAll } = searchBoth(text, vector, options as HybridSearchOptions<V>, limits, depth);
        const distinct = distinctBy ? firstOfEach(results, distinctBy) : results;
        if (distinct.length >= k || isAll) return distinct.slice(0, k);
      }
    }),
  );
}

function searchBoth<V>(
  text: TextVault<V, string>,
  vector: VectorKVault<V>,
  { query, embedding, weights, fusion = 'rrf', match = 'any', key }: HybridSearchOptions<V>,
  limits: Limits<V>,
  depth: number,
): { results: HybridResult<V>[]; isAll: boolean } {
  const texts = text.search(query, { k: depth, match, ...limits.text });
  const vectors = vector.search(embedding, { k: depth, ...limits.vector });
  const keyOf = ({ id, value }: Found<V>) => (key ? refusePromise('key', key(value)) : id);
  const fused = fuse<Found<V>, Found<V>>(
    texts.map((item) => ({ key: keyOf(item), score: item.score, item })),
    vectors.map((item) => ({ key: keyOf(item), score: -item.distance, item })),
    fusion,
    { text: weights?.text ?? 1, vector: weights?.vector ?? 1 },
  );
  return { results: fused.map(resultOf), isAll: texts.length < depth && vectors.length < depth };
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

function checkedVaults<V>(vaults: unknown): { text: TextVault<V, string>; vector: VectorKVault<V> } {
  const { text, vector } = (vaults ?? {}) as { text?: unknown; vector?: unknown };
  if (!(text instanceof TextVault)) {
    throw new InvalidArgument(`hybridSearch expects text to be a TextVault, got ${describe(text)}`);
  }
  if (!(vector instanceof VectorKVault)) {
    throw new InvalidArgument(`hybridSearch expects vector to be a VectorKVault, got ${describe(vector)}`);
  }
  return { text, vector };
}
