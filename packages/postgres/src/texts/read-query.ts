import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { QueryPlan } from '@kohakuvault/text/internal';
import { type Expression, readExpression } from './expression.ts';
import type { Tokenize } from './tokens/token.ts';

/** Reads the query of a plan. A raw one is read alone first: behind names of columns it could leave them. */
export function readQuery(
  { columns, tokenize }: { columns: { names: readonly string[] }; tokenize: Tokenize },
  { query, match, expression }: QueryPlan,
): Expression | undefined {
  if (expression === undefined) return undefined;
  const searched = { columns: columns.names, tokenize };
  if (match !== 'raw') return readExpression(expression, searched);
  const nul = query.indexOf('\0');
  if (nul >= 0) throw new InvalidArgument(`the raw query has a NUL at position ${nul}; leave it out`);
  const own = readExpression(query, searched);
  return own && expression !== query ? readExpression(expression, searched) : own;
}
