import type { DocumentPlaces, TextRange } from './places.ts';

/** The part of a document that shows best why it was found. */
export interface Excerpt {
  /** The number of the column. */
  readonly column: number;
  /** Where the excerpt begins and ends in the column's text. */
  readonly start: number;
  readonly end: number;
  /** The matches in the excerpt, as ranges of it. */
  readonly ranges: TextRange[];
}

/** A word: letters, digits and marks, or one character of a script without spaces. */
const WORD =
  '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}]|(?:(?![\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}])[\\p{L}\\p{N}\\p{M}_])+';
let words: RegExp | undefined;
/** The units of UTF-16 that a word and the space after it have, generously. */
const UNITS_OF_WORD = 12;

/** Chooses the excerpt of about so many words that has the most matches. */
export function excerptOf(texts: readonly string[], places: DocumentPlaces, wanted: number): Excerpt {
  const reach = wanted * UNITS_OF_WORD;
  let best = { column: 0, first: 0, count: 0 };
  for (const [column, ranges] of places) {
    for (let first = 0, last = 0; first < ranges.length; first++) {
      while (last < ranges.length && endOf(ranges, last) - startOf(ranges, first) <= reach) last++;
      if (last - first > best.count) best = { column, first, count: last - first };
    }
  }
  const { column, first } = best;
  const text = texts[column] ?? '';
  const ranges = places.get(column) ?? [];
  const { start, end } = around(text, ranges.length === 0 ? 0 : startOf(ranges, first), wanted, reach);
  return {
    column,
    start,
    end,
    ranges: ranges
      .filter(([from, to]) => to > start && from < end)
      .map(([from, to]) => [Math.max(from - start, 0), Math.min(to, end) - start]),
  };
}

/** Returns a part of so many words around a place: a third of them before it. */
function around(text: string, place: number, wanted: number, reach: number): { start: number; end: number } {
  words ??= new RegExp(WORD, 'gu');
  const from = whole(text, place - reach);
  const before = Array.from(text.slice(from, place).matchAll(words), ({ index }) => from + index);
  const until = whole(text, place + 2 * reach);
  const after = Array.from(text.slice(place, until).matchAll(words), (word) => place + word.index + word[0].length);
  const least = Math.max(Math.floor(wanted / 3), wanted - after.length);
  const start = before.at(-least) ?? (before.length > 0 && from > 0 ? (before[0] as number) : from);
  const taken = before.filter((index) => index >= start).length;
  const count = Math.max(wanted - (least === 0 ? 0 : taken), 1);
  const end = after[count - 1] ?? until;
  // Without words before it, the excerpt begins at the place.
  return { start: least === 0 ? place : start, end: Math.max(end, place) };
}

/** Returns a place inside the text that does not cut a character in two. */
function whole(text: string, place: number): number {
  const at = Math.min(Math.max(place, 0), text.length);
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff && at > 0 ? at - 1 : at;
}

const startOf = (ranges: readonly TextRange[], place: number) => (ranges[place] as TextRange)[0];
const endOf = (ranges: readonly TextRange[], place: number) => (ranges[place] as TextRange)[1];
