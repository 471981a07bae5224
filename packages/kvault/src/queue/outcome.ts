import { describe, InvalidArgument, KohakuVaultError, messageOf } from '@kohakuvault/core-native/internal';
import { type NackOptions, type ResolvedQueueOptions, timeRule } from './options.ts';

/** The most characters of an error that are kept with a job. */
const MOST_TEXT = 1_000;

/** What becomes of a job that was not finished. */
export interface Outcome {
  /** After how many milliseconds it is tried again; undefined for a dead letter. */
  readonly pause: number | undefined;
  readonly error: string | undefined;
}

/** Returns what becomes of a job that has failed, after so many attempts. */
export function outcomeOf(
  { maxAttempts, backoff, maxBackoff }: ResolvedQueueOptions,
  attempts: number,
  { delay, error, dead = false }: NackOptions,
): Outcome {
  const isOver = dead || attempts >= maxAttempts;
  const pause = isOver ? undefined : (delay ?? Math.min(maxBackoff, backoff * 2 ** (attempts - 1)));
  return { pause, error: error === undefined ? undefined : keptText(error) };
}

/** Returns what is kept of an error: servers store no NUL, and no half of a character. */
function keptText(error: unknown): string {
  return messageOf(error).replaceAll('\0', ' ').slice(0, MOST_TEXT).toWellFormed();
}

/** Checks the time that `extend` gives. */
export function checkExtension(milliseconds: number): void {
  if (timeRule.accepts(milliseconds)) return;
  throw new InvalidArgument(`extend expects ${timeRule.expected}, in milliseconds, got ${describe(milliseconds)}`);
}

/** The error of a call on a job that has ended. */
export function settledJob(method: string, queue: string, id: number): InvalidArgument {
  return new InvalidArgument(`${method}: job ${id} of the queue ${describe(queue)} has ended already`);
}

/** The error of a call on a job whose time was over. */
export function lostJob(method: string, queue: string, id: number): KohakuVaultError {
  return new KohakuVaultError(
    `${method}: the time of job ${id} of the queue ${describe(queue)} was over, and another worker may have it; call ` +
      'extend in time, or give the queue a longer visibility',
    { code: 'KV_STALE' },
  );
}
