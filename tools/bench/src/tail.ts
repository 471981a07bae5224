/** Fewer calls say nothing about one in a thousand. */
export const FEWEST_CALLS = 1_000;

/** Returns the 99.9th percentile, or nothing if there are too few calls for it. */
export function tailOf(latencies: readonly number[]): number | undefined {
  if (latencies.length < FEWEST_CALLS) return undefined;
  const sorted = latencies.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.999) - 1];
}
