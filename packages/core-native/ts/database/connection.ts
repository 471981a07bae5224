import type { Database } from 'better-sqlite3';
import { InvalidArgument, KohakuVaultError } from '../errors.ts';
import { describe } from '../options.ts';
import { translated } from '../sqlite-errors.ts';
import { BlobSite, type BlobSiteDescription } from './blob-site.ts';
import { Query, type RowForm } from './query.ts';
import type { Leaseholder, SharedConnection } from './shared-connection.ts';
import { firstRow, Statement } from './statement.ts';
import type { TransactionParticipant } from './transactions.ts';

/** How far a checkpoint goes: see SQLite's `wal_checkpoint`. */
export type CheckpointMode = 'passive' | 'full' | 'restart' | 'truncate';
const CHECKPOINT_MODES: readonly string[] = ['passive', 'full', 'restart', 'truncate'];

export interface CheckpointResult {
  /** 1 when another connection kept the checkpoint from finishing. */
  busy: number;
  /** Pages in the WAL; -1 when the file is not in WAL mode. */
  log: number;
  /** Pages of it that have reached the file. */
  checkpointed: number;
}

/** The property by which a vault tells its connection, so that another vault can share it. */
export const connectionOf: unique symbol = Symbol('kohakuvault.connection');

/** One vault's share of a connection. Closing it leaves the other vaults' usable. */
export class Connection implements Disposable {
  readonly #shared: SharedConnection;
  readonly #closeHooks: (() => void)[] = [];
  readonly #departures: (() => void)[] = [];
  readonly #lease: Leaseholder = {
    beforeClose: () => {
      for (const hook of this.#closeHooks) hook();
    },
    closed: () => {
      this.#open = false;
      for (const leave of this.#departures) leave();
    },
  };
  #open = true;

  /** @internal */
  constructor(shared: SharedConnection) {
    this.#shared = shared;
    shared.addLease(this.#lease);
  }

  /** For `openDatabase`, which shares the connection of whatever has this property. */
  get [connectionOf](): Connection {
    return this;
  }

  /** @internal */
  get shared(): SharedConnection {
    return this.#use();
  }

  /** The better-sqlite3 database. Who takes it may write on it, so from then on reads no longer share snapshots. */
  get database(): Database {
    const shared = this.#use();
    shared.reads.forbid();
    shared.freshness.watchUser();
    return shared.database;
  }

  /** By this the core's functions know the connection. */
  get handle(): number {
    return this.#use().handle;
  }

  get open(): boolean {
    return this.#open;
  }

  /** The path the database was opened with. */
  get path(): string {
    return this.#shared.database.name;
  }

  get readonly(): boolean {
    return this.#shared.options.readonly;
  }

  /** Whether a transaction is open that the user began themselves on this connection. */
  get foreignTransaction(): boolean {
    return this.#use().transactions.foreign;
  }

  /**
   * A number that stays the same while nobody but our own vaults has changed the file, so that what was read under one number
   * may be used while the number stays: another connection's commit changes it, so does what the user writes on this
   * connection, a failed write and a rollback. undefined inside a transaction that the user began, of whose end we hear
   * nothing: copies are then neither used nor brought up to date.
   */
  version(): number | undefined {
    const shared = this.#use();
    // Asked in this order: nobody begins a transaction behind our back where nobody can.
    if (shared.freshness.watchesUser && shared.transactions.revocable) {
      shared.freshness.distrust();
      return undefined;
    }
    this.touch();
    return shared.freshness.version();
  }

  /** One object per real connection and key: what several vaults on one connection must share, such as resident copies. */
  companion<T>(key: string, make: () => T): T {
    return this.#use().companion(key, make);
  }

  /** IMMEDIATE; nested it is a savepoint; on a readonly connection a snapshot. Covers every vault on this connection. */
  transaction<T>(body: () => T): T {
    return this.#use().transactions.transaction(body);
  }

  /** One consistent state of the file for all the body reads, without the write lock. */
  snapshot<T>(body: () => T): T {
    return this.#use().transactions.snapshot(body);
  }

  /** Runs a function of the user's that must not write on this connection, neither through us nor by their own SQL. */
  withoutWrites<T>(body: () => T): T {
    return this.#use().transactions.withoutWrites(body);
  }

  /**
   * Runs a body of ours that reads several times and must see one state of the file: the one this macrotask's reads share
   * where there is one, and a snapshot of its own otherwise.
   */
  consistently<T>(body: () => T): T {
    const { reads, transactions } = this.#use();
    if (transactions.depth > 0 || transactions.inSnapshot) return body();
    return reads.shared ? reads.steady(body) : transactions.snapshot(body);
  }

  /** Runs something that reads, in the snapshot this macrotask's reads share. */
  read<T>(work: () => T): T {
    this.touch();
    return translated(work);
  }

  /** To be called before each read through the core. `long` where the read takes milliseconds. */
  touch(long = false): void {
    const { reads, transactions } = this.#use();
    if (transactions.depth === 0 && !transactions.inSnapshot) reads.touch(long);
  }

  /** Runs one write, again while the file is busy. */
  write<T>(work: () => T): T {
    return this.#use().transactions.write(work);
  }

  /** For a cache that writes later: throws now where a write would be refused. */
  checkWritable(): void {
    this.#use().transactions.checkWritable();
  }

  /** Tells a cache or resident copy of this connection's transactions, until the connection is closed. */
  join(participant: TransactionParticipant): void {
    this.#departures.push(this.#use().transactions.join(participant));
  }

  /**
   * Has `wait` called before each write and transaction begins, until the function returned is called: for work of ours in
   * another thread that holds the write lock for longer than a write would wait for a stranger's.
   */
  beforeWrites(wait: () => void): () => void {
    return this.#use().transactions.beforeWrites(wait);
  }

  /** What must happen before the connection closes, in the order of registration; it may be called more than once. */
  onClose(hook: () => void): void {
    this.#use();
    this.#closeHooks.push(hook);
  }

  /** Ranges of one column's values, in rows found by their key. */
  blobs(description: BlobSiteDescription): BlobSite {
    return new BlobSite(this, description);
  }

  /** A SELECT, for what the core has no call for; to be used inside `read`. */
  query<Row = unknown>(sql: string, form?: RowForm): Query<Row> {
    return new Query<Row>(this.handle, sql, form);
  }

  /** A statement that writes; to be used inside `write`. */
  statement(sql: string): Statement {
    return new Statement(this.#use().database, sql);
  }

  checkpoint(mode: CheckpointMode = 'passive'): CheckpointResult {
    if (!CHECKPOINT_MODES.includes(mode)) {
      throw new InvalidArgument(
        `checkpoint: the mode is ${describe(mode)}; expected one of ${CHECKPOINT_MODES.join(', ')}`,
      );
    }
    const database = this.#maintain('checkpoint');
    return this.write(() => firstRow<CheckpointResult>(database, `PRAGMA wal_checkpoint(${mode})`) as CheckpointResult);
  }

  /** Refreshes the statistics that SQLite plans with and rewrites the file without its free pages. */
  optimize(): void {
    const database = this.#maintain('optimize');
    this.write(() => database.exec('PRAGMA optimize; VACUUM'));
  }

  /** Ends this share. A connection we opened is closed with its last share, one that the user opened never. */
  close(): void {
    if (!this.#open) return;
    const { transactions } = this.#shared;
    if (transactions.depth > 0 || transactions.inSnapshot) {
      throw new InvalidArgument('close() inside transaction() or snapshot(): close after it has returned');
    }
    translated(() => this.#shared.endLease(this.#lease));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #maintain(name: string): Database {
    const { transactions, database } = this.#use();
    if (transactions.inSnapshot || database.inTransaction) {
      throw new InvalidArgument(`${name}() cannot run inside a transaction: call it after the transaction has ended`);
    }
    return database;
  }

  #use(): SharedConnection {
    if (!this.#open) {
      throw new KohakuVaultError(`${this.path} is closed: open it again to use it`, { code: 'KV_CLOSED' });
    }
    return this.#shared;
  }
}
