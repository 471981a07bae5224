import { KohakuVaultError } from '../errors/errors.ts';
import { nativeCore } from '../native/binding.ts';
import type { CoreAccess } from './core-access.ts';

/** Returns how many milliseconds are left until a time of `performance.now()`. Throws `KV_TIMEOUT` if none are. */
export function millisecondsLeft(deadline: number, what: string): number {
  const left = deadline - performance.now();
  if (left > 0) return left;
  throw timedOut(what);
}

/**
 * Runs one call of the core whose statements SQLite ends at a time of `performance.now()`. JavaScript of the user must
 * not run inside: its statements would be ended too.
 */
export function withTimeLimit<T>(access: CoreAccess, deadline: number | undefined, what: string, work: () => T): T {
  if (deadline === undefined) return work();
  const { binding } = nativeCore();
  const { handle } = access;
  binding.limitTime(handle, millisecondsLeft(deadline, what));
  try {
    return work();
  } catch (error) {
    throw error instanceof KohakuVaultError && error.code === 'KV_TIMEOUT' ? timedOut(what, error) : error;
  } finally {
    binding.limitTime(handle, -1);
  }
}

function timedOut(what: string, cause?: unknown): KohakuVaultError {
  const message = `${what} took longer than its timeout and was ended; raise the timeout, or ask for less`;
  return new KohakuVaultError(message, cause === undefined ? { code: 'KV_TIMEOUT' } : { code: 'KV_TIMEOUT', cause });
}
