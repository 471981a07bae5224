import type { Database } from 'better-sqlite3';
import { DatabaseBusy, InvalidArgument, KohakuVaultError } from '../errors/errors.ts';
import { nativeCore } from '../native/binding.ts';
import { Activity, Attention, type Board, Place } from './board.ts';
import type { Commits } from './commits.ts';
import type { Lease } from './lease.ts';
import type { AllPending } from './pending-writes.ts';
import type { ReadSnapshot } from './read-snapshot.ts';
import type { Snapshots } from './snapshots.ts';
import type { TransactionLevels } from './transaction-levels.ts';
import type { Transactions } from './transactions.ts';
import type { WalWatch } from './wal-watch.ts';

export interface LeasesSetup {
  readonly database: Database;
  readonly handle: number;
  readonly owned: boolean;
  readonly board: Board;
  readonly reads: ReadSnapshot;
  readonly levels: TransactionLevels;
  readonly snapshots: Snapshots;
  readonly transactions: Transactions;
  readonly commits: Commits;
  readonly pending: AllPending;
  readonly watch: WalWatch;
  /** Forgets companions and statements. */
  readonly clear: () => void;
  /** Called when nobody may join the connection any more. */
  readonly forget: () => void;
}

/**
 * The vaults that use one connection, and how it closes.
 *
 * `close` of the `Database`, called by us or by its user, first lets every vault flush, then has the core finalize its
 * statements. SQLite would otherwise refuse silently, and leak the connection with its locks.
 */
export class Leases {
  /** Whether the user has the database too. */
  wasTaken = false;
  readonly #setup: LeasesSetup;
  readonly #leases = new Set<Lease>();
  /** The leases of vaults that were closed in a body of ours, with what must happen before they end. */
  readonly #closed = new Map<Lease, readonly (() => void)[]>();
  readonly #binding = nativeCore().binding;

  constructor(setup: LeasesSetup) {
    this.#setup = setup;
    this.#replaceClose();
  }

  add(lease: Lease): void {
    this.#leases.add(lease);
  }

  /**
   * Ends one lease. The last one closes the connection if we opened it. Inside a body of ours the vault is closed at
   * once, and the lease ends when the body has ended.
   */
  end(lease: Lease): void {
    const { database, owned } = this.#setup;
    if (this.#isInBody) {
      this.#closeInBody(lease);
      return;
    }
    const isLast = () => owned && this.#leases.size === 1 && this.#leases.has(lease);
    if (isLast()) {
      database.close();
      return;
    }
    this.#refuseWhileRunning(Activity.writer);
    lease.beforeEnd();
    // A vault may have had others of its own, which it has closed.
    if (isLast()) {
      database.close();
      return;
    }
    if (this.#leases.size === 1) this.#forgetEverything();
    this.#delete(lease);
  }

  /** Ends the lease of a vault that was dropped without close. */
  drop(lease: Lease): void {
    const { database, owned, pending } = this.#setup;
    if (!lease.open || !database.open) return;
    if (owned) this.#warnOfDropped('call close(), or declare it with `using`');
    try {
      pending.flush();
      if (this.#keepsDatabase) this.#abandon(lease);
      else this.end(lease);
    } catch (error) {
      // The connection stays with its pending writes: the next vault that opens the file has both.
      this.#delete(lease);
      this.#warnOfDropped(
        `its pending writes could not be flushed, and stay pending until a vault is opened there: ${error}`,
      );
    }
  }

  /** Whether leases wait for the end of a body that has ended. */
  get hasEndDue(): boolean {
    return this.#closed.size > 0 && !this.#isInBody;
  }

  /** Ends the leases of the vaults that were closed in a body. */
  endClosed(): void {
    for (const [lease, hooks] of [...this.#closed]) {
      this.#closed.delete(lease);
      try {
        // A rollback has restored what was pending before the body, and a snapshot could not write it.
        for (const hook of hooks) hook();
        this.end(lease);
      } catch (error) {
        this.#delete(lease);
        this.#warn(
          `a vault on ${this.#setup.database.name} was closed inside transaction() or snapshot(), and could not be ` +
            `closed after that; what is pending stays so until a vault is opened there: ${error}`,
        );
      }
    }
  }

  /** What is pending belongs to the transaction that is open. */
  #closeInBody(lease: Lease): void {
    const { transactions, snapshots } = this.#setup;
    this.#refuseWhileRunning(Activity.writer);
    if (!snapshots.running && transactions.isBodysOpen) lease.beforeEnd();
    this.#closed.set(lease, lease.close());
  }

