import type { Parameter } from '../client/session.ts';
import type { Expression, Phrase } from './expression.ts';
import { queryOf } from './lexemes.ts';
import { vectorColumn } from './text-sql.ts';

/** A condition on the documents `d`, with its parameters. */
export interface TextCondition {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

/** Returns an expression as a condition. `first` is the number of the first parameter. */
export function conditionOf(expression: Expression, first: number): TextCondition {
  const parameters: Parameter[] = [];
  const sqlOf = (part: Expression): string => {
    if (part.kind === 'phrase') {
      parameters.push(queryOf(part.words));
      return phraseSql(part, first + parameters.length - 1);
    }
    if (part.kind === 'without') return `(${sqlOf(part.wanted)} AND NOT ${sqlOf(part.unwanted)})`;
    return `(${part.of.map(sqlOf).join(part.kind === 'all' ? ' AND ' : ' OR ')})`;
  };
  const sql = sqlOf(expression);
  return { sql, parameters };
}

/** A phrase is in one of its columns. */
function phraseSql({ columns }: Phrase, parameter: number): string {
  const found = columns.map((number) => `d.${vectorColumn(number)} @@ $${parameter}::tsquery`);
  return found.length === 1 ? (found[0] as string) : `(${found.join(' OR ')})`;
}
