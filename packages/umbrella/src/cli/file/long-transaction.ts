import type { OpenedFile } from './opened-file.ts';

/** Runs something asynchronous over one state of the file, whoever writes meanwhile. */
export function withSnapshot<T>(file: OpenedFile, body: () => Promise<T>): Promise<T> {
  return within(file, 'BEGIN', body);
}

/**
 * Runs something asynchronous in one write transaction: all of it happens or nothing. `transaction` of the vaults takes no
 * promise because other code of the same process would get into it; here there is none.
 */
export function withTransaction<T>(file: OpenedFile, body: () => Promise<T>): Promise<T> {
  return within(file, 'BEGIN IMMEDIATE', body);
}

async function within<T>({ connection, database }: OpenedFile, begin: string, body: () => Promise<T>): Promise<T> {
  const run = (sql: string) => () => database.exec(sql);
  if (connection.readonly) connection.read(run(begin));
  else connection.write(run(begin));
  try {
    const result = await body();
    connection.read(run('COMMIT'));
    return result;
  } catch (error) {
    // SQLite has rolled back by itself where the disk is full or broken.
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
