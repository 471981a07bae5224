import type { Database } from 'better-sqlite3';
import { nativeCore } from '../binding.ts';
import { InvalidArgument, KohakuVaultError } from '../errors.ts';
import { Freshness } from './freshness.ts';
import type { ResolvedOptions } from './options.ts';
import { ReadSnapshot } from './read-snapshot.ts';
import { Transactions } from './transactions.ts';

/** What a lease does when the database closes under it. */
export interface Leaseholder {
  /** Whatever must reach the file first; may throw, and may be called again after another one has thrown. */
  beforeClose(): void;
  /** The database is closed. */
  closed(): void;
}

/**
 * One better-sqlite3 connection and everything of ours on it, shared by all vaults of one thread on that file.
 *
 * Its `close`, called by us or by the user on their own `Database`, first lets every vault write what it holds, then has
 * the core finalize its statements: SQLite would otherwise refuse, silently, and leak the connection with its locks.
 */
export class SharedConnection {
  readonly database: Database;
  readonly handle: number;
  /** Whether we opened it, and so close it with the last lease. */
  readonly owned: boolean;
  readonly options: ResolvedOptions;
  readonly reads: ReadSnapshot;
  readonly freshness: Freshness;
  readonly transactions: Transactions;
  readonly #companions = new Map<string, unknown>();
  readonly #leases = new Set<Leaseholder>();
  readonly #forget: () => void;

  constructor(setup: {
    database: Database;
    handle: number;
    owned: boolean;
    wal: boolean;
    options: ResolvedOptions;
    forget: () => void;
  }) {
    this.database = setup.database;
    this.handle = setup.handle;
    this.owned = setup.owned;
    this.options = setup.options;
    this.#forget = setup.forget;
    this.reads = new ReadSnapshot(setup.handle, setup.owned && setup.wal);
    this.freshness = new Freshness(setup.handle, this.reads);
    if (!setup.owned) this.freshness.watchUser();
    this.transactions = new Transactions(setup.database, setup.handle, this.reads, this.freshness, setup.options);
    this.#wrapClose();
  }

  /** One object per key: what all vaults on this connection must share. */
  companion<T>(key: string, make: () => T): T {
    if (!this.#companions.has(key)) this.#companions.set(key, make());
    return this.#companions.get(key) as T;
  }

  addLease(lease: Leaseholder): void {
    this.#leases.add(lease);
  }

  /** Ends one lease; with the last one a connection of ours is closed. */
  endLease(lease: Leaseholder): void {
    if (this.owned && this.#leases.size === 1 && this.#leases.has(lease)) {
      this.database.close();
      return;
    }
    nativeCore().binding.refuseDuringCalls(this.handle);
    lease.beforeClose();
    this.#leases.delete(lease);
    lease.closed();
    // The user may drop their Database without closing it; statements of ours must not keep SQLite from closing it then.
    if (this.#leases.size > 0) return;
    this.#companions.clear();
    nativeCore().binding.finalizeStatements(this.handle);
  }

  #wrapClose(): void {
    const { database } = this;
    const closeBetterSqlite3 = database.close.bind(database);
    const close = (): Database => {
      if (!database.open) return database;
      if (this.transactions.depth > 0 || this.transactions.inSnapshot) {
        throw new InvalidArgument('close() inside transaction() or snapshot(): close after it has returned');
      }
      nativeCore().binding.refuseDuringCalls(this.handle);
      for (const lease of [...this.#leases]) lease.beforeClose();
      this.reads.release();
      nativeCore().binding.finalizeStatements(this.handle);
      closeBetterSqlite3();
      if (nativeCore().binding.isOpen(this.handle)) {
        throw new KohakuVaultError(
          'SQLite did not close the database: a statement that is not ours is still open on it',
        );
      }
      this.reads.abandon();
      this.#companions.clear();
      this.#forget();
      for (const lease of [...this.#leases]) lease.closed();
      this.#leases.clear();
      return database;
    };
    Object.defineProperty(database, 'close', { value: close, configurable: true, writable: true });
  }
}
