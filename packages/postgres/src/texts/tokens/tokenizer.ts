import { stemOf } from './porter.ts';
import { scriptWords } from './script-words.ts';
import type { Tokenize } from './token.ts';
import { unicodeWords } from './unicode-words.ts';

/** The tokenizers of texts on a server. They find the words that FTS5's and the core's find. */
export const TOKENIZERS = {
  unicode61: (text) => unicodeWords(text, 1),
  porter: (text) => unicodeWords(text, 1).map((token) => ({ ...token, term: stemOf(token.term) })),
  words: scriptWords,
} as const satisfies Record<string, Tokenize>;

/** The name of a tokenizer that a server has. */
export type ServerTokenizer = keyof typeof TOKENIZERS;

export function hasTokenizer(name: string): name is ServerTokenizer {
  return Object.hasOwn(TOKENIZERS, name);
}
