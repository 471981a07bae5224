import { now, waitedForCore } from './clock.ts';
import { median } from './statistics.ts';
import type { AsyncWork, Work } from './suite.ts';
import { FEWEST_CALLS } from './tail.ts';

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
  /** The number of calls that are timed one by one afterwards, for the tail, and the longest time for them. */
  calls: number;
  callsMs: number;
}

export const FULL: Effort = { sampleMs: 50, samples: 7, fewest: 3, mostMs: 1_500, calls: 20_000, callsMs: 500 };
export const QUICK: Effort = { sampleMs: 20, samples: 3, fewest: 1, mostMs: 200, calls: 1_000, callsMs: 50 };

/** Nanoseconds per call, as the median of stretches, and of single calls that came after them. */
export interface Timed {
  value: number;
  latencies: number[];
}

/** The sum of what the work returns. It is exported, so no compiler can know that nobody reads it. */
export let checksum = 0;

/** Returns the nanoseconds per call of synchronous work. */
export function timeSync(work: Work, effort: Effort): Timed {
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
  const calls = new SingleCalls(effort);
  for (; calls.wants(step.value); turn++) {
    const start = performance.now();
    const result = work(turn);
    calls.note(performance.now() - start);
    checksum += result;
  }
  return { value: step.value, latencies: calls.latencies };
}

/** Returns the nanoseconds per call of work that returns promises, one call after the other. */
export async function timeAsync(work: AsyncWork, effort: Effort): Promise<Timed> {
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
  const calls = new SingleCalls(effort);
  for (; calls.wants(step.value); turn++) {
    const start = performance.now();
    const result = await work(turn);
    calls.note(performance.now() - start);
    checksum += result;
  }
  return { value: step.value, latencies: calls.latencies };
}

/**
 * The calls that are timed one by one. To read how long the thread waited for a core costs as much as many a call, so
 * that happens only after a call that was slow: a wait is in there, or too short to matter.
 */
class SingleCalls {
  readonly latencies: number[] = [];
  readonly #effort: Effort;
  readonly #end: number;
  #waited = waitedForCore();

  constructor(effort: Effort) {
    this.#effort = effort;
    this.#end = performance.now() + effort.callsMs;
  }

  /** Returns whether to time another call: not if too few would fit for a percentile. */
  wants(perCall: number): boolean {
    if (perCall * FEWEST_CALLS > this.#effort.callsMs * NS_PER_MS) return false;
    return this.latencies.length < this.#effort.calls && performance.now() < this.#end;
  }

  note(elapsed: number): void {
    let own = elapsed;
    if (elapsed > SLOW_MS) {
      const waited = waitedForCore();
      own -= waited - this.#waited;
      this.#waited = waited;
    }
    this.latencies.push(Math.max(0, own) * NS_PER_MS);
  }
}

/** Longer than a wait for a core that could be overlooked. */
const SLOW_MS = 0.02;

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
