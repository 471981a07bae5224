import type { Database } from 'better-sqlite3';
import { describe } from '../checks/options.ts';
import { detailOf } from '../errors/error-detail.ts';
import { DatabaseBusy, InvalidArgument, KohakuVaultError } from '../errors/errors.ts';
import { nativeCore } from '../native/binding.ts';
import { Activity, Attention, type Board, Place, type WriteKind } from './board.ts';
import type { FileState } from './file-state.ts';
import type { ReadSnapshot } from './read-snapshot.ts';
import { type Patience, withRetries } from './retry.ts';
import type { TransactionLevels } from './transaction-levels.ts';

export interface TransactionsSetup {
  readonly database: Database;
  readonly handle: number;
  readonly board: Board;
  readonly reads: ReadSnapshot;
  readonly levels: TransactionLevels;
  readonly state: FileState;
  readonly patience: Patience;
}

let writes = 0;

/** How many writes of ours there have been in this thread, on any connection. */
export function writesOfThread(): number {
  return writes;
}

/** The transactions and writes that one connection runs for its vaults. */
export class Transactions {
  readonly #database: Database;
  readonly #handle: number;
  readonly #board: Board;
  readonly #reads: ReadSnapshot;
  readonly #levels: TransactionLevels;
  readonly #state: FileState;
  readonly #patience: Patience;
  readonly #readonly: boolean;
  readonly #binding = nativeCore().binding;
  readonly #waits = new Set<() => void>();
  #depth = 0;
  /** By this the transaction is known in which the outermost body runs. */
  #number = 0;
  #inSnapshot = false;
  /** The failure with which SQLite has rolled back the transaction whose body still runs. */
  #endedBy: unknown;
  /** How many functions of the user's run that must not write. */
  #readers = 0;

  constructor({ database, handle, board, reads, levels, state, patience }: TransactionsSetup) {
    this.#database = database;
    this.#handle = handle;
    this.#board = board;
    this.#reads = reads;
    this.#levels = levels;
    this.#state = state;
    this.#patience = patience;
    this.#readonly = database.readonly;
  }

  /** How many of our transactions and savepoints are open. */
  get depth(): number {
    return this.#depth;
  }

  /** Whether a `snapshot` body runs. */
  get inSnapshot(): boolean {
    return this.#inSnapshot;
  }

  /** Has `wait` called before each write and transaction begins, until the function returned is called. */
  beforeWrites(wait: () => void): () => void {
    this.#waits.add(wait);
    return () => this.#waits.delete(wait);
  }

