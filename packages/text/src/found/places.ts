/** A range of a text, in units of UTF-16: where it begins, and where it ends. */
export type TextRange = [start: number, end: number];

/** Texts that are put around matches. */
export interface Markers {
  before?: string | undefined;
  after?: string | undefined;
}

/** The ranges of each column of a document that matches, by the column's number. */
export type DocumentPlaces = Map<number, TextRange[]>;

/** Reads what the core returns of several documents. */
export function readPlaces(bytes: Buffer): DocumentPlaces[] {
  const documents: DocumentPlaces[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at);
    at += 4;
    const places: DocumentPlaces = new Map();
    while (at < end) {
      const column = bytes.readUInt32LE(at);
      const count = bytes.readUInt32LE(at + 4);
      at += 8;
      const ranges: TextRange[] = [];
      for (let number = 0; number < count; number++, at += 8) {
        ranges.push([bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)]);
      }
      places.set(column, ranges);
    }
    documents.push(places);
  }
  return documents;
}

/** Returns a text with markers around its ranges. */
export function marked(text: string, ranges: readonly TextRange[], before: string, after: string): string {
  let result = '';
  let at = 0;
  for (const [start, end] of ranges) {
    result += text.slice(at, start) + before + text.slice(start, end) + after;
    at = end;
  }
  return result + text.slice(at);
}
