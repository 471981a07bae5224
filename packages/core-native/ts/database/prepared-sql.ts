import type { Database } from 'better-sqlite3';
import { Query, type RowForm } from './query.ts';
import { Statement } from './statement.ts';

/**
 * The queries and statements of one connection, one object for each SQL text. Repeat a text by a constant: then it is
 * found at once.
 */
export class PreparedSql {
  readonly #database: Database;
  readonly #handle: number;
  /** The queries by their form: bit 0 is `pluck`, bit 1 `bigints`. */
  readonly #queries = [0, 1, 2, 3].map(() => new Map<string, Query>());
  readonly #statements = new Map<string, Statement>();

  constructor(database: Database, handle: number) {
    this.#database = database;
    this.#handle = handle;
  }

  query<Row>(sql: string, form?: RowForm): Query<Row> {
    const queries = this.#queries[(form?.pluck ? 1 : 0) | (form?.bigints ? 2 : 0)] as Map<string, Query>;
    let query = queries.get(sql);
    if (query === undefined) {
      query = new Query(this.#handle, sql, form);
      queries.set(sql, query);
    }
    return query as Query<Row>;
  }

  statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = new Statement(this.#database, sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Forgets all of them. */
  clear(): void {
    for (const queries of this.#queries) queries.clear();
    this.#statements.clear();
  }
}
