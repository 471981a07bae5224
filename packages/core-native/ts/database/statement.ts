import type { Database, Statement as Prepared } from 'better-sqlite3';
import { fromBetterSqlite3 } from '../sqlite-errors.ts';

/** How a statement gives its rows. */
export interface RowForm {
  /** The first column alone, instead of an object. */
  readonly pluck?: boolean;
  /** Integers as bigints, where numbers would round them. */
  readonly bigints?: boolean;
}

/** What a statement has written. The number of rows is a bigint where the form says so. */
export interface Written<I = number | bigint> {
  readonly changes: I;
  readonly lastInsertRowid: I;
}

/**
 * A statement of ours on a better-sqlite3 database, prepared when it is first used. Everything of ours that reads or writes through
 * better-sqlite3 goes through it: its integers are what the form says, whatever the user has made the database's default, and every
 * error is ours.
 */
export class Statement<Row = unknown> {
  readonly #database: Database;
  readonly #sql: string;
  readonly #form: RowForm;
  #prepared: Prepared<unknown[]> | undefined;

  /** @internal: `Connection.statement` makes it, and `statementOf` where there is no connection yet. */
  constructor(database: Database, sql: string, form: RowForm) {
    this.#database = database;
    this.#sql = sql;
    this.#form = form;
  }

  /** The first row; undefined without one. */
  get(...parameters: unknown[]): Row | undefined {
    try {
      return (this.#prepared ?? this.#prepare()).get(...parameters) as Row | undefined;
    } catch (error) {
      throw fromBetterSqlite3(error);
    }
  }

  all(...parameters: unknown[]): Row[] {
    try {
      return (this.#prepared ?? this.#prepare()).all(...parameters) as Row[];
    } catch (error) {
      throw fromBetterSqlite3(error);
    }
  }

  run<I extends number | bigint = number>(...parameters: unknown[]): Written<I> {
    try {
      return (this.#prepared ?? this.#prepare()).run(...parameters) as unknown as Written<I>;
    } catch (error) {
      throw fromBetterSqlite3(error);
    }
  }

  #prepare(): Prepared<unknown[]> {
    const prepared = this.#database.prepare<unknown[]>(this.#sql).safeIntegers(this.#form.bigints === true);
    // Only what returns rows can be asked for a column of them.
    this.#prepared = this.#form.pluck ? prepared.pluck() : prepared;
    return this.#prepared;
  }
}

export function statementOf<Row = unknown>(database: Database, sql: string, form: RowForm = {}): Statement<Row> {
  return new Statement<Row>(database, sql, form);
}
