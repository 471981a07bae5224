import type { OpenedFile } from './opened-file.ts';

/** Runs something asynchronous over one state of the file, no matter who writes meanwhile. */
export async function withSnapshot<T>({ connection, database }: OpenedFile, body: () => Promise<T>): Promise<T> {
  connection.read(() => database.exec('BEGIN'));
  try {
    return await body();
  } finally {
    rollback(database);
  }
}

/**
 * Runs something asynchronous in one write transaction: all of it happens or nothing. `transaction` of the vaults takes no
 * promise because other code of the same process would get into it; here there is none.
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

/** Ends a transaction of which nothing is to stay. SQLite may have done so, or a damaged file not even allow that: closing it does. */
function rollback(database: OpenedFile['database']): void {
  try {
    if (database.inTransaction) database.exec('ROLLBACK');
  } catch {
    // What has been told, or is about to be, matters more.
  }
}
