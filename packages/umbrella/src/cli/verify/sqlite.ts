import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { type Database, fromBetterSqlite3 } from '@kohakuvault/core-native/internal/database';
import { plural } from '../terminal/text.ts';
import { Findings } from './findings.ts';

const DAMAGE: readonly string[] = ['KV_CORRUPT', 'KV_ERROR'];

/** What SQLite itself can tell: pages, indexes and types. */
export function verifySqlite(database: Database): Findings {
  const findings = new Findings('file');
  try {
    const rows = database.prepare('PRAGMA main.integrity_check(100)').pluck().all() as string[];
    for (const row of rows) if (row !== 'ok') findings.problem(row);
  } catch (error) {
    // Some damage ends the check itself; that of a virtual table's parts as a plain error.
    const translated = fromBetterSqlite3(error);
    if (!(translated instanceof KohakuVaultError) || !DAMAGE.includes(translated.code)) throw translated;
    findings.problem(translated.message);
  }
  findings.checked = plural(Number(database.pragma('page_count', { simple: true })), 'page');
  return findings;
}
