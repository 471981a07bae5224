import { ColumnVault } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';

/** Opens a vault on a connection of its own, as another process would. It is closed when the test ends. */
export function otherConnection(file: string): ColumnVault {
  const database = new Database(file);
  const vault = new ColumnVault(database);
  onTestFinished(() => {
    vault.close();
    database.close();
  });
  return vault;
}
