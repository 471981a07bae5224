import { join } from 'node:path';
import { adapterPeer, useFrameworks } from '../../adapter-peers.ts';
import type { Case, Contender, Context } from '../../suite.ts';

/** What the cases use of a record manager, as `index` of LangChain calls it. */
interface Manager {
  createSchema(): Promise<void>;
  getTime(): Promise<number>;
  update(keys: string[], options: { groupIds: string[] }): Promise<void>;
  exists(keys: string[]): Promise<boolean[]>;
  listKeys(options: { before: number; groupIds?: string[]; limit?: number }): Promise<string[]>;
}

const RECORDS = 20_000;
/** The size of a batch of `index`. */
const BATCH = 100;
/** So many documents are of one source. */
const OF_A_SOURCE = 10;

const MANAGERS: Record<string, (folder: string) => Promise<Manager>> = {
  '@kohakuvault/langchain': async (folder) => {
    useFrameworks();
    const { KVaultRecordManager } = await import('@kohakuvault/langchain');
    return new KVaultRecordManager(join(folder, 'records.db'), { namespace: 'bench' });
  },
  'SQLiteRecordManager of @langchain/community': async (folder) => {
    type Peer = {
      SQLiteRecordManager: new (
        namespace: string,
        options: { localPath: string; tableName: string },
      ) => Manager & { db: never };
    };
    const { SQLiteRecordManager } = await adapterPeer<Peer>('@langchain/community/indexes/sqlite');
    const { configure } = await import('../../peers/better-sqlite3.ts');
    const manager = new SQLiteRecordManager('bench', { localPath: join(folder, 'other.db'), tableName: 'records' });
    configure(manager.db);
    return manager;
  },
};

const keyOf = (turn: number) => `00000000-0000-5000-8000-${String((turn * 7919) % RECORDS).padStart(12, '0')}`;
const sourceOf = (turn: number) => `source ${Math.floor((turn % RECORDS) / OF_A_SOURCE)}`;

function batchOf(start: number): [keys: string[], groupIds: string[]] {
  const turns = Array.from({ length: BATCH }, (_, index) => start + index);
  return [turns.map(keyOf), turns.map(sourceOf)];
}

async function update(manager: Manager, start: number): Promise<number> {
  const [keys, groupIds] = batchOf(start);
  await manager.update(keys, { groupIds });
  return keys.length;
}

function each(work: (manager: Manager, context: Context) => Promise<number>): Record<string, Contender> {
  return Object.fromEntries(
    Object.entries(MANAGERS).map(([name, open]) => [
      name,
      async (context: Context) => {
        const manager = await open(context.folder);
        await manager.createSchema();
        for (let start = 0; start < RECORDS; start += BATCH) await update(manager, start);
        return work(manager, context);
      },
    ]),
  );
}

const note = `${RECORDS.toLocaleString('en')} records of ${(RECORDS / OF_A_SOURCE).toLocaleString('en')} sources.`;

export const recordCases: Case[] = [
  {
    name: `langchain: update of ${BATCH} records, per record`,
    unit: 'ns',
    note,
    contenders: each((manager, { perAsyncOperation }) =>
      perAsyncOperation(async (turn) => await update(manager, turn * BATCH), BATCH),
    ),
  },
  {
    name: `langchain: whether ${BATCH} records exist, per record`,
    unit: 'ns',
    note,
    contenders: each((manager, { perAsyncOperation }) =>
      perAsyncOperation(async (turn) => (await manager.exists(batchOf(turn * BATCH)[0])).length, BATCH),
    ),
  },
  {
    name: `langchain: the old records of ${BATCH / OF_A_SOURCE} sources`,
    unit: 'ns',
    note: `${note} What cleanup 'incremental' asks for after each batch.`,
    contenders: each(async (manager, { perAsyncOperation }) => {
      const before = (await manager.getTime()) + 1_000_000;
      return perAsyncOperation(async (turn) => {
        const groupIds = [...new Set(batchOf(turn * BATCH)[1])];
        return (await manager.listKeys({ before, groupIds })).length;
      });
    }),
  },
];
