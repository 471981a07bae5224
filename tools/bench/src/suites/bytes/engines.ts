import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import type BetterSqlite3 from 'better-sqlite3';
import { openBare } from '../../peers/better-sqlite3.ts';
import type { Entry, OpenBytes } from './store.ts';

export const OURS = 'kohakuvault';
export const SQLITE = 'better-sqlite3';
export const CLUSTERED = 'better-sqlite3, WITHOUT ROWID';
export const LMDB = 'lmdb';

const openOurs: OpenBytes = async (folder, name) => {
  const vault = new KVault<Buffer>(join(folder, `${name}.ours.db`));
  return {
    get: (key) => vault.get(key),
    set: (key, value) => {
      vault.set(key, value);
    },
    setMany: (entries) => {
      vault.setMany(entries);
    },
    range: (gte, limit) => sumOf(vault.entries({ gte, limit })),
    scan: () => sumOf(vault.entries()),
    close: () => vault.close(),
  };
};

/** With its own page size, 4 KiB, as its users have it; the other settings are ours. */
function openSqlite(suffix: string, layout: string): OpenBytes {
  return async (folder, name) => {
    const database = await openBare(join(folder, `${name}.${suffix}.db`));
    database.exec(`CREATE TABLE IF NOT EXISTS t (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) ${layout}`);
    const get = database.prepare<[string], Buffer>('SELECT value FROM t WHERE key = ?').pluck();
    const put = database.prepare('REPLACE INTO t VALUES (?, ?)');
    const range = database
      .prepare<[string, number], Entry>('SELECT * FROM t WHERE key >= ? ORDER BY key LIMIT ?')
      .raw();
    return {
      get: (key) => get.get(key),
      set: (key, value) => {
        put.run(key, value);
      },
      setMany: database.transaction((entries: Entry[]) => {
        for (const [key, value] of entries) put.run(key, value);
      }),
      range: (gte, limit) => sumOf(range.all(gte, limit)),
      scan: () => sumOf(everything(database).iterate()),
      close: () => {
        database.close();
      },
    };
  };
}

/** Its fastest documented call to read everything; it holds all entries in memory. */
export async function openSqliteForAll(folder: string, name: string): Promise<() => number> {
  const database = await openBare(join(folder, `${name}.sqlite.db`));
  const all = everything(database);
  return () => sumOf(all.all());
}

function everything(database: BetterSqlite3.Database): BetterSqlite3.Statement<[], Entry> {
  return database.prepare<[], Entry>('SELECT key, value FROM t ORDER BY key').raw();
}

const openLmdb: OpenBytes = async (folder, name) => {
  const { open } = await import('lmdb');
  const database = open<Buffer, string>({ path: join(folder, `${name}.lmdb`), encoding: 'binary' });
  return {
    get: (key) => database.get(key),
    set: (key, value) => {
      database.putSync(key, value);
    },
    setMany: (entries) =>
      database.transactionSync(() => {
        for (const [key, value] of entries) database.putSync(key, value);
      }),
    range: (start, limit) => {
      let sum = 0;
      for (const { key, value } of database.getRange({ start, limit })) sum += key.length + value.length;
      return sum;
    },
    scan: () => {
      let sum = 0;
      for (const { key, value } of database.getRange()) sum += key.length + value.length;
      return sum;
    },
    close: () => database.close(),
  };
};

export const ENGINES = {
  [OURS]: openOurs,
  [SQLITE]: openSqlite('sqlite', ''),
  [CLUSTERED]: openSqlite('clustered', 'WITHOUT ROWID'),
  [LMDB]: openLmdb,
} satisfies Record<string, OpenBytes>;
export type Engine = keyof typeof ENGINES;

function sumOf(entries: Iterable<readonly [string, Buffer]>): number {
  let sum = 0;
  for (const [key, value] of entries) sum += key.length + value.length;
  return sum;
}
