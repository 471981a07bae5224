import type { Connection } from './connection.ts';
import { type DatabaseSource, openDatabase } from './open.ts';
import type { ConnectionOptions } from './options.ts';

/**
 * Opens the connection of a new vault and makes what the vault has on it. The share of the connection ends if that
 * fails.
 */
export function openVault<Parts>(
  source: DatabaseSource,
  options: ConnectionOptions,
  make: (connection: Connection) => Parts,
): Parts {
  const connection = openDatabase(source, options);
  try {
    return make(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
}
