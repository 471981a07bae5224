import type { Database } from 'better-sqlite3';
import type { SyncBody } from './checks/sync-result.ts';
import type { BackupOptions, BackupResult } from './database/backup.ts';
import type { BlobSite, BlobSiteDescription } from './database/blob-site.ts';
import type { CheckpointMode, CheckpointResult } from './database/checkpoint.ts';
import { type DatabaseSource, openDatabase as open } from './database/open.ts';
import type { OptimizeOptions, OptimizeResult } from './database/optimize.ts';
import type { ConnectionOptions } from './database/options.ts';
import type { WalStats } from './database/wal-stats.ts';

export type { Database } from 'better-sqlite3';
export type { SyncBody } from './checks/sync-result.ts';
export type { BackupOptions, BackupResult } from './database/backup.ts';
export type { BlobSite, BlobSiteDescription } from './database/blob-site.ts';
export type { Cached, CachedVault } from './database/cached-vault.ts';
export type { CheckpointMode, CheckpointResult } from './database/checkpoint.ts';
export type { DatabaseClass, Driver, DriverName, HostDatabase, SyncDatabase } from './database/driver.ts';
export type { Cipher, EncryptionKey } from './database/encryption.ts';
export type { DatabaseSource } from './database/open.ts';
export type { OptimizeOptions, OptimizeResult } from './database/optimize.ts';
export type { ConnectionOptions } from './database/options.ts';
export type { Vault } from './database/vault.ts';
export type { WalReader } from './database/wal-readers.ts';
export type { WalStats } from './database/wal-stats.ts';
export type { CacheOptions } from './database/write-back.ts';
export type { BlobKey, BlobKeyPart } from './native/binding.ts';
export { type RestoreOptions, restore } from './restore/restore.ts';

/** A share of the connection that a thread has on a file. Other shares stay usable after it is closed. */
export interface Connection extends Disposable {
  /** The better-sqlite3 database, for SQL of your own. */
  readonly database: Database;
  /** The path the database was opened with. */
  readonly path: string;
  readonly readonly: boolean;
  readonly open: boolean;
  /** Runs a body in an IMMEDIATE transaction; a nested call is a savepoint. What the body throws rolls it back. */
  transaction<T>(body: SyncBody<T>): T;
  /** Runs a body that sees one state of the file, without the write lock. */
  snapshot<T>(body: SyncBody<T>): T;
  /** Runs your own statements that read, in the read snapshot that successive reads share. */
  read<T>(work: () => T): T;
  /** Runs your own statements that write, and repeats them while the file is busy. */
  write<T>(work: () => T): T;
  /** Returns access to ranges of one column's values, in rows found by their key. */
  blobs(description: BlobSiteDescription): BlobSite;
  /**
   * Registers what must happen before the share ends. Hooks run in the order of registration, and may run more than
   * once.
   */
  onClose(hook: () => void): void;
  /** Moves the WAL into the file. */
  checkpoint(mode?: CheckpointMode): CheckpointResult;
  /** Returns the length of the WAL, how much of it has reached the file, and who reads it. Takes no lock. */
  walStats(): WalStats;
  /**
   * Refreshes the statistics that SQLite plans with, rewrites the file without its free pages, and moves the WAL into
   * it; with `maxMs` in small steps. Returns what was done, and what is left.
   */
  optimize(options?: OptimizeOptions): OptimizeResult;
  /** Copies the whole file while others write. The path has the whole copy in the end, or what it had before. */
  backup(path: string, options?: BackupOptions): Promise<BackupResult>;
  /**
   * Ends this share. The last share of a connection that we opened closes it; a `Database` of yours is never closed.
   */
  close(): void;
}

/**
 * Opens a database, or joins the connection that this thread already has on the file. Paths are compared by the file's
 * identity, not by their spelling. A `Database` of yours is used as it is, and never closed.
 */
export function openDatabase(source: DatabaseSource, options?: ConnectionOptions): Connection {
  return open(source, options) as Connection;
}
