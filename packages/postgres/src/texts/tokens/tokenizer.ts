import type { Tokenizer } from '@kohakuvault/text/internal';
import { stemOf } from './porter.ts';
import { scriptWords } from './script-words.ts';
import type { Tokenize } from './token.ts';
import { trigrams } from './trigrams.ts';
import { unicodeWords } from './unicode-words.ts';

/** The tokenizers of texts on a server. They find the words that FTS5's and the core's find. */
export const TOKENIZERS: Readonly<Record<Tokenizer, Tokenize>> = {
  unicode61: (text) => unicodeWords(text, 1),
  porter: (text) => unicodeWords(text, 1).map((token) => ({ ...token, term: stemOf(token.term) })),
  trigram: trigrams,
  words: scriptWords,
};
