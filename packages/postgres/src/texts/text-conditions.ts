import type { Expression, Phrase } from './expression.ts';
import type { Parameters } from './index/parameters.ts';
import type { WordIndex } from './index/word-index.ts';
import { nearCount, nearSql } from './near.ts';
import { wordsColumn } from './text-sql.ts';

/** Returns an expression as a condition on the documents `d`. */
export function conditionOf(expression: Expression, index: WordIndex, parameters: Parameters): string {
  const sqlOf = (part: Expression): string => {
    switch (part.kind) {
      case 'phrase':
        // A phrase is in one of its columns.
        return anyOf(phraseColumns(part, index, parameters));
      case 'near':
        return anyOf(part.columns.map((number) => nearSql(part, columnOf(number), index, parameters)));
      case 'without':
        return `(${sqlOf(part.wanted)} AND NOT ${sqlOf(part.unwanted)})`;
      default:
        return `(${part.of.map(sqlOf).join(part.kind === 'all' ? ' AND ' : ' OR ')})`;
    }
  };
  return sqlOf(expression);
}

/** Returns how often each column of a phrase has it, as float8s. */
export function countsOf(phrase: Phrase, index: WordIndex, parameters: Parameters): string[] {
  const { words, columns, isFirst, near } = phrase;
  // The first words of a column are there once.
  if (isFirst) return phraseColumns(phrase, index, parameters).map((found) => `(${found})::int4::float8`);
  if (!near) return columns.map((number) => index.count(columnOf(number), words, parameters));
  const nth = near.phrases.indexOf(words);
  return columns.map((number) => nearCount(near, nth, columnOf(number), index, parameters));
}

/** Returns a condition for each column of a phrase. */
function phraseColumns({ words, columns, isFirst }: Phrase, index: WordIndex, parameters: Parameters): string[] {
  return columns.map((number) => {
    const column = columnOf(number);
    return isFirst ? index.begins(column, words, parameters) : index.has(column, words, parameters);
  });
}

function columnOf(number: number): string {
  return `d.${wordsColumn(number)}`;
}

function anyOf(conditions: readonly string[]): string {
  return conditions.length === 1 ? (conditions[0] as string) : `(${conditions.join(' OR ')})`;
}