  get #isInBody(): boolean {
    const { transactions, snapshots } = this.#setup;
    return transactions.running || snapshots.running;
  }

  /** Whether the user may still use the database after its last vault is gone. It closes when it is collected. */
  get #keepsDatabase(): boolean {
    return this.#setup.owned && this.wasTaken && this.#leases.size === 1;
  }

  #abandon(lease: Lease): void {
    this.#setup.watch.stop();
    this.#forgetEverything();
    this.#setup.forget();
    this.#delete(lease);
  }

  #delete(lease: Lease): void {
    this.#leases.delete(lease);
    lease.end();
  }

  #warnOfDropped(what: string): void {
    this.#warn(`a vault on ${this.#setup.database.name} was dropped without close(): ${what}`);
  }

  #warn(what: string): void {
    process.emitWarning(what, 'KohakuVaultWarning');
  }

  /**
   * Leaves a connection that no vault uses any more. Its user may drop it without closing it, and statements of ours
   * would keep SQLite from closing it then. What the user's rollback must bring back stays.
   */
  #forgetEverything(): void {
    const { database, handle, reads, levels, pending, clear } = this.#setup;
    reads.release();
    this.#binding.finalizeStatements(handle);
    if (database.inTransaction) return;
    this.#binding.forgetTables(handle);
    clear();
    pending.clear();
    levels.clear();
  }

  #refuseWhileRunning(what: number): void {
    const { board, handle } = this.#setup;
    this.#binding.refuseDuringCalls(handle);
    const isWriting = ((board[Place.attention] as number) & Attention.writing) !== 0;
    if (!isWriting && (this.#binding.activity(handle) & what) === 0) return;
    throw new DatabaseBusy(
      'close() cannot run while a statement is running on this connection: an open iterator, or one that calls an ' +
        'SQL function; call it when the statement has ended',
    );
  }

  #replaceClose(): void {
    const { database, handle, reads, commits, pending, watch, clear, forget } = this.#setup;
    const closeBetterSqlite3 = database.close.bind(database);
    const close = (): Database => {
      if (!database.open) return database;
      if (this.#isInBody) {
        throw new InvalidArgument(
          'the Database cannot be closed inside transaction() or snapshot(); close it after they have returned, ' +
            'or close the vault, which waits for that',
        );
      }
      reads.release();
      this.#binding.releaseSnapshot(handle);
      this.#refuseWhileRunning(Activity.statement);
      // Closing a connection rolls its transaction back. What was pending before that began must not be lost with it.
      if (database.inTransaction) this.#binding.execute(handle, 'ROLLBACK');
      for (const lease of [...this.#leases]) lease.beforeEnd();
      pending.flush();
      this.#binding.finalizeStatements(handle);
      commits.forget();
      closeBetterSqlite3();
      if (this.#binding.isOpen(handle)) {
        throw new KohakuVaultError(
          'SQLite did not close the database, on which a statement is open that is not ours; finish it and close again',
        );
      }
      watch.stop();
      reads.abandon();
      clear();
      pending.clear();
      forget();
      for (const lease of [...this.#leases]) lease.end();
      this.#leases.clear();
      return database;
    };
    Object.defineProperty(database, 'close', { value: close, configurable: true, writable: true });
  }
}
