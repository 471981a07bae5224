import { CorruptData, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { quoteIdentifier } from '@kohakuvault/core-native/internal/database';

/**
 * What SQLite says when FTS5's own tables refuse what FTS5 writes there. No row of ours is at fault: for those, SQLite
 * names the constraint.
 */
const REFUSED: readonly unknown[] = ['constraint failed', 'SQL logic error'];

/** Runs writes to FTS5's table. If FTS5's own tables refuse what it writes there, they are damaged. */
export function changingIndex<T>(table: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const { message } = ((error as Error).cause ?? {}) as { message?: unknown };
    if (!(error instanceof KohakuVaultError) || !REFUSED.includes(message)) throw error;
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
