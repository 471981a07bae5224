import { describe, InvalidArgument, refusePromise } from '@kohakuvault/core-native/internal';
import type { VectorLike } from '@kohakuvault/vector/internal';
import { checkHybrid, depthsFor, type HybridResult, type HybridSearchOptions, joined } from './hybrid/join.ts';

/** What is used of texts: those of `AsyncTexts`, of any columns and encoding. */
interface SearchedTexts<V> {
  search(query: string, options?: object): Promise<{ id: bigint; value: V; score: number }[]>;
}

/** What is used of vectors: those of `AsyncVectors`, of any fields, ids and encoding. */
interface SearchedVectors<V> {
  search(query: VectorLike, options?: object): Promise<{ id: bigint | string; value: V; distance: number }[]>;
  size(): Promise<number>;
}

/**
 * Searches by words and by a vector, and joins the results, as `hybridSearch` does, wherever the vaults are. Each search is
 * a call of its own: use the vaults of a snapshot if both must see one state.
 */
export async function asyncHybridSearch<V>(
  vaults: { text: SearchedTexts<V>; vector: SearchedVectors<V> },
  options: HybridSearchOptions<V>,
): Promise<HybridResult<V>[]> {
  checkVaults(vaults);
  checkHybrid(options);
  const { text, vector } = vaults;
  const { query, embedding, k = 10, match = 'any' } = options;
  const limits = await limitsOf(vector, options);
  for (const depth of depthsFor(k)) {
    const texts = await text.search(query, { k: depth, match, ...limits.text });
    const vectors = await vector.search(embedding, { k: depth, ...limits.vector });
    // Ids of text are found by a key, and never joined with those of documents.
    const results = joined<V>(texts, vectors as { id: bigint; value: V; distance: number }[], options, depth);
    if (results) return results;
  }
  return [];
}

/** Returns what `where` means for each of the searches. The vectors have the fields; documents meet what theirs meet. */
async function limitsOf<V>(
  vector: SearchedVectors<V>,
  { where, key, embedding }: HybridSearchOptions<V>,
): Promise<{ text: object; vector: object }> {
  if (where === undefined) return { text: {}, vector: {} };
  if (typeof where === 'function') {
    const filter = (_: unknown, value: V) => refusePromise('where', where(value));
    return { text: { filter }, vector: { filter } };
  }
  // All vectors that meet it: their ids, or the keys of their values, are those of the documents.
  const found = await vector.search(embedding, { k: Math.max(1, await vector.size()), where });
  if (key) {
    const keys = new Set(found.map(({ value }) => refusePromise('key', key(value))));
    const filter = (_: unknown, value: V) => keys.has(refusePromise('key', key(value)));
    return { text: { filter }, vector: { where } };
  }
  const ids = found.map(({ id }) => id);
  if (typeof ids[0] !== 'string') return { text: { filter: ids }, vector: { where } };
  throw new InvalidArgument(
    'hybridSearch: the ids of the vectors are texts, and those of the documents are numbers; pair them by a key',
  );
}

function checkVaults(vaults: unknown): void {
  const { text, vector } = (vaults ?? {}) as Record<string, unknown>;
  for (const [name, vault] of Object.entries({ text, vector })) {
    if (typeof (vault as { search?: unknown } | null | undefined)?.search === 'function') continue;
    throw new InvalidArgument(
      `hybridSearch expects ${name} to be ${name === 'text' ? 'texts' : 'vectors'}, got ${describe(vault)}`,
    );
  }
}
