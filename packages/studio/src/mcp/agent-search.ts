import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { bodyRules, checkBody } from '../api/body.ts';
import { hybridTexts } from '../texts/hybrid-search.ts';
import { textSearch } from '../texts/text-search.ts';
import { embedded, vectorSearch } from '../vectors/vector-search.ts';
import { plainOf } from './plain.ts';
import type { ToolContext } from './tool.ts';

interface SearchArgs {
  texts?: string;
  vectors?: string;
  query?: string;
  vector?: number[];
  like?: string;
  where?: Record<string, unknown>;
  k?: number;
}

/** Searches texts, vectors, or both, by what is given. */
export async function search(context: ToolContext, given: Record<string, unknown>): Promise<unknown> {
  const rules = {
    texts: bodyRules.text,
    vectors: bodyRules.text,
    query: bodyRules.text,
    vector: bodyRules.numbers,
    like: bodyRules.text,
    where: bodyRules.object,
    k: bodyRules.whole(1, 100),
  };
  const { texts, vectors, query, vector, like, where, k = 10 } = checkBody<SearchArgs>('search', given, rules, []);
  const { file, embed, signal } = context;
  if (texts !== undefined && vectors !== undefined) {
    const body = { texts, vectors, query, k, ...(vector && { vector }) };
    const { results } = await hybridTexts(file, body, (words, table) => embedded(embed, words, table));
    return {
      results: results.map(({ value, snippets, ...one }) => ({
        ...one,
        value: plainOf(value),
        text: snippets[0]?.text,
      })),
    };
  }
  if (texts !== undefined) {
    const { results, total } = textSearch(file, { table: texts, query, k });
    return {
      total,
      results: results.map(({ id, score, value, snippets }) => ({
        id,
        score,
        value: plainOf(value),
        texts: snippets.map(({ column, text: piece }) => ({ column, text: piece })),
      })),
    };
  }
  if (vectors !== undefined) {
    const how = like !== undefined ? { id: like } : vector !== undefined ? { vector } : { text: query };
    const { results } = await vectorSearch(
      file,
      { table: vectors, k, ...how, ...(where && { where }) },
      { embed, signal },
    );
    const shown = results.map(({ id, distance, value, fields }) => ({
      id,
      distance,
      value: plainOf(value),
      fields: Object.fromEntries(Object.entries(fields).map(([name, node]) => [name, plainOf(node)])),
    }));
    return { results: shown };
  }
  throw new InvalidArgument('search expects texts, vectors or both; list_tables tells which there are');
}
