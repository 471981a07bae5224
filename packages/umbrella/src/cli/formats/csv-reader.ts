import { constants } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { utf8TextOf } from './utf8.ts';

/** A row of a CSV file, and the line it begins in. */
export interface CsvRow {
  readonly cells: string[];
  readonly line: number;
  /** Characters of all its cells. */
  readonly size: number;
}

/** More is no table: a quote that is never closed, or a file of something else. */
const LONGEST_ROW = constants.MAX_STRING_LENGTH;
const MOST_CELLS = 2 ** 22;

/** What a cell outside quotes may end with. */
const SPECIAL = /[",\r\n]/g;

/** The rows of a CSV file (RFC 4180) or of stdin (`-`); lines with nothing in them are none. */
export async function* csvRows(source: string): AsyncGenerator<CsvRow> {
  const stream = source === '-' ? process.stdin : createReadStream(source);
  const name = source === '-' ? 'stdin' : source;
  const rows = new RowReader(name);
  for await (const text of utf8TextOf(stream as AsyncIterable<Buffer>, name)) yield* rows.take(text);
  yield* rows.end();
}

class RowReader {
  readonly #name: string;
  #cells: string[] = [];
  /** The cell that is being read, in the pieces it came in. */
  #pieces: string[] = [];
  /** Characters of the row so far. */
  #size = 0;
  #quoted: 'no' | 'yes' | 'closed' = 'no';
  /** A carriage return, which belongs to a line feed behind it and else to the cell. */
  #isReturned = false;
  #line = 1;
  #begins = 1;
  #isEmpty = true;

  constructor(name: string) {
    this.#name = name;
  }

  *take(text: string): Generator<CsvRow> {
    for (let at = 0; at < text.length; ) {
      if (this.#quoted === 'yes') {
        const end = text.indexOf('"', at);
        this.#addQuoted(text.slice(at, end < 0 ? text.length : end));
        if (end < 0) return;
        this.#quoted = 'closed';
        at = end + 1;
        continue;
      }
      SPECIAL.lastIndex = at;
      const end = SPECIAL.exec(text)?.index ?? text.length;
      if (end > at) this.#addPlain(text.slice(at, end));
      if (end < text.length && this.#special(text[end] as string)) yield* this.#endRow();
      at = end + 1;
    }
  }

  *end(): Generator<CsvRow> {
    if (this.#quoted === 'yes') {
      throw new InvalidArgument(`line ${this.#begins} of ${this.#name}: a quote is not closed; nothing was imported`);
    }
    if (this.#isReturned && !this.#isEmpty && this.#quoted === 'no') this.#keepReturn();
    yield* this.#endRow();
  }

  /** Takes a character that means something outside quotes; whether it ends the row. */
  #special(character: string): boolean {
    if (this.#isReturned && character !== '\n') this.#keepReturn();
    switch (character) {
      case '"':
        // Two of them inside quotes are one.
        if (this.#quoted === 'closed') this.#add('"');
        else if (this.#pieces.length > 0) throw this.#wrong('a quote inside a cell');
        this.#quoted = 'yes';
        this.#isEmpty = false;
        return false;
      case ',':
        this.#endCell();
        this.#isEmpty = false;
        return false;
      case '\r':
        this.#isReturned = true;
        return false;
      default:
        this.#line++;
        return true;
    }
  }

  #addPlain(text: string): void {
    if (this.#isReturned) this.#keepReturn();
    if (this.#quoted === 'closed') throw this.#wrong('something behind a closing quote');
    this.#add(text);
    this.#isEmpty = false;
  }

  #addQuoted(text: string): void {
    if (text === '') return;
    this.#add(text);
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#line++;
  }

  /** A carriage return alone is a part of its cell. */
  #keepReturn(): void {
    this.#isReturned = false;
    if (this.#quoted === 'closed') throw this.#wrong('something behind a closing quote');
    this.#add('\r');
  }

  *#endRow(): Generator<CsvRow> {
    const isEmpty = this.#isEmpty;
    this.#endCell();
    const row = { cells: this.#cells, line: this.#begins, size: this.#size };
    this.#cells = [];
    this.#size = 0;
    this.#isEmpty = true;
    this.#isReturned = false;
    this.#begins = this.#line;
    if (!isEmpty) yield row;
  }

  #endCell(): void {
    this.#cells.push(this.#pieces.length === 1 ? (this.#pieces[0] as string) : this.#pieces.join(''));
    this.#pieces = [];
    this.#quoted = 'no';
    if (this.#cells.length > MOST_CELLS) throw this.#wrong(`a row of more than ${MOST_CELLS} cells`);
  }

  #add(text: string): void {
    this.#size += text.length;
    if (this.#size > LONGEST_ROW) {
      throw this.#wrong(`a row of more than ${LONGEST_ROW} characters that begins in line ${this.#begins}`);
    }
    this.#pieces.push(text);
  }

  #wrong(what: string): InvalidArgument {
    return new InvalidArgument(`line ${this.#line} of ${this.#name}: ${what}; nothing was imported`);
  }
}
