import type { Metric } from '@kohakuvault/vector';

/** Returns the distance of two vectors, in plain JavaScript, bit by bit. */
export function plainDistance(metric: Metric, a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [sum, squaresOfA, squaresOfB] = [0, 0, 0];
  for (let index = 0; index < a.length; index++) {
    const [x, y] = [a[index] as number, b[index] as number];
    squaresOfA += x * x;
    squaresOfB += y * y;
    if (metric === 'cosine' || metric === 'dot') sum += x * y;
    else if (metric === 'l2') sum += (x - y) ** 2;
    else sum += Math.abs(x - y);
  }
  if (metric === 'dot') return -sum;
  if (metric === 'cosine') return 1 - sum / Math.sqrt(squaresOfA) / Math.sqrt(squaresOfB);
  return metric === 'l2' ? Math.sqrt(sum) : sum;
}

export interface Found {
  id: bigint;
  distance: number;
}

/** Returns the k nearest vectors by a full sort. Equally near ones come newest first. */
export function plainSearch(
  rows: Iterable<readonly [id: bigint, vector: ArrayLike<number>]>,
  metric: Metric,
  query: ArrayLike<number>,
  k: number,
): Found[] {
  return Array.from(rows, ([id, vector]) => ({ id, distance: plainDistance(metric, vector, query) }))
    .sort((a, b) => a.distance - b.distance || Number(b.id - a.id))
    .slice(0, k);
}

/**
 * Where two results differ; undefined where they are the same: distances within 1e-5 (of their size, where that is
 * above 1), and ids wherever the distances around them say which comes first.
 */
export function difference(found: readonly Found[], expected: readonly Found[]): string | undefined {
  if (found.length !== expected.length) return `${found.length} found, ${expected.length} expected`;
  const near = (a: number, b: number) => Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(b));
  for (const [index, { id, distance }] of expected.entries()) {
    const got = found[index] as Found;
    if (!near(got.distance, distance)) return `${index}: distance ${got.distance}, expected ${distance}`;
    // Equally far vectors may come in any order, and at the end any of them may be cut off.
    const tied = expected.filter((other) => near(other.distance, distance));
    const cut = near((expected.at(-1) as Found).distance, distance);
    if (got.id !== id && !cut && !tied.some((other) => other.id === got.id)) {
      return `${index}: id ${got.id}, expected ${id}`;
    }
  }
  return undefined;
}
