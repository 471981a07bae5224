import type { SearchPlan } from './search-options.ts';
import type { StoredVector } from './vector-format.ts';
import { type Found, type SearchResult, type SearchSource, ValueMissing } from './walk.ts';

/**
 * Returns the results of a search. With `mmr`, chooses among what was found: each next result has the largest
 * `lambda` times its likeness to the query minus `1 - lambda` times its likeness to the most similar result before.
 */
export function diversified<V>(
  source: SearchSource<V>,
  { choice }: SearchPlan<V>,
  query: Buffer,
  found: readonly Found<V>[],
): SearchResult<V>[] {
  if (!choice) return found.map(({ result }) => result);
  const { k, lambda } = choice;
  const likeness = likenessOf(source);
  const target = source.format.decode(query);
  const left = found.map(({ row, result }) => {
    const vector = source.vector(row);
    if (!vector) throw new ValueMissing(`vector ${row} does not exist any more`);
    return { result, vector, relevance: likeness(target, vector), nearest: Number.NEGATIVE_INFINITY };
  });
  const chosen: SearchResult<V>[] = [];
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

/** Returns how alike two vectors are: the cosine of their angle, or for bits the share of equal ones. */
function likenessOf<V>({ format }: SearchSource<V>): (a: StoredVector, b: StoredVector) => number {
  return format.isBits ? shareOfEqualBits : cosine;
}

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
