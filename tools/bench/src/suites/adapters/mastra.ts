import { join } from 'node:path';
import { adapterPeer, useFrameworks } from '../../adapter-peers.ts';
import type { Case, Contender, Context } from '../../suite.ts';
import { vectorOf } from './contents.ts';

/** What the cases use of a store. */
interface Store {
  createIndex(params: object): Promise<void>;
  upsert(params: object): Promise<string[]>;
  query(params: object): Promise<unknown[]>;
}

const DIMENSIONS = 384;
const VECTORS = 2_000;
const BATCH = 100;
const indexName = 'bench';

const STORES: Record<string, (folder: string) => Promise<Store>> = {
  '@kohakuvault/mastra': async (folder) => {
    useFrameworks();
    const { VaultVector } = await import('@kohakuvault/mastra');
    return new VaultVector({ id: 'ours', path: join(folder, 'agent.db'), fields: { thread: 'str' } }) as never;
  },
  '@mastra/libsql': async (folder) => {
    type Peer = { LibSQLVector: new (options: object) => Store };
    const { LibSQLVector } = await adapterPeer<Peer>('@mastra/libsql');
    return new LibSQLVector({ id: 'theirs', url: `file:${join(folder, 'other.db')}` });
  },
};

function batchOf(start: number) {
  const turns = Array.from({ length: BATCH }, (_, index) => start + index);
  return {
    indexName,
    vectors: turns.map((turn) => vectorOf(turn, DIMENSIONS)),
    metadata: turns.map((turn) => ({ thread: `thread ${turn % 20}`, text: `text ${turn}` })),
  };
}

function each(count: number, work: (store: Store, context: Context) => Promise<number>): Record<string, Contender> {
  return Object.fromEntries(
    Object.entries(STORES).map(([name, open]) => [
      name,
      async (context: Context) => {
        const store = await open(context.folder);
        await store.createIndex({ indexName, dimension: DIMENSIONS });
        for (let start = 0; start < count; start += BATCH) await store.upsert(batchOf(start));
        return work(store, context);
      },
    ]),
  );
}

export const mastraCases: Case[] = [
  {
    name: `mastra: upsert of ${BATCH}, per vector`,
    unit: 'ns',
    note: `${DIMENSIONS} dimensions; LibSQL writes an index too, which its queries use or not.`,
    contenders: each(0, (store, { perAsyncOperation }) =>
      perAsyncOperation(async (turn) => (await store.upsert(batchOf(turn * BATCH))).length, BATCH),
    ),
  },
  {
    name: `mastra: query among ${VECTORS.toLocaleString('en')}, with a filter`,
    unit: 'ns',
    contenders: each(VECTORS, (store, { perAsyncOperation }) =>
      perAsyncOperation(async (turn) => {
        const filter = { thread: `thread ${turn % 20}` };
        return (await store.query({ indexName, queryVector: vectorOf(turn, DIMENSIONS), topK: 10, filter })).length;
      }),
    ),
  },
];
