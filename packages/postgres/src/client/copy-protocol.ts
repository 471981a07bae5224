import type { Submittable } from 'pg';
import { type CopiedRow, CopiedRows } from './copied-rows.ts';
import { HEADER } from './copy-format.ts';

/** What is used of the driver's connection. */
interface Wire {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

type Done = (error?: unknown) => void;

/** A COPY as the driver runs it in place of a query: it calls these methods with what the server answers. */
class Copy implements Submittable {
  /** The driver puts a function here that ends its timer, if it limits the time of queries. */
  callback: (() => void) | undefined;
  readonly #text: string;
  readonly #done: Done;

  constructor(text: string, done: Done) {
    this.#text = text;
    this.#done = done;
  }

  submit(connection: unknown): void {
    (connection as Wire).query(this.#text);
  }

  handleError(error: unknown): void {
    this.callback?.();
    this.#done(error);
  }

  handleReadyForQuery(): void {
    this.callback?.();
    this.#done();
  }

  handleCommandComplete(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
}

/** COPY FROM STDIN of rows that are in memory. */
export class CopyIn extends Copy {
  readonly #rows: Buffer;

  constructor(text: string, rows: Buffer, done: Done) {
    super(text, done);
    this.#rows = rows;
  }

  handleCopyInResponse(connection: Wire): void {
    connection.sendCopyFromChunk(this.#rows);
    connection.endCopyFrom();
  }
}

/** COPY TO STDOUT into memory. */
export class CopyOut extends Copy {
  readonly #rows = new CopiedRows();
  #failure: unknown;

  /** The rows, once the server is ready again. Throws if they could not be read. */
  get rows(): readonly CopiedRow[] {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#rows.rows;
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    if (this.#failure !== undefined) return;
    try {
      this.#rows.add(chunk);
    } catch (error) {
      // Thrown here, it would end the process.
      this.#failure = error;
    }
  }
}

/** The bytes before the only cell of each row: how many cells it has, and how long it is. */
const ROW_HEAD_BYTES = 6;

/** COPY TO STDOUT, in binary, of rows with one cell. The cells go into memory of the caller, one after the other. */
export class CellsOut extends Copy {
  readonly #target: Buffer;
  readonly #head = Buffer.alloc(ROW_HEAD_BYTES);
  #headLength = 0;
  #at = 0;
  /** How many bytes are passed over: of the header, and of the first cells. */
  #headerLeft = HEADER.length;
  #skip: number;
  #cellLeft = 0;

  constructor(text: string, skip: number, target: Buffer, done: Done) {
    super(text, done);
    this.#skip = skip;
    this.#target = target;
  }

  /** How many bytes have come. Those beyond the target are left out. */
  get length(): number {
    return this.#at;
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    // The driver uses the memory of the chunk again. A row may lie in several chunks.
    let from = Math.min(this.#headerLeft, chunk.length);
    this.#headerLeft -= from;
    while (from < chunk.length) {
      if (this.#cellLeft > 0) from += this.#take(chunk, from);
      else from += this.#readHead(chunk, from);
    }
  }

  #take(chunk: Buffer, from: number): number {
    const length = Math.min(this.#cellLeft, chunk.length - from);
    const skipped = Math.min(this.#skip, length);
    this.#at += chunk.copy(this.#target, this.#at, from + skipped, from + length);
    this.#skip -= skipped;
    this.#cellLeft -= length;
    return length;
  }

  #readHead(chunk: Buffer, from: number): number {
    const length = chunk.copy(this.#head, this.#headLength, from);
    this.#headLength += length;
    if (this.#headLength === ROW_HEAD_BYTES) {
      this.#headLength = 0;
      this.#cellLeft = this.#head.readInt32BE(2);
    }
    return length;
  }
}
