import type { Database } from 'better-sqlite3';
import { quoteIdentifier } from '../database/identifiers.ts';
import { fromBetterSqlite3 } from '../errors/sqlite-errors.ts';

/** A row with a 64-bit id. */
export interface RowWithId {
  readonly id: bigint;
}

const LEAST_ID = -(2n ** 63n);
const ROWS_PER_PAGE = 256;

/**
 * Reads the rows of a table by ascending id, a page at a time, so that no statement stays open. The parameter of the
 * statement is the least id of the page. Integers are bigints.
 */
export function* rowsById<Row extends RowWithId>(database: Database, sql: string): Generator<Row> {
  const page = database.prepare(`${sql} LIMIT ${ROWS_PER_PAGE}`).safeIntegers();
  for (let next = LEAST_ID; ; ) {
    const rows = page.all(next) as Row[];
    yield* rows;
    const last = rows.at(-1);
    // No row follows the greatest id.
    if (!last || rows.length < ROWS_PER_PAGE) return;
    next = last.id + 1n;
  }
}

/** Returns the number of rows of a table. Undefined if it is missing, or needs an extension that is not loaded. */
export function countRows(database: Database, table: string): number | undefined {
  let select: ReturnType<Database['prepare']>;
  try {
    select = database.prepare(`SELECT count(*) FROM main.${quoteIdentifier(table)}`);
  } catch (error) {
    // Damage has other codes.
    if ((error as { code?: unknown }).code === 'SQLITE_ERROR') return undefined;
    throw fromBetterSqlite3(error);
  }
  return Number(select.pluck().get());
}
