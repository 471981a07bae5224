import type { Database } from 'better-sqlite3';
import { checkSyncBody, refusePromise } from '../checks/body.ts';
import { detailOf } from '../errors/error-detail.ts';
import { DatabaseBusy, KohakuVaultError } from '../errors/errors.ts';
import { fromBetterSqlite3 } from '../errors/sqlite-errors.ts';
import { nativeCore } from '../native/binding.ts';
import { Activity, Attention, type Board, Place, type WriteKind } from './board.ts';
import type { FileState } from './file-state.ts';
import type { ReadSnapshot } from './read-snapshot.ts';
import { isHeldByOthers, type Patience, withRetries } from './retry.ts';
import type { Snapshots } from './snapshots.ts';
import type { TransactionLevels } from './transaction-levels.ts';
import { makeVirtualTablesAgain } from './virtual-tables.ts';
import type { WalWatch } from './wal-watch.ts';
import { withTimeout } from './without-waiting.ts';

export interface TransactionsSetup {
  readonly database: Database;
  readonly handle: number;
  readonly board: Board;
  readonly reads: ReadSnapshot;
  readonly snapshots: Snapshots;
  readonly levels: TransactionLevels;
  readonly state: FileState;
  readonly patience: Patience;
  readonly watch: WalWatch;
  /** Runs a pragma through the core, which can do so while the user iterates, and returns its number. */
  readonly pragma: (source: string) => number | undefined;
  /** Called after each write and commit. */
  readonly committed: () => void;
}

/** What became of a transaction that waits for nobody: what its body returned, or why it could not begin. */
export type Attempt<T> = { readonly result: T } | { readonly busy: DatabaseBusy };

/** Work of ours in another thread, which takes the write lock now and then. */
export interface OtherWriter {
  /** Blocks until it does not have the lock. */
  wait(): void;
  /** Asks it for the lock without waiting. Returns whether it has the lock now. */
  ask(): boolean;
}

let writes = 0;

/** Returns how many writes of ours there were in this thread, on any connection. */
export function writesOfThread(): number {
  return writes;
}

/** The transactions and writes that one connection runs for its vaults. */
export class Transactions {
  readonly #database: Database;
  readonly #handle: number;
  readonly #board: Board;
  readonly #reads: ReadSnapshot;
  readonly #snapshots: Snapshots;
  readonly #levels: TransactionLevels;
  readonly #state: FileState;
  readonly #patience: Patience;
  readonly #watch: WalWatch;
  readonly #pragma: (source: string) => number | undefined;
  readonly #committed: () => void;
  readonly #readonly: boolean;
  readonly #binding = nativeCore().binding;
  readonly #others = new Set<OtherWriter>();
  #depth = 0;
  /** The number of the transaction in which the outermost body runs. */
  #number = 0;
  /** The failure with which SQLite rolled back the transaction whose body still runs. */
  #endedBy: unknown;
  /** How many functions of the user run that must not write. */
  #readOnlyBodies = 0;

  constructor(setup: TransactionsSetup) {
    this.#database = setup.database;
    this.#handle = setup.handle;
    this.#board = setup.board;
    this.#reads = setup.reads;
    this.#snapshots = setup.snapshots;
    this.#levels = setup.levels;
    this.#state = setup.state;
    this.#patience = setup.patience;
    this.#watch = setup.watch;
    this.#pragma = setup.pragma;
    this.#committed = setup.committed;
    this.#readonly = setup.database.readonly;
  }

  /** Whether one of our transactions or savepoints is open. */
  get running(): boolean {
    return this.#depth > 0;
  }

  /** Whether the transaction in which the outermost body runs is still open. */
  get isBodysOpen(): boolean {
    return this.#board[Place.joined] !== 0 && this.#board[Place.transactions] === this.#number;
  }

  /** Has each write and transaction ask the other writer first, until the returned function is called. */
  beforeWrites(other: OtherWriter): () => void {
    this.#others.add(other);
    return () => this.#others.delete(other);
  }

  /** Whether a write would have to wait for work of ours in another thread. */
  get mustWait(): boolean {
    return this.#others.size > 0;
  }

  /** Forgets the bodies that run: the thread ends inside them, and they never return. */
  abandonBodies(): void {
    this.#depth = this.#readOnlyBodies = 0;
  }

