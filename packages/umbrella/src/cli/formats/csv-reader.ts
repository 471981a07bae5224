import { constants } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { utf8TextOf } from './utf8.ts';

/** A row of a CSV file, and the line where it begins. */
export interface CsvRow {
  readonly cells: string[];
  readonly line: number;
  /** The number of characters of all its cells. */
  readonly size: number;
}

/** The limits of a row. A longer one is an unclosed quote, or a file of something else. */
const LONGEST_ROW = constants.MAX_STRING_LENGTH;
const MOST_CELLS = 2 ** 22;

/** The characters that end a part of a cell outside quotes. */
const SPECIAL = /[",\r\n]/g;

/** Reads the rows of a CSV file (RFC 4180) or of stdin (`-`). Skips empty lines. */
export async function* csvRows(source: string): AsyncGenerator<CsvRow> {
  const stream = source === '-' ? process.stdin : createReadStream(source);
  const name = source === '-' ? 'stdin' : source;
  const rows = new RowReader(name);
  for await (const text of utf8TextOf(stream as AsyncIterable<Buffer>, name)) yield* rows.add(text);
  yield* rows.end();
}

class RowReader {
  readonly #name: string;
  #cells: string[] = [];
  /** The pieces of the current cell. */
  #pieces: string[] = [];
  /** The number of characters of the row so far. */
  #size = 0;
  #quoted: 'no' | 'yes' | 'closed' = 'no';
  /** Whether a carriage return is pending. It belongs to the line feed after it, or else to the cell. */
  #isReturned = false;
  #line = 1;
  #begins = 1;
  #isEmpty = true;

  constructor(name: string) {
    this.#name = name;
  }

  /** Reads a piece of the file. Yields the rows that end in it. */
  *add(text: string): Generator<CsvRow> {
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

  /** Handles a special character outside quotes. Returns whether it ends the row. */
  #special(character: string): boolean {
    if (this.#isReturned && character !== '\n') this.#keepReturn();
    switch (character) {
      case '"':
        // Two quotes inside quotes are one quote.
        if (this.#quoted === 'closed') this.#append('"');
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
    if (this.#quoted === 'closed') throw this.#wrong('a character after a closing quote');
    this.#append(text);
    this.#isEmpty = false;
  }

  #addQuoted(text: string): void {
    if (text === '') return;
    this.#append(text);
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#line++;
  }

  /** Adds a carriage return without a line feed to the cell. */
  #keepReturn(): void {
    this.#isReturned = false;
    if (this.#quoted === 'closed') throw this.#wrong('a character after a closing quote');
    this.#append('\r');
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

  #append(text: string): void {
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
