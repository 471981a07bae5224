import { normalized, type Suggestion } from '@kohakuvault/text/internal';
import type { TextContext } from './text-context.ts';
import { wordsColumn } from './text-sql.ts';

/** Returns the words that begin with a text, those in the most documents first. Reads the documents that have some. */
export async function suggestTerms(context: TextContext, prefix: string, k: number): Promise<Suggestion[]> {
  const { executor, sql, index, columns, tokenizer } = context;
  const first = normalized(prefix, tokenizer).toWellFormed();
  if (k === 0 || first.includes('\0')) return [];
  const words = columns.names.map((_, number) => wordsColumn(number));
  const { text, parameters } = index.terms(sql.table, words, first, k);
  const { rows } = await executor.read((session) => session.query(text, parameters.all, 'once'));
  return rows.map(([term, documents]) => ({ term: term as string, documents: documents as number }));
}
