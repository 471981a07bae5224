import type { Database } from 'better-sqlite3';
import type { BlobSite, BlobSiteDescription } from './blob-site.ts';
import type { CommitNews } from './commit-news.ts';
import type { CoreAccess } from './core-access.ts';
import type { ReachOptions, ResolvedOptions } from './options.ts';
import type { PendingWrites } from './pending-writes.ts';
import type { Query, RowForm } from './query.ts';
import type { Statement } from './statement.ts';
import type { TableState } from './table-state.ts';
import type { TransactionLevels, TransactionParticipant } from './transaction-levels.ts';
import type { Attempt } from './transactions.ts';
import type { UntrustedFile } from './untrusted.ts';

/** How a package reads and writes: through a vault's `Connection`, or through the `SharedConnection` behind it. */
export interface Access extends CoreAccess {
  /**
   * What all vaults on the connection share. Companions hold it. They never hold a `Connection`, which would keep its
   * vault alive.
   */
  readonly shared: SharedConnection;
  readonly readonly: boolean;

  /** Throws if a write would be refused now. For a cache, which writes later. */
  checkWritable(): void;

  /**
   * Runs a body of ours in an IMMEDIATE transaction. A nested one is a savepoint; on a readonly connection it is a
   * snapshot.
   */
  transaction<T>(body: () => T): T;
  /** Runs a body that sees one state of the file, without the write lock. */
  snapshot<T>(body: () => T): T;
  /**
   * Runs a body of ours whose reads must see one state of the file: in the shared read snapshot if there is one, else
   * in its own.
   */
  consistently<T>(body: () => T): T;

  /**
   * Returns a number that changes when anything but our own writes changes the file; undefined if nothing may be kept:
   * see `FileState`.
   */
  version(): number | undefined;
  /**
   * Returns a number that changes when the vaults of this thread, or the user on this connection, may have changed the
   * file or the pending writes. Commits of other connections do not change it.
   */
  stamp(): number;

  /**
   * Returns the connection's one object for a key, and makes it the first time. All vaults on the connection share it.
   */
  companion<T>(key: string, make: (shared: SharedConnection) => T): T;
  /** Returns a SELECT for which the core has no call. Run it inside `read`. */
  query<Row = unknown>(sql: string, form?: RowForm): Query<Row>;
  /** Returns a statement that writes. Run it inside `write`. */
  statement(sql: string): Statement;
  /** Returns access to ranges of one column's values, in rows found by their key. */
  blobs(description: BlobSiteDescription): BlobSite;
}

/** What all vaults of one thread on one file share. */
export interface SharedConnection extends Access {
  readonly database: Database;
  /** Whether we opened the connection. The last share closes it then. */
  readonly owned: boolean;
  readonly options: ResolvedOptions;
  /** The limits of what the file may make us allocate; undefined for a file that is trusted. */
  readonly untrusted: UntrustedFile | undefined;
  /**
   * The path that SQLite opened, independent of the process's current folder; empty if nobody else can open the file.
   */
  readonly file: string;
  readonly levels: TransactionLevels;
  /** A number that changes whenever reads may see another state of the file: also after each commit of ours. */
  readonly turn: number;
  /** Whether bytes of the database must not be written elsewhere in the clear. */
  readonly mayBeEncrypted: boolean;
  /** Whether the core may read pages of the file without SQLite: the file is trusted, and nobody encrypts it. */
  readonly isReadInPlace: boolean;
  /** What another thread needs to open the file; undefined if it could not, for want of the driver or the key. */
  readonly reachOfThreads: ReachOptions | undefined;
  /** The SQL with which a further connection to the file begins; undefined if we know no key. */
  readonly unlocking: readonly string[] | undefined;

  /** Tells when anybody commits. */
  readonly news: CommitNews;

  /**
   * Runs a body in a transaction if the file is free at once. `ofAll`: whether what any vault has pending is written
   * into it too.
   */
  tryTransaction<T>(body: () => T, ofAll: boolean): Attempt<T>;
  /** Opens a further connection to the file, with its driver and its key. Nobody but the caller closes it. */
  openAgain(options: { readonly: boolean }): Database;
  /** Returns what tells whether copies of some rows are still right. For a companion, which keeps it. */
  tableState(): TableState;

  /** Registers pending writes: they are written before the connection closes, and they follow its transactions. */
  addPending(pending: PendingWrites & TransactionParticipant): void;
  /** Has everything that is pending on the connection written when the thread ends. */
  flushWhenThreadEnds(): void;
  /** Has another thread move the WAL from now on, if one can, so that no commit waits for the disk. */
  moveWalElsewhere(): void;
  /** Notes a change of pending writes: see `stamp`. */
  noteChange(): void;
  /**
   * Follows the open transaction from here on, and returns whether there is one. To be called before a participant
   * changes.
   */
  follow(): boolean;
}
