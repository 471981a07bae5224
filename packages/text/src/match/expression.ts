import { queryParts } from './query-words.ts';
import { hasSpaceless, segments } from './segments.ts';

/** How the words of a query must be in a document. */
export type Match = 'all' | 'any' | 'phrase' | 'raw';

/** What decides how a query is read. */
export interface ExpressionOptions {
  readonly match: Match;
  /** Whether the last word may be the beginning of a word. */
  readonly prefix: boolean;
  /** The columns to search; undefined for all. */
  readonly columns: readonly string[] | undefined;
  /** Whether the table's tokenizer knows scripts without spaces. */
  readonly hasWords: boolean;
}

/** FTS5 stops reading at a NUL. */
const NUL = /\0/g;

/** Returns a query in the language of FTS5; undefined if nothing can match. Of `raw`, the syntax is not checked. */
export function expressionOf(query: string, options: ExpressionOptions): string | undefined {
  const wanted = options.match === 'raw' ? query : wantedOf(query.replace(NUL, ' '), options);
  if (wanted.trim() === '') return undefined;
  const { columns } = options;
  // The parentheses keep an OR from leaving the columns.
  return columns ? `{${columns.map(quoted).join(' ')}} : (${wanted})` : wanted;
}

function wantedOf(query: string, options: ExpressionOptions): string {
  if (options.match === 'phrase') return query.trim() === '' ? '' : quoted(query) + (options.prefix ? ' *' : '');
  const parts = queryParts(query);
  const words = parts.filter(({ without }) => !without);
  if (words.length === 0) return '';
  const last = parts.at(-1);
  const positive = words.flatMap(({ text, quoted: isPhrase }) =>
    options.match === 'any' && options.hasWords && !isPhrase && hasSpaceless(text) ? segments(text) : [text],
  );
  const expressions = positive.map(quoted);
  if (options.prefix && last && !last.without && !last.quoted) expressions.push(`${expressions.pop()} *`);
  // FTS5 leaves out parts without a word only if no operator stands between them.
  const wanted = expressions.join(options.match === 'any' ? ' OR ' : ' ');
  const unwanted = parts.filter(({ without }) => without).map(({ text }) => quoted(text));
  return unwanted.length === 0 ? wanted : `(${wanted}) NOT (${unwanted.join(' OR ')})`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
