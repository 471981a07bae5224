import { join } from 'node:path';
import { CONNECTION_DEFAULTS } from '@kohakuvault/core-native/internal/database';
import { tableSql } from './better-sqlite3.ts';
import { type Entry, fromStored, lengthOf, type OpenStore, toStored } from './store.ts';

/** On the same file as better-sqlite3, with the same settings. */
export const openNodeSqlite: OpenStore = async (folder, table) => {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(join(folder, 'bare.db'));
  const { synchronous, mmapSize, cacheKb } = CONNECTION_DEFAULTS;
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = ${synchronous};
    PRAGMA mmap_size = ${mmapSize};
    PRAGMA cache_size = -${cacheKb};
    PRAGMA temp_store = MEMORY;
    ${tableSql(table)}`);
  const get = database.prepare(`SELECT value FROM ${table} WHERE key = ?`);
  const put = database.prepare(`REPLACE INTO ${table} VALUES (?, ?)`);
  const all = database.prepare(`SELECT key, value FROM ${table} ORDER BY key`);
  const inTransaction = <T>(body: () => T): T => {
    database.exec('BEGIN');
    const result = body();
    database.exec('COMMIT');
    return result;
  };
  const setMany = (entries: Entry[]): void =>
    inTransaction(() => {
      for (const [key, value] of entries) put.run(key, toStored(value));
    });
  return {
    get: (key) => fromStored(get.get(key)?.value),
    set: (key, value) => {
      put.run(key, toStored(value));
    },
    getMany: (keys) => inTransaction(() => keys.map((key) => fromStored(get.get(key)?.value))),
    setMany,
    fill: setMany,
    scan: () => {
      let sum = 0;
      for (const { key, value } of all.iterate()) sum += (key as string).length + lengthOf(fromStored(value));
      return sum;
    },
  };
};
