import { join } from 'node:path';
import { adapterPeer } from '../../adapter-peers.ts';
import type { Case, Contender, Context } from '../../suite.ts';
import { FILLED, keyOf, MANY, recordOf } from './contents.ts';

/** What the cases use of a storage. */
interface Storage {
  getItem(key: string): Promise<unknown>;
  setItem(key: string, value: object): Promise<void>;
  setItems(items: { key: string; value: object }[]): Promise<void>;
  getKeys(): Promise<string[]>;
}
type Peer = { createStorage(options: { driver: unknown }): Storage };
type Factory = { default: (options: object) => unknown };

const DRIVERS: Record<string, (folder: string) => Promise<unknown>> = {
  '@kohakuvault/unstorage': async (folder) => {
    const { kvaultDriver } = await import('@kohakuvault/unstorage');
    return kvaultDriver({ path: join(folder, 'storage.db') });
  },
  'fs of unstorage': async (folder) => {
    const { default: fs } = await adapterPeer<Factory>('unstorage/drivers/fs');
    return fs({ base: join(folder, 'storage') });
  },
  'db0 of unstorage, better-sqlite3': async (folder) => {
    const { default: db0 } = await adapterPeer<Factory>('unstorage/drivers/db0');
    const { createDatabase } = await adapterPeer<{ createDatabase(connector: unknown): unknown }>('db0');
    const { openBare } = await import('../../peers/better-sqlite3.ts');
    const database = await openBare(join(folder, 'db0.db'));
    // db0's own connector opens a better-sqlite3 of its own; this one does the same over ours.
    const prepare = (sql: string) => statementOf(database.prepare(sql));
    const connector = {
      name: 'sqlite',
      dialect: 'sqlite',
      getInstance: () => database,
      exec: (sql: string) => database.exec(sql),
      prepare,
    };
    return db0({ database: createDatabase(connector), tableName: 'storage' });
  },
};

interface Prepared {
  all(...values: unknown[]): unknown[];
  get(...values: unknown[]): unknown;
  run(...values: unknown[]): unknown;
}

/** A statement as db0 has it: asynchronous, and with parameters that may be bound before. */
function statementOf(statement: Prepared, bound: unknown[] = []): object {
  const values = (given: unknown[]) => (given.length > 0 ? given : bound);
  return {
    bind: (...given: unknown[]) => statementOf(statement, given),
    all: async (...given: unknown[]) => statement.all(...values(given)),
    get: async (...given: unknown[]) => statement.get(...values(given)),
    run: async (...given: unknown[]) => ({ success: true, ...(statement.run(...values(given)) as object) }),
  };
}

function each(work: (storage: Storage, context: Context) => Promise<number>): Record<string, Contender> {
  return Object.fromEntries(
    Object.entries(DRIVERS).map(([name, open]) => [
      name,
      async (context: Context) => {
        const { createStorage } = await adapterPeer<Peer>('unstorage');
        const storage = createStorage({ driver: await open(context.folder) });
        for (let start = 0; start < FILLED; start += MANY) await storage.setItems(itemsOf(start));
        return work(storage, context);
      },
    ]),
  );
}

function itemsOf(start: number) {
  return Array.from({ length: MANY }, (_, index) => ({ key: keyOf(start + index), value: recordOf(start + index) }));
}

export const unstorageCases: Case[] = [
  {
    name: 'unstorage: setItem',
    unit: 'ns',
    contenders: each((storage, { perAsyncOperation }) =>
      perAsyncOperation(async (turn) => {
        await storage.setItem(keyOf(turn), recordOf(turn));
        return turn;
      }),
    ),
  },
  {
    name: 'unstorage: getItem',
    unit: 'ns',
    contenders: each((storage, { perAsyncOperation }) =>
      perAsyncOperation(async (turn) => ((await storage.getItem(keyOf(turn * 7))) ? 1 : 0)),
    ),
  },
  {
    name: `unstorage: setItems of ${MANY}, per item`,
    unit: 'ns',
    contenders: each((storage, { perAsyncOperation }) =>
      perAsyncOperation(async (turn) => {
        await storage.setItems(itemsOf(turn * MANY));
        return turn;
      }, MANY),
    ),
  },
  {
    name: `unstorage: getKeys of ${FILLED.toLocaleString('en')}, per key`,
    unit: 'ns',
    contenders: each((storage, { perAsyncOperation }) =>
      perAsyncOperation(async () => (await storage.getKeys()).length, FILLED),
    ),
  },
];
