import type { Database, Statement as Prepared } from 'better-sqlite3';
import { fromBetterSqlite3 } from '../errors/sqlite-errors.ts';

/** The result of a statement that writes. */
export interface Written {
  readonly changes: number;
  readonly lastInsertRowid: bigint;
}

/**
 * A statement of ours that writes, prepared at its first use. better-sqlite3 runs it, and so passes on what a function
 * of the user throws that a trigger calls. Its integers do not depend on the database's default, and its errors are
 * ours.
 */
export class Statement {
  readonly #database: Database;
  readonly #sql: string;
  #prepared: Prepared<unknown[]> | undefined;

  /** @internal For `Connection.statement`, and for code that has no connection yet. */
  constructor(database: Database, sql: string) {
    this.#database = database;
    this.#sql = sql;
  }

  run(...parameters: unknown[]): Written {
    try {
      this.#prepared ??= this.#database.prepare<unknown[]>(this.#sql).safeIntegers(true);
      const { changes, lastInsertRowid } = this.#prepared.run(...parameters);
      return { changes: Number(changes), lastInsertRowid: lastInsertRowid as bigint };
    } catch (error) {
      throw fromBetterSqlite3(error);
    }
  }
}

/** Returns the first row of a SELECT or a pragma. better-sqlite3 runs it, so the core need not be loaded yet. */
export function firstRow<Row>(database: Database, sql: string): Row | undefined {
  try {
    return database.prepare(sql).safeIntegers(false).get() as Row | undefined;
  } catch (error) {
    throw fromBetterSqlite3(error);
  }
}
