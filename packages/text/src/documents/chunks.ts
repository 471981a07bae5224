/** A part of a text, in units of UTF-16. */
export interface Chunk {
  readonly start: number;
  readonly end: number;
}

/** How texts are split. */
export interface ChunkSizes {
  /** The most units of UTF-16 in a chunk. */
  readonly size: number;
  /** How many units of a chunk the next one may begin with again. */
  readonly overlap: number;
}

let sentences: Intl.Segmenter | undefined;
let words: Intl.Segmenter | undefined;

/**
 * Splits a text into chunks of whole sentences. Only a sentence that is too long is split between words. Together the
 * chunks cover the text.
 */
export function chunksOf(text: string, { size, overlap }: ChunkSizes): Chunk[] {
  const pieces = [...piecesOf(text, size)];
  const chunks: Chunk[] = [];
  for (let first = 0; first < pieces.length; ) {
    const { start } = pieces[first] as Chunk;
    let last = first;
    while (last + 1 < pieces.length && (pieces[last + 1] as Chunk).end - start <= size) last++;
    const { end } = pieces[last] as Chunk;
    chunks.push({ start, end });
    if (last + 1 === pieces.length) break;
    // The next chunk begins with the last sentences of this one, if they fit.
    let next = last + 1;
    const after = (pieces[next] as Chunk).end;
    while (next - 1 > first && end - (pieces[next - 1] as Chunk).start <= overlap) {
      if (after - (pieces[next - 1] as Chunk).start > size) break;
      next--;
    }
    first = next;
  }
  return chunks;
}

/** Yields the sentences of a text, and the parts of those that are longer than a chunk. */
function* piecesOf(text: string, size: number): Generator<Chunk> {
  sentences ??= new Intl.Segmenter('en', { granularity: 'sentence' });
  for (const { index, segment } of sentences.segment(text)) {
    if (segment.length <= size) yield { start: index, end: index + segment.length };
    else yield* partsOf(segment, index, size);
  }
}

/** Yields parts of a long sentence that end where words do, if a word is not longer than a chunk. */
function* partsOf(sentence: string, offset: number, size: number): Generator<Chunk> {
  words ??= new Intl.Segmenter('en', { granularity: 'word' });
  for (let start = 0; start < sentence.length; ) {
    const rest = sentence.slice(start, start + size + 1);
    let end = rest.length;
    if (rest.length > size) {
      const cut = words.segment(rest).containing(size)?.index ?? size;
      end = cut > 0 ? cut : wholeCharacters(rest, size);
    }
    yield { start: offset + start, end: offset + start + end };
    start += end;
  }
}

/** Returns a length that does not cut a character in two. */
function wholeCharacters(text: string, length: number): number {
  const unit = text.charCodeAt(length);
  return unit >= 0xdc00 && unit <= 0xdfff && length > 1 ? length - 1 : length;
}
