import { hybridSearch } from '@kohakuvault/text';
import type { VectorLike } from '@kohakuvault/vector';
import { bodyRules, checkBody } from '../api/body.ts';
import type { HybridSearchRequest, HybridSearchResult } from '../api/types.ts';
import type { VaultFile } from '../file/vault-file.ts';
import { shownStored } from '../values/shown-stored.ts';
import { CELL } from '../values/value-node.ts';
import { snippetsOf } from './text-search.ts';

const RULES = {
  texts: bodyRules.text,
  vectors: bodyRules.text,
  query: bodyRules.text,
  vector: bodyRules.numbers,
  k: bodyRules.whole(1, 200),
};

/** Finds documents by their words and by a vector, and joins the results. `embed` returns the vector of a text. */
export async function hybridTexts(
  file: VaultFile,
  body: unknown,
  embed: (text: string, table: string) => Promise<VectorLike>,
): Promise<HybridSearchResult> {
  const request = checkBody<HybridSearchRequest>('hybrid search', body, RULES, ['texts', 'vectors', 'query']);
  const { query, k = 20 } = request;
  const began = performance.now();
  const text = file.texts(request.texts);
  const vector = file.vectors(request.vectors);
  const embedding = request.vector ?? (await embed(query, request.vectors));
  return file.consistently(() => {
    const found = hybridSearch<Buffer>({ text: text.vault, vector: vector.vault }, { query, embedding, k });
    const ids = found.map(({ id }) => id);
    const hits = text.vault.search(query, { k: ids.length, match: 'any', filter: ids, highlight: true });
    const near = vector.vault.search(embedding, {
      k: ids.length,
      filter: ids.filter((id) => vector.vault.has(id as never)),
    });
    return {
      results: found.map(({ id, score, value, ranks }) => {
        const hit = hits.find((one) => one.id === id);
        return {
          id: String(id),
          score,
          value: shownStored(text.decode, value, CELL),
          textRank: ranks.text ?? null,
          vectorRank: ranks.vector ?? null,
          distance: near.find((one) => one.id === id)?.distance ?? null,
          snippets: hit ? snippetsOf(hit) : plainSnippets(text.vault.getById(id)?.texts ?? {}),
        };
      }),
      ms: performance.now() - began,
    };
  });
}

function plainSnippets(texts: Record<string, string>) {
  return Object.entries(texts)
    .slice(0, 1)
    .map(([column, text]) => ({
      column,
      text: text.slice(0, 360),
      ranges: [],
      before: false,
      after: text.length > 360,
    }));
}
