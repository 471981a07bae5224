import type { Database } from 'better-sqlite3';
import { DatabaseBusy } from '../errors/errors.ts';
import { translated } from '../errors/sqlite-errors.ts';
import { nativeCore } from '../native/binding.ts';
import type { SharedConnection } from './access.ts';
import { BlobSite, type BlobSiteDescription } from './blob-site.ts';
import { Activity, type Board, Place, type WriteKind } from './board.ts';
import { type CheckpointMode, checkpoint } from './checkpoint.ts';
import { CommitNews } from './commit-news.ts';
import { Commits } from './commits.ts';
import { nameOf } from './driver.ts';
import {
  beginsInTheClear,
  canEncrypt,
  type EncryptionKey,
  mayBeEncrypted,
  rekey,
  type Secret,
  unlock,
  withKeyChecked,
} from './encryption.ts';
import { FileState } from './file-state.ts';
import { quoteIdentifier, tableKey } from './identifiers.ts';
import { Leases } from './leases.ts';
import type { ReachOptions, ResolvedOptions } from './options.ts';
import { AllPending, type PendingWrites } from './pending-writes.ts';
import { PreparedSql } from './prepared-sql.ts';
import type { Query, RowForm } from './query.ts';
import { ReadSnapshot } from './read-snapshot.ts';
import { Snapshots } from './snapshots.ts';
import { firstRow, type Statement } from './statement.ts';
import { TableState } from './table-state.ts';
import { type EndingConnection, flushWhenThreadEnds, type LostWrites } from './thread-end.ts';
import { TransactionLevels, type TransactionParticipant } from './transaction-levels.ts';
import { type Attempt, Transactions, writesOfThread } from './transactions.ts';
import { UntrustedFile } from './untrusted.ts';
import { WalMover } from './wal-mover.ts';
import { commitIn, lengthIn, type WalStats, walStatsOf } from './wal-stats.ts';
import { WalWatch } from './wal-watch.ts';
import { pragmaOf, unlessBusy, withTimeout } from './without-waiting.ts';

export interface OpenConnectionSetup {
  readonly database: Database;
  readonly handle: number;
  /** Whether we opened it. */
  readonly owned: boolean;
  /** Whether the file is in WAL mode. */
  readonly wal: boolean;
  readonly options: ResolvedOptions;
  /** How the file is encrypted, if we know. */
  readonly secret: Secret | undefined;
  /** Called when nobody may join the connection any more. */
  readonly forget: () => void;
}

/** One better-sqlite3 connection with everything of ours on it. All vaults of one thread on the file share it. */
export class OpenConnection implements SharedConnection, EndingConnection {
  readonly database: Database;
  readonly handle: number;
  readonly owned: boolean;
  readonly options: ResolvedOptions;
  readonly untrusted: UntrustedFile | undefined;
  readonly reads: ReadSnapshot;
  readonly levels: TransactionLevels;
  readonly snapshots: Snapshots;
  readonly transactions: Transactions;
  readonly leases: Leases;
  readonly walMover: WalMover;
  readonly #board: Board;
  readonly #state: FileState;
  readonly #commits: Commits;
  readonly #sql: PreparedSql;
  readonly #companions = new Map<string, unknown>();
  readonly #pending: AllPending;
  /** How often pending writes have changed. */
  #changes = 0;
  /** How many statements had begun when no transaction was open. */
  #idleSince = -1;
  #flushesWhenThreadEnds = false;
  #secret: Secret | undefined;
  #news: CommitNews | undefined;
  /** Whether another thread can open the file; undefined until somebody asks. */
  #isOpenToThreads: boolean | undefined;

