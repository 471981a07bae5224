import { checkOptions, InvalidArgument, rules } from '@kohakuvault/core-native/internal';
import { NO_LIMIT, type ResolvedRange } from '../keys/range.ts';
import { SIGNAL_RULE } from './signal-option.ts';

export interface WatchOptions {
  /** Ends the watch: the iteration throws its reason. */
  signal?: AbortSignal | undefined;
  /**
   * The position of a watch or of a change, after which this watch goes on. `KV_STALE` if what has followed is not known
   * any more. Default: now.
   */
  since?: string | undefined;
  /**
   * For how many milliseconds after the end of this watch, or of its process, changes are still logged for a watch that
   * goes on with `since`. Default 0.
   */
  keep?: number | undefined;
}

const RULES = {
  signal: SIGNAL_RULE,
  since: { expected: 'a position', accepts: () => true },
  keep: rules.wholeNumber(0),
};

/** Checks the range and the options of a watch. Returns the options. */
export function checkWatch({ reverse, limit }: ResolvedRange, options: WatchOptions | undefined): WatchOptions {
  checkOptions('watch', options, RULES);
  if (reverse || limit !== NO_LIMIT) {
    throw new InvalidArgument('watch expects a range without reverse and limit: changes come in the order of commits');
  }
  return options ?? {};
}
