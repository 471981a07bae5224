import type { CopiedRow } from './copied-rows.ts';

/** Several byte strings as one parameter of type `bytea[]`. */
export class ByteStrings {
  readonly items: readonly Uint8Array[];

  constructor(items: readonly Uint8Array[]) {
    this.items = items;
  }
}

/** Several texts, or NULLs, as one parameter of type `text[]`. */
export class TextStrings {
  readonly items: readonly (string | null)[];

  constructor(items: readonly (string | null)[]) {
    this.items = items;
  }
}

/** A value in the binary form of its type. Its text is for PGlite, which takes parameters as text. */
export class BinaryValue {
  readonly bytes: Uint8Array;
  readonly text: () => string;

  constructor(bytes: Uint8Array, text: () => string) {
    this.bytes = bytes;
    this.text = text;
  }
}

/** A parameter of a statement, which says in its text which type it has if that is not clear. */
export type Parameter = string | number | boolean | null | Uint8Array | BinaryValue | ByteStrings | TextStrings;

export interface Result {
  /** One array of cells for each row. `PARSERS` says what cells are. */
  readonly rows: readonly (readonly unknown[])[];
  /** How many rows the statement has returned or changed. */
  readonly count: number;
}

/** One connection, for as long as a call uses it. What it throws is an error of ours. */
export interface Session {
  /** Whether the connection has ended. */
  readonly lost: boolean;
  /** Runs a statement. `once` says that its text is unlike others, so that keeping it prepared would be a waste. */
  query(text: string, parameters?: readonly Parameter[], once?: 'once'): Promise<Result>;
  /** Runs COPY ... FROM STDIN in binary with the rows of `copyRowsOf`. PGlite does not have it. */
  copyIn?(text: string, rows: Buffer): Promise<void>;
  /** Runs COPY ... TO STDOUT in binary. PGlite does not have it. */
  copyOut?(text: string): Promise<readonly CopiedRow[]>;
  /** Runs a statement of the user, with the parameters, the rows and the errors of the driver. */
  users(text: string, parameters: readonly unknown[]): Promise<Record<string, unknown>[]>;
}

/** How a transaction of ours begins, after the word BEGIN. */
export type Mode =
  | 'ISOLATION LEVEL READ COMMITTED'
  | 'ISOLATION LEVEL REPEATABLE READ'
  | 'ISOLATION LEVEL REPEATABLE READ READ ONLY'
  | 'ISOLATION LEVEL SERIALIZABLE';

/** Ends a connection that listens. */
export type StopListening = () => Promise<void>;

/**
 * Listens to a channel of NOTIFY on a connection of its own, which keeps no process running. Returns what ends that;
 * undefined if there can be no such connection.
 */
export type Listen = (
  channel: string,
  onTopic: (topic: string) => void,
  onLost: () => void,
) => Promise<StopListening | undefined>;

/** Where connections come from: a pool of `pg`, or PGlite with its only one. */
export interface ClientPool {
  /**
   * Runs one statement on any connection. It does the same as `use`, with as few promises as possible. If a write may be
   * done or not, because its answer got lost, the error says so.
   */
  ask(text: string, parameters: readonly Parameter[], kind: 'read' | 'write'): Promise<Result>;
  /** Lends a connection whose statements are transactions of their own. */
  use<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Runs a body in a transaction. What it throws rolls back. */
  transaction<T>(mode: Mode, body: (session: Session) => Promise<T>): Promise<T>;
  readonly listen: Listen;
  /** Ends the connections if they are ours. */
  end(): Promise<void>;
}
