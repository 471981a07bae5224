/** Returns the characters per line: from COLUMNS, or from the terminal. Without a terminal there is no limit. */
export function widthOf(stream: { isTTY?: boolean; columns?: number }): number {
  const columns = Number(process.env.COLUMNS);
  if (Number.isInteger(columns) && columns >= 20) return columns;
  if (stream.isTTY) return stream.columns || 80;
  return Number.POSITIVE_INFINITY;
}

const WIDE =
  /^(?:\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|[\u3000-\u303f\uff01-\uff60\uffe0-\uffe6])$/u;
const NONE = /^(?:\p{Mark}|\p{Cf})$/u;

/** Returns the number of terminal cells that a text takes. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOfCharacter(character);
  return width;
}

function widthOfCharacter(character: string): number {
  if (character <= '\u007e') return 1;
  if (NONE.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Cuts a text to a width. An ellipsis marks the cut. */
export function cut(text: string, most: number): string {
  if (displayWidth(text) <= most) return text;
  let width = 0;
  let kept = '';
  for (const character of text) {
    width += widthOfCharacter(character);
    if (width > most - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
