import type { Database } from 'better-sqlite3';
import { describe } from '../checks/options.ts';
import { InvalidArgument, KohakuVaultError } from '../errors/errors.ts';
import { translated } from '../errors/sqlite-errors.ts';
import type { Access } from './access.ts';
import {
  type BackupOptions,
  type BackupResult,
  checkBackupOptions,
  checkCopyPath,
  copyDatabase,
  refuseTarget,
} from './backup.ts';
import { BackupReader } from './backup-reader.ts';
import type { BlobSite, BlobSiteDescription } from './blob-site.ts';
import type { WriteKind } from './board.ts';
import { type CheckpointMode, type CheckpointResult, checkMode, checkpoint } from './checkpoint.ts';
import { CommitWaiter, type WaiterOptions } from './commit-waiter.ts';
import { type EncryptionKey, isKey, KEY_EXPECTED, refuseUnlessEncrypting } from './encryption.ts';
import { Lease } from './lease.ts';
import type { OpenConnection } from './open-connection.ts';
import {
  checkOptimizeOptions,
  type OptimizeOptions,
  type OptimizeResult,
  optimizeFor,
  optimizeWhole,
} from './optimize.ts';
import type { Query, RowForm } from './query.ts';
import { withSmallCache } from './small-cache.ts';
import type { Statement } from './statement.ts';
import type { Attempt, OtherWriter } from './transactions.ts';
import type { WalStats } from './wal-stats.ts';

/** The property under which a vault has its connection, so that another vault can share it. */
export const connectionOf: unique symbol = Symbol('kohakuvault.connection');

/** Ends the leases of vaults that were dropped without close. */
const dropped = new FinalizationRegistry<{ shared: OpenConnection; lease: Lease }>(({ shared, lease }) =>
  shared.leases.drop(lease),
);

/** One vault's share of a connection. The shares of other vaults stay usable after it is closed. */
export class Connection implements Access, Disposable {
  readonly #shared: OpenConnection;
  readonly #closeHooks: (() => void)[] = [];
  readonly #lease = new Lease(this.#closeHooks);
  readonly #backups = new Set<BackupReader>();
  readonly #waiters = new Set<CommitWaiter>();

