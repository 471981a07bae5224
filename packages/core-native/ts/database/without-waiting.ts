import type { Database } from 'better-sqlite3';
import { DatabaseBusy } from '../errors/errors.ts';
import { fromBetterSqlite3 } from '../errors/sqlite-errors.ts';

/** Runs a step with another busy timeout, and sets the old one again. `pragma` runs a pragma and returns its number. */
export function withTimeout<T>(pragma: (source: string) => unknown, milliseconds: number, work: () => T): T {
  const before = Number(pragma('busy_timeout'));
  pragma(`busy_timeout = ${milliseconds}`);
  try {
    return work();
  } finally {
    pragma(`busy_timeout = ${before}`);
  }
}

/** Runs a step. Returns false if another connection holds the file. */
export function unlessBusy(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (fromBetterSqlite3(error) instanceof DatabaseBusy) return false;
    throw error;
  }
}

/** Runs the pragmas of `withTimeout` by better-sqlite3. */
export function pragmaOf(database: Database): (source: string) => unknown {
  return (source) => database.pragma(source, { simple: true });
}
