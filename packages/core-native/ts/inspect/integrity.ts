import type { Database } from 'better-sqlite3';
import { KohakuVaultError } from '../errors/errors.ts';
import { fromBetterSqlite3 } from '../errors/sqlite-errors.ts';
import { plural } from '../text/plain.ts';
import { Findings } from './findings.ts';

const DAMAGE: readonly string[] = ['KV_CORRUPT', 'KV_ERROR'];

/** Runs SQLite's own check of all database pages, indexes and types. */
export function checkIntegrity(database: Database): Findings {
  const findings = new Findings('file');
  try {
    const rows = database.prepare('PRAGMA main.integrity_check(100)').pluck().all() as string[];
    for (const row of rows) if (row !== 'ok') findings.problem(row);
  } catch (error) {
    // Some damage ends the check with an error. For a virtual table it is a plain SQLITE_ERROR.
    const translated = fromBetterSqlite3(error);
    if (!(translated instanceof KohakuVaultError) || !DAMAGE.includes(translated.code)) throw translated;
    findings.problem(translated.message);
  }
  findings.checked = plural(Number(database.pragma('page_count', { simple: true })), 'page');
  return findings;
}
