import type { Submittable } from 'pg';
import { type CopiedRow, CopiedRows } from './copied-rows.ts';

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
