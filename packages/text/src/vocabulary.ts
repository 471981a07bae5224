import { describe, InvalidArgument, nativeCore, rules } from '@kohakuvault/core-native/internal';
import { quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import type { TextSource } from './text-search.ts';

/** A word of the documents. */
export interface Suggestion {
  term: string;
  /** How many documents have it. */
  documents: number;
}

/** After all characters that a word can have. */
const LAST = '\u{10ffff}';
/** The marks that FTS5's tokenizers leave out, as a text: see `names/is-name.ts`. */
const MARKS = '\\p{M}';

/** Returns the words that begin with a text, those in the most documents first. */
export function suggestTerms(source: TextSource, prefix: string, k: number): Suggestion[] {
  if (typeof prefix !== 'string') {
    throw new InvalidArgument(`suggest: the prefix is ${describe(prefix)}; expected a string`);
  }
  const rule = rules.wholeNumber(0);
  if (!rule.accepts(k)) throw new InvalidArgument(`suggest: k is ${describe(k)}; expected ${rule.expected}`);
  const { connection } = source;
  const first = normalized(prefix, source.tokenizer);
  return connection.consistently(() => {
    const vocabulary = vocabularyOf(source);
    const query = connection.query<Suggestion>(
      `SELECT term, doc AS documents FROM ${vocabulary} WHERE term >= ? AND term < ? ORDER BY doc DESC, term LIMIT ?`,
    );
    return connection.read(() => query.all(first, first + LAST, k));
  });
}

/** Makes a view of the index in the temporary schema of the connection, which is in memory. Returns its name. */
function vocabularyOf({ connection, names }: TextSource): string {
  const name = `temp.${quoteIdentifier(`kohakuvault_terms_${names.table}`)}`;
  const table = `'${names.table.replaceAll("'", "''")}'`;
  // Each time: a rollback of the user may have taken it back.
  connection.read(() =>
    nativeCore().binding.execute(
      connection.handle,
      `CREATE VIRTUAL TABLE IF NOT EXISTS ${name} USING fts5vocab('main', ${table}, 'row')`,
    ),
  );
  return name;
}

/** Returns the beginning of a word as the tokenizer has words. */
function normalized(prefix: string, tokenizer: string): string {
  const lower = prefix.toLowerCase();
  return tokenizer === 'trigram' ? lower : lower.normalize('NFD').replace(new RegExp(MARKS, 'gu'), '').normalize('NFC');
}
