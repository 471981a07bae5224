import type { StoredText } from './text-rows.ts';
import type { TextSource } from './text-search.ts';

/** Characters of which every tokenizer makes words. */
const KNOWN =
  '[a-z0-9\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u024f\\u0391-\\u03a9\\u03b1-\\u03c9\\u0410-\\u044f\\u05d0-\\u05ea\\u0620-\\u064a\\u0e01-\\u0e2e\\u3041-\\u3096\\u30a1-\\u30fa\\u4e00-\\u9fa5\\uac00-\\ud7a3]';
let known: RegExp | undefined;
/** So much of a text is enough to find few documents by its words. */
const LONGEST_PHRASE = 200;
/** The tokenizer that makes a word of any three characters. */
const TRIGRAM = 'trigram';

/** Returns the first document with exactly these texts. Call it inside a snapshot. */
export function findExact(
  { connection, names, rows, tokenizer }: TextSource,
  wanted: readonly string[],
): StoredText | undefined {
  const equal = wanted.map((_, place) => `doc.c${place} = ?`).join(' AND ');
  const column = wanted.findIndex((text) => phraseOf(text, tokenizer) !== undefined);
  const phrase = column < 0 ? undefined : phraseOf(wanted[column] as string, tokenizer);
  const from =
    phrase === undefined
      ? `${names.content} AS doc WHERE ${equal}`
      : `${names.fts} AS found JOIN ${names.content} AS doc ON doc.id = found.rowid
          WHERE found.${names.fts.slice('main.'.length)} MATCH ? AND ${equal}`;
  const query = connection.query<bigint>(`SELECT doc.id FROM ${from} ORDER BY doc.id LIMIT 1`, {
    pluck: true,
    bigints: true,
  });
  // As SQLite stores them: without halves of characters.
  const parameters = wanted.map((text) => text.toWellFormed());
  const id = connection.read(() => query.get(...(phrase === undefined ? parameters : [phrase, ...parameters])));
  return id === undefined ? undefined : rows.get(id);
}

/** Returns an expression that each document with the text matches; undefined if the text may have no words. */
function phraseOf(text: string, tokenizer: string): string | undefined {
  let beginning = text;
  if (text.length > LONGEST_PHRASE) {
    // A word that is cut off would be another word.
    const space = text.lastIndexOf(' ', LONGEST_PHRASE);
    if (space < 0) return undefined;
    beginning = text.slice(0, space);
  }
  known ??= new RegExp(KNOWN, 'i');
  const hasWords = tokenizer === TRIGRAM ? beginning.length > 2 * TRIGRAM.length : known.test(beginning);
  return hasWords ? `"${beginning.toWellFormed().replaceAll('\0', ' ').replaceAll('"', '""')}"` : undefined;
}
