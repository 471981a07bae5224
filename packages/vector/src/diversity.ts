import type { StoredVector, VectorFormat } from './vector-format.ts';

/** How many results are chosen, and how. */
export interface Choice {
  readonly k: number;
  readonly lambda: number;
}

/** A result, and its stored vector. */
export interface Candidate<R> {
  readonly result: R;
  readonly vector: StoredVector;
}

/**
 * Chooses among candidates, nearest first: each next result has the largest `lambda` times its likeness to the query minus
 * `1 - lambda` times its likeness to the most similar result before.
 */
export function diverse<R>(
  format: VectorFormat,
  { k, lambda }: Choice,
  query: Buffer,
  candidates: readonly Candidate<R>[],
): R[] {
  const likeness = format.isBits ? shareOfEqualBits : cosine;
  const target = format.decode(query);
  const left = candidates.map(({ result, vector }) => {
    return { result, vector, relevance: likeness(target, vector), nearest: Number.NEGATIVE_INFINITY };
  });
  const chosen: R[] = [];
  while (chosen.length < k && left.length > 0) {
    let [best, most] = [0, Number.NEGATIVE_INFINITY];
    for (const [place, { relevance, nearest }] of left.entries()) {
      const worth = lambda * relevance - (chosen.length === 0 ? 0 : (1 - lambda) * nearest);
      // Of equal ones, the nearest to the query.
      if (worth > most) [best, most] = [place, worth];
    }
    const [next] = left.splice(best, 1) as [(typeof left)[number]];
    chosen.push(next.result);
    for (const other of left) other.nearest = Math.max(other.nearest, likeness(next.vector, other.vector));
  }
  return chosen;
}

/** Returns the cosine of the angle of two vectors. */
function cosine(a: StoredVector, b: StoredVector): number {
  let [product, left, right] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    const [x, y] = [a[at] as number, b[at] as number];
    product += x * y;
    left += x * x;
    right += y * y;
  }
  // A zero vector has no direction. It counts as at right angles to every vector.
  return left === 0 || right === 0 ? 0 : product / Math.sqrt(left * right);
}

function shareOfEqualBits(a: StoredVector, b: StoredVector): number {
  let differing = 0;
  for (let at = 0; at < a.length; at++) {
    for (let bits = (a[at] as number) ^ (b[at] as number); bits > 0; bits &= bits - 1) differing++;
  }
  return 1 - differing / (a.length * 8);
}
