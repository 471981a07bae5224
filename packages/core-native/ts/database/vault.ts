import type { Database } from 'better-sqlite3';
import { type CheckpointMode, type CheckpointResult, type Connection, connectionOf } from './connection.ts';

/** What a vault has whatever it keeps: its share of a connection, and what covers all vaults on that. */
export abstract class Vault implements Disposable {
  readonly #connection: Connection;

  /** @internal */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** For another vault made from this one. */
  get [connectionOf](): Connection {
    return this.#connection;
  }

  /** IMMEDIATE; nested it is a savepoint. Covers every vault on this connection, and what they have pending. */
  transaction<T>(body: () => T): T {
    return this.#connection.transactionOfAll(body);
  }

  /** One consistent state for all the body reads, without the write lock. */
  snapshot<T>(body: () => T): T {
    return this.#connection.snapshot(body);
  }

  checkpoint(mode?: CheckpointMode): CheckpointResult {
    return this.#connection.checkpoint(mode);
  }

  optimize(): void {
    this.#connection.optimize();
  }

  /** Writes what is pending, ends what still runs, and ends this vault's share of the connection. */
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

  get path(): string {
    return this.#connection.path;
  }
}
