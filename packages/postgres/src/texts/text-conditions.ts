import type { Parameter } from '../client/session.ts';
import type { Expression, Phrase } from './expression.ts';
import { lexemeOf, queryOf, type Wanted } from './lexemes.ts';
import { vectorColumn } from './text-sql.ts';

/** A condition on the documents `d`, with its parameters. */
export interface TextCondition {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

/** Returns an expression as a condition. `first` is the number of the first parameter. */
export function conditionOf(expression: Expression, first: number): TextCondition {
  const parameters: Parameter[] = [];
  const add = (parameter: Parameter) => `$${first - 1 + parameters.push(parameter)}`;
  const sqlOf = (part: Expression): string => {
    if (part.kind === 'phrase') return phraseSql(part, add);
    if (part.kind === 'without') return `(${sqlOf(part.wanted)} AND NOT ${sqlOf(part.unwanted)})`;
    return `(${part.of.map(sqlOf).join(part.kind === 'all' ? ' AND ' : ' OR ')})`;
  };
  const sql = sqlOf(expression);
  return { sql, parameters };
}

/** A phrase is in one of its columns. */
function phraseSql(phrase: Phrase, add: AddParameter): string {
  const found = columnsSql(phrase, add);
  return found.length === 1 ? (found[0] as string) : `(${found.join(' OR ')})`;
}

/** Adds a parameter to a statement, and returns how the statement calls it. */
export type AddParameter = (parameter: Parameter) => string;

/** Returns a condition for each column of a phrase. */
export function columnsSql({ words, columns, isFirst }: Phrase, add: AddParameter): string[] {
  const query = `${add(queryOf(words))}::tsquery`;
  const firsts = isFirst ? words.map((word, nth) => firstSql(word, nth + 1, add)) : [];
  return columns.map((number) => {
    const vector = `d.${vectorColumn(number)}`;
    const found = `${vector} @@ ${query}`;
    if (!isFirst) return found;
    const places = firsts.map((condition) => `EXISTS (SELECT FROM unnest(${vector}) AS w WHERE ${condition})`);
    return `(${[found, ...places].join(' AND ')})`;
  });
}

/** A word `w` of a tsvector is the wanted one, and has the place: a tsquery knows no places. */
function firstSql(word: Wanted, place: number, add: AddParameter): string {
  const term = `${add(lexemeOf(word))}::text`;
  const isWord = word.isBeginning ? `starts_with(w.lexeme, ${term})` : `w.lexeme = ${term}`;
  return `${isWord} AND ${place} = ANY (w.positions)`;
}
