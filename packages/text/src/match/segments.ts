/** The scripts that the tokenizer `words` cuts into single characters: see `crates/core/src/text/scripts.rs`. */
const SPACELESS =
  '[\\u0e01-\\u0eff\\u1000-\\u109f\\u1780-\\u17d3\\u2e80-\\u2fd5\\u3005-\\u3007\\u3021-\\u303c\\u3041-\\u312f\\u31a0-\\u31ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\uff66-\\uff9f\\u{1aff0}-\\u{1b16f}\\u{20000}-\\u{3fffd}]';
// Made when they are needed: most programs never search in these scripts, and a segmenter takes milliseconds to load.
let spaceless: RegExp | undefined;
let segmenter: Intl.Segmenter | undefined;

/** Whether a text has characters of scripts without spaces between words. */
export function hasSpaceless(text: string): boolean {
  spaceless ??= new RegExp(SPACELESS, 'u');
  return spaceless.test(text);
}

/** Returns the words that the segmenter of the platform finds in a text. */
export function segments(text: string): string[] {
  const words = Array.from(wordsOf(text), ({ segment }) => segment);
  return words.length === 0 ? [text] : words;
}

/** Returns whether a range of a text begins and ends where words do. */
export function isWhole(text: string, start: number, end: number): boolean {
  const found = segmenterOf().segment(text);
  const isEdge = (at: number) => at >= text.length || found.containing(at)?.index === at;
  return isEdge(start) && isEdge(end);
}

function wordsOf(text: string): Intl.SegmentData[] {
  return Array.from(segmenterOf().segment(text)).filter(({ isWordLike }) => isWordLike);
}

function segmenterOf(): Intl.Segmenter {
  // Dictionaries belong to the script, and rules differ little by language. With one language, all users get the same.
  segmenter ??= new Intl.Segmenter('en', { granularity: 'word' });
  return segmenter;
}
