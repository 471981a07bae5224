import type { Token } from './token.ts';
import { unicodeWords } from './unicode-words.ts';

/** How a character is read: see `scripts.rs` of the core, whose tokenizer `words` this is. */
type Script = 'spaceless' | 'hangul' | 'wide' | 'symbol' | 'other';

const RANGES: readonly (readonly [script: Script, ...ranges: number[]])[] = [
  // Thai, Lao, Burmese, Khmer, the marks of iteration, kana, Bopomofo, Han and half-width kana.
  ['spaceless', 0x0e01, 0x0e3a, 0x0e40, 0x0e4e, 0x0e81, 0x0ebd, 0x0ec0, 0x0ece, 0x0edc, 0x0edf],
  ['spaceless', 0x1000, 0x103f, 0x1050, 0x108f, 0x109a, 0x109d, 0x1780, 0x17b3, 0x17b6, 0x17d3],
  ['hangul', 0x1100, 0x11ff, 0x3131, 0x318e, 0xa960, 0xa97c, 0xac00, 0xd7a3, 0xd7b0, 0xd7fb],
  ['spaceless', 0x3005, 0x3007, 0x3021, 0x3029, 0x3031, 0x3035, 0x3038, 0x303c],
  ['spaceless', 0x3041, 0x3096, 0x3099, 0x309a, 0x309d, 0x309f, 0x30a1, 0x30fa, 0x30fc, 0x30ff],
  ['spaceless', 0x3105, 0x312f, 0x31a0, 0x31bf, 0x31f0, 0x31ff, 0x1aff0, 0x1b16f],
  ['spaceless', 0x2e80, 0x2fd5, 0x3400, 0x4dbf, 0x4e00, 0x9fff, 0xf900, 0xfaff, 0x20000, 0x3fffd, 0xff66, 0xff9f],
  ['wide', 0xff10, 0xff19, 0xff21, 0xff3a, 0xff41, 0xff5a],
  ['symbol', 0x1f000, 0x1faff],
];
const FIRST = 0x0e01;
const TO_WIDE = 0xfee0;
const HALF_WIDTH =
  'ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン';
const FIRST_HALF_WIDTH = 0xff66;
const VOICED = /^[\u3099\uff9e]$/;
const HALF_VOICED = /^[\u309a\uff9f]$/;
/** The Thai letter am is written as one character, or as two. */
const THAI_AM = 'ำ';
const PARTS_OF_AM = ['\u0e4d', '\u0e32'];
/** The longest beginning of a word of Hangul that is a term, in syllables. */
const LONGEST_BEGINNING = 32;

/** Finds words also in scripts without spaces between them: each character is a word there. */
export function scriptWords(text: string, of: 'document' | 'query'): Token[] {
  const tokens: Token[] = [];
  for (let start = 0; start < text.length; ) {
    const script = scriptAt(text, start);
    let end = start + lengthAt(text, start);
    if (script === 'spaceless') {
      end = spaceless(text, start, end, tokens);
    } else {
      while (end < text.length && scriptAt(text, end) === script) end += lengthAt(text, end);
      tokens.push(...wordsOf(script, text.slice(start, end), start, of));
    }
    start = end;
  }
  return tokens;
}

function wordsOf(script: Script, run: string, start: number, of: 'document' | 'query'): Token[] {
  const end = start + run.length;
  if (script === 'other') return unicodeWords(run, 2, start);
  if (script === 'wide') return [{ term: narrow(run), start, end }];
  if (script === 'symbol') return [];
  // Letters of Hangul are composed to syllables. A word is also found by its beginnings.
  const term = run.normalize('NFC');
  const syllables = Array.from(term);
  const beginnings = syllables.slice(1, LONGEST_BEGINNING + 1).map((_, at) => syllables.slice(0, at + 1).join(''));
  return [{ term, start, end, also: of === 'document' ? beginnings : undefined }];
}

/** Adds one character, with the mark that may follow it. Returns where it ends. */
function spaceless(text: string, start: number, end: number, tokens: Token[]): number {
  const character = text.slice(start, end);
  if (character === THAI_AM) {
    for (const term of PARTS_OF_AM) tokens.push({ term, start, end });
    return end;
  }
  const plain = HALF_WIDTH[character.charCodeAt(0) - FIRST_HALF_WIDTH] ?? character;
  const next = text[end] ?? '';
  const voiced = withMark(plain, next);
  tokens.push({ term: voiced ?? plain, start, end: voiced === undefined ? end : end + 1 });
  return voiced === undefined ? end : end + 1;
}

/** Returns the kana with a mark of voicing in it; undefined if there is none. */
function withMark(kana: string, mark: string): string | undefined {
  const combining = VOICED.test(mark) ? '\u3099' : HALF_VOICED.test(mark) ? '\u309a' : undefined;
  if (combining === undefined) return undefined;
  const composed = (kana + combining).normalize('NFC');
  // ワ and some others have voiced forms that only few texts use, and the core leaves them alone.
  return /^[\u3046-\u3094\u30a6-\u30f4]$/.test(composed) ? composed : undefined;
}

function narrow(run: string): string {
  return Array.from(run, (wide) => String.fromCharCode(wide.charCodeAt(0) - TO_WIDE))
    .join('')
    .toLowerCase();
}

function lengthAt(text: string, at: number): number {
  return (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
}

function scriptAt(text: string, at: number): Script {
  const code = text.codePointAt(at) as number;
  if (code < FIRST) return 'other';
  for (const [script, ...ranges] of RANGES) {
    for (let place = 0; place < ranges.length; place += 2) {
      if (code >= (ranges[place] as number) && code <= (ranges[place + 1] as number)) return script;
    }
  }
  return 'other';
}
