import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Connection, changeSchema, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { checkId, GREATEST_ID, LEAST_ID, type VectorId } from './ids.ts';
import { checkTextId } from './text-id.ts';

/** The kind of the ids that a table's vectors have for their user: numbers of 64 bits, or text. */
export type IdKind = 'i64' | 'str';
/** An id as a user reads it. */
export type IdOf<K extends IdKind> = K extends 'str' ? string : bigint;
/** An id as a user gives it. */
export type IdInput<K extends IdKind> = K extends 'str' ? string : VectorId;

/** The ids of a table's users. A row is the number of a vector in sqlite-vec's table. */
export interface VaultIds {
  readonly kind: IdKind;
  /** Returns the row of an id; undefined if no vector can have the id. */
  rowOf(owner: string, id: unknown): bigint | undefined;
  /** Returns the id of a row. */
  idOf(row: bigint): bigint | string;
  /** Checks the id of a new vector. Returns the row that it decides, and what else must be kept. */
  ownId(owner: string, id: unknown): OwnId;
  /** Keeps the id of a new vector. */
  insert(row: bigint, own: OwnId): void;
  remove(row: bigint): void;
  clear(): void;
  /** Deletes what is kept of vectors that do not exist any more. */
  compact(): void;
}

/** The id that a user gives a new vector. */
export interface OwnId {
  /** The row, if the id is its number. */
  readonly row?: bigint;
  readonly text?: string;
}

/** Ids that are the numbers of the rows. */
export class NumberIds implements VaultIds {
  readonly kind = 'i64';

  rowOf(owner: string, id: unknown): bigint {
    return checkId(owner, id as VectorId);
  }

  idOf(row: bigint): bigint {
    return row;
  }

  ownId(owner: string, id: unknown): OwnId {
    if (id === undefined) return {};
    const row = checkId(owner, id as VectorId);
    // The least stands for none on the way to the core. After the greatest, sqlite-vec could give no further id.
    if (row !== LEAST_ID && row !== GREATEST_ID) return { row };
    throw new InvalidArgument(`${owner}: the id is ${describe(id)}; expected one between the ends of 64 bits`);
  }

  insert(): void {}
  remove(): void {}
  clear(): void {}
  compact(): void {}
}

/** Returns the name of the table that has the texts of a table's ids. */
export function idsTableOf(table: string): string {
  return `${table}_ids`;
}

/** Makes the table of text ids. To be called inside a transaction. */
export function makeIdsTable(connection: Connection, table: string): void {
  const name = `main.${quoteIdentifier(idsTableOf(table))}`;
  changeSchema(connection, `CREATE TABLE ${name} (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)`);
}

/** What stands for the id of a vector that another program has written, without a text. */
const UNNAMED = /^rowid:(0|-?[1-9]\d{0,18})$/;

/**
 * Ids that are text. A row without its vector means nothing, as for fields. A vector that another program has written
 * has no text; its id is `rowid:` and its number.
 */
export class TextIds implements VaultIds {
  readonly kind = 'str';
  readonly #connection: Connection;
  readonly #name: string;
  readonly #vectors: string;

  constructor(connection: Connection, table: string) {
    this.#connection = connection;
    this.#name = `main.${quoteIdentifier(idsTableOf(table))}`;
    this.#vectors = `main.${quoteIdentifier(`${table}_rowids`)}`;
  }

  rowOf(owner: string, id: unknown): bigint | undefined {
    const text = checkTextId(owner, id);
    const unnamed = UNNAMED.exec(text)?.[1];
    if (unnamed !== undefined) {
      const row = BigInt(unnamed);
      return row >= LEAST_ID && row <= GREATEST_ID && this.#textOf(row) === undefined ? row : undefined;
    }
    const query = this.#connection.query<bigint>(`SELECT id FROM ${this.#name} WHERE text = ?`, {
      pluck: true,
      bigints: true,
    });
    return this.#connection.read(() => query.get(text));
  }

  idOf(row: bigint): string {
    return this.#textOf(row) ?? `rowid:${row}`;
  }

  ownId(owner: string, id: unknown): OwnId {
    const text = checkTextId(owner, id);
    if (!UNNAMED.test(text)) return { text };
    throw new InvalidArgument(
      `${owner}: the id is ${describe(id)}, which stands for a vector of another program; choose another id`,
    );
  }

  insert(row: bigint, { text }: OwnId): void {
    if (text === undefined) return;
    // Replaces what is left of a vector that a program deleted which does not know of texts.
    const put = this.#connection.statement(`INSERT OR REPLACE INTO ${this.#name} (id, text) VALUES (?, ?)`);
    this.#connection.write(() => put.run(row, text));
  }

  remove(row: bigint): void {
    const remove = this.#connection.statement(`DELETE FROM ${this.#name} WHERE id = ?`);
    this.#connection.write(() => remove.run(row));
  }

  clear(): void {
    const clear = this.#connection.statement(`DELETE FROM ${this.#name}`);
    this.#connection.write(() => clear.run());
  }

  compact(): void {
    const compact = this.#connection.statement(
      `DELETE FROM ${this.#name} WHERE id NOT IN (SELECT rowid FROM ${this.#vectors})`,
    );
    this.#connection.write(() => compact.run());
  }

  #textOf(row: bigint): string | undefined {
    const query = this.#connection.query<string>(`SELECT text FROM ${this.#name} WHERE id = ?`, { pluck: true });
    return this.#connection.read(() => query.get(row));
  }
}