  /** @internal */
  constructor(shared: OpenConnection) {
    this.#shared = shared;
    shared.leases.add(this.#lease);
    dropped.register(this, { shared, lease: this.#lease }, this.#lease);
    this.#closeHooks.push(() => {
      for (const backup of this.#backups) backup.cancel();
      for (const waiter of [...this.#waiters]) waiter.close();
    });
  }

  /** For `openDatabase`, which shares the connection of any object that has this property. */
  get [connectionOf](): Connection {
    return this;
  }

  get shared(): OpenConnection {
    return this.#use();
  }

  /**
   * The better-sqlite3 database. The code that takes it may write on it, so reads no longer share snapshots afterwards.
   */
  get database(): Database {
    const shared = this.#use();
    shared.reads.forbid();
    shared.leases.wasTaken = true;
    // What the user does with it may need the file for itself, such as to end WAL mode.
    shared.walMover.giveBack();
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

  companion<T>(key: string, make: (shared: OpenConnection) => T): T {
    return this.#use().companion(key, make);
  }

  transaction<T>(body: () => T): T {
    return this.#use().transaction(body);
  }

  /** Runs a body of the user in a transaction, and writes into it what any vault on this connection has pending. */
  transactionOfAll<T>(body: () => T): T {
    return this.#use().transactionOfAll(body);
  }

  /**
   * Runs a body in a transaction if the file is free at once. `ofAll`: whether what any vault has pending is written
   * into it too.
   */
  tryTransaction<T>(body: () => T, ofAll = false): Attempt<T> {
    return this.#use().tryTransaction(body, ofAll);
  }

  snapshot<T>(body: () => T): T {
    return this.#use().snapshot(body);
  }

  /**
   * Runs a function of the user that must not write on this connection, neither through a vault nor by the user's own
   * SQL.
   */
  withoutWrites<T>(body: () => T): T {
    return this.#use().transactions.withoutWrites(body);
  }

  consistently<T>(body: () => T): T {
    return this.#use().consistently(body);
  }

  read<T>(work: () => T): T {
    return this.#use().read(work);
  }

  prepareRead(): void {
    this.#use().prepareRead();
  }

  write<T>(work: () => T, kind?: WriteKind): T {
    return this.#use().write(work, kind);
  }

  /** Runs a write of many pages that are not wanted soon. */
  withSmallCache(body: () => void): void {
    withSmallCache(this.#shared, body);
  }

  checkWritable(): void {
    this.#use().checkWritable();
  }

  /**
   * Has each write and transaction ask the other writer first, until the returned function is called. For work of ours
   * in another thread, which may hold the write lock for longer than `busyTimeout`.
   */
  beforeWrites(other: OtherWriter): () => void {
    return this.#use().transactions.beforeWrites(other);
  }

  /**
   * Registers what must happen before the share ends. Hooks run in the order of registration, and may run more than
   * once.
   */
  onClose(hook: () => void): void {
    this.#use();
    this.#closeHooks.push(hook);
  }

  /**
   * Has `callback` called when the share has ended, also after the vault was dropped: so it must hold neither the vault
   * nor this.
   */
  whenEnded(callback: () => void): void {
    this.#use();
    this.#lease.whenEnded(callback);
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
    checkMode(mode);
    if (!this.#use().movesWal) {
      throw new InvalidArgument(
        "checkpoint() moves the WAL, which is the business of another program: the vault was opened with checkpointing: 'external'",
      );
    }
    const database = this.#maintain('checkpoint');
    return this.write(() => checkpoint(database, mode));
  }

  /** Returns the length of the WAL, how much of it has reached the file, and who reads it. Takes no lock. */
  walStats(): WalStats {
    return this.#use().walStats();
  }

  optimize(options?: OptimizeOptions): OptimizeResult {
    const { maxMs, makeIncremental = false } = checkOptimizeOptions(options);
    const database = this.#maintain('optimize');
    const { movesWal } = this.#use();
    const write = <T>(work: () => T): T => this.write(() => translated(work));
    return translated(() =>
      maxMs === undefined || makeIncremental
        ? optimizeWhole(database, write, { makeIncremental, movesWal })
        : optimizeFor(database, write, { maxMs, movesWal }),
    );
  }

  /** Copies the file, while others write, to a path that has the whole copy then. */
  async backup(path: string, options?: BackupOptions): Promise<BackupResult> {
    const checked = checkBackupOptions('backup', options);
    this.#refuseInTransaction('backup');
    const shared = this.#use();
    const target = checkCopyPath('backup', path);
    refuseTarget(target, shared.file);
    shared.writePending();
    const reader = new BackupReader(shared);
    this.#backups.add(reader);
    try {
      return await copyDatabase(reader, target, checked);
    } finally {
      this.#backups.delete(reader);
      reader.close();
    }
  }

  /** Returns what waits for commits of anybody. It ends with this share at the latest. */
  waitForCommits(options?: WaiterOptions): CommitWaiter {
    const waiter = new CommitWaiter(this.#use().news, options);
    this.#waiters.add(waiter);
    waiter.whenEnded(() => this.#waiters.delete(waiter));
    return waiter;
  }

  /** Refuses a call inside a transaction, with its name. */
  refuseInTransaction(name: string): void {
    this.#refuseInTransaction(name);
  }

  /** Gives the file another key. Its other connections cannot read it any more. */
  rekey(key: EncryptionKey): void {
    if (!isKey(key)) throw new InvalidArgument(`rekey expects ${KEY_EXPECTED}, got ${describe(key)}`);
    const database = this.#maintain('rekey');
    refuseUnlessEncrypting(database.constructor as new (path: string) => Database);
    if (!this.#use().isEncrypted) {
      throw new InvalidArgument(
        `${this.path} is not encrypted, and SQLite cannot give a file in WAL mode its first key; close it, and see ` +
          'docs/guides/encryption.md',
      );
    }
    this.#use().rekey(key);
  }

  /**
   * Ends this share. The last share closes the connection if we opened it; a `Database` of the user is never closed.
   */
  close(): void {
    if (!this.#lease.open) return;
    translated(() => this.#shared.leases.end(this.#lease));
    dropped.unregister(this.#lease);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #maintain(name: string): Database {
    this.#refuseInTransaction(name);
    const { walMover, database } = this.#use();
    walMover.giveBack();
    return database;
  }

  #refuseInTransaction(name: string): void {
    const { snapshots, database } = this.#use();
    if (!snapshots.running && !database.inTransaction) return;
    throw new InvalidArgument(`${name}() cannot run inside a transaction; call it after the transaction has ended`);
  }

  #use(): OpenConnection {
    if (!this.#lease.open) {
      throw new KohakuVaultError(`${this.path} is closed; open it again to use it`, { code: 'KV_CLOSED' });
    }
    return this.#shared;
  }
}
