import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';

/** How many dead letters are listed by default. */
export const MOST_DEAD = 1_000;

export function checkQueueName(name: unknown): void {
  if (typeof name === 'string' && name !== '' && !name.includes('\0') && name.isWellFormed()) return;
  throw new InvalidArgument(
    `queue expects a name: a non-empty string without NUL and without half a surrogate pair, got ${describe(name)}`,
  );
}

/** Returns the jobs of a `pushMany`. */
export function jobList<J>(values: Iterable<J>): J[] {
  if (typeof values === 'string' || typeof values?.[Symbol.iterator] !== 'function') {
    throw new InvalidArgument(`pushMany expects an iterable of jobs, got ${describe(values)}`);
  }
  return Array.from(values);
}

export function checkTakeLimit(limit: number): void {
  if (Number.isSafeInteger(limit) && limit >= 1) return;
  throw new InvalidArgument(`takeMany expects a whole number from 1 on, got ${describe(limit)}`);
}

export function checkDeadLimit(limit: number): void {
  if (Number.isSafeInteger(limit) && limit >= 0) return;
  throw new InvalidArgument(`dead expects a whole number as its limit, got ${describe(limit)}`);
}

export function checkJobId(method: string, id: number | undefined): number | undefined {
  if (id === undefined || Number.isSafeInteger(id)) return id;
  throw new InvalidArgument(`${method} expects the id of a job, got ${describe(id)}`);
}

export function checkHandler(handler: unknown): void {
  if (typeof handler === 'function') return;
  throw new InvalidArgument(`process expects a function that does a job, got ${describe(handler)}`);
}
