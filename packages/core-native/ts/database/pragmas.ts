import type { Database } from 'better-sqlite3';
import { IoError } from '../errors/errors.ts';
import type { ResolvedOptions } from './options.ts';
import { firstRow } from './statement.ts';

/** The bytes of pages in the WAL at which SQLite moves them into the file. */
const WAL_AUTOCHECKPOINT_BYTES = 32_000 * 1_024;
/** The least number of pages for that. */
const WAL_AUTOCHECKPOINT = 1_000;
/** The size of pages below which their number decides. */
const SMALL_PAGE = 8_192;

/** Applies the options to a connection that we opened. Returns whether the file is in WAL mode. */
export function applyPragmas(database: Database, options: ResolvedOptions): boolean {
  // Only an empty file accepts a page size.
  if (!options.readonly) database.pragma(`page_size = ${options.pageSize}`);
  const change = options.enableWal && !options.readonly;
  if (change) {
    database.pragma('journal_mode = WAL');
    // SQLite answers 'wal' even if the file could not be written. It knows the real mode after it has read the file
    // again.
    firstRow(database, 'SELECT count(*) FROM sqlite_schema');
  }
  const mode = database.pragma('journal_mode', { simple: true });
  if (change && mode !== 'wal' && !database.memory) {
    throw new IoError(
      `${database.name} stays in journal mode '${mode}', not WAL; check the disk and the file system, ` +
        'or open with enableWal: false',
    );
  }
  const pageSize = Number(database.pragma('page_size', { simple: true }));
  database.pragma(`wal_autocheckpoint = ${options.checkpointing === 'external' ? 0 : autocheckpointOf(pageSize)}`);
  // It applies when a commit begins at the front of the WAL again: then nobody needs what is behind it.
  if (!options.readonly) database.pragma(`main.journal_size_limit = ${options.walSizeLimit}`);
  database.pragma(`synchronous = ${options.synchronous}`);
  database.pragma(`mmap_size = ${options.mmapSize}`);
  database.pragma(`cache_size = -${options.cacheKb}`);
  database.pragma('temp_store = MEMORY');
  database.pragma('foreign_keys = ON');
  return mode === 'wal';
}

/**
 * Returns the length of the WAL, in pages, at which SQLite moves them into the file. A page that is written often is
 * moved once, so a WAL of pages of 8 KiB has as many bytes as one of longer pages. It does not have as many of smaller
 * pages: SQLite looks each page up in the WAL, which takes long if there are many frames of few pages, and a BLOB has
 * many small pages.
 */
function autocheckpointOf(pageSize: number): number {
  if (pageSize < SMALL_PAGE) return WAL_AUTOCHECKPOINT;
  return Math.max(WAL_AUTOCHECKPOINT, Math.ceil(WAL_AUTOCHECKPOINT_BYTES / pageSize));
}
