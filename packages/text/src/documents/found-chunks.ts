import { fuse, type Ranked } from '../hybrid/fusion.ts';

/** A chunk that was found. */
export interface FoundChunk<C> {
  readonly chunk: C;
  readonly score: number;
}

/**
 * Joins what a search by words and one by vectors have found, each up to a depth, and returns the best chunks. Undefined if
 * deeper searches may have more that are wanted.
 */
export function foundChunks<Item, C extends { readonly document: unknown }>(
  texts: readonly Ranked<Item>[],
  vectors: readonly Ranked<Item>[],
  { k, distinct, depth }: { readonly k: number; readonly distinct: boolean; readonly depth: number },
  chunkOf: (item: Item) => C,
): FoundChunk<C>[] | undefined {
  const found = fuse(texts, vectors, 'rrf', { text: 1, vector: 1 }).map(({ score, text, vector }) => {
    return { chunk: chunkOf(((text ?? vector) as { item: Item }).item), score };
  });
  const wanted = distinct ? firstOfEach(found) : found;
  const isAll = texts.length < depth && vectors.length < depth;
  return wanted.length >= k || isAll ? wanted.slice(0, k) : undefined;
}

function firstOfEach<C extends { readonly document: unknown }>(found: readonly FoundChunk<C>[]): FoundChunk<C>[] {
  const seen = new Set<unknown>();
  return found.filter(({ chunk: { document } }) => {
    if (seen.has(document)) return false;
    seen.add(document);
    return true;
  });
}
