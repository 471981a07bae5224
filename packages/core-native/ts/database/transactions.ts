import type { Database } from 'better-sqlite3';
import { nativeCore } from '../binding.ts';
import { InvalidArgument, KohakuVaultError } from '../errors.ts';
import { describe } from '../options.ts';
import type { Freshness } from './freshness.ts';
import type { ReadSnapshot } from './read-snapshot.ts';
import { type Patience, withRetries } from './retry.ts';

/** What wants to know of transactions: caches, and resident copies of what the file holds. Depth 1 is the outermost. */
export interface TransactionParticipant {
  /** A transaction or savepoint was opened. */
  begin?(depth: number): void;
  /** The outermost transaction is about to commit; what is written here belongs to it, and a failure undoes it all. */
  beforeCommit?(): void;
  /** What was done since `begin(depth)` stays. */
  commit?(depth: number): void;
  /** What was done since `begin(depth)` is undone. */
  rollback?(depth: number): void;
}

/** The transactions that one connection runs for its vaults. */
export class Transactions {
  readonly #database: Database;
  readonly #handle: number;
  readonly #reads: ReadSnapshot;
  readonly #freshness: Freshness;
  readonly #patience: Patience;
  readonly #readonly: boolean;
  readonly #binding = nativeCore().binding;
  readonly #participants = new Set<TransactionParticipant>();
  readonly #waits = new Set<() => void>();
  #depth = 0;
  #inSnapshot = false;
  /** How many functions of the user's run that must not write. */
  #readers = 0;
  /** Whether our outermost transaction is a savepoint of one that the user began. */
  #withinForeign = false;

  constructor(database: Database, handle: number, reads: ReadSnapshot, freshness: Freshness, patience: Patience) {
    this.#database = database;
    this.#handle = handle;
    this.#reads = reads;
    this.#freshness = freshness;
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

  /** Whether a transaction is open that the user began, of whose savepoints we hear nothing. */
  get foreign(): boolean {
    return this.#depth === 0 && !this.#inSnapshot && this.#database.inTransaction;
  }

  /** Whether what is written now can be undone without our hearing of it. */
  get revocable(): boolean {
    return this.#depth === 0 ? this.foreign : this.#withinForeign;
  }

  join(participant: TransactionParticipant): () => void {
    this.#participants.add(participant);
    return () => this.#participants.delete(participant);
  }

  /** Has `wait` called before each write and transaction begins, until the function returned is called. */
  beforeWrites(wait: () => void): () => void {
    this.#waits.add(wait);
    return () => this.#waits.delete(wait);
  }

  /** Runs one write, which outside a transaction commits by itself. */
  write<T>(work: () => T): T {
    this.checkWritable();
    this.#reads.release();
    this.#waitForOthers();
    this.#freshness.beforeWrite();
    // Where the user can undo it without our hearing of it, nothing known before holds for sure from here on.
    if (this.#freshness.watchesUser && this.revocable) this.#freshness.distrust();
    try {
      // Inside a transaction a busy file cannot become free: the lock is ours already, or the snapshot too old for good.
      return withRetries(work, this.#database.inTransaction ? NO_PATIENCE : this.#patience);
    } catch (error) {
      this.#freshness.distrust();
      throw error;
    } finally {
      this.#freshness.afterWrite();
    }
  }

  /** Throws where nothing may be written now. */
  checkWritable(): void {
    if (this.#readonly) throw readonlyError('this connection is readonly');
    if (this.#inSnapshot) throw readonlyError('a snapshot only reads');
    if (this.#readers > 0) throw readonlyError('a filter only reads');
  }

  /**
   * Runs a function of the user's that must not write: through us it cannot, and what it has written by SQL of its own on this
   * connection is told, which the end of a snapshot would undo without a word.
   */
  withoutWrites<T>(body: () => T): T {
    const before = this.#binding.totalChanges(this.#handle);
    this.#readers++;
    let result: T;
    try {
      result = body();
    } finally {
      this.#readers--;
    }
    if (this.#binding.totalChanges(this.#handle) !== before) throw readonlyError('a filter only reads');
    return result;
  }

  transaction<T>(body: () => T): T {
    checkBody('transaction', body);
    if (this.#readonly) return this.snapshot(body);
    this.checkWritable();
    this.#reads.giveWay();
    this.#waitForOthers();
    // Where the user has begun a transaction of their own, ours is a savepoint of it.
    const savepoint = this.#database.inTransaction ? `"kohakuvault_${this.#depth + 1}"` : undefined;
    if (savepoint) this.#execute(`SAVEPOINT ${savepoint}`);
    else withRetries(() => this.#execute('BEGIN IMMEDIATE'), this.#patience);

    const depth = ++this.#depth;
    if (depth === 1) this.#withinForeign = savepoint !== undefined;
    this.#tell((participant) => participant.begin?.(depth));
    let result: T;
    try {
      result = refusePromise('transaction', body());
      if (!this.#database.inTransaction) {
        throw new KohakuVaultError(
          'the transaction was ended inside its body: leave COMMIT and ROLLBACK to transaction()',
        );
      }
      if (depth === 1) this.#tell((participant) => participant.beforeCommit?.());
      if (savepoint) this.#execute(`RELEASE ${savepoint}`);
      else withRetries(() => this.#execute('COMMIT'), this.#patience);
    } catch (error) {
      this.#depth = depth - 1;
      this.#undo(savepoint);
      this.#freshness.distrust();
      this.#tell((participant) => participant.rollback?.(depth));
      throw error;
    }
    this.#depth = depth - 1;
    this.#tell((participant) => participant.commit?.(depth));
    return result;
  }

  /** One consistent state of the file for everything the body reads, without the write lock. */
  snapshot<T>(body: () => T): T {
    checkBody('snapshot', body);
    if (this.#inSnapshot || this.#database.inTransaction) return refusePromise('snapshot', body());
    this.#reads.giveWay();
    withRetries(() => {
      this.#execute('BEGIN');
      try {
        // BEGIN alone reads nothing: the first read fixes the state.
        this.#execute('SELECT 1 FROM sqlite_schema');
      } catch (error) {
        this.#undo(undefined);
        throw error;
      }
    }, this.#patience);
    this.#inSnapshot = true;
    try {
      return refusePromise('snapshot', body());
    } finally {
      this.#inSnapshot = false;
      this.#undo(undefined);
    }
  }

  #waitForOthers(): void {
    // Whoever is in a transaction has the lock already, or cannot get it any more.
    if (this.#waits.size === 0 || this.#database.inTransaction) return;
    for (const wait of [...this.#waits]) wait();
  }

  #execute(sql: string): void {
    this.#binding.execute(this.#handle, sql);
  }

  #undo(savepoint: string | undefined): void {
    // SQLite rolls the whole transaction back by itself when the disk is full or memory short.
    if (!this.#database.open || !this.#database.inTransaction) return;
    if (savepoint) {
      this.#execute(`ROLLBACK TO ${savepoint}`);
      this.#execute(`RELEASE ${savepoint}`);
    } else {
      this.#execute('ROLLBACK');
    }
  }

  #tell(what: (participant: TransactionParticipant) => void): void {
    for (const participant of [...this.#participants]) what(participant);
  }
}

const NO_PATIENCE: Patience = { retries: 0, backoffBase: 0, busyTimeout: 0 };

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
