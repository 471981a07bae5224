import type { Submittable } from 'pg';

/** What is used of the driver's connection. */
interface Wire {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

type Done = (error?: unknown) => void;

/** A COPY as the driver runs it in place of a query: it calls these methods with what the server answers. */
class Copy implements Submittable {
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
    this.#done(error);
  }

  handleReadyForQuery(): void {
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
  readonly #chunks: Buffer[] = [];

  get rows(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    // The driver uses its memory again.
    this.#chunks.push(Buffer.from(chunk));
  }
}
