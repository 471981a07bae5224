import type { Database } from 'better-sqlite3';
import { DatabaseBusy, InvalidArgument, KohakuVaultError } from '../errors/errors.ts';
import { translated } from '../errors/sqlite-errors.ts';
import { nativeCore } from '../native/binding.ts';
import type { Access } from './access.ts';
import { BlobSite, type BlobSiteDescription } from './blob-site.ts';
import { Activity, Attention, type Board, Place, type WriteKind } from './board.ts';
import { Commits } from './commits.ts';
import { FileState } from './file-state.ts';
import { quoteIdentifier, tableKey } from './identifiers.ts';
import type { Lease } from './lease.ts';
import type { ResolvedOptions } from './options.ts';
import type { PendingWrites } from './pending-writes.ts';
import { PreparedSql } from './prepared-sql.ts';
import type { Query, RowForm } from './query.ts';
import { ReadSnapshot } from './read-snapshot.ts';
import type { Statement } from './statement.ts';
import { TransactionLevels, type TransactionParticipant } from './transaction-levels.ts';
import { Transactions, writesOfThread } from './transactions.ts';

/**
 * One better-sqlite3 connection and everything of ours on it, shared by all vaults of one thread on that file. What several vaults
 * share, such as resident copies and pending writes, holds this, and never one vault's `Connection`.
 *
 * Its `close`, called by us or by the user on their own `Database`, first lets every vault write what it holds, then has
 * the core finalize its statements: SQLite would otherwise refuse, silently, and leak the connection with its locks.
 */
export class SharedConnection implements Access {
  readonly database: Database;
  readonly handle: number;
  /** Whether we opened it, and so close it with the last lease. */
  readonly owned: boolean;
  readonly options: ResolvedOptions;
  readonly reads: ReadSnapshot;
  readonly state: FileState;
  readonly levels: TransactionLevels;
  readonly transactions: Transactions;
  /** Whether the user has the database too. */
  wasTaken = false;
  readonly #board: Board;
  readonly #commits: Commits;
  readonly #binding = nativeCore().binding;
  readonly #sql: PreparedSql;
  readonly #companions = new Map<string, unknown>();
  readonly #pending = new Set<PendingWrites>();
  readonly #leases = new Set<Lease>();
  readonly #forget: () => void;
  /** How often what is pending has changed. */
  #changes = 0;
  /** How many statements had begun when no transaction was open. */
  #idleSince = -1;

