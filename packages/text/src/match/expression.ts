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

/** A query in the language of FTS5. */
export interface Expression {
  readonly text: string;
  /** Whether it is nothing but texts in quotes, of which a document has at least one. */
  readonly isPlain: boolean;
}

/** Returns a query in the language of FTS5; undefined if nothing can match. Of `raw`, the syntax is not checked. */
export function expressionOf(query: string, options: ExpressionOptions): Expression | undefined {
  const { match, columns } = options;
  const wanted = match === 'raw' ? { text: query, isPlain: false } : wantedOf(query.replace(NUL, ' '), options);
  if (!wanted || wanted.text.trim() === '') return undefined;
  if (!columns) return wanted;
  // The parentheses keep an OR from leaving the columns.
  return { text: `{${columns.map(quoted).join(' ')}} : (${wanted.text})`, isPlain: false };
}

function wantedOf(query: string, options: ExpressionOptions): Expression | undefined {
  const { match, prefix } = options;
  if (match === 'phrase') {
    return query.trim() === '' ? undefined : { text: quoted(query) + (prefix ? ' *' : ''), isPlain: !prefix };
  }
  const parts = queryParts(query);
  const words = parts.filter(({ without }) => !without);
  if (words.length === 0) return undefined;
  const last = parts.at(-1);
  const positive = words.flatMap(({ text, quoted: isPhrase }) =>
    match === 'any' && options.hasWords && !isPhrase && hasSpaceless(text) ? segments(text) : [text],
  );
  const expressions = positive.map(quoted);
  const isBeginning = prefix && last !== undefined && !last.without && !last.quoted;
  if (isBeginning) expressions.push(`${expressions.pop()} *`);
  // FTS5 leaves out parts without a word only if no operator stands between them.
  const text = expressions.join(match === 'any' ? ' OR ' : ' ');
  const unwanted = parts.filter(({ without }) => without).map(({ text }) => quoted(text));
  if (unwanted.length > 0) return { text: `(${text}) NOT (${unwanted.join(' OR ')})`, isPlain: false };
  return { text, isPlain: !isBeginning && (match === 'any' || expressions.length === 1) };
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
