import { createReadStream } from 'node:fs';
import { InvalidArgument } from '@kohakuvault/core-native';
import { utf8TextOf } from './utf8.ts';

/** A row of a CSV file, and the line it begins in. */
export interface CsvRow {
  readonly cells: string[];
  readonly line: number;
  /** Characters of all its cells. */
  readonly size: number;
}

/** More is no table: a quote that is never closed, or a file of something else. */
const LONGEST_ROW = 2 ** 28;
const MOST_CELLS = 2 ** 22;

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
  #cell = '';
  /** Characters of the cells before this one. */
  #before = 0;
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
    for (const character of text) {
      if (character === '\n') this.#line++;
      if (this.#quoted === 'yes') {
        if (character === '"') this.#quoted = 'closed';
        else this.#add(character);
        continue;
      }
      if (this.#isReturned && character !== '\n') this.#keepReturn();
      if (character === '"') {
        // Two of them inside quotes are one.
        if (this.#quoted === 'closed') this.#add('"');
        else if (this.#cell !== '') throw this.#wrong('a quote inside a cell');
        this.#quoted = 'yes';
        this.#isEmpty = false;
      } else if (character === ',') {
        this.#endCell();
        this.#isEmpty = false;
      } else if (character === '\n') {
        this.#isReturned = false;
        yield* this.#endRow();
      } else if (character === '\r') {
        this.#isReturned = true;
      } else {
        if (this.#quoted === 'closed') throw this.#wrong('something behind a closing quote');
        this.#add(character);
        this.#isEmpty = false;
      }
    }
  }

  *end(): Generator<CsvRow> {
    if (this.#quoted === 'yes') {
      throw new InvalidArgument(`line ${this.#begins} of ${this.#name}: a quote is not closed; nothing was imported`);
    }
    if (this.#isReturned && !this.#isEmpty && this.#quoted === 'no') this.#keepReturn();
    yield* this.#endRow();
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
    const row = { cells: this.#cells, line: this.#begins, size: this.#before };
    this.#cells = [];
    this.#before = 0;
    this.#isEmpty = true;
    this.#isReturned = false;
    this.#begins = this.#line;
    if (!isEmpty) yield row;
  }

  #endCell(): void {
    this.#cells.push(this.#cell);
    this.#before += this.#cell.length;
    this.#cell = '';
    this.#quoted = 'no';
    if (this.#cells.length > MOST_CELLS) throw this.#wrong(`a row of more than ${MOST_CELLS} cells`);
  }

  #add(character: string): void {
    this.#cell += character;
    if (this.#before + this.#cell.length > LONGEST_ROW) {
      throw this.#wrong(`a row of more than ${LONGEST_ROW} characters that begins in line ${this.#begins}`);
    }
  }

  #wrong(what: string): InvalidArgument {
    return new InvalidArgument(`line ${this.#line} of ${this.#name}: ${what}; nothing was imported`);
  }
}