  /** Runs one write. Outside a transaction it commits when it ends. */
  write<T>(work: () => T, kind: WriteKind = 'plain'): T {
    this.checkWritable();
    this.#reads.release();
    this.#waitForOthers();
    const inTransaction = this.#depth > 0 || this.#database.inTransaction;
    // Participants must hear of a rollback.
    if (inTransaction) this.#levels.follow();
    const board = this.#board;
    (board[Place.attention] as number) |= kind === 'plain' ? Attention.writing : Attention.writingNested;
    try {
      // Inside a transaction a busy file cannot become free: we hold the lock already, or the snapshot is too old for
      // good.
      return withRetries(work, inTransaction ? NO_PATIENCE : this.#patience);
    } catch (error) {
      this.#state.change();
      // SQLite rolls back the whole transaction on its own if the disk is full or fails, or if memory is short.
      if (this.#depth > 0 && !this.isBodysOpen) this.#endedBy ??= error;
      if ((inTransaction || isFault(error)) && !this.#database.inTransaction) makeVirtualTablesAgain(this.#pragma);
      throw error;
    } finally {
      writes++;
      if (!this.#watch.isArmed) this.#watch.arm();
      if (!inTransaction) this.#committed();
      (board[Place.attention] as number) &= ~Attention.writingNested;
    }
  }

  /** Throws if nothing may be written now. */
  checkWritable(): void {
    if (this.#depth > 0 && !this.isBodysOpen) throw this.#endedError();
    if (this.#board[Place.attention] !== 0) this.#refuseInStatement();
    if (this.#readonly) throw readonlyError('this connection is readonly');
    if (this.#snapshots.running) throw readonlyError('a snapshot only reads');
    if (this.#readOnlyBodies > 0) throw readonlyError('a filter only reads');
  }

  /**
   * Runs a function of the user that must not write. Writes through a vault are refused. A write by the user's own SQL
   * on this connection is an error too: the end of the snapshot would undo it silently.
   */
  withoutWrites<T>(body: () => T): T {
    const before = this.#board[Place.foreign];
    this.#readOnlyBodies++;
    let result: T;
    try {
      result = body();
    } finally {
      this.#readOnlyBodies--;
    }
    if (this.#board[Place.foreign] !== before) throw readonlyError('a filter only reads');
    return result;
  }

  /** Runs a body in a transaction. `beforeCommit` is called before the outermost one commits, and may write into it. */
  transaction<T>(body: () => T, beforeCommit?: () => void): T {
    checkSyncBody('transaction', body);
    if (this.#readonly) return this.#snapshots.run(body);
    this.checkWritable();
    this.#reads.suspend();
    try {
      this.#waitForOthers();
      // Inside a transaction that the user began, ours is a savepoint.
      const isInner = this.#depth > 0 || this.#database.inTransaction;
      const savepoint = isInner ? `"kohakuvault_${this.#depth + 1}"` : undefined;
      this.#begin(savepoint, this.#patience);
      return this.#finish(savepoint, body, beforeCommit);
    } finally {
      this.#reads.resume();
    }
  }

  /** Runs a body in a transaction if the file is free at once. Nothing of this blocks the thread. */
  tryTransaction<T>(body: () => T, beforeCommit?: () => void): Attempt<T> {
    if (this.#readonly || this.#depth > 0 || this.#database.inTransaction) {
      return { result: this.transaction(body, beforeCommit) };
    }
    checkSyncBody('transaction', body);
    this.checkWritable();
    this.#reads.suspend();
    try {
      const busy = this.#beginAtOnce();
      return busy ? { busy } : { result: this.#finish(undefined, body, beforeCommit) };
    } finally {
      this.#reads.resume();
    }
  }

  /** Opens a transaction, or returns why that would have to wait. */
  #beginAtOnce(): DatabaseBusy | undefined {
    let isHeld = false;
    for (const other of this.#others) if (other.ask()) isHeld = true;
    if (isHeld) return new DatabaseBusy('another thread of this process is storing a long value');
    try {
      withTimeout(this.#pragma, 0, () => this.#begin(undefined, undefined));
      return undefined;
    } catch (thrown) {
      const error = fromBetterSqlite3(thrown);
      if (isHeldByOthers(error)) return error;
      throw error;
    }
  }

  /** Runs the body of a transaction or savepoint that has just been opened, and ends it. */
  #finish<T>(savepoint: string | undefined, body: () => T, beforeCommit: (() => void) | undefined): T {
    const depth = ++this.#depth;
    // If our savepoint is gone, pending writes must not go into the user's transaction around it.
    const level = savepoint && depth === 1 && beforeCommit ? this.#levels.innermost : undefined;
    try {
      const result = refusePromise('transaction', body());
      if (!this.isBodysOpen || (level !== undefined && !this.#levels.isOpen(level))) throw this.#endedError();
      if (depth === 1) beforeCommit?.();
      if (savepoint) this.#release(savepoint);
      else {
        withRetries(() => this.#execute('COMMIT'), this.#patience);
        this.#committed();
      }
      return result;
    } catch (error) {
      this.#rollBack(savepoint);
      this.#state.change();
      throw error;
    } finally {
      this.#depth = depth - 1;
      if (depth === 1) this.#endedBy = undefined;
    }
  }

  /** Whether a statement is running that may write, ours or the user's. */
  #isWriting(): boolean {
    const attention = this.#board[Place.attention] as number;
    if (attention & Attention.writing) return true;
    return (attention & Attention.unsettled) !== 0 && (this.#binding.activity(this.#handle) & Activity.writer) !== 0;
  }

  /** Refuses a write by a function that a statement calls: it would share the fate of that statement. */
  #refuseInStatement(): void {
    if (!this.#isWriting()) return;
    throw new DatabaseBusy(
      'a vault cannot be written while a statement is running. A function that a statement or its trigger calls may ' +
        'only read; write after the statement has ended',
    );
  }

  /** Opens the transaction or savepoint, and follows it. */
  #begin(savepoint: string | undefined, patience: Patience | undefined): void {
    if (savepoint) this.#execute(`SAVEPOINT ${savepoint}`);
    else if (patience) withRetries(() => this.#execute('BEGIN IMMEDIATE'), patience);
    else this.#execute('BEGIN IMMEDIATE');
    try {
      // SQLite does not report a savepoint that ends without a change, so following it would cost for nothing.
      if (this.#board[Place.joined] === 0) this.#levels.follow();
    } catch (error) {
      this.#rollBack(savepoint);
      throw error;
    }
    if (this.#depth === 0) this.#number = this.#board[Place.transactions] as number;
  }

  #release(savepoint: string): void {
    try {
      this.#execute(`RELEASE ${savepoint}`);
    } catch (error) {
      throw isNoSavepoint(error) ? this.#endedError() : error;
    }
  }

  /**
   * Returns the error for a transaction that ended before its body: the failure of ours that ended it, if there was
   * one.
   */
  #endedError(): unknown {
    return (
      this.#endedBy ??
      new KohakuVaultError(
        'the transaction was ended inside its body; transaction() itself runs its COMMIT, ROLLBACK and RELEASE',
      )
    );
  }

  #waitForOthers(): void {
    // Inside a transaction we hold the lock already, or cannot get it any more.
    if (this.#others.size === 0 || this.#database.inTransaction) return;
    for (const other of [...this.#others]) other.wait();
  }

  /** Runs a command of ours. Virtual tables write what they have pending when a savepoint or a transaction ends. */
  #execute(sql: string): void {
    const board = this.#board;
    (board[Place.attention] as number) |= Attention.writingNested;
    try {
      this.#binding.execute(this.#handle, sql);
    } finally {
      (board[Place.attention] as number) &= ~Attention.writingNested;
    }
  }

  /** Rolls back the transaction or savepoint that was opened. */
  #rollBack(savepoint: string | undefined): void {
    // SQLite rolls back the whole transaction on its own if the disk is full or memory is short.
    if (!this.#database.open || !this.#database.inTransaction) return;
    if (savepoint === undefined) {
      this.#execute('ROLLBACK');
      return;
    }
    try {
      this.#execute(`ROLLBACK TO ${savepoint}`);
      this.#execute(`RELEASE ${savepoint}`);
    } catch (error) {
      // The body ended it: it rolled back to a savepoint around it, or released that.
      if (!isNoSavepoint(error)) throw error;
    }
  }
}

const NO_PATIENCE: Patience = { retries: 0, backoffBase: 0, busyTimeout: 0 };

/** Whether the disk is full or fails. SQLite rolls back then, even if another error would leave a transaction open. */
function isFault(error: unknown): boolean {
  return error instanceof KohakuVaultError && error.code === 'KV_IO';
}

function isNoSavepoint(error: unknown): boolean {
  return detailOf(error) === 'no-such-savepoint';
}

function readonlyError(why: string): KohakuVaultError {
  return new KohakuVaultError(`${why}: it cannot write`, { code: 'KV_READONLY' });
}
