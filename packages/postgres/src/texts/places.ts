import { type DocumentPlaces, isWhole, type TextRange } from '@kohakuvault/text/internal';
import type { Phrase } from './expression.ts';
import type { Wanted } from './index/lexemes.ts';
import { nearPlaces } from './near.ts';
import type { Token, Tokenize } from './tokens/token.ts';

/** How much of a text around a match tells whether the match is a word, in units of UTF-16. */
const REACH = 16;
/** The most matches of a column that are looked at for that. */
const MOST_LOOKED_AT = 16;

/** Returns where a document has the phrases of a query, by column. Matches that overlap are one. */
export function placesOf(texts: readonly string[], phrases: readonly Phrase[], tokenize: Tokenize): DocumentPlaces {
  const places: DocumentPlaces = new Map();
  for (const [column, text] of texts.entries()) {
    const here = phrases.filter(({ columns }) => columns.includes(column));
    if (here.length === 0) continue;
    const tokens = tokenize(text, 'document');
    const found = here.flatMap((phrase) => matches(tokens, phrase));
    if (found.length > 0) places.set(column, rangesOf(tokens, found));
  }
  return places;
}

/** Whether a document has a match that begins and ends where words do. */
export function hasWholeWord(texts: readonly string[], phrases: readonly Phrase[], tokenize: Tokenize): boolean {
  for (const [column, ranges] of placesOf(texts, phrases, tokenize)) {
    const text = texts[column] as string;
    for (const [start, end] of ranges.slice(0, MOST_LOOKED_AT)) {
      const from = Math.max(0, start - REACH);
      if (isWhole(text.slice(from, end + REACH), start - from, end - from)) return true;
    }
  }
  return false;
}

/** Returns the matches of a phrase, as ranges of tokens. */
function matches(tokens: readonly Token[], { words, isFirst, near }: Phrase): TextRange[] {
  const starts = near
    ? (nearPlaces(
        near,
        near.phrases.map((each) => startsOf(tokens, each)),
      )[near.phrases.indexOf(words)] as number[])
    : startsOf(isFirst ? tokens.slice(0, words.length) : tokens, words);
  return starts.map((at) => [at, at + words.length]);
}

/** Returns the numbers of the tokens where words begin that stand next to each other. */
function startsOf(tokens: readonly Token[], words: readonly Wanted[]): number[] {
  const starts: number[] = [];
  for (let at = 0; at + words.length <= tokens.length; at++) {
    if (words.every((word, nth) => isWord(tokens[at + nth] as Token, word))) starts.push(at);
  }
  return starts;
}

function isWord({ term, also }: Token, wanted: Wanted): boolean {
  const isSame = (one: string) => (wanted.isBeginning ? one.startsWith(wanted.term) : one === wanted.term);
  return isSame(term) || (also?.some(isSame) ?? false);
}

/** Joins ranges of tokens that overlap, and returns them as ranges of the text, each behind those before it. */
function rangesOf(tokens: readonly Token[], found: TextRange[]): TextRange[] {
  found.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const joined: TextRange[] = [];
  for (const [start, end] of found) {
    const last = joined.at(-1);
    if (last && start < last[1]) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  }
  let reached = 0;
  return joined.map(([first, end]) => {
    // Trigrams overlap, so that ranges of others may begin inside of them.
    const start = Math.max(reached, (tokens[first] as Token).start);
    reached = Math.max(start, (tokens[end - 1] as Token).end);
    return [start, reached];
  });
}
