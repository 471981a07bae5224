import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Milliseconds. */
export interface Delays {
  p50: number;
  p99: number;
  p999: number;
  max: number;
}

/** Returns the delays that a histogram holds, in milliseconds; `unit` is how many of its numbers are one. */
export function delaysOf(histogram: Pick<RecordableHistogram, 'percentile' | 'max'>, unit: number): Delays {
  const at = (percentile: number) => histogram.percentile(percentile) / unit;
  return { p50: at(50), p99: at(99), p999: at(99.9), max: histogram.max / unit };
}

/** Returns a histogram of whole microseconds. */
export function microseconds(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 });
}
