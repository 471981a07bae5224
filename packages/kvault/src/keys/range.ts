import {
  checkOptions,
  InvalidArgument,
  isArrayBuffer,
  type OptionRule,
  rules,
} from '@kohakuvault/core-native/internal';
import { afterPrefix, type Key, keyBytes } from './keys.ts';

/** Selects keys, and their order. A key must meet every condition. */
export interface KeyRange {
  /** The beginning of the keys. */
  prefix?: Key | undefined;
  gt?: Key | undefined;
  gte?: Key | undefined;
  lt?: Key | undefined;
  lte?: Key | undefined;
  /** Whether keys come from the last to the first. Default false. */
  reverse?: boolean | undefined;
  /** The largest number of keys. */
  limit?: number | undefined;
}

export interface Bound {
  readonly key: Buffer;
  readonly inclusive: boolean;
}

/** The limit of a range that has none. */
export const NO_LIMIT = Number.MAX_SAFE_INTEGER;

export interface ResolvedRange {
  readonly lower: Bound | undefined;
  readonly upper: Bound | undefined;
  readonly reverse: boolean;
  readonly limit: number;
}

// Keys are checked when they are resolved, with the messages of keys.ts.
const key: OptionRule = { expected: 'a key', accepts: () => true };
const RULES = {
  prefix: key,
  gt: key,
  gte: key,
  lt: key,
  lte: key,
  reverse: rules.boolean,
  limit: rules.wholeNumber(0),
};

/** Checks a range, or a prefix alone, and returns its two ends. */
export function resolveRange(range: KeyRange | Key | undefined): ResolvedRange {
  if (typeof range === 'string' || ArrayBuffer.isView(range) || isArrayBuffer(range)) {
    return resolveRange({ prefix: range });
  }
  checkOptions('range', range, RULES);
  const { prefix, gt, gte, lt, lte, reverse = false, limit = NO_LIMIT } = range ?? {};
  if (gt !== undefined && gte !== undefined) throw new InvalidArgument('the range has gt and gte; give one of them');
  if (lt !== undefined && lte !== undefined) throw new InvalidArgument('the range has lt and lte; give one of them');
  let lower = boundOf(gt, false) ?? boundOf(gte, true);
  let upper = boundOf(lt, false) ?? boundOf(lte, true);
  if (prefix !== undefined) {
    const first = keyBytes(prefix);
    const after = afterPrefix(first);
    lower = higherOf(lower, { key: first, inclusive: true });
    if (after) upper = lowerOf(upper, { key: after, inclusive: false });
  }
  return { lower, upper, reverse, limit };
}

/**
 * Returns a range without keys that are text or numbers, which another program has stored and no vault finds. They come
 * before all others.
 */
export function withoutForeignKeys(range: ResolvedRange): ResolvedRange {
  return range.lower ? range : { ...range, lower: { key: Buffer.alloc(0), inclusive: true } };
}

/** Returns what selects the keys of a range in SQL, whatever its order and limit. */
export function selectionOf({ lower, upper }: ResolvedRange): { sql: string; parameters: Buffer[] } {
  const conditions: string[] = [];
  if (lower) conditions.push(lower.inclusive ? 'key >= ?' : 'key > ?');
  if (upper) conditions.push(upper.inclusive ? 'key <= ?' : 'key < ?');
  const parameters = [lower, upper].flatMap((bound) => (bound ? [bound.key] : []));
  return { sql: conditions.join(' AND ') || 'true', parameters };
}

/** Whether a key lies between the ends of a range. */
export function liesIn({ lower, upper }: ResolvedRange, key: Buffer): boolean {
  const fits = (order: number, { inclusive }: Bound) => order < 0 || (order === 0 && inclusive);
  return (
    (!lower || fits(Buffer.compare(lower.key, key), lower)) && (!upper || fits(Buffer.compare(key, upper.key), upper))
  );
}

function boundOf(given: Key | undefined, inclusive: boolean): Bound | undefined {
  return given === undefined ? undefined : { key: keyBytes(given), inclusive };
}

function higherOf(one: Bound | undefined, other: Bound): Bound {
  if (!one) return other;
  const order = Buffer.compare(one.key, other.key);
  return order > 0 || (order === 0 && !one.inclusive) ? one : other;
}

function lowerOf(one: Bound | undefined, other: Bound): Bound {
  if (!one) return other;
  const order = Buffer.compare(one.key, other.key);
  return order < 0 || (order === 0 && !one.inclusive) ? one : other;
}
