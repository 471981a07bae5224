import type { Database } from 'better-sqlite3';
import type { SyncBody } from '../checks/sync-result.ts';
import type { BackupOptions, BackupResult } from './backup.ts';
import type { CheckpointMode, CheckpointResult } from './checkpoint.ts';
import { type Connection, connectionOf } from './connection.ts';
import type { EncryptionKey } from './encryption.ts';
import type { OptimizeOptions, OptimizeResult } from './optimize.ts';
import type { WalStats } from './wal-stats.ts';

/** The method by which `util.inspect` shows an object. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

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
  transaction<T>(body: SyncBody<T>): T {
    return this.#connection.transactionOfAll(body as () => T);
  }

  /** Runs a body that sees one consistent state of the file, without the write lock. */
  snapshot<T>(body: SyncBody<T>): T {
    return this.#connection.snapshot(body as () => T);
  }

  /** Moves the WAL into the file. */
  checkpoint(mode?: CheckpointMode): CheckpointResult {
    return this.#connection.checkpoint(mode);
  }

  /** Returns the length of the WAL, how much of it has reached the file, and who reads it. Takes no lock. */
  walStats(): WalStats {
    return this.#connection.walStats();
  }

  /**
   * Refreshes the statistics that SQLite plans with, rewrites the file without its free pages, and moves the WAL into
   * it. With `maxMs` it does so in small steps, between which others write. Returns what was done, and what is left.
   */
  optimize(options?: OptimizeOptions): OptimizeResult {
    return this.#connection.optimize(options);
  }

  /**
   * Copies the whole file, all tables in it, while this and other processes write: as it is now, with what is pending.
   * The path has the whole copy in the end, or what it had before. `restore` makes a database of it again.
   */
  backup(path: string, options?: BackupOptions): Promise<BackupResult> {
    return this.#connection.backup(path, options);
  }

  /** Gives an encrypted file another key. Its other connections, of this process and of others, must be closed before. */
  rekey(key: EncryptionKey): void {
    this.#connection.rekey(key);
  }

  /** Flushes pending writes, cancels what still runs, and ends this vault's share of the connection. */
  close(): void {
    this.#connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * The better-sqlite3 database, for tables of your own beside the vault's. Over `node:sqlite` it is an adapter with the
   * same methods, whose `sync` is the `DatabaseSync`.
   */
  get database(): Database {
    return this.#connection.database;
  }

  /** The path the database was opened with. */
  get path(): string {
    return this.#connection.path;
  }

  /** Whether the vault can be used. It cannot after `close`, and after the end of its `Database`. */
  get open(): boolean {
    return this.#connection.open;
  }

  /** Shows path, table and size in `console.log`. Of a vault that is closed, nothing is read. */
  [INSPECT](depth: number, options: object, inspect: (value: unknown, options: object) => string): string {
    const { name } = this.constructor;
    return depth < 0 ? `[${name}]` : `${name} ${inspect(this.#shown(), options)}`;
  }

  #shown(): Record<string, unknown> {
    const { path, open, table } = this as Vault & { table?: string };
    const shown = table === undefined ? { path, open } : { path, table, open };
    if (!open || !('size' in this)) return shown;
    try {
      return { ...shown, size: this.size };
    } catch (error) {
      return { ...shown, size: error };
    }
  }
}
