import { CONNECTION_DEFAULTS } from '@kohakuvault/core-native/internal/database';
import type BetterSqlite3 from 'better-sqlite3';

/** Opens a bare better-sqlite3 connection with our settings, so that no difference comes from configuration. */
export async function openBare(file: string): Promise<BetterSqlite3.Database> {
  const { default: Database } = await import('better-sqlite3');
  return configure(new Database(file));
}

export function configure(database: BetterSqlite3.Database): BetterSqlite3.Database {
  const { synchronous, mmapSize, cacheKb } = CONNECTION_DEFAULTS;
  database.pragma('journal_mode = WAL');
  database.pragma(`synchronous = ${synchronous}`);
  database.pragma(`mmap_size = ${mmapSize}`);
  database.pragma(`cache_size = -${cacheKb}`);
  database.pragma('temp_store = MEMORY');
  return database;
}
