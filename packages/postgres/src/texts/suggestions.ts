import { normalized, type Suggestion } from '@kohakuvault/text/internal';
import { queryOf } from './lexemes.ts';
import type { TextContext } from './text-context.ts';
import { vectorColumn } from './text-sql.ts';

/** After all characters that a word can have. */
const LAST = '\u{10ffff}';

/** Returns the words that begin with a text, those in the most documents first. Reads the documents that have some. */
export async function suggestTerms(context: TextContext, prefix: string, k: number): Promise<Suggestion[]> {
  const { executor, sql, tokenizer } = context;
  const first = normalized(prefix, tokenizer).toWellFormed();
  if (k === 0 || first.includes('\0')) return [];
  const vectors = Array.from({ length: sql.columns }, (_, number) => `d.${vectorColumn(number)}`);
  const query = literal(queryOf([{ term: first, isBeginning: true }]));
  const found = first === '' ? '' : ` WHERE ${vectors.map((vector) => `${vector} @@ ${query}::tsquery`).join(' OR ')}`;
  // ts_stat takes a statement as a text.
  const read = `SELECT ${vectors.join(' || ')} FROM ${sql.table} AS d${found}`;
  const text =
    `SELECT word, ndoc FROM ts_stat(${literal(read)}) WHERE word >= $1 COLLATE "C" AND word < $2 COLLATE "C" ` +
    'ORDER BY ndoc DESC, word COLLATE "C" LIMIT $3::int8';
  const { rows } = await executor.read((session) => session.query(text, [first, first + LAST, k], 'once'));
  return rows.map(([term, documents]) => ({ term: term as string, documents: documents as number }));
}

/** Returns a text as SQL has it, whatever the server makes of a backslash. */
function literal(text: string): string {
  return ` E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