  /** Runs one write, which outside a transaction commits at its end. */
  write<T>(work: () => T, kind: WriteKind = 'plain'): T {
    this.checkWritable();
    this.#reads.release();
    this.#waitForOthers();
    const inTransaction = this.#depth > 0 || this.#database.inTransaction;
    // What is in memory has to hear of the rollback.
    if (inTransaction) this.#levels.follow();
    const board = this.#board;
    (board[Place.attention] as number) |= kind === 'plain' ? Attention.writing : Attention.writingNested;
    try {
      // Inside a transaction a busy file cannot become free: the lock is ours already, or the snapshot too old for good.
      return withRetries(work, inTransaction ? NO_PATIENCE : this.#patience);
    } catch (error) {
      this.#state.distrust();
      // SQLite rolls the whole transaction back without being asked when the disk is full or fails, or memory is short.
      if (this.#depth > 0 && !this.isThere) this.#endedBy ??= error;
      throw error;
    } finally {
      writes++;
      (board[Place.attention] as number) &= ~Attention.writingNested;
    }
  }

  /** Throws where nothing may be written now. */
  checkWritable(): void {
    if (this.#depth > 0 && !this.isThere) throw this.#ended();
    if (this.#board[Place.attention] !== 0) this.#refuseInStatement();
    if (this.#readonly) throw readonlyError('this connection is readonly');
    if (this.#inSnapshot) throw readonlyError('a snapshot only reads');
    if (this.#readers > 0) throw readonlyError('a filter only reads');
  }

  /**
   * Runs a function of the user's that must not write: through us it cannot, and what it has written by SQL of its own on this
   * connection is told, which the end of a snapshot would undo without a word.
   */
  withoutWrites<T>(body: () => T): T {
    const before = this.#board[Place.foreign];
    this.#readers++;
    let result: T;
    try {
      result = body();
    } finally {
      this.#readers--;
    }
    if (this.#board[Place.foreign] !== before) throw readonlyError('a filter only reads');
    return result;
  }

  /** `beforeCommit` is called when the outermost is about to end well; what it writes belongs to it. */
  transaction<T>(body: () => T, beforeCommit?: () => void): T {
    checkBody('transaction', body);
    if (this.#readonly) return this.snapshot(body);
    this.checkWritable();
    this.#reads.suspend();
    try {
      return this.#transact(body, beforeCommit);
    } finally {
      this.#reads.resume();
    }
  }

  #transact<T>(body: () => T, beforeCommit: (() => void) | undefined): T {
    this.#waitForOthers();
    // Where the user has begun a transaction of their own, ours is a savepoint of it.
    const isInner = this.#depth > 0 || this.#database.inTransaction;
    const savepoint = isInner ? `"kohakuvault_${this.#depth + 1}"` : undefined;
    this.#begin(savepoint);
    const depth = ++this.#depth;
    // What is pending must not be written into the user's transaction where ours, a savepoint of it, is gone.
    const level = savepoint && depth === 1 && beforeCommit ? this.#levels.innermost : undefined;
    try {
      const result = refusePromise('transaction', body());
      if (!this.isThere || (level !== undefined && !this.#levels.isOpen(level))) throw this.#ended();
      if (depth === 1) beforeCommit?.();
      if (savepoint) this.#release(savepoint);
      else withRetries(() => this.#execute('COMMIT'), this.#patience);
      return result;
    } catch (error) {
      this.#leave(savepoint);
      this.#state.distrust();
      throw error;
    } finally {
      this.#depth = depth - 1;
      if (depth === 1) this.#endedBy = undefined;
    }
  }

  /** One consistent state of the file for everything the body reads, without the write lock. */
  snapshot<T>(body: () => T): T {
    checkBody('snapshot', body);
    if (this.#inSnapshot || this.#database.inTransaction) return refusePromise('snapshot', body());
    this.#reads.suspend();
    // A statement that is running holds a state of the file, and what ended it would end the statement.
    let isFixed = true;
    try {
      isFixed = this.#holds(Activity.reading | Activity.writing);
      if (!isFixed) this.#beginReading();
      this.#inSnapshot = true;
      return refusePromise('snapshot', body());
    } finally {
      this.#inSnapshot = false;
      if (!isFixed) this.#endReading();
      this.#reads.resume();
    }
  }

  /** Whether a statement of anybody's is running that may write. */
  #isWriting(): boolean {
    const attention = this.#board[Place.attention] as number;
    if (attention & Attention.writing) return true;
    return (attention & Attention.unsettled) !== 0 && this.#holds(Activity.writer);
  }

  #holds(what: number): boolean {
    return (this.#binding.activity(this.#handle) & what) !== 0;
  }

  /** A function that a trigger calls may read; what it wrote would share the fate of the statement that called it. */
  #refuseInStatement(): void {
    if (!this.#isWriting()) return;
    throw new DatabaseBusy(
      'a write inside a statement that is still running: a function that a statement or its trigger calls may read from a vault, ' +
        'and must not write to it; write when the statement has ended',
    );
  }

  /** Opens the transaction or savepoint, and has it followed. */
  #begin(savepoint: string | undefined): void {
    if (savepoint) this.#execute(`SAVEPOINT ${savepoint}`);
    else withRetries(() => this.#execute('BEGIN IMMEDIATE'), this.#patience);
    try {
      // A savepoint that comes and goes without a change is told to nobody.
      if (this.#board[Place.joined] === 0) this.#levels.follow();
    } catch (error) {
      this.#leave(savepoint);
      throw error;
    }
    if (this.#depth === 0) this.#number = this.#board[Place.transactions] as number;
  }

  /** Whether the transaction in which the outermost body runs is still open. */
  get isThere(): boolean {
    return this.#board[Place.joined] !== 0 && this.#board[Place.transactions] === this.#number;
  }

  #release(savepoint: string): void {
    try {
      this.#execute(`RELEASE ${savepoint}`);
    } catch (error) {
      throw isNoSavepoint(error) ? this.#ended() : error;
    }
  }

  /** What is told of a transaction that is over before its body is: what ended it, if that was a failure of ours. */
  #ended(): unknown {
    return (
      this.#endedBy ??
      new KohakuVaultError(
        'the transaction was ended inside its body: leave COMMIT, ROLLBACK and RELEASE of it to transaction()',
      )
    );
  }

  #beginReading(): void {
    withRetries(() => {
      this.#execute('BEGIN');
      try {
        // BEGIN alone reads nothing: the first read fixes the state.
        this.#execute('SELECT 1 FROM sqlite_schema');
      } catch (error) {
        this.#leave(undefined);
        throw error;
      }
    }, this.#patience);
  }

  #endReading(): void {
    if (!this.#database.open || !this.#database.inTransaction) return;
    // COMMIT leaves a statement alone that the body has left open, and ROLLBACK does not.
    if (!this.#holds(Activity.writing)) {
      try {
        this.#execute('COMMIT');
        return;
      } catch {
        // A damaged file may not let it end so; what was read is read.
      }
    }
    // What the body has written past us is undone.
    if (this.#database.inTransaction) this.#execute('ROLLBACK');
  }

  #waitForOthers(): void {
    // Whoever is in a transaction has the lock already, or cannot get it any more.
    if (this.#waits.size === 0 || this.#database.inTransaction) return;
    for (const wait of [...this.#waits]) wait();
  }

  #execute(sql: string): void {
    this.#binding.execute(this.#handle, sql);
  }

  /** Undoes what has been opened. */
  #leave(savepoint: string | undefined): void {
    // SQLite rolls the whole transaction back without being asked when the disk is full or memory short.
    if (!this.#database.open || !this.#database.inTransaction) return;
    if (savepoint === undefined) {
      this.#execute('ROLLBACK');
      return;
    }
    try {
      this.#execute(`ROLLBACK TO ${savepoint}`);
      this.#execute(`RELEASE ${savepoint}`);
    } catch (error) {
      // The body has ended it, by going back to a savepoint around it or releasing that.
      if (!isNoSavepoint(error)) throw error;
    }
  }
}

const NO_PATIENCE: Patience = { retries: 0, backoffBase: 0, busyTimeout: 0 };

function isNoSavepoint(error: unknown): boolean {
  return detailOf(error) === 'no-such-savepoint';
}

function readonlyError(why: string): KohakuVaultError {
  return new KohakuVaultError(`${why}: it cannot write`, { code: 'KV_READONLY' });
}

function checkBody(name: string, body: unknown): void {
  if (typeof body !== 'function') {
    throw new InvalidArgument(`${name}: the body is ${describe(body)}; expected a function`);
  }
  // Told before anything runs, where it can be: an async body would go on after the transaction has ended.
  if (body.constructor.name === 'AsyncFunction') throw promiseRefused(name);
}

function refusePromise<T>(name: string, result: T): T {
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') throw promiseRefused(name);
  return result;
}

function promiseRefused(name: string): InvalidArgument {
  return new InvalidArgument(
    `${name}: the body returned a promise; it must finish before it returns, so await before ${name}() and not inside`,
  );
}
