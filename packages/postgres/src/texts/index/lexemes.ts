import type { Token } from '../tokens/token.ts';

/** The last place that a tsvector knows. A word behind it is found, but not as part of a phrase. */
const LAST_PLACE = 16_383;
/** The most places of one word in a tsvector. */
const MOST_PLACES = 255;
/** The longest word in a tsvector is 2,046 bytes long; what is cut off here is cut off in queries too. */
const LONGEST = 2_000;

/** Returns the words of a document as a tsvector, in its form as text. */
export function vectorOf(tokens: readonly Token[]): string {
  return Array.from(placesOf(tokens), ([lexeme, list]) =>
    list.length > 0 ? `${quoted(lexeme)}:${list.join()}` : quoted(lexeme),
  ).join(' ');
}

/** Returns the same in the form in which COPY takes it: lexemes that end with 0, each with its places. */
export function binaryVectorOf(tokens: readonly Token[]): Buffer {
  const places = placesOf(tokens);
  let length = 4;
  for (const [lexeme, list] of places) length += Buffer.byteLength(lexeme) + 3 + 2 * list.length;
  const cell = Buffer.allocUnsafe(length);
  let at = cell.writeInt32BE(places.size);
  for (const [lexeme, list] of places) {
    at += cell.write(lexeme, at);
    at = cell.writeUInt8(0, at);
    at = cell.writeUInt16BE(list.length, at);
    for (const place of list) at = cell.writeUInt16BE(place, at);
  }
  return cell;
}

/** Returns the lexemes of words, each with the places that a tsvector keeps. */
function placesOf(tokens: readonly Token[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [at, { term, also }] of tokens.entries()) {
    for (const one of also ? [term, ...also] : [term]) {
      const lexeme = cut(one);
      const known = places.get(lexeme);
      const list = known ?? [];
      if (!known) places.set(lexeme, list);
      if (at < LAST_PLACE && list.length < MOST_PLACES && list.at(-1) !== at + 1) list.push(at + 1);
    }
  }
  return places;
}

/** A word of a query, or the beginning of words. */
export interface Wanted {
  readonly term: string;
  readonly isBeginning: boolean;
}

/** Returns a word as documents have it. */
export function lexemeOf({ term }: Wanted): string {
  return cut(term);
}

/** Returns words that must stand next to each other, as a tsquery in its form as text. */
export function queryOf(words: readonly Wanted[]): string {
  return words.map(({ term, isBeginning }) => quoted(cut(term)) + (isBeginning ? ':*' : '')).join(' <-> ');
}

function quoted(lexeme: string): string {
  return `'${lexeme.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** Cuts a word that is too long, between two characters. */
function cut(term: string): string {
  if (term.length * 3 <= LONGEST || Buffer.byteLength(term) <= LONGEST) return term;
  let end = LONGEST;
  const bytes = Buffer.from(term);
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
