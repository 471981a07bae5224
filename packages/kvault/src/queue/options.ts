import { checkOptions, rules } from '@kohakuvault/core-native/internal';
import { SIGNAL_RULE } from '../watch/signal-option.ts';

/** The longest time of an option: about 30 years, in milliseconds. */
const LONGEST = 1e12;

export interface QueueOptions {
  /** How many milliseconds a worker has for a job. Then another worker gets it. Default 30,000. */
  visibility?: number | undefined;
  /** After so many attempts a job that fails is a dead letter. Default 5. */
  maxAttempts?: number | undefined;
  /** How many milliseconds after its first failure a job is tried again. Twice as many after each further one. Default 1,000. */
  backoff?: number | undefined;
  /** The longest time before a job is tried again, in milliseconds. Default 300,000. */
  maxBackoff?: number | undefined;
}

export interface QueueCounts {
  /** Jobs that a worker can take now. */
  readonly ready: number;
  /** Jobs that wait for the end of a delay. */
  readonly delayed: number;
  /** Jobs that a worker has. */
  readonly taken: number;
  /** Jobs that have failed too often. */
  readonly dead: number;
}

export interface PushOptions {
  /** How many milliseconds pass before a worker may take the job. Default 0. */
  delay?: number | undefined;
}

export interface NackOptions {
  /** How many milliseconds pass before the job is tried again. Default: what `backoff` asks for. */
  delay?: number | undefined;
  /** Why the job has failed: kept with it. */
  error?: unknown;
  /** Whether the job becomes a dead letter at once. Default false. */
  dead?: boolean | undefined;
}

export interface JobsOptions {
  /** Ends the iteration, which throws its reason. */
  signal?: AbortSignal | undefined;
  /** How many jobs are taken at once. All of them must be finished within `visibility`. Default 1. */
  prefetch?: number | undefined;
}

export interface ProcessOptions {
  /** Ends the work: no further job is taken, and the promise is fulfilled when those that run have ended. */
  signal?: AbortSignal | undefined;
  /** How many jobs run at a time. Default 1. */
  concurrency?: number | undefined;
}

const milliseconds = rules.wholeNumber(0, LONGEST);
const QUEUE_RULES = {
  visibility: rules.wholeNumber(1, LONGEST),
  maxAttempts: rules.wholeNumber(1),
  backoff: milliseconds,
  maxBackoff: milliseconds,
};
const PUSH_RULES = { delay: milliseconds };
const NACK_RULES = { delay: milliseconds, error: { expected: 'anything', accepts: () => true }, dead: rules.boolean };
const JOBS_RULES = { signal: SIGNAL_RULE, prefetch: rules.wholeNumber(1, 10_000) };
const PROCESS_RULES = { signal: SIGNAL_RULE, concurrency: rules.wholeNumber(1) };

/** The options of a queue, with those that were not given. */
export type ResolvedQueueOptions = { readonly [N in keyof QueueOptions]-?: number };

export function queueOptions(options: QueueOptions | undefined): ResolvedQueueOptions {
  checkOptions('queue', options, QUEUE_RULES);
  const { visibility = 30_000, maxAttempts = 5, backoff = 1_000, maxBackoff = 300_000 } = options ?? {};
  return { visibility, maxAttempts, backoff, maxBackoff };
}

export function delayOf(method: string, options: PushOptions | undefined): number {
  checkOptions(method, options, PUSH_RULES);
  return options?.delay ?? 0;
}

export function nackOptions(options: NackOptions | undefined): NackOptions {
  checkOptions('nack', options, NACK_RULES);
  return options ?? {};
}

export function jobsOptions(options: JobsOptions | undefined): JobsOptions {
  checkOptions('jobs', options, JOBS_RULES);
  return options ?? {};
}

export function processOptions(options: ProcessOptions | undefined): ProcessOptions {
  checkOptions('process', options, PROCESS_RULES);
  return options ?? {};
}

/** A time that a job may be given. */
export const timeRule = QUEUE_RULES.visibility;
