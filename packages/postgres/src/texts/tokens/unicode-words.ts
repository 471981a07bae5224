import type { Token } from './token.ts';

/** Which accents are left out: none (0), those of letters with one (1), as `unicode61` does, or those of all letters (2). */
export type Accents = 0 | 1 | 2;

/** The marks that belong to the word before them and are left out: U+0300 and those after it, by their bits. */
const MARKS = [0x0802_9fdf, 0x0003_61f8];
const FIRST_MARK = 0x300;
/** Letters that are forms of others. */
const FORMS: Readonly<Record<string, string>> = {
  µ: 'μ',
  ſ: 's',
  ς: 'σ',
  ϐ: 'β',
  ϑ: 'θ',
  ϕ: 'φ',
  ϖ: 'π',
  ϰ: 'κ',
  ϱ: 'ρ',
  ϵ: 'ε',
  ẛ: 'ṡ',
};
const ASCII = /^[\0-\x7f]*$/;
const LATIN = /^[a-z]$/;

// Made when they are needed: V8 looks up classes such as `\p{L}` when it parses a literal.
let word: RegExp | undefined;
let isMark: RegExp | undefined;

/**
 * Finds the words of a text as SQLite's `unicode61` does: runs of letters and digits, without case and accents. The
 * accents of Latin letters alone are left out, as there.
 */
export function unicodeWords(text: string, accents: Accents, offset = 0): Token[] {
  word ??= new RegExp(`[\\p{L}\\p{N}\\p{Co}][\\p{L}\\p{N}\\p{Co}${marks()}]*`, 'gu');
  return Array.from(text.matchAll(word), ({ 0: found, index }) => {
    const start = offset + index;
    return { term: folded(found, accents), start, end: start + found.length };
  });
}

/** Returns a text without case, character by character. */
export function foldedText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  let folded = '';
  for (const character of text) folded += foldedCharacter(character, 0);
  return folded;
}

function folded(found: string, accents: Accents): string {
  if (ASCII.test(found)) return found.toLowerCase();
  isMark ??= new RegExp(`^[${marks()}]$`, 'u');
  let term = '';
  for (const character of found) if (!isMark.test(character)) term += foldedCharacter(character, accents);
  return term;
}

function foldedCharacter(character: string, accents: Accents): string {
  const small = character.toLowerCase();
  // A letter that becomes several stays as it is.
  const lower = small.length === character.length ? small : character;
  const form = FORMS[lower] ?? lower;
  if (accents === 0) return form;
  // Of İ, the dot is an accent, without which it has a small form.
  const [base = form, ...others] = form.normalize('NFD').toLowerCase();
  if (others.length === 0 || !LATIN.test(base)) return form;
  return accents === 1 && others.length > 1 ? form : base;
}

function marks(): string {
  const bits = MARKS.flatMap((mask, half) =>
    Array.from({ length: 32 }, (_, bit) => ({ isSet: (mask >>> bit) & 1, at: half * 32 + bit })),
  );
  const codes = bits.filter(({ isSet }) => isSet).map(({ at }) => (FIRST_MARK + at).toString(16));
  return codes.map((code) => `\\u{${code}}`).join('');
}
