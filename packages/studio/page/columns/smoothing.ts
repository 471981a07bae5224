/**
 * Smooths by an exponential mean, as training logs usually are: `weight` from 0 to 1 is how much of the past stays. The
 * start is not pulled towards zero. Gaps stay gaps.
 */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  let sum = 0;
  let norm = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = sum * weight + (1 - weight) * value;
    norm = norm * weight + (1 - weight);
    return sum / norm;
  });
}
