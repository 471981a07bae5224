import type { Session } from '../../client/session.ts';
import type { Tokenize } from '../tokens/token.ts';
import type { Wanted } from './lexemes.ts';
import type { Parameters } from './parameters.ts';

/** A statement with its parameters. */
export interface Statement {
  readonly text: string;
  readonly parameters: Parameters;
}

/** What a table keeps of the words of a text. */
export interface Kept<Cell = string> {
  readonly cell: Cell;
  /** How many words there are. */
  readonly words: number;
}

/** How a table keeps the words of texts, in one column for each text, and how statements find them. */
export interface WordIndex {
  /** The type of the columns. */
  readonly type: 'tsvector' | 'text';
  /** Returns how an index declares a column. */
  indexed(column: string): string;
  /** Refuses a server that lacks what the columns take. */
  prepare(session: Session): Promise<void>;
  keep(text: string, tokenize: Tokenize): Kept;
  /** Does the same in the form in which COPY takes it. */
  keepBinary(text: string, tokenize: Tokenize): Kept<Buffer>;
  /** Returns a condition: the column has the words next to each other. */
  has(column: string, words: readonly Wanted[], parameters: Parameters): string;
  /** Returns a condition: the words are the first ones of the column. */
  begins(column: string, words: readonly Wanted[], parameters: Parameters): string;
  /** Returns how often the column has them, as a float8. */
  count(column: string, words: readonly Wanted[], parameters: Parameters): string;
  /** Returns a query of the places `at` where they begin, each once, counted in words. */
  places(column: string, words: readonly Wanted[], parameters: Parameters): string;
  /** Returns a query of the words `term` that begin with a text, those in the most documents first, with `documents`. */
  terms(table: string, columns: readonly string[], beginning: string, k: number): Statement;
}
