import { type Database, quoteIdentifier, schemaTables } from '@kohakuvault/core-native/internal/database';
import { expiryTableOf } from '../expiry/expiry-table.ts';

/**
 * Returns a function that tells when the entry of a key expires, in milliseconds since 1970; undefined if no entry of the
 * table does.
 */
export function expiryTimes(database: Database, table: string): ((key: Buffer) => number | undefined) | undefined {
  const times = schemaTables(database).find(({ name }) => name.toLowerCase() === expiryTableOf(table).toLowerCase());
  if (!times) return undefined;
  const find = database.prepare(`SELECT expires_at FROM main.${quoteIdentifier(times.name)} WHERE key = ?`).pluck();
  return (key) => (find.get(key) as number | null | undefined) ?? undefined;
}
