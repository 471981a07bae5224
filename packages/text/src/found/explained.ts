import { type DocumentPlaces, type Markers, marked, type TextRange } from './places.ts';
import { excerptOf } from './snippet.ts';

/** Where a text matches, and the text with markers if they were asked for. */
export interface Highlight {
  /** The matches, as ranges of the text in units of UTF-16. */
  ranges: TextRange[];
  marked?: string;
}

/** The part of a document that shows best why it was found. */
export interface Snippet<F extends string> extends Highlight {
  column: F;
  /** The part. The ranges are ranges of it. */
  text: string;
  /** Where the part begins in the column's text. */
  start: number;
}

export interface TextResult<V, F extends string> {
  id: bigint;
  /** How well the document matches, by BM25. The greater, the better. */
  score: number;
  texts: Record<F, string>;
  value: V;
  snippet?: Snippet<F>;
  highlights?: Record<F, Highlight>;
}

/** Returns where each column of a document matches. */
export function highlightsOf<F extends string>(
  names: readonly F[],
  texts: Record<F, string>,
  places: DocumentPlaces,
  markers: Markers,
): Record<F, Highlight> {
  const highlights = {} as Record<F, Highlight>;
  for (const [number, name] of names.entries()) {
    const ranges = places.get(number) ?? [];
    highlights[name] = { ranges, ...markedBy(markers, texts[name], ranges) };
  }
  return highlights;
}

/** Returns the part of a document that shows best why it was found. */
export function snippetOf<F extends string>(
  names: readonly F[],
  texts: Record<F, string>,
  places: DocumentPlaces,
  { tokens, ...markers }: Markers & { readonly tokens: number },
): Snippet<F> {
  const all = names.map((name) => texts[name]);
  const { column, start, end, ranges } = excerptOf(all, places, tokens);
  const text = (all[column] ?? '').slice(start, end);
  return { column: names[column] as F, text, start, ranges, ...markedBy(markers, text, ranges) };
}

function markedBy({ before, after }: Markers, text: string, ranges: readonly TextRange[]): { marked?: string } {
  if (before === undefined && after === undefined) return {};
  return { marked: marked(text, ranges, before ?? '', after ?? '') };
}
