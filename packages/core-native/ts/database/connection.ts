import type { Database } from 'better-sqlite3';
import { describe } from '../checks/options.ts';
import { InvalidArgument, KohakuVaultError } from '../errors/errors.ts';
import { translated } from '../errors/sqlite-errors.ts';
import type { Access } from './access.ts';
import type { BlobSite, BlobSiteDescription } from './blob-site.ts';
import type { WriteKind } from './board.ts';
import { Lease } from './lease.ts';
import type { Query, RowForm } from './query.ts';
import type { SharedConnection } from './shared-connection.ts';
import { firstRow, type Statement } from './statement.ts';

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

/** Ends the lease of a vault that was dropped without close. */
const dropped = new FinalizationRegistry<{ shared: SharedConnection; lease: Lease }>(({ shared, lease }) =>
  shared.dropLease(lease),
);

/** One vault's share of a connection. Closing it leaves the other vaults' usable. */
export class Connection implements Access, Disposable {
  readonly #shared: SharedConnection;
  readonly #closeHooks: (() => void)[] = [];
  readonly #lease = new Lease(this.#closeHooks);

  /** @internal */
  constructor(shared: SharedConnection) {
    this.#shared = shared;
    shared.addLease(this.#lease);
    dropped.register(this, { shared, lease: this.#lease }, this.#lease);
  }

  /** For `openDatabase`, which shares the connection of whatever has this property. */
  get [connectionOf](): Connection {
    return this;
  }

  /** What all vaults on the connection share. Companions hold it, and never a `Connection`, which keeps its vault from being closed. */
  get shared(): SharedConnection {
    return this.#use();
  }

  /** The better-sqlite3 database. Who takes it may write on it, so from then on reads no longer share snapshots. */
  get database(): Database {
    const shared = this.#use();
    shared.reads.forbid();
    shared.wasTaken = true;
    return shared.database;
  }

  get handle(): number {
    return this.#use().handle;
  }

  /** Throws `KV_CLOSED` when the share has ended. */
  assertOpen(): void {
    this.#use();
  }

  get open(): boolean {
    return this.#lease.open;
  }

  /** The path the database was opened with. */
  get path(): string {
    return this.#shared.database.name;
  }

  get readonly(): boolean {
    return this.#shared.readonly;
  }

  version(): number | undefined {
    return this.#use().version();
  }

  stamp(): number {
    return this.#use().stamp();
  }

  companion<T>(key: string, make: (shared: SharedConnection) => T): T {
    return this.#use().companion(key, make);
  }

  transaction<T>(body: () => T): T {
    return this.#use().transaction(body);
  }

  /** The same for a body of the user's: what any vault on this connection has pending is written with it. */
  transactionOfAll<T>(body: () => T): T {
    return this.#use().transactionOfAll(body);
  }

  snapshot<T>(body: () => T): T {
    return this.#use().transactions.snapshot(body);
  }

  /** Runs a function of the user's that must not write on this connection, neither through us nor by their own SQL. */
  withoutWrites<T>(body: () => T): T {
    return this.#use().transactions.withoutWrites(body);
  }

  consistently<T>(body: () => T): T {
    return this.#use().consistently(body);
  }

  read<T>(work: () => T): T {
    return this.#use().read(work);
  }

  touch(): void {
    this.#use().touch();
  }

  write<T>(work: () => T, kind?: WriteKind): T {
    return this.#use().write(work, kind);
  }

  checkWritable(): void {
    this.#use().transactions.checkWritable();
  }

  /**
   * Has `wait` called before each write and transaction begins, until the function returned is called: for work of ours in
   * another thread that holds the write lock for longer than a write would wait for a stranger's.
   */
  beforeWrites(wait: () => void): () => void {
    return this.#use().transactions.beforeWrites(wait);
  }

  /** What must happen before the share ends, in the order of registration; it may be called more than once. */
  onClose(hook: () => void): void {
    this.#use();
    this.#closeHooks.push(hook);
  }

  /** Has `leave` called when the share has ended, also when the vault was dropped: so it must not hold the vault, nor this. */
  whenEnded(leave: () => void): void {
    this.#use();
    this.#lease.whenEnded(leave);
  }

  blobs(description: BlobSiteDescription): BlobSite {
    return this.#use().blobs(description);
  }

  query<Row = unknown>(sql: string, form?: RowForm): Query<Row> {
    return this.#use().query<Row>(sql, form);
  }

  statement(sql: string): Statement {
    return this.#use().statement(sql);
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
    if (!this.#lease.open) return;
    const { transactions } = this.#shared;
    if (transactions.depth > 0 || transactions.inSnapshot) {
      throw new InvalidArgument('close() inside transaction() or snapshot(): close after it has returned');
    }
    translated(() => this.#shared.endLease(this.#lease));
    dropped.unregister(this.#lease);
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
    if (!this.#lease.open) {
      throw new KohakuVaultError(`${this.path} is closed: open it again to use it`, { code: 'KV_CLOSED' });
    }
    return this.#shared;
  }
}