  constructor(setup: {
    database: Database;
    handle: number;
    owned: boolean;
    wal: boolean;
    options: ResolvedOptions;
    forget: () => void;
  }) {
    const { database, handle, owned, options } = setup;
    this.database = database;
    this.handle = handle;
    this.owned = owned;
    this.options = options;
    this.#forget = setup.forget;
    this.#sql = new PreparedSql(database, handle);
    this.#board = new Uint32Array(this.#binding.board(handle));
    this.#commits = new Commits(handle, database.memory);
    this.levels = new TransactionLevels(handle, this.#board);
    this.reads = new ReadSnapshot(handle, this.#commits, owned && setup.wal);
    this.state = new FileState(handle, this.#board, this.reads, this.levels, this.#commits);
    this.transactions = new Transactions({
      database,
      handle,
      board: this.#board,
      reads: this.reads,
      levels: this.levels,
      state: this.state,
      patience: options,
    });
    this.#wrapClose();
  }

  get shared(): SharedConnection {
    return this;
  }

  get readonly(): boolean {
    return this.options.readonly;
  }

  /** The file as SQLite found it when it opened it, in whatever folder the process is now; empty where nobody else can open it. */
  get file(): string {
    const list = this.query<string>("SELECT file FROM pragma_database_list WHERE name = 'main'", { pluck: true });
    return list.get() ?? '';
  }

  companion<T>(key: string, make: (shared: SharedConnection) => T): T {
    if (!this.#companions.has(key)) this.#companions.set(key, make(this));
    return this.#companions.get(key) as T;
  }

  query<Row = unknown>(sql: string, form?: RowForm): Query<Row> {
    return this.#sql.query(sql, form);
  }

  statement(sql: string): Statement {
    return this.#sql.statement(sql);
  }

  blobs(description: BlobSiteDescription): BlobSite {
    quoteIdentifier(description.table);
    const key = JSON.stringify(['blobs', tableKey(description.table), description.column, description.key]);
    return this.companion(key, () => new BlobSite(this, description));
  }

  consistently<T>(body: () => T): T {
    const { reads } = this;
    if (reads.suspended) return body();
    if (!reads.shared) return this.transactions.snapshot(body);
    this.touch();
    return reads.steady(body);
  }

  touch(): void {
    if (this.#board[Place.attention] !== 0) this.#attend();
    this.reads.touch();
  }

  read<T>(work: () => T): T {
    this.touch();
    return translated(work);
  }

  write<T>(work: () => T, kind?: WriteKind): T {
    return this.transactions.write(work, kind);
  }

  transaction<T>(body: () => T): T {
    return this.transactions.transaction(body);
  }

  /** The same for a body of the user's: what any vault has pending is written with it. */
  transactionOfAll<T>(body: () => T): T {
    return this.transactions.transaction(body, () => {
      for (const pending of this.#pending) if (pending.locks === 0 && pending.count > 0) pending.writeOut();
    });
  }

  snapshot<T>(body: () => T): T {
    return this.transactions.snapshot(body);
  }

  checkWritable(): void {
    this.transactions.checkWritable();
  }

  version(): number | undefined {
    this.touch();
    return this.state.version();
  }

  stamp(): number {
    // While a statement that writes is running, everything may have changed.
    if (!this.state.isSettled()) this.#changes++;
    return this.state.changes + writesOfThread() + this.#changes;
  }

  /** To be called with each change of what is pending. */
  noteChange(): void {
    this.#changes++;
  }

  /** To be called before something changes that follows transactions: whether one is open, which is followed from here on. */
  follow(): boolean {
    const board = this.#board;
    if (board[Place.joined] !== 0) {
      this.levels.settle();
      return true;
    }
    // Nobody can have begun one without a statement.
    if (board[Place.statements] === this.#idleSince) return false;
    if (this.levels.follow()) return true;
    this.#idleSince = board[Place.statements] as number;
    return false;
  }

  /** Takes up writes that are pending: they are written before the connection closes, and follow its transactions. */
  addPending(pending: PendingWrites & TransactionParticipant): void {
    this.#pending.add(pending);
    this.levels.join(pending);
  }

  /** Writes everything that is pending, of every vault, in one transaction. */
  flushAll(): void {
    this.levels.settle();
    const waiting = [...this.#pending].filter(({ count }) => count > 0);
    if (waiting.length === 0) return;
    this.transactions.transaction(() => {
      for (const pending of waiting) pending.writeOut();
    });
  }

  addLease(lease: Lease): void {
    this.#leases.add(lease);
  }

  /** Ends one lease; with the last one a connection of ours is closed. */
  endLease(lease: Lease): void {
    if (this.owned && this.#leases.size === 1 && this.#leases.has(lease)) {
      this.database.close();
      return;
    }
    this.#refuseWhileRunning(Activity.writer);
    lease.beforeEnd();
    if (this.#leases.size === 1) this.#leave();
    this.#leases.delete(lease);
    lease.end();
  }

  /** A vault was dropped without close. */
  dropLease(lease: Lease): void {
    if (!lease.open || !this.database.open) return;
    if (this.owned) this.#warn('call close(), or use `using`, when you are done with it');
    try {
      this.flushAll();
      if (this.#keepsDatabase) this.#abandon(lease);
      else this.endLease(lease);
    } catch (error) {
      // The connection stays, and what is pending with it: who opens the file again has both.
      this.#leases.delete(lease);
      lease.end();
      this.#warn(`what it had pending could not be written, and waits for a vault to be opened there again: ${error}`);
    }
  }

  /** Whether somebody may still use the database though its last vault is gone. It is closed when it is collected. */
  get #keepsDatabase(): boolean {
    return this.owned && this.wasTaken && this.#leases.size === 1;
  }

  #abandon(lease: Lease): void {
    this.#leave();
    this.#forget();
    this.#leases.delete(lease);
    lease.end();
  }

  #warn(what: string): void {
    process.emitWarning(`a vault on ${this.database.name} was dropped without close(): ${what}`, 'KohakuVaultWarning');
  }

  /**
   * Nobody is left on a connection of the user's, which they may drop without closing it: statements of ours must not keep SQLite from
   * closing it then. What has to come back with the user's rollback stays.
   */
  #leave(): void {
    this.reads.release();
    this.#binding.finalizeStatements(this.handle);
    if (this.database.inTransaction) return;
    this.#binding.forgetTables(this.handle);
    this.#companions.clear();
    this.#sql.clear();
    this.#pending.clear();
    this.levels.clear();
  }

  #attend(): void {
    this.levels.settle();
    const { depth, inSnapshot } = this.transactions;
    if (depth > 0 && !inSnapshot && !this.transactions.isThere) this.reads.lapse();
    if (!this.state.isSettled()) this.#commits.lookAway();
  }

  #refuseWhileRunning(what: number): void {
    this.#binding.refuseDuringCalls(this.handle);
    if (
      ((this.#board[Place.attention] as number) & Attention.writing) === 0 &&
      (this.#binding.activity(this.handle) & what) === 0
    )
      return;
    throw new DatabaseBusy(
      'close() while a statement is running on this connection (an iterator that is open, or a function that a statement or a trigger ' +
        'calls): close when it has ended',
    );
  }

  #wrapClose(): void {
    const { database } = this;
    const closeBetterSqlite3 = database.close.bind(database);
    const close = (): Database => {
      if (!database.open) return database;
      if (this.transactions.depth > 0 || this.transactions.inSnapshot) {
        throw new InvalidArgument('close() inside transaction() or snapshot(): close after it has returned');
      }
      this.reads.release();
      this.#binding.releaseSnapshot(this.handle);
      this.#refuseWhileRunning(Activity.statement);
      // To close a connection undoes its transaction; what was pending before that began must not go with it.
      if (database.inTransaction) this.#binding.execute(this.handle, 'ROLLBACK');
      for (const lease of [...this.#leases]) lease.beforeEnd();
      this.flushAll();
      this.#binding.finalizeStatements(this.handle);
      this.#commits.forget();
      closeBetterSqlite3();
      if (this.#binding.isOpen(this.handle)) {
        throw new KohakuVaultError(
          'SQLite did not close the database: a statement that is not ours is still open on it',
        );
      }
      this.reads.abandon();
      this.#companions.clear();
      this.#sql.clear();
      this.#forget();
      for (const lease of [...this.#leases]) lease.end();
      this.#leases.clear();
      return database;
    };
    Object.defineProperty(database, 'close', { value: close, configurable: true, writable: true });
  }
}
