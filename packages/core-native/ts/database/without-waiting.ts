import type { Database } from 'better-sqlite3';
import { DatabaseBusy } from '../errors/errors.ts';
import { fromBetterSqlite3 } from '../errors/sqlite-errors.ts';

/** Runs a step with SQLite's busy timeout, and sets the old one again. */
export function withTimeout<T>(database: Database, milliseconds: number, work: () => T): T {
  const before = Number(database.pragma('busy_timeout', { simple: true }));
  database.pragma(`busy_timeout = ${milliseconds}`);
  try {
    return work();
  } finally {
    database.pragma(`busy_timeout = ${before}`);
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
