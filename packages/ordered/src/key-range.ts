import { checkOptions, describe, InvalidArgument, LIMIT, nativeCore, rules } from '@kohakuvault/core-native/internal';
import { ownKey } from './key-copies.ts';

/** Which entries, and in which direction. */
export interface KeyRange<K> {
  /** Only keys that are strings and begin so. */
  prefix?: string | undefined;
  gt?: K | undefined;
  gte?: K | undefined;
  lt?: K | undefined;
  lte?: K | undefined;
  /** From the greatest key to the least. */
  reverse?: boolean | undefined;
  /** At most so many entries. */
  limit?: number | undefined;
}

/** What a limit's key means: one of `LIMIT`. */
export type LimitKind = (typeof LIMIT)[keyof typeof LIMIT];

/**
 * A range that was checked. Its keys are copies where they are objects, unless the order is the user's: a walk goes on long
 * after it was begun, and reading a key of it must not run a getter.
 */
export interface Walk<K> {
  readonly lower: K | string | undefined;
  readonly lowerIs: LimitKind;
  readonly upper: K | string | undefined;
  readonly upperIs: LimitKind;
  readonly reverse: boolean;
  readonly limit: number;
}

const anything = { expected: 'a key', accepts: () => true };
const RULES = {
  prefix: { expected: 'a string', accepts: (value: unknown) => typeof value === 'string' },
  gt: anything,
  gte: anything,
  lt: anything,
  lte: anything,
  reverse: rules.boolean,
  limit: {
    expected: 'a whole number from 0 on, or Infinity',
    accepts: (value: unknown) => value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && Number(value) >= 0),
  },
};

const EVERYTHING: Walk<never> = {
  lower: undefined,
  lowerIs: LIMIT.none,
  upper: undefined,
  upperIs: LIMIT.none,
  reverse: false,
  limit: Number.POSITIVE_INFINITY,
};

/** Checks a range. `ownOrder` tells that a comparator decides, which knows no prefixes. */
export function toWalk<K>(range: KeyRange<K> | undefined, ownOrder: boolean): Walk<K> {
  if (range === undefined) return EVERYTHING;
  checkOptions('range', range, RULES);
  const { gt, gte, lt, lte, prefix, reverse = false, limit = Number.POSITIVE_INFINITY } = range;
  // A getter may say another thing than it did to the check.
  const isSound = RULES.limit.accepts(limit) && (prefix === undefined || RULES.prefix.accepts(prefix));
  if (!isSound) checkOptions('range', { prefix, limit }, RULES);
  if (gt !== undefined && gte !== undefined) throw both('gt', 'gte');
  if (lt !== undefined && lte !== undefined) throw both('lt', 'lte');
  const lower = limitKey(gt ?? gte, ownOrder);
  const upper = limitKey(lt ?? lte, ownOrder);
  const walk: Walk<K> = {
    lower,
    lowerIs: lower === undefined ? LIMIT.none : gt === undefined ? LIMIT.included : LIMIT.excluded,
    upper,
    upperIs: upper === undefined ? LIMIT.none : lt === undefined ? LIMIT.included : LIMIT.excluded,
    reverse: !!reverse,
    limit,
  };
  if (prefix === undefined) return walk;
  if (ownOrder) {
    throw new InvalidArgument('range: prefix is given to a tree with compare, whose order is its own; use gte and lt');
  }
  return withPrefix(walk, prefix);
}

function limitKey<K>(key: K, ownOrder: boolean): K {
  return typeof key === 'object' && !ownOrder ? (ownKey(key) as K) : key;
}

function both(one: string, other: string): InvalidArgument {
  return new InvalidArgument(`range: ${one} and ${other} are both given; give the one that is meant`);
}

/** What of the range begins with the prefix. */
function withPrefix<K>(walk: Walk<K>, prefix: string): Walk<K> {
  const { binding } = nativeCore();
  const below = (key: unknown) => binding.compareKeys(key, prefix) < 0;
  const keepLower = walk.lower !== undefined && !below(walk.lower);
  // An upper key that is not below the prefix and does not begin with it is behind all that do.
  const keepUpper =
    walk.upper !== undefined &&
    (below(walk.upper) || (typeof walk.upper === 'string' && walk.upper.startsWith(prefix)));
  return {
    ...walk,
    ...(keepLower ? {} : { lower: prefix, lowerIs: LIMIT.included }),
    ...(keepUpper ? {} : { upper: prefix, upperIs: LIMIT.prefix }),
  };
}

/** The rest of a walk whose last entry had this key. */
export function after<K>(walk: Walk<K>, key: K): Walk<K> {
  return walk.reverse
    ? { ...walk, upper: key, upperIs: LIMIT.excluded }
    : { ...walk, lower: key, lowerIs: LIMIT.excluded };
}

/** The walk to the nearest entry at a key or on one side of it. */
export function nearest<K>(given: K, side: 'below' | 'above', ownOrder: boolean): Walk<K> {
  if (given === undefined) throw new InvalidArgument('a key is undefined; expected a key');
  const key = limitKey(given, ownOrder);
  return side === 'below'
    ? { ...EVERYTHING, upper: key, upperIs: LIMIT.included, reverse: true }
    : { ...EVERYTHING, lower: key, lowerIs: LIMIT.included };
}

export function everything<K>(reverse = false): Walk<K> {
  return reverse ? { ...EVERYTHING, reverse } : EVERYTHING;
}

/** The walk from `start` on to before `end`. */
export function between<K>(start: K, end: K, ownOrder: boolean): Walk<K> {
  if (start === undefined || end === undefined) {
    throw new InvalidArgument(
      `range: start is ${describe(start)} and end is ${describe(end)}; give both keys, or one object such as { gte, lt }`,
    );
  }
  return {
    lower: limitKey(start, ownOrder),
    lowerIs: LIMIT.included,
    upper: limitKey(end, ownOrder),
    upperIs: LIMIT.excluded,
    reverse: false,
    limit: Number.POSITIVE_INFINITY,
  };
}
