import type { Database } from 'better-sqlite3';
import { IoError } from '../errors/errors.ts';
import type { ResolvedOptions } from './options.ts';
import { firstRow } from './statement.ts';

/** Pages the WAL grows to before SQLite moves them into the file. */
const WAL_AUTOCHECKPOINT = 1_000;

/** Sets a connection of ours up; true when the file is in WAL mode. */
export function applyPragmas(database: Database, options: ResolvedOptions): boolean {
  // Only an empty file takes a page size, and only before it has anything else.
  if (!options.readonly) database.pragma(`page_size = ${options.pageSize}`);
  const change = options.enableWal && !options.readonly;
  if (change) {
    database.pragma('journal_mode = WAL');
    // SQLite answers 'wal' also where the file could not be written. What it is in, it knows when it has read the file again.
    firstRow(database, 'SELECT count(*) FROM sqlite_schema');
  }
  const mode = database.pragma('journal_mode', { simple: true });
  if (change && mode !== 'wal' && !database.memory) {
    throw new IoError(
      `${database.name} cannot be put into WAL mode and stays in '${mode}': check the disk and the file system, or open with enableWal: false`,
    );
  }
  database.pragma(`wal_autocheckpoint = ${WAL_AUTOCHECKPOINT}`);
  database.pragma(`synchronous = ${options.synchronous}`);
  database.pragma(`mmap_size = ${options.mmapSize}`);
  database.pragma(`cache_size = -${options.cacheKb}`);
  database.pragma('temp_store = MEMORY');
  database.pragma('foreign_keys = ON');
  return mode === 'wal';
}
