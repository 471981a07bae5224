import { InvalidArgument, KohakuVaultError, messageOf } from '@kohakuvault/core-native/internal';

/** The tokens of FTS5's language. */
const TOKEN = /"(?:[^"]|"")*"?|[\w\u{80}-\u{10ffff}]+|\S/gu;
/** What FTS5 says of an expression that it cannot read. */
const REFUSED =
  /^(?:SQLite: )?(?:fts5:? |unterminated string|no such column: |unknown special query: |expected integer, got )/;
const NO_COLUMN = /^no such column: ([\s\S]*)$/;
/** What it says if the expression could go on. */
const AT_END = /syntax error near ""/;

/** Whether an error is FTS5's about an expression. */
export function isRefusal(error: unknown): error is KohakuVaultError {
  return error instanceof KohakuVaultError && REFUSED.test(error.message);
}

/**
 * Returns the error for an expression that FTS5 has refused, with the place where it cannot be read any further. `read`
 * has FTS5 read an expression.
 */
export function rawError(query: string, refusal: KohakuVaultError, read: (query: string) => void): InvalidArgument {
  const why = messageOf(refusal.cause ?? refusal).replace(/^fts5: /, '');
  const column = NO_COLUMN.exec(why)?.[1];
  const position = column === undefined ? positionOf(query, read) : query.indexOf(column);
  return new InvalidArgument(
    `the raw query cannot be read at position ${position}: ${why}. See FTS5's query syntax, or leave out match: 'raw'`,
    { cause: refusal },
  );
}

/** Returns the place of the first token with which the query cannot be read, not even its beginning. */
function positionOf(query: string, read: (query: string) => void): number {
  const tokens = [...query.matchAll(TOKEN)];
  let readable = 0;
  let unreadable = tokens.length + 1;
  while (unreadable - readable > 1) {
    const middle = (readable + unreadable) >> 1;
    const token = tokens[middle - 1];
    const end = token ? token.index + token[0].length : query.length;
    if (isReadable(query.slice(0, end), read)) readable = middle;
    else unreadable = middle;
  }
  return tokens[unreadable - 1]?.index ?? query.length;
}

function isReadable(query: string, read: (query: string) => void): boolean {
  try {
    read(query);
    return true;
  } catch (error) {
    if (isRefusal(error)) return AT_END.test(error.message);
    throw error;
  }
}
