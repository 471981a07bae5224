import type { Database, Statement as Prepared } from 'better-sqlite3';
import { fromBetterSqlite3 } from '../errors/sqlite-errors.ts';

/** What a statement has written. */
export interface Written {
  readonly changes: number;
  readonly lastInsertRowid: bigint;
}

/**
 * A statement of ours that writes, prepared when it is first used. better-sqlite3 runs it, which hands on what a trigger's function of
 * the user's throws. Its integers do not depend on what the user has made the database's default, and its errors are ours.
 */
export class Statement {
  readonly #database: Database;
  readonly #sql: string;
  #prepared: Prepared<unknown[]> | undefined;

  /** @internal: `Connection.statement` makes it, and code that has no connection yet. */
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

/** The first row of a SELECT or a pragma, by better-sqlite3: for where the core is not in the connection yet. */
export function firstRow<Row>(database: Database, sql: string): Row | undefined {
  try {
    return database.prepare(sql).safeIntegers(false).get() as Row | undefined;
  } catch (error) {
    throw fromBetterSqlite3(error);
  }
}
