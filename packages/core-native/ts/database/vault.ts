import type { Database } from 'better-sqlite3';
import { type CheckpointMode, type CheckpointResult, type Connection, connectionOf } from './connection.ts';

/** What every vault has: its share of a connection, and what covers all vaults on that connection. */
export abstract class Vault implements Disposable {
  readonly #connection: Connection;

  /** @internal */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The vault's share of its connection, for another vault that is made from this one. */
  get [connectionOf](): Connection {
    return this.#connection;
  }

  /**
   * Runs a body in an IMMEDIATE transaction; a nested one is a savepoint. It covers every vault on this connection,
   * with their pending writes.
   */
  transaction<T>(body: () => T): T {
    return this.#connection.transactionOfAll(body);
  }

  /** Runs a body that sees one consistent state of the file, without the write lock. */
  snapshot<T>(body: () => T): T {
    return this.#connection.snapshot(body);
  }

  /** Moves the WAL into the file. */
  checkpoint(mode?: CheckpointMode): CheckpointResult {
    return this.#connection.checkpoint(mode);
  }

  /** Refreshes the statistics that SQLite plans with, and rewrites the file without its free pages. */
  optimize(): void {
    this.#connection.optimize();
  }

  /** Flushes pending writes, cancels what still runs, and ends this vault's share of the connection. */
  close(): void {
    this.#connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The better-sqlite3 database, for tables of your own beside the vault's. */
  get database(): Database {
    return this.#connection.database;
  }

  /** The path the database was opened with. */
  get path(): string {
    return this.#connection.path;
  }
}
