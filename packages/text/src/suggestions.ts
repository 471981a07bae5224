import { describe, InvalidArgument, rules } from '@kohakuvault/core-native/internal';

/** The marks that FTS5's tokenizers leave out, as a text: see `names/is-name.ts`. */
const MARKS = '\\p{M}';

/** A word of the documents. */
export interface Suggestion {
  term: string;
  /** How many documents have it. */
  documents: number;
}

/** Refuses what `suggest` cannot look for. */
export function checkSuggest(prefix: unknown, k: unknown): void {
  if (typeof prefix !== 'string') {
    throw new InvalidArgument(`suggest: the prefix is ${describe(prefix)}; expected a string`);
  }
  const rule = rules.wholeNumber(0);
  if (!rule.accepts(k)) throw new InvalidArgument(`suggest: k is ${describe(k)}; expected ${rule.expected}`);
}

/** Returns the beginning of a word as the tokenizer has words. */
export function normalized(prefix: string, tokenizer: string): string {
  const lower = prefix.toLowerCase();
  return tokenizer === 'trigram' ? lower : lower.normalize('NFD').replace(new RegExp(MARKS, 'gu'), '').normalize('NFC');
}
