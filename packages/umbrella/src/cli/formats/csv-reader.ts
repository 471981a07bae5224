import { createReadStream } from 'node:fs';
import { InvalidArgument } from '@kohakuvault/core-native';

/** A row of a CSV file, and the line it begins in. */
export interface CsvRow {
  readonly cells: string[];
  readonly line: number;
}

/** The rows of a CSV file (RFC 4180) or of stdin (`-`); lines with nothing in them are none. */
export async function* csvRows(source: string): AsyncGenerator<CsvRow> {
  const stream = source === '-' ? process.stdin : createReadStream(source);
  const rows = new RowReader(source === '-' ? 'stdin' : source);
  // Takes a byte order mark away, and keeps characters whole that two chunks share.
  const decoder = new TextDecoder();
  for await (const chunk of stream as AsyncIterable<Buffer>) yield* rows.take(decoder.decode(chunk, { stream: true }));
  yield* rows.take(decoder.decode());
  yield* rows.end();
}

class RowReader {
  readonly #name: string;
  #cells: string[] = [];
  #cell = '';
  #quoted: 'no' | 'yes' | 'closed' = 'no';
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
        else this.#cell += character;
      } else if (character === '"') {
        // Two of them inside quotes are one.
        if (this.#quoted === 'closed') this.#cell += '"';
        else if (this.#cell !== '')
          throw new InvalidArgument(`line ${this.#line} of ${this.#name}: a quote inside a cell`);
        this.#quoted = 'yes';
        this.#isEmpty = false;
      } else if (character === ',') {
        this.#endCell();
        this.#isEmpty = false;
      } else if (character === '\n') {
        if (this.#cell.endsWith('\r')) this.#cell = this.#cell.slice(0, -1);
        yield* this.#endRow();
      } else {
        this.#cell += character;
        if (character !== '\r') this.#isEmpty = false;
      }
    }
  }

  *end(): Generator<CsvRow> {
    if (this.#quoted === 'yes') {
      throw new InvalidArgument(`line ${this.#begins} of ${this.#name}: a quote is not closed`);
    }
    yield* this.#endRow();
  }

  *#endRow(): Generator<CsvRow> {
    const isEmpty = this.#isEmpty;
    this.#endCell();
    const row = { cells: this.#cells, line: this.#begins };
    this.#cells = [];
    this.#isEmpty = true;
    this.#begins = this.#line;
    if (!isEmpty) yield row;
  }

  #endCell(): void {
    this.#cells.push(this.#cell);
    this.#cell = '';
    this.#quoted = 'no';
  }
}
