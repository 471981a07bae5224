import type { Tokenizer } from '@kohakuvault/text/internal';
import { lexemeIndex } from './lexeme-index.ts';
import { trigramIndex } from './trigram-index.ts';
import type { WordIndex } from './word-index.ts';

/** Returns how a table with a tokenizer keeps words. */
export function indexOf(tokenizer: Tokenizer): WordIndex {
  return tokenizer === 'trigram' ? trigramIndex : lexemeIndex;
}
