import { Parameters } from './index/parameters.ts';
import type { TextContext } from './text-context.ts';
import { textColumn, wordsColumn } from './text-sql.ts';

/** So much of a text is enough to find few documents by its words. */
const MOST_WORDS = 30;

/** Returns the first document with exactly these texts, found by the words of one of them. */
export async function findExact(
  context: TextContext,
  wanted: readonly string[],
): Promise<readonly unknown[] | undefined> {
  // PostgreSQL has no text with a NUL.
  if (wanted.some((text) => text.includes('\0'))) return undefined;
  const { executor, sql, index, tokenize, columns } = context;
  const parameters = new Parameters();
  const equal = columns.names.map(
    (name, number) => `d.${textColumn(name)} = ${parameters.add((wanted[number] as string).toWellFormed(), 'text')}`,
  );
  const words = wanted.map((text) => tokenize(text, 'query').slice(0, MOST_WORDS));
  const column = words.findIndex((tokens) => tokens.length > 0);
  const phrase = (words[column] ?? []).map(({ term }) => ({ term, isBeginning: false }));
  if (column >= 0) equal.push(index.has(`d.${wordsColumn(column)}`, phrase, parameters));
  const text = `SELECT ${sql.document} FROM ${sql.table} AS d WHERE ${equal.join(' AND ')} ORDER BY d.id LIMIT 1`;
  const { rows } = await executor.read((session) => session.query(text, parameters.all, 'once'));
  return rows[0];
}
