import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Wanted } from './index/lexemes.ts';
import type { Tokenize } from './tokens/token.ts';

/** Words that stand next to each other in one of some columns. */
export interface Phrase {
  readonly kind: 'phrase';
  readonly words: readonly Wanted[];
  /** The numbers of the columns. */
  readonly columns: readonly number[];
  /** Whether they must be the first words of the column. */
  readonly isFirst: boolean;
  /** Of a phrase of a NEAR: only its places near the others count. */
  readonly near?: Near | undefined;
}

/** Phrases with at most so many words between the end of the first and the beginning of the last, in one column. */
export interface Near {
  readonly kind: 'near';
  readonly phrases: readonly (readonly Wanted[])[];
  readonly columns: readonly number[];
  readonly distance: number;
}

/** A query: what a document must have. */
export type Expression =
  | Phrase
  | Near
  | { readonly kind: 'all' | 'any'; readonly of: readonly Expression[] }
  | { readonly kind: 'without'; readonly wanted: Expression; readonly unwanted: Expression };

/** What decides how an expression is read. */
export interface Searched {
  readonly columns: readonly string[];
  readonly tokenize: Tokenize;
}

const TOKEN = /"(?:[^"]|"")*"?|[\w\u{80}-\u{10ffff}]+|\S/gu;
const WORD = /^[\w\u{80}-\u{10ffff}]/u;
/** The distance of a NEAR that has none. */
const DISTANCE = 10;
/** No text has so many words. */
const FARTHEST = 2 ** 30;

interface Piece {
  readonly text: string;
  readonly at: number;
}

/** What part of a query is while it is read. What has no word is undefined. */
interface Read {
  readonly expression: Expression | undefined;
}

/** Reads a query in the language of FTS5. Returns undefined if it has no word. */
export function readExpression(query: string, searched: Searched): Expression | undefined {
  return new Reader(query, searched).read();
}

/** Returns the phrases that documents are found by, in their order. */
export function phrasesOf(expression: Expression): Phrase[] {
  switch (expression.kind) {
    case 'phrase':
      return [expression];
    case 'near':
      return expression.phrases.map((words) => phraseOf(words, expression.columns, false, expression));
    case 'without':
      return phrasesOf(expression.wanted);
    default:
      return expression.of.flatMap(phrasesOf);
  }
}

/** A reader of one query, which goes from piece to piece. Operators bind as in FTS5: OR, AND, NOT, and side by side. */
class Reader {
  readonly #query: string;
  readonly #searched: Searched;
  readonly #pieces: readonly Piece[];
  #next = 0;

  constructor(query: string, searched: Searched) {
    this.#query = query;
    this.#searched = searched;
    this.#pieces = Array.from(query.matchAll(TOKEN), ({ 0: text, index }) => ({ text, at: index }));
  }

