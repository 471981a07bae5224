import { isWhole } from '../match/segments.ts';

/** How many of the best documents are ordered by whole words. */
export const RANKED_BY_WORDS = 100;
/** What is left of a score if no match is a whole word. */
const PART_OF_WORDS = 0.5;

interface Scored {
  readonly id: bigint;
  readonly score: number;
}

/**
 * Orders the best documents of a query in a script without spaces: those that have it as words come before those where
 * the characters only happen to stand together. `around` returns the surroundings of matches: see `textAround`.
 */
export function orderByWholeWords(
  scored: readonly Scored[],
  around: (ids: BigInt64Array) => Buffer,
): readonly Scored[] {
  const best = scored.slice(0, RANKED_BY_WORDS);
  if (best.length === 0) return scored;
  return orderBy(scored, readWholes(around(BigInt64Array.from(best, ({ id }) => id))));
}

/** Orders the best documents, of which `areWhole` says whether they have the query as words. */
export function orderBy(scored: readonly Scored[], areWhole: readonly boolean[]): readonly Scored[] {
  const best = scored.slice(0, RANKED_BY_WORDS);
  const ranked = best
    .map(({ id, score }, place) => ({ id, score: areWhole[place] ? score : score * PART_OF_WORDS }))
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  const least = ranked.at(-1)?.score ?? 0;
  // The scores of all results descend.
  const rest = scored.slice(RANKED_BY_WORDS).map(({ id, score }) => ({ id, score: Math.min(score, least) }));
  return [...ranked, ...rest];
}

/** Reads surroundings: for each document `| bytes u32 |`, then as often `| start u32 | end u32 | bytes u32 | text |`. */
function readWholes(bytes: Buffer): boolean[] {
  const areWhole: boolean[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at);
    at += 4;
    let hasWhole = false;
    while (at < end) {
      const [from, to, length] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at + 8)];
      at += 12;
      hasWhole ||= isWhole(bytes.toString('utf8', at, at + length), from, to);
      at += length;
    }
    areWhole.push(hasWhole);
  }
  return areWhole;
}
