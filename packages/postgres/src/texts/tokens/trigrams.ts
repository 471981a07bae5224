import type { Token } from './token.ts';
import { foldedText } from './unicode-words.ts';

/** The characters of a trigram. */
export const TRIGRAM = 3;

/** Returns all parts of a text that have three characters, as FTS5's `trigram` does. */
export function trigrams(text: string): Token[] {
  const tokens: Token[] = [];
  const characters = Array.from(text);
  const folded = characters.map(foldedText);
  let start = 0;
  for (let at = 0; at + TRIGRAM <= characters.length; at++) {
    const [first, second, third] = characters.slice(at, at + TRIGRAM) as [string, string, string];
    const term = folded.slice(at, at + TRIGRAM).join('');
    tokens.push({ term, start, end: start + first.length + second.length + third.length });
    start += first.length;
  }
  return tokens;
}
