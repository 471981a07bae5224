import type { OpenedFile } from './opened-file.ts';

/** Runs an asynchronous body on one state of the file, even while others write. */
export async function withSnapshot<T>({ connection, database }: OpenedFile, body: () => Promise<T>): Promise<T> {
  connection.read(() => database.exec('BEGIN'));
  try {
    return await body();
  } finally {
    rollback(database);
  }
}

/**
 * Runs an asynchronous body in one write transaction. `transaction` of the vaults takes no promise, because other code
 * of the process would enter the transaction. A command is alone in its process.
 */
export async function withTransaction<T>({ connection, database }: OpenedFile, body: () => Promise<T>): Promise<T> {
  connection.write(() => database.exec('BEGIN IMMEDIATE'));
  try {
    const result = await body();
    connection.read(() => database.exec('COMMIT'));
    return result;
  } catch (error) {
    rollback(database);
    throw error;
  }
}

/** Rolls back. SQLite may have done so already, and a damaged file may refuse it; then closing the file does it. */
function rollback(database: OpenedFile['database']): void {
  try {
    if (database.inTransaction) database.exec('ROLLBACK');
  } catch {
    // The error of the body matters more.
  }
}
