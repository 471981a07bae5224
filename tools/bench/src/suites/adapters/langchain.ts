import { join } from 'node:path';
import { adapterPeer, useFrameworks } from '../../adapter-peers.ts';
import type { Case, Contender, Context } from '../../suite.ts';
import { vectorOf } from './contents.ts';

interface Document {
  readonly pageContent: string;
  readonly metadata: object;
}

/** What the cases use of a vector store. */
interface Store {
  addVectors(vectors: number[][], documents: Document[]): Promise<unknown>;
  similaritySearchVectorWithScore(query: number[], k: number): Promise<unknown[]>;
}
type StoreClass = new (embeddings: unknown, options?: object) => Store;

const DIMENSIONS = 384;
const DOCUMENTS = 2_000;
const BATCH = 100;
const NEAREST = 10;

/** The cases bring their vectors, so no text is embedded. */
const embeddings = {};

const STORES: Record<string, (folder: string) => Promise<Store>> = {
  '@kohakuvault/langchain': async (folder) => {
    useFrameworks();
    const { VaultVectorStore } = await import('@kohakuvault/langchain');
    return new VaultVectorStore(embeddings as never, { path: join(folder, 'rag.db') }) as never;
  },
  'MemoryVectorStore, without a file': async () => {
    type Peer = { MemoryVectorStore: StoreClass };
    const { MemoryVectorStore } = await adapterPeer<Peer>('@langchain/classic/vectorstores/memory');
    return new MemoryVectorStore(embeddings);
  },
  'LibSQLVectorStore of @langchain/community': async (folder) => {
    type Client = { execute(sql: string): Promise<unknown> };
    const { createClient } = await adapterPeer<{ createClient(options: object): Client }>('@libsql/client');
    type Peer = { LibSQLVectorStore: StoreClass };
    const { LibSQLVectorStore } = await adapterPeer<Peer>('@langchain/community/vectorstores/libsql');
    const db = createClient({ url: `file:${join(folder, 'other.db')}` });
    // As its page has it.
    await db.execute(
      `CREATE TABLE vectors (id INTEGER PRIMARY KEY AUTOINCREMENT, content TEXT, metadata JSON, embedding F32_BLOB(${DIMENSIONS}))`,
    );
    await db.execute('CREATE INDEX idx_vectors_embedding ON vectors(libsql_vector_idx(embedding))');
    return new LibSQLVectorStore(embeddings, { db, table: 'vectors', column: 'embedding' });
  },
};

function add(store: Store, start: number): Promise<unknown> {
  const turns = Array.from({ length: BATCH }, (_, index) => start + index);
  return store.addVectors(
    turns.map((turn) => vectorOf(turn, DIMENSIONS)),
    turns.map((turn) => ({ pageContent: `text ${turn}`, metadata: { page: turn } })),
  );
}

function each(count: number, work: (store: Store, context: Context) => Promise<number>): Record<string, Contender> {
  return Object.fromEntries(
    Object.entries(STORES).map(([name, open]) => [
      name,
      async (context: Context) => {
        const store = await open(context.folder);
        for (let start = 0; start < count; start += BATCH) await add(store, start);
        return work(store, context);
      },
    ]),
  );
}

export const langchainCases: Case[] = [
  {
    name: `langchain: addVectors of ${BATCH}, per document`,
    unit: 'ns',
    note: `${DIMENSIONS} dimensions. LibSQL writes an index for approximate searches too; MemoryVectorStore is an array, and writes no file.`,
    contenders: each(0, (store, { perAsyncOperation }) =>
      perAsyncOperation(async (turn) => {
        await add(store, turn * BATCH);
        return turn;
      }, BATCH),
    ),
  },
  {
    name: `langchain: the ${NEAREST} nearest of ${DOCUMENTS.toLocaleString('en')}`,
    unit: 'ns',
    note: 'ours and MemoryVectorStore are exact, LibSQL is approximate.',
    contenders: each(DOCUMENTS, (store, { perAsyncOperation }) =>
      perAsyncOperation(
        async (turn) => (await store.similaritySearchVectorWithScore(vectorOf(turn, DIMENSIONS), NEAREST)).length,
      ),
    ),
  },
];