  constructor({ database, handle, owned, wal, options, secret, forget }: OpenConnectionSetup) {
    this.#secret = secret;
    this.database = database;
    this.handle = handle;
    this.owned = owned;
    this.options = options;
    this.untrusted = options.untrusted
      ? new UntrustedFile((sql) => this.query<number>(sql, { pluck: true }))
      : undefined;
    const board = new Uint32Array(nativeCore().binding.board(handle));
    const commits = new Commits(handle, database.memory);
    const levels = new TransactionLevels(handle, board);
    const reads = new ReadSnapshot(handle, commits, owned && wal);
    const state = new FileState(handle, board, reads, levels, commits);
    const snapshots = new Snapshots({ database, handle, reads, commits, patience: options });
    const watch = new WalWatch(
      {
        database,
        options: this.movesWal ? options : { ...options, idleCheckpoint: 0 },
        file: () => this.file,
        index: () => this.#walIndex(),
        stats: () => this.walStats(),
        checkpoint: (mode) => this.#checkpointNow(mode),
      },
      owned && wal && !options.readonly,
    );
    const pragma = (source: string) => this.query<number>(`PRAGMA ${source}`, { pluck: true }).get();
    const canMoveWal = owned && wal && !options.readonly && this.movesWal;
    if (!this.movesWal) nativeCore().binding.keepWalOnClose(handle);
    this.walMover = new WalMover({
      database,
      handle,
      pragma,
      unlocking: () => (canMoveWal ? this.#sqlOfThreads() : undefined),
      wasTaken: () => this.leases.wasTaken,
    });
    const transactions = new Transactions({
      database,
      handle,
      board,
      reads,
      snapshots,
      levels,
      state,
      patience: options,
      watch,
      pragma,
      committed: () => {
        this.walMover.afterCommit(commits.frames);
        this.#news?.poke();
      },
    });
    this.#board = board;
    this.#commits = commits;
    this.levels = levels;
    this.reads = reads;
    this.#state = state;
    this.snapshots = snapshots;
    this.transactions = transactions;
    this.#sql = new PreparedSql(database, handle);
    const pending = new AllPending(levels, transactions);
    this.#pending = pending;
    this.leases = new Leases({
      database,
      handle,
      owned,
      board,
      reads,
      levels,
      snapshots,
      transactions,
      commits,
      pending,
      watch,
      clear: () => this.#clear(),
      forget,
    });
  }

  /** Whether it moves the WAL into the file. Otherwise that is the business of another program. */
  get movesWal(): boolean {
    return this.options.checkpointing === 'own';
  }

  get shared(): OpenConnection {
    return this;
  }

  get readonly(): boolean {
    return this.options.readonly;
  }

  get path(): string {
    return this.database.name;
  }

  get file(): string {
    const list = this.query<string>("SELECT file FROM pragma_database_list WHERE name = 'main'", { pluck: true });
    return list.get() ?? '';
  }

  get secret(): Secret | undefined {
    return this.#secret;
  }

  get mayBeEncrypted(): boolean {
    return mayBeEncrypted(this.database, this.#secret);
  }

  get isReadInPlace(): boolean {
    return this.untrusted === undefined && !this.mayBeEncrypted;
  }

  get isEncrypted(): boolean {
    if (this.#secret !== undefined) return true;
    return canEncrypt(this.database) && this.file !== '' && !beginsInTheClear(this.file);
  }

  get unlocking(): readonly string[] | undefined {
    return this.#secret?.unlock;
  }

  openAgain(options: { readonly: boolean }): Database {
    // The class of the vault's own database, so that no other SQLite opens the file.
    const Class = this.database.constructor as new (path: string, options: object) => Database;
    const database = translated(() => new Class(this.file, { ...options, timeout: this.options.busyTimeout }));
    try {
      const secret = this.#secret;
      unlock(database, secret);
      withKeyChecked(database, secret, () => firstRow(database, 'SELECT count(*) FROM sqlite_schema'));
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  get reachOfThreads(): ReachOptions | undefined {
    const driver = nameOf(this.database.constructor);
    const secret = this.#secret;
    if (driver === undefined || (!secret && this.mayBeEncrypted)) return undefined;
    return { driver, key: secret?.key, cipher: secret?.cipher };
  }

  /** Returns the SQL with which a connection of another thread begins; undefined if it cannot open the file. */
  #sqlOfThreads(): readonly string[] | undefined {
    this.#isOpenToThreads ??= this.#secret !== undefined || !this.mayBeEncrypted;
    if (!this.#isOpenToThreads) return undefined;
    return [...(this.#secret?.unlock ?? []), `PRAGMA synchronous = ${this.options.synchronous}`];
  }

  rekey(key: EncryptionKey): void {
    const { database } = this;
    this.write(() => {
      this.#secret = rekey(database, this.#secret, key);
    });
  }

  companion<T>(key: string, make: (shared: OpenConnection) => T): T {
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
    return this.companion(key, () => new BlobSite(this, description, this.isReadInPlace));
  }

  walStats(): WalStats {
    const index = this.#walIndex();
    if (index === undefined && this.#state.isWriting()) {
      throw new DatabaseBusy('walStats() cannot run while a statement that writes is running; call it after that');
    }
    // Our own read snapshot is not what holds the WAL back: it ends with this stretch of JavaScript.
    this.reads.release();
    return translated(() => walStatsOf(index === undefined ? '' : this.file, index));
  }

  /** How many bytes of pages the WAL has, since a commit last began at its front; 0 outside WAL mode. */
  get walLength(): number {
    const index = this.#walIndex();
    return index === undefined ? 0 : lengthIn(index);
  }

  /** Returns the head of the WAL's index; undefined outside WAL mode, and while a statement runs that may end it. */
  #walIndex(): Uint32Array | undefined {
    if (this.#board[Place.attention] !== 0 && this.#attend()) return undefined;
    return this.#commits.index;
  }

  /** Runs a checkpoint that waits for nobody. Returns false if it cannot run now. */
  #checkpointNow(mode: CheckpointMode): boolean {
    const { database, handle, transactions, snapshots } = this;
    const isBusy = snapshots.running || database.inTransaction || transactions.mustWait || this.walMover.isMoving;
    // The next look finds that the other thread has moved the pages.
    if (!isBusy && mode === 'passive' && this.walMover.isInCharge && this.walMover.begin()) return false;
    if (isBusy || (nativeCore().binding.activity(handle) & Activity.statement) !== 0) return false;
    return transactions.write(() =>
      translated(() => withTimeout(pragmaOf(database), 0, () => unlessBusy(() => checkpoint(database, mode)))),
    );
  }

  /** Writes what any vault has pending, except what a body keeps from being flushed. */
  writePending(): void {
    if (this.#pending.count > 0) this.transactionOfAll(() => {});
  }

  prepareRead(): void {
    if (this.#board[Place.attention] !== 0) this.#attend();
    this.reads.renew();
  }

  read<T>(work: () => T): T {
    this.prepareRead();
    return translated(work);
  }

  write<T>(work: () => T, kind?: WriteKind): T {
    return this.transactions.write(work, kind);
  }

  checkWritable(): void {
    this.transactions.checkWritable();
  }

  transaction<T>(body: () => T): T {
    try {
      return this.transactions.transaction(body);
    } finally {
      this.#endClosed();
    }
  }

  /** Runs a body of the user in a transaction, and writes into it what any vault has pending. */
  transactionOfAll<T>(body: () => T): T {
    try {
      return this.transactions.transaction(body, () => this.#pending.writeUnlocked());
    } finally {
      this.#endClosed();
    }
  }

  /** Runs a body in a transaction, like `transaction` or `transactionOfAll`, if the file is free at once. */
  tryTransaction<T>(body: () => T, ofAll: boolean): Attempt<T> {
    try {
      return this.transactions.tryTransaction(body, ofAll ? () => this.#pending.writeUnlocked() : undefined);
    } finally {
      this.#endClosed();
    }
  }

  snapshot<T>(body: () => T): T {
    try {
      return this.#inSnapshot(body);
    } finally {
      this.#endClosed();
    }
  }

  consistently<T>(body: () => T): T {
    const { reads } = this;
    if (reads.suspended) return body();
    if (!reads.allowed) return this.#inSnapshot(body);
    this.prepareRead();
    return reads.keep(body);
  }

  #inSnapshot<T>(body: () => T): T {
    try {
      return this.snapshots.run(body);
    } finally {
      // A body around it may have been rolled back before, and nobody has looked since.
      this.#noteEndedBody();
    }
  }

  version(): number | undefined {
    const isWriting = this.#board[Place.attention] !== 0 && this.#attend();
    this.reads.renew();
    return isWriting ? undefined : this.#state.number();
  }

  get turn(): number {
    return this.reads.turn;
  }

  tableState(): TableState {
    const version = () => this.version();
    return new TableState({
      handle: this.handle,
      board: this.#board,
      commits: this.#commits,
      levels: this.levels,
      version,
    });
  }

  stamp(): number {
    // A running statement that writes may have changed anything.
    if (this.#state.isWriting()) this.#changes++;
    return this.#state.changes + writesOfThread() + this.#changes;
  }

  moveWalElsewhere(): void {
    this.walMover.takeOver();
  }

  noteChange(): void {
    this.#changes++;
    this.#news?.poke();
  }

  get news(): CommitNews {
    this.#news ??= new CommitNews({
      path: () => (this.file === '' ? '' : `${this.file}${this.#walIndex() ? '-wal' : ''}`),
      mark: () => this.#mark(),
    });
    return this.#news;
  }

  /** Returns a text that changes when anybody commits, and when what is pending changes. */
  #mark(): string {
    const index = this.#walIndex();
    const commit = index ? commitIn(index) : `${this.version()} ${writesOfThread()}`;
    return `${commit} ${this.#changes}`;
  }

  follow(): boolean {
    const board = this.#board;
    if (board[Place.joined] !== 0) {
      this.levels.catchUp();
      return true;
    }
    // Without a statement nobody can have begun one.
    if (board[Place.statements] === this.#idleSince) return false;
    if (this.levels.follow()) return true;
    this.#idleSince = board[Place.statements] as number;
    return false;
  }

  addPending(pending: PendingWrites & TransactionParticipant): void {
    this.#pending.add(pending);
    this.levels.join(pending);
  }

  flushWhenThreadEnds(): void {
    if (this.#flushesWhenThreadEnds) return;
    this.#flushesWhenThreadEnds = true;
    flushWhenThreadEnds(this);
  }

  flushAtEnd(): LostWrites[] {
    const pending = this.#pending;
    if (!this.database.open) return this.#lostByClose();
    const lost: LostWrites[] = [];
    try {
      const before = pending.count;
      this.#rollBackAtEnd();
      const undone = before - pending.count;
      if (undone > 0) {
        const why = 'they were made in a transaction that was open when the program ended';
        lost.push({ count: undone, why, uncommitted: true });
      }
      pending.flush();
    } catch (error) {
      lost.push({ count: this.#knownCount(), why: String(error), uncommitted: false });
    }
    return lost;
  }

  /** What was pending when something else than our `close` has closed the database. */
  #lostByClose(): LostWrites[] {
    const count = this.#knownCount();
    const why = 'its Database was closed past the vaults; close them first';
    return count === 0 ? [] : [{ count, why, uncommitted: false }];
  }

  /** The number of pending writes; undefined if the transactions that they follow cannot be read any more. */
  #knownCount(): number | undefined {
    try {
      return this.#pending.count;
    } catch {
      return undefined;
    }
  }

  /**
   * Rolls back the transaction that is open when the thread ends, as SQLite would do in a moment: what was pending
   * before it began must not be lost with it.
   */
  #rollBackAtEnd(): void {
    this.transactions.abandonBodies();
    this.snapshots.abandonBody();
    this.reads.cancelSuspension();
    if (this.database.inTransaction) nativeCore().binding.execute(this.handle, 'ROLLBACK');
    this.levels.catchUp();
  }

  /** Does what the board asks for before a read, and returns whether a statement that writes is running. */
  #attend(): boolean {
    this.levels.catchUp();
    this.#noteEndedBody();
    const isWriting = this.#state.isWriting();
    if (isWriting) this.#commits.stopWatching();
    return isWriting;
  }

  /** Lets reads see new states again if the user has ended the transaction inside its body. */
  #noteEndedBody(): void {
    const { transactions } = this;
    if (transactions.running && !this.snapshots.running && !transactions.isBodysOpen) this.reads.cancelSuspension();
  }

  /** Ends the vaults that were closed in the body that has just ended. */
  #endClosed(): void {
    if (this.leases.hasEndDue) this.leases.endClosed();
  }

  #clear(): void {
    this.#news?.stop();
    this.#companions.clear();
    this.#sql.clear();
  }
}
