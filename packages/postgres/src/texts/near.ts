import type { Near } from './expression.ts';
import type { Parameters } from './index/parameters.ts';
import type { WordIndex } from './index/word-index.ts';

// Phrases are near each other if none of them ends more than the distance before the beginning of the last one. A place of
// a phrase counts if it belongs to such phrases: FTS5 leaves out the others, also when it ranks and marks.

/** Returns a condition: the column has the phrases near each other. */
export function nearSql(near: Near, column: string, index: WordIndex, parameters: Parameters): string {
  const all = near.phrases.map((words) => index.has(column, words, parameters));
  return `(${all.join(' AND ')} AND EXISTS (${placesSql(near, column, index, parameters)} SELECT FROM place WHERE ends))`;
}

/** Returns how often the column has one of the phrases near the others, as a float8. */
export function nearCount(near: Near, nth: number, column: string, index: WordIndex, parameters: Parameters): string {
  return (
    `(${placesSql(near, column, index, parameters)} SELECT count(*)::float8 FROM ` +
    '(SELECT nth, at, min(at) FILTER (WHERE ends) OVER (ORDER BY at DESC) AS last FROM place) AS p ' +
    `WHERE nth = ${nth} AND last <= at + ${reachOf(near, nth)})`
  );
}

/** Returns a table of the places of all phrases, and whether each ends phrases that are near each other. */
function placesSql(near: Near, column: string, index: WordIndex, parameters: Parameters): string {
  const places = near.phrases.map(
    (words, nth) => `SELECT ${nth} AS nth, one.at FROM (${index.places(column, words, parameters)}) AS one`,
  );
  // The places are sorted once: comparing each with each would take long if there are many.
  const areNear = near.phrases.map(
    (_, nth) => `coalesce(max(at) FILTER (WHERE nth = ${nth}) OVER w >= at - ${reachOf(near, nth)}, false)`,
  );
  return (
    `WITH place AS (SELECT nth, at, ${areNear.join(' AND ')} AS ends FROM (${places.join(' UNION ALL ')}) AS each ` +
    'WINDOW w AS (ORDER BY at))'
  );
}

/** Returns how far before the last phrase another one may begin. */
function reachOf({ phrases, distance }: Near, nth: number): number {
  return (phrases[nth] as readonly unknown[]).length + distance;
}

/** Of the ascending places of each phrase, returns those near places of the others. */
export function nearPlaces(near: Near, places: readonly (readonly number[])[]): number[][] {
  const reaches = near.phrases.map((_, nth) => reachOf(near, nth));
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
