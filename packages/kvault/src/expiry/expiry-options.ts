import { checkOptions, describe, InvalidArgument, isTagged, type OptionRule } from '@kohakuvault/core-native/internal';

/** When an entry expires. Give one of both. */
export interface ExpiryOptions {
  /** The milliseconds after which the entry expires, or Infinity. Default: the `ttl` of the vault. */
  ttl?: number | undefined;
  /** When the entry expires: a Date, the milliseconds since 1970, or Infinity. */
  expiresAt?: number | Date | undefined;
}

/** The time of an entry that does not expire. */
export const NEVER = Number.POSITIVE_INFINITY;

export const ttlRule: OptionRule = {
  expected: 'a number of milliseconds above 0, or Infinity',
  accepts: (value) => typeof value === 'number' && value > 0,
};
export const EXPIRY_RULES = {
  ttl: ttlRule,
  expiresAt: {
    expected: 'a valid Date, a number of milliseconds since 1970, or Infinity',
    accepts: (value: unknown) => isTime(typeof value === 'number' || isTagged(value, 'Date') ? Number(value) : NaN),
  },
};

/** A time that fits the file, or never. */
function isTime(time: number): boolean {
  return time === NEVER || Math.abs(time) <= Number.MAX_SAFE_INTEGER;
}

/**
 * Returns the time at which an entry expires that is stored now, in whole milliseconds since 1970; `NEVER` if it does
 * not. `ttl` is what applies without options.
 */
export function expiryOf(method: string, options: ExpiryOptions | undefined, ttl: number): number {
  if (options === undefined) return after(ttl);
  checkOptions(method, options, EXPIRY_RULES);
  return timeOf(method, options, ttl);
}

/** Returns the same for options that have been checked, perhaps among others. */
export function timeOf(method: string, options: ExpiryOptions, ttl: number): number {
  const { expiresAt } = options;
  if (expiresAt === undefined) return after(options.ttl ?? ttl);
  if (options.ttl !== undefined) {
    throw new InvalidArgument(
      `${method} got ttl ${options.ttl} and expiresAt ${describe(expiresAt)}; give one of them`,
    );
  }
  return Math.ceil(Number(expiresAt));
}

/** How long an entry lives that is stored later: another thread may have to know. */
export type Lifetime = { readonly ttl: number } | { readonly until: number };

/** Returns the lifetime that checked options ask for; undefined if the entry does not expire. */
export function lifetimeOf(method: string, options: ExpiryOptions, ttl: number): Lifetime | undefined {
  const time = timeOf(method, options, ttl);
  if (time === NEVER) return undefined;
  return options.expiresAt === undefined ? { ttl: options.ttl ?? ttl } : { until: time };
}

/** Returns when an entry expires that is stored now. */
export function endOf(lifetime: Lifetime | undefined): number {
  if (lifetime === undefined) return NEVER;
  return 'until' in lifetime ? lifetime.until : after(lifetime.ttl);
}

function after(ttl: number): number {
  return ttl === NEVER ? NEVER : Math.min(Math.ceil(Date.now() + ttl), Number.MAX_SAFE_INTEGER);
}
