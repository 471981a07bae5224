import { CorruptData, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { quoteIdentifier } from '@kohakuvault/core-native/internal/database';

/** Codes with which SQLite refuses what FTS5 writes into its own tables. No row of ours is at fault. */
const REFUSED = /^SQLITE_(?:CONSTRAINT|ERROR)/;

/** Runs a write to FTS5's table. If FTS5's own tables refuse what it writes there, they are damaged. */
export function changingIndex<T>(table: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
    if (!(error instanceof KohakuVaultError) || !REFUSED.test(String(code))) throw error;
    throw damagedIndex(table, error);
  }
}

/** Returns the error for an index that does not agree with itself, or with the texts. */
export function damagedIndex(table: string, cause?: Error): CorruptData {
  const name = quoteIdentifier(table);
  const why = cause === undefined ? 'has documents that do not exist' : `cannot be changed: ${cause.message}`;
  return new CorruptData(
    `the index of ${name} ${why}. It is damaged: restore a backup, or rebuild it from the texts by ` +
      `INSERT INTO ${name} (${name}) VALUES ('rebuild')`,
    { cause },
  );
}
