import { join } from 'node:path';
import { openBare } from '../../../peers/better-sqlite3.ts';
import { fromStored, lengthOf, type OpenStore, type Table, toStored } from './store.ts';

export const openBetterSqlite3: OpenStore = async (folder, table) => {
  const database = await openBare(join(folder, 'bare.db'));
  database.exec(tableSql(table));
  const get = database.prepare(`SELECT value FROM ${table} WHERE key = ?`).pluck();
  const put = database.prepare(`REPLACE INTO ${table} VALUES (?, ?)`);
  const all = database.prepare<[], [string, unknown]>(`SELECT key, value FROM ${table} ORDER BY key`).raw();
  const getMany = database.transaction((keys: string[]) => keys.map((key) => fromStored(get.get(key))));
  const setMany = database.transaction((entries: Parameters<Awaited<ReturnType<OpenStore>>['setMany']>[0]) => {
    for (const [key, value] of entries) put.run(key, toStored(value));
  });
  return {
    get: (key) => fromStored(get.get(key)),
    set: (key, value) => {
      put.run(key, toStored(value));
    },
    getMany,
    setMany,
    fill: setMany,
    scan: () => {
      let sum = 0;
      for (const [key, value] of all.iterate()) sum += key.length + lengthOf(fromStored(value));
      return sum;
    },
  };
};

/** The same table for every bare SQLite. */
export function tableSql(table: Table): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (key TEXT PRIMARY KEY NOT NULL, value NOT NULL)`;
}
