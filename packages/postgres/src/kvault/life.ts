import { checkOptions } from '@kohakuvault/core-native/internal';
import { EXPIRY_RULES, type ExpiryOptions, type Lifetime, lifetimeOf, NEVER } from '@kohakuvault/kvault/internal';
import type { Parameter } from '../client/session.ts';

/** Returns how long an entry lives that a call stores; undefined if it does not expire. `ttl` is that of the vault. */
export function lifeOf(method: string, options: ExpiryOptions | undefined, ttl: number): Lifetime | undefined {
  if (options === undefined) return ttl === NEVER ? undefined : { ttl };
  checkOptions(method, options, EXPIRY_RULES);
  return lifetimeOf(method, options, ttl);
}

/** Returns a lifetime as statements take it. The clock of the server counts, which is the same for all programs. */
export function timeParameters(life: Lifetime | undefined): [until: Parameter, ttl: Parameter] {
  if (life === undefined) return [null, null];
  // What lies before 1970 has expired as well.
  if ('until' in life) return [Math.max(0, life.until), null];
  return [null, Math.min(life.ttl, Number.MAX_SAFE_INTEGER - Date.now())];
}
