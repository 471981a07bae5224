import type { Database } from '@kohakuvault/core-native/internal/database';

/** A row that is found by an id of 64 bits, which not every number of JavaScript can say. */
export interface Paged {
  readonly id: bigint;
}

const LEAST = -(2n ** 63n);
const ROWS_AT_ONCE = 256;

/**
 * The rows of a table in the order of their ids, some at a time, so that no statement stays open. The statement's parameter
 * is the least id that is wanted, and whole numbers come as bigints.
 */
export function* rowsById<Row extends Paged>(database: Database, sql: string): Generator<Row> {
  const page = database.prepare(`${sql} LIMIT ${ROWS_AT_ONCE}`).safeIntegers();
  for (let next = LEAST; ; ) {
    const rows = page.all(next) as Row[];
    yield* rows;
    const last = rows.at(-1);
    // Behind the greatest id there is none.
    if (!last || rows.length < ROWS_AT_ONCE) return;
    next = last.id + 1n;
  }
}
