import type { OptimizeOptions } from '@kohakuvault/core-native/database';
import { checkOptions, InvalidArgument, isTagged, type OptionRule, rules } from '@kohakuvault/core-native/internal';
import type { Metric } from './metrics.ts';

export interface IndexOptions {
  /**
   * The number of lists. Default: as many as suit the number of vectors, two and a half times its square root. From
   * 250,000 on it is a two hundredth of it.
   */
  lists?: number | undefined;
}

export interface IndexAsyncOptions extends IndexOptions {
  /** Called with the part that is done, from 0 to 1. */
  onProgress?: ((done: number) => void) | undefined;
  /** Cancels the build, which leaves nothing behind. The promise is rejected with the reason of the signal. */
  signal?: AbortSignal | undefined;
}

export type IndexBuildOptions = IndexAsyncOptions;

/** The options of `optimizeAsync`. */
export interface OptimizeAsyncOptions extends OptimizeOptions {
  /** Called with the part that is done, from 0 to 1, while the index is made again. */
  onProgress?: ((done: number) => void) | undefined;
  /** Cancels it. Then the index is as it was. The promise is rejected with the reason of the signal. */
  signal?: AbortSignal | undefined;
}

/** The index of a table. */
export interface VectorIndexInfo {
  kind: 'lists';
  /** The number of lists. */
  lists: number;
  /** The number of vectors that are in lists. */
  indexed: number;
  /** The number of vectors that are in none. Each search looks at all of them. */
  pending: number;
  /** What the index takes in the file, in bytes. */
  bytes: number;
  /** When it was made. */
  trained: Date;
  /** What was measured then: the share of the nearest vectors that are in so many of the lists nearest to a query. */
  recall: { probes: number; recall: number }[];
}

const MOST_LISTS = 65_536;

const RULES: Record<string, OptionRule> = { lists: rules.wholeNumber(1, MOST_LISTS) };
const WATCH_RULES: Record<string, OptionRule> = {
  onProgress: { expected: 'a function (done) => void', accepts: (value) => typeof value === 'function' },
  signal: { expected: 'an AbortSignal', accepts: (value) => isTagged(value, 'AbortSignal') },
};

/** Checks what watches a build, and returns the other options. */
export function checkWatch(
  owner: string,
  { onProgress, signal, ...others }: OptimizeAsyncOptions,
): [watch: IndexAsyncOptions, others: OptimizeOptions] {
  const watch = { onProgress, signal };
  checkOptions(owner, watch, WATCH_RULES);
  return [watch, others];
}

export function checkIndexOptions(
  owner: string,
  options: IndexAsyncOptions | undefined,
  metric: Metric,
): IndexBuildOptions {
  if (metric === 'dot') {
    throw new InvalidArgument(
      `${owner}: the lists of an index are of near vectors, and the metric of this table is 'dot', under which long ` +
        "vectors are best wherever they are; search without an index, or store vectors of the length 1 under 'cosine'",
    );
  }
  checkOptions(owner, options, owner === 'createIndexAsync' ? { ...RULES, ...WATCH_RULES } : RULES);
  return options ?? {};
}
