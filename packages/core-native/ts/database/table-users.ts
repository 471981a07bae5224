import { InvalidArgument } from '../errors/errors.ts';
import type { Connection } from './connection.ts';
import { tableKey } from './identifiers.ts';

/** Counts the vaults of a connection that have a table open, so that none loses it to another vault of the thread. */
export class TableUsers {
  #count = 0;

  /** Counts one more vault of a connection until its share ends. Returns what counts the vaults on the table. */
  static join(connection: Connection, table: string): TableUsers {
    const users = connection.companion(`users of ${tableKey(table)}`, makeUsers);
    users.#count++;
    connection.whenEnded(() => users.#count--);
    return users;
  }

  /** Throws if another vault has the table open. */
  refuseOthers(method: string, what: string): void {
    if (this.#count <= 1) return;
    throw new InvalidArgument(`${method}: another vault has ${what} open; close it first`);
  }
}

/** Outside of the class: a bundler renames a class that mentions itself. */
function makeUsers(): TableUsers {
  return new TableUsers();
}
