import { checkOptions, isTagged, type OptionRule, rules } from '@kohakuvault/core-native/internal';

export interface FollowOptions {
  /**
   * The index of the first element that is wanted; a negative one counts from the end. Default: the length, so that only
   * what is appended from now on is wanted.
   */
  from?: number | undefined;
  /** Ends the iteration, which throws its reason. */
  signal?: AbortSignal | undefined;
}

const signal: OptionRule = { expected: 'an AbortSignal', accepts: (value) => isTagged(value, 'AbortSignal') };
const RULES = {
  from: rules.wholeNumber(Number.MIN_SAFE_INTEGER),
  signal,
};

export function checkFollow(options: FollowOptions | undefined): FollowOptions {
  checkOptions('follow', options, RULES);
  return options ?? {};
}

/** Returns the index of the first element that is wanted of a column of so many elements. */
export function firstFollowed(from: number | undefined, length: number): number {
  if (from === undefined) return length;
  return from < 0 ? Math.max(0, length + from) : from;
}
