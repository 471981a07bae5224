import { now } from './clock.ts';
import { median } from './statistics.ts';
import type { AsyncWork, Work } from './suite.ts';

/**
 * How long one process measures.
 *
 * The loops here are written by hand because of what a sample is. tinybench reads the clock around every call, which
 * costs more than the calls of the `boundary` suite. mitata times single calls, or 4,096 of them, and takes percentiles
 * of those; what comes once in a thousand calls (a checkpoint of the WAL, a garbage collection) disappears there.
 * A sample here is a stretch of work that is long enough to hold its share of that, and the median is one of stretches.
 */
export interface Effort {
  /** The least length of a sample. */
  sampleMs: number;
  /** The number of samples. After `mostMs` it may be less, but not below `fewest`. */
  samples: number;
  fewest: number;
  mostMs: number;
}

export const FULL: Effort = { sampleMs: 50, samples: 7, fewest: 3, mostMs: 1_500 };
export const QUICK: Effort = { sampleMs: 20, samples: 3, fewest: 1, mostMs: 200 };

/** The sum of what the work returns. It is exported, so no compiler can know that nobody reads it. */
export let checksum = 0;

/** Returns the nanoseconds per call of synchronous work. */
export function timeSync(work: Work, effort: Effort): number {
  const measuring = plan(effort);
  let turn = 0;
  let step = measuring.next();
  while (!step.done) {
    const end = turn + step.value;
    let sum = 0;
    const start = now();
    for (; turn < end; turn++) sum += work(turn);
    const elapsed = now() - start;
    checksum += sum;
    step = measuring.next(elapsed);
  }
  return step.value;
}

/** Returns the nanoseconds per call of work that returns promises, one call after the other. */
export async function timeAsync(work: AsyncWork, effort: Effort): Promise<number> {
  const measuring = plan(effort);
  let turn = 0;
  let step = measuring.next();
  while (!step.done) {
    const end = turn + step.value;
    let sum = 0;
    const start = now();
    for (; turn < end; turn++) sum += await work(turn);
    const elapsed = now() - start;
    checksum += sum;
    step = measuring.next(elapsed);
  }
  return step.value;
}

/** Returns the nanoseconds of something done once. */
export async function timeOnce(work: () => number | Promise<number>): Promise<number> {
  const start = now();
  const result = await work();
  const elapsed = now() - start;
  checksum += result;
  return elapsed * NS_PER_MS;
}

const NS_PER_MS = 1e6;

/** Yields how many calls to make next, gets the milliseconds they took, and returns the nanoseconds per call. */
function* plan(effort: Effort): Generator<number, number, number> {
  // Doubling until a stretch is long enough finds the number of calls, and warms everything up.
  let calls = 1;
  while ((yield calls) < effort.sampleMs) calls *= 2;

  // The garbage of set-up and warm-up is not part of the cost.
  globalThis.gc?.();
  const perCall: number[] = [];
  const start = performance.now();
  while (perCall.length < effort.samples) {
    if (perCall.length >= effort.fewest && performance.now() - start > effort.mostMs) break;
    perCall.push((yield calls) / calls);
  }
  return median(perCall) * NS_PER_MS;
}
