import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { type FieldTypes, VectorKVault } from '@kohakuvault/vector';
import { checkHybrid, depthsFor, type HybridResult, type HybridSearchOptions, joined } from './hybrid/join.ts';
import { limitsOf } from './hybrid/limits.ts';
import { TextVault } from './text-vault.ts';

/** Searches by words and by a vector, and joins the results. The two vaults may be in one file or in two. */
export function hybridSearch<V, F extends FieldTypes = FieldTypes>(
  // biome-ignore lint/suspicious/noExplicitAny: the names of columns and the encodings do not matter here.
  vaults: { text: TextVault<V, any, any>; vector: VectorKVault<V, any, F> },
  options: HybridSearchOptions<V, F>,
): HybridResult<V>[] {
  const { text, vector } = checkedVaults<V>(vaults);
  checkHybrid(options);
  const checked = options as HybridSearchOptions<V>;
  const { query, embedding, k = 10, match = 'any' } = checked;
  // Of vaults on one connection, both see one state of the file.
  return text.snapshot(() =>
    vector.snapshot(() => {
      const limits = limitsOf(vector, checked);
      for (const depth of depthsFor(k)) {
        const texts = text.search(query, { k: depth, match, ...limits.text });
        const vectors = vector.search(embedding, { k: depth, ...limits.vector });
        const results = joined(texts, vectors, checked, depth);
        if (results) return results;
      }
      return [];
    }),
  );
}

function checkedVaults<V>(vaults: unknown): { text: TextVault<V, string>; vector: VectorKVault<V> } {
  const { text, vector } = (vaults ?? {}) as { text?: unknown; vector?: unknown };
  if (!(text instanceof TextVault)) {
    throw new InvalidArgument(`hybridSearch expects text to be a TextVault, got ${describe(text)}`);
  }
  if (!(vector instanceof VectorKVault)) {
    throw new InvalidArgument(`hybridSearch expects vector to be a VectorKVault, got ${describe(vector)}`);
  }
  return { text, vector };
}
