import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../../suite.ts';
import { COUNTS, entriesOf } from './contents.ts';
import { openBetterSqlite3 } from './stores/better-sqlite3.ts';
import { openClassicLevel } from './stores/classic-level.ts';
import { openKohakuVault } from './stores/kohakuvault.ts';
import { openLmdb } from './stores/lmdb.ts';
import { openNodeSqlite } from './stores/node-sqlite.ts';
import type { OpenStore, Store, Table } from './stores/store.ts';

/** Ours first, then the peers. */
export const ENGINES: Record<string, OpenStore> = {
  kohakuvault: openKohakuVault,
  'better-sqlite3': openBetterSqlite3,
  'node:sqlite': openNodeSqlite,
  lmdb: openLmdb,
  'classic-level': openClassicLevel,
};

/** Engines with files of their own; node:sqlite shares the file of better-sqlite3. */
const FILLED = ['kohakuvault', 'better-sqlite3', 'lmdb', 'classic-level'];

/** Fills all tables of all engines. A peer that is not installed has none; its contenders report that. */
export async function fillFixtures(fixtures: string): Promise<void> {
  for (const name of FILLED) {
    for (const table of Object.keys(COUNTS) as Table[]) {
      const store = await ENGINES[name]?.(fixtures, table).catch(unlessMissing);
      await store?.fill(entriesOf(table));
    }
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (!/MODULE_NOT_FOUND$/.test(error.code ?? '')) throw error;
}

/** A table that `fillFixtures` filled. */
export async function filled(engine: string, { fixtures, folder }: Context, table: Table): Promise<Store> {
  if (engine !== 'classic-level') return open(engine, fixtures, table);
  // It writes into its folder even if the program only reads.
  cpSync(join(fixtures, `level-${table}`), join(folder, `level-${table}`), { recursive: true });
  return open(engine, folder, table);
}

/** Opens an empty table for this contender alone. */
export function empty(engine: string, { folder }: Context, table: Table): Promise<Store> {
  return open(engine, folder, table);
}

function open(engine: string, folder: string, table: Table): Promise<Store> {
  const openStore = ENGINES[engine];
  if (!openStore) throw new Error(`there is no engine ${engine}`);
  return openStore(folder, table);
}