  read(): Expression | undefined {
    if (this.#pieces.length === 0) return undefined;
    const { expression } = this.#any(this.#all);
    if (this.#next < this.#pieces.length) throw this.#refusal();
    return expression;
  }

  get #all(): readonly number[] {
    return this.#searched.columns.map((_, number) => number);
  }

  #any(columns: readonly number[]): Read {
    const parts = [this.#every(columns)];
    while (this.#takes('OR')) parts.push(this.#every(columns));
    return { expression: joined('any', parts) };
  }

  #every(columns: readonly number[]): Read {
    const parts = [this.#without(columns)];
    while (this.#takes('AND')) parts.push(this.#without(columns));
    // A part without a word is in no document.
    if (parts.length > 1 && parts.some(({ expression }) => !expression)) return { expression: undefined };
    return { expression: joined('all', parts) };
  }

  #without(columns: readonly number[]): Read {
    let { expression } = this.#group(columns);
    while (this.#takes('NOT')) {
      const { expression: unwanted } = this.#group(columns);
      if (expression && unwanted) expression = { kind: 'without', wanted: expression, unwanted };
    }
    return { expression };
  }

  #group(columns: readonly number[]): Read {
    const own = this.#columns(columns);
    if (this.#takes('(')) {
      const inside = this.#any(own ?? columns);
      if (!this.#takes(')')) throw this.#refusal();
      return inside;
    }
    // Side by side: parts without a word are left out.
    const parts = [this.#near(own ?? columns)];
    while (this.#startsPhrase()) parts.push(this.#near(this.#columns(columns) ?? columns));
    return { expression: joined('all', parts) };
  }

  /** Reads the columns before a colon. */
  #columns(outer: readonly number[]): readonly number[] | undefined {
    const start = this.#next;
    const isOthers = this.#takes('-');
    const names: Piece[] = [];
    if (this.#takes('{')) {
      while (!this.#takes('}')) {
        const piece = this.#piece();
        if (!piece || !isName(piece.text)) throw this.#refusal();
        names.push(piece);
        this.#next++;
      }
    } else {
      const piece = this.#piece();
      if (!piece || !isName(piece.text)) {
        if (isOthers) throw this.#refusal();
        return undefined;
      }
      names.push(piece);
      this.#next++;
    }
    if (!this.#takes(':')) {
      if (isOthers || names.length !== 1 || this.#pieces[start]?.text === '{') throw this.#refusal();
      this.#next = start;
      return undefined;
    }
    const named = names.map((piece) => this.#numberOf(piece));
    return outer.filter((number) => named.includes(number) !== isOthers);
  }

  /** Reads a phrase, or phrases near each other. */
  #near(columns: readonly number[]): Read {
    if (this.#piece()?.text !== 'NEAR' || this.#pieces[this.#next + 1]?.text !== '(') return this.#phrase(columns);
    this.#next += 2;
    const all = [this.#words()];
    while (this.#startsWord()) all.push(this.#words());
    const given = this.#takes(',') ? this.#name() : undefined;
    const end = this.#piece();
    if (!this.#takes(')')) throw this.#refusal();
    if (given !== undefined && !/^\d+$/.test(given)) {
      throw this.#refused((end as Piece).at, `expected integer, got ${describe(given)}`);
    }
    const phrases = all.filter((words) => words.length > 0);
    const [only] = phrases;
    if (!only || columns.length === 0) return { expression: undefined };
    if (phrases.length === 1) return { expression: phraseOf(only, columns, false) };
    const distance = given === undefined ? DISTANCE : Math.min(Number(given), FARTHEST);
    return { expression: { kind: 'near', phrases, columns, distance } };
  }

  #phrase(columns: readonly number[]): Read {
    const isFirst = this.#takes('^');
    const words = this.#words();
    if (words.length === 0 || columns.length === 0) return { expression: undefined };
    return { expression: phraseOf(words, columns, isFirst) };
  }

  /** Reads texts with a plus between them: words next to each other. */
  #words(): Wanted[] {
    const words: Wanted[] = [];
    do {
      const terms = this.#searched.tokenize(unquoted(this.#name()), 'query').map(({ term }) => term);
      const isBeginning = this.#takes('*');
      words.push(...terms.map((term, at) => ({ term, isBeginning: isBeginning && at === terms.length - 1 })));
    } while (this.#takes('+'));
    return words;
  }

  /** Reads a word, or a text in quotes. */
  #name(): string {
    if (!this.#startsWord()) throw this.#refusal();
    return (this.#pieces[this.#next++] as Piece).text;
  }

  #startsPhrase(): boolean {
    const text = this.#piece()?.text;
    return text === '-' || text === '{' || text === '^' || this.#startsWord();
  }

  #startsWord(): boolean {
    const text = this.#piece()?.text;
    return text !== undefined && isName(text) && !isOperator(text);
  }

  #piece(): Piece | undefined {
    return this.#pieces[this.#next];
  }

  #takes(text: string): boolean {
    if (this.#piece()?.text !== text) return false;
    this.#next++;
    return true;
  }

  #numberOf({ text, at }: Piece): number {
    const name = unquoted(text).toLowerCase();
    const number = this.#searched.columns.findIndex((column) => column.toLowerCase() === name);
    if (number >= 0) return number;
    throw this.#refused(at, `no such column: ${unquoted(text)}`);
  }

  #refusal(): InvalidArgument {
    const piece = this.#piece();
    return this.#refused(piece?.at ?? this.#query.length, `syntax error near ${describe(piece?.text ?? '')}`);
  }

  #refused(at: number, why: string): InvalidArgument {
    return new InvalidArgument(
      `the raw query cannot be read at position ${at}: ${why}. See FTS5's query syntax, or leave out match: 'raw'`,
    );
  }
}

function phraseOf(words: readonly Wanted[], columns: readonly number[], isFirst: boolean, near?: Near): Phrase {
  return { kind: 'phrase', words, columns, isFirst, near };
}

function joined(kind: 'all' | 'any', parts: readonly Read[]): Expression | undefined {
  const of = parts.flatMap(({ expression }) => (expression ? [expression] : []));
  return of.length > 1 ? { kind, of } : of[0];
}

/** Whether a piece is a word, or a text in quotes. */
function isName(text: string): boolean {
  return WORD.test(text) || (text.length > 1 && text.startsWith('"') && text.endsWith('"'));
}

function isOperator(text: string): boolean {
  return text === 'AND' || text === 'OR' || text === 'NOT';
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
}
