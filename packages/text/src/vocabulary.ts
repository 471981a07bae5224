import { nativeCore } from '@kohakuvault/core-native/internal';
import { quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { checkSuggest, normalized, type Suggestion } from './suggestions.ts';
import type { TextSource } from './text-search.ts';

/** After all characters that a word can have. */
const LAST = '\u{10ffff}';

/** Returns the words that begin with a text, those in the most documents first. */
export function suggestTerms(source: TextSource, prefix: string, k: number): Suggestion[] {
  checkSuggest(prefix, k);
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
