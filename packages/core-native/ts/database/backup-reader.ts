import type { Database } from 'better-sqlite3';
import { translated } from '../errors/sqlite-errors.ts';
import type { BackupSource } from './backup.ts';
import { NodeDatabase } from './hosts/node-database.ts';
import type { OpenConnection } from './open-connection.ts';
import { firstRow } from './statement.ts';

/**
 * What a backup reads. In WAL mode it is a connection of its own that sees one state of the file until the end: SQLite
 * would begin a backup again whenever another connection writes. Without a WAL, that state would keep others from
 * writing, so SQLite begins again there. A database in memory has no other connection.
 */
export class BackupReader implements BackupSource {
  readonly database: Database;
  readonly file: string;
  readonly busyTimeout: number;
  readonly isEncrypted: boolean;
  readonly #isOwn: boolean;
  #isCancelled = false;

  constructor(shared: OpenConnection) {
    this.file = shared.file;
    this.busyTimeout = shared.options.busyTimeout;
    this.isEncrypted = shared.secret !== undefined;
    this.#isOwn = this.file !== '';
    this.database = this.#isOwn ? readerOf(shared) : shared.database;
  }

  isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Ends the backup: its next step fails. */
  cancel(): void {
    this.#isCancelled = true;
    // A step of Node's runs in another thread, and must not lose its connection.
    if (!(this.database instanceof NodeDatabase)) this.close();
  }

  close(): void {
    if (this.#isOwn && this.database.open) this.database.close();
  }
}

function readerOf(shared: OpenConnection): Database {
  // One that may write removes the WAL if it is closed last.
  const reader = shared.openAgain({ readonly: shared.readonly || !shared.movesWal });
  try {
    translated(() => {
      // VACUUM sees one state, and cannot run in a transaction.
      if (shared.secret === undefined && reader.pragma('journal_mode', { simple: true }) === 'wal') {
        reader.exec('BEGIN');
        firstRow(reader, 'SELECT count(*) FROM sqlite_schema');
      }
      // A step must not wait for a writer: it holds the event loop.
      reader.pragma('busy_timeout = 0');
    });
    return reader;
  } catch (error) {
    reader.close();
    throw error;
  }
}
