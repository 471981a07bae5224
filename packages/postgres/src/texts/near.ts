import type { Near } from './expression.ts';
import type { WordIndex } from './index/word-index.ts';
import type { Parameters } from './parameters.ts';

// Phrases are near each other if none of them ends more than the distance before the beginning of the last one. A place of
// a phrase counts if it belongs to such phrases: FTS5 leaves out the others, also when it ranks and marks.

/** Returns a condition: the column has the phrases near each other. */
export function nearSql(near: Near, column: string, index: WordIndex, parameters: Parameters): string {
  const all = near.phrases.map((words) => index.has(column, words, parameters));
  return `(${all.join(' AND ')} AND EXISTS (${placesSql(near, column, index, parameters)} SELECT FROM last))`;
}

/** Returns how often the column has one of the phrases near the others, as a float8. */
export function nearCount(near: Near, nth: number, column: string, index: WordIndex, parameters: Parameters): string {
  return (
    `(${placesSql(near, column, index, parameters)} SELECT count(*)::float8 FROM place AS p WHERE p.nth = ${nth} ` +
    'AND EXISTS (SELECT FROM last WHERE p.at BETWEEN last.at - p.reach AND last.at))'
  );
}

/** Returns the tables `place`, with the places of the phrases, and `last`, with those that end phrases near each other. */
function placesSql({ phrases, distance }: Near, column: string, index: WordIndex, parameters: Parameters): string {
  const places = phrases.map(
    (words, nth) =>
      `SELECT ${nth} AS nth, ${words.length + distance} AS reach, one.at ` +
      `FROM (${index.places(column, words, parameters)}) AS one`,
  );
  return (
    `WITH place AS (${places.join(' UNION ALL ')}), last AS (SELECT l.at FROM place AS l JOIN place AS p ` +
    `ON p.at BETWEEN l.at - p.reach AND l.at GROUP BY l.at HAVING count(DISTINCT p.nth) = ${phrases.length})`
  );
}

/** Of the ascending places of each phrase, returns those near places of the others. */
export function nearPlaces({ phrases, distance }: Near, places: readonly (readonly number[])[]): number[][] {
  const reaches = phrases.map((words) => words.length + distance);
  const lasts = [...new Set(places.flat())]
    .filter((last) => places.every((all, nth) => hasBetween(all, last - (reaches[nth] as number), last)))
    .sort((a, b) => a - b);
  return places.map((all, nth) => all.filter((at) => hasBetween(lasts, at, at + (reaches[nth] as number))));
}

function hasBetween(ascending: readonly number[], low: number, high: number): boolean {
  let from = 0;
  let to = ascending.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((ascending[middle] as number) < low) from = middle + 1;
    else to = middle;
  }
  const found = ascending[from];
  return found !== undefined && found <= high;
}
