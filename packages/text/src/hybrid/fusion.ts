/** A result of one search: what it found, the best first. The greater the score, the better. */
export interface Ranked<Item> {
  readonly key: unknown;
  readonly score: number;
  readonly item: Item;
}

/** How two lists become one: by the places of results in the lists, or by their scores. */
export type Fusion = 'rrf' | 'relative';

export interface Fused<A, B> {
  readonly score: number;
  readonly text: { readonly rank: number; readonly item: A } | undefined;
  readonly vector: { readonly rank: number; readonly item: B } | undefined;
}

/** The constant of reciprocal rank fusion, as its authors chose it: the first places differ little. */
const RRF = 60;

/** Joins two lists. A result that is in both has one place. The best come first. */
export function fuse<A, B>(
  texts: readonly Ranked<A>[],
  vectors: readonly Ranked<B>[],
  fusion: Fusion,
  weights: { readonly text: number; readonly vector: number },
): Fused<A, B>[] {
  const score = fusion === 'rrf' ? reciprocal : relative;
  const found = new Map<unknown, { -readonly [name in keyof Fused<A, B>]: Fused<A, B>[name] }>();
  const at = (key: unknown) => {
    let fused = found.get(key);
    if (!fused) {
      fused = { score: 0, text: undefined, vector: undefined };
      found.set(key, fused);
    }
    return fused;
  };
  for (const [place, { key, item }] of texts.entries()) {
    const fused = at(key);
    // Several results of a key: the best one counts.
    if (fused.text) continue;
    fused.text = { rank: place + 1, item };
    fused.score += weights.text * score(texts, place);
  }
  for (const [place, { key, item }] of vectors.entries()) {
    const fused = at(key);
    if (fused.vector) continue;
    fused.vector = { rank: place + 1, item };
    fused.score += weights.vector * score(vectors, place);
  }
  // Equals stay in the order of the lists: sorting is stable.
  return [...found.values()].sort((a, b) => b.score - a.score);
}

function reciprocal(_: readonly Ranked<unknown>[], place: number): number {
  return 1 / (RRF + place + 1);
}

/** Returns where a score is between that of the last result and that of the first: from 0 to 1. */
function relative(list: readonly Ranked<unknown>[], place: number): number {
  const best = list[0]?.score ?? 0;
  const worst = list.at(-1)?.score ?? 0;
  return best === worst ? 1 : ((list[place]?.score ?? worst) - worst) / (best - worst);
}
