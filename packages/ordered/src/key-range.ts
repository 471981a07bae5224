import {
  checkOptions,
  describe,
  InvalidArgument,
  LIMIT,
  nativeCore,
  type OrderedKey,
  rules,
} from '@kohakuvault/core-native/internal';
import { ownKey } from './key-copies.ts';

/** Whether keys of a type have an order without `compare`. */
export type HasOrder<K> = unknown extends K ? true : [K] extends [OrderedKey] ? true : false;

/**
 * A limit of a range: a key or, of a tuple, its first elements. They are before all tuples that begin with them. With
 * `compare`, give whole keys, since the function gets the limit as it is.
 */
export type KeyBound<K> = K | (K extends readonly unknown[] ? FirstElements<K> : never);

type FirstElements<T extends readonly unknown[]> = T extends readonly [...infer First, unknown]
  ? First extends readonly []
    ? never
    : Readonly<First> | FirstElements<First>
  : never;

/** A prefix, if there are keys that are strings. */
type PrefixOf<K> = unknown extends K ? string : [Extract<K, string>] extends [never] ? undefined : string;

/** Selects entries by their keys, and the direction. */
export interface KeyRange<K> {
  /** Only keys that are strings with this prefix. */
  prefix?: PrefixOf<K> | undefined;
  gt?: KeyBound<K> | undefined;
  gte?: KeyBound<K> | undefined;
  lt?: KeyBound<K> | undefined;
  lte?: KeyBound<K> | undefined;
  /** From the greatest key to the least. */
  reverse?: boolean | undefined;
  /** The most entries. */
  limit?: number | undefined;
}

/** The meaning of a limit of a walk: a value of `LIMIT`. */
export type LimitKind = (typeof LIMIT)[keyof typeof LIMIT];

/**
 * A checked range. Keys that are objects are copies, unless the order is the user's: a walk may continue much later,
 * and reading its keys must not run a getter.
 */
export interface Walk<K> {
  readonly lower: KeyBound<K> | string | undefined;
  readonly lowerIs: LimitKind;
  readonly upper: KeyBound<K> | string | undefined;
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
    expected: 'a whole number >= 0, or Infinity',
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

/** Checks a range. With `ownOrder`, a comparator decides the order, and prefixes are refused. */
export function toWalk<K>(range: KeyRange<K> | undefined, ownOrder: boolean): Walk<K> {
  if (range === undefined) return EVERYTHING;
  checkOptions('range', range, RULES);
  const { gt, gte, lt, lte, reverse = false, limit = Number.POSITIVE_INFINITY } = range;
  const prefix: string | undefined = range.prefix;
  // A getter may return something else than it did for the check.
  const isValid = RULES.limit.accepts(limit) && (prefix === undefined || RULES.prefix.accepts(prefix));
  if (!isValid) checkOptions('range', { prefix, limit }, RULES);
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
    throw new InvalidArgument(
      'range: prefix does not work in a tree with compare, which has its own order; use gte and lt',
    );
  }
  return withPrefix(walk, prefix);
}

function limitKey<K>(key: K, ownOrder: boolean): K {
  return typeof key === 'object' && !ownOrder ? (ownKey(key) as K) : key;
}

function both(one: string, other: string): InvalidArgument {
  return new InvalidArgument(`range: ${one} and ${other} are both given; give only one of them`);
}

/** Restricts a walk to keys with a prefix. */
function withPrefix<K>(walk: Walk<K>, prefix: string): Walk<K> {
  const { binding } = nativeCore();
  const below = (key: unknown) => binding.compareKeys(key, prefix) < 0;
  const keepLower = walk.lower !== undefined && !below(walk.lower);
  // An upper key that is not below the prefix and does not begin with it is above all keys with the prefix.
  const keepUpper =
    walk.upper !== undefined &&
    (below(walk.upper) || (typeof walk.upper === 'string' && walk.upper.startsWith(prefix)));
  return {
    ...walk,
    ...(keepLower ? {} : { lower: prefix, lowerIs: LIMIT.included }),
    ...(keepUpper ? {} : { upper: prefix, upperIs: LIMIT.prefix }),
  };
}

/** Returns the walk behind an entry with this key. */
export function after<K>(walk: Walk<K>, key: K): Walk<K> {
  return walk.reverse
    ? { ...walk, upper: key, upperIs: LIMIT.excluded }
    : { ...walk, lower: key, lowerIs: LIMIT.excluded };
}

/** Returns the walk that begins with the nearest entry at a key or on one side of it. */
export function nearest<K>(given: KeyBound<K>, side: 'below' | 'above', ownOrder: boolean): Walk<K> {
  if (given === undefined) throw new InvalidArgument('the key is undefined; expected a key');
  const key = limitKey(given, ownOrder);
  return side === 'below'
    ? { ...EVERYTHING, upper: key, upperIs: LIMIT.included, reverse: true }
    : { ...EVERYTHING, lower: key, lowerIs: LIMIT.included };
}

export function everything<K>(reverse = false): Walk<K> {
  return reverse ? { ...EVERYTHING, reverse } : EVERYTHING;
}

/** Returns the walk over `start <= key < end`. */
export function between<K>(start: KeyBound<K>, end: KeyBound<K>, ownOrder: boolean): Walk<K> {
  if (start === undefined || end === undefined) {
    throw new InvalidArgument(
      `range: start is ${describe(start)} and end is ${describe(end)}; ` +
        'give both keys, or an object such as { gte, lt }',
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
