import { PeersOnDemand } from '../../peers-on-demand.ts';
import type { Context } from '../../suite.ts';
import { keyAt, startServer, valueAt } from './server.ts';

/** keyv's and LangChain's stores bring many packages, which nothing else needs. */
const peers = new PeersOnDemand('postgres-peers');

/** What is used of a keyv. */
export interface KeyvLike {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<unknown>;
  getMany(keys: string[]): Promise<unknown[]>;
  setMany(entries: { key: string; value: unknown }[]): Promise<unknown>;
}

/** Returns a keyv on a server, with as many entries. Its values are texts, because it stores JSON. */
export async function keyvOf(context: Context, entries: number): Promise<KeyvLike> {
  if (peers.version('@keyv/postgres') === undefined) return context.unavailable('keyv is not installed');
  const { Keyv } = peers.load<{ Keyv: new (options: object) => KeyvLike }>('keyv');
  const { KeyvPostgres } = peers.load<{ KeyvPostgres: new (options: object) => unknown }>('@keyv/postgres');
  const keyv = new Keyv({ store: new KeyvPostgres({ uri: await startServer(context) }) });
  for (let first = 0; first < entries; first += 10_000) {
    const numbers = Array.from({ length: Math.min(10_000, entries - first) }, (_, at) => first + at);
    await keyv.setMany(numbers.map((number) => ({ key: keyAt(number), value: textAt(number) })));
  }
  return keyv;
}

export function textAt(number: number): string {
  return valueAt(number).toString('latin1').slice(0, 60);
}

/** What is used of LangChain's store of vectors. */
export interface LangChainLike {
  addVectors(vectors: number[][], documents: object[]): Promise<unknown>;
  similaritySearchVectorWithScore(query: number[], k: number): Promise<unknown[]>;
}

/** Returns LangChain's store of vectors on a server. */
export async function langChainOf(context: Context, url: string, dimensions: number): Promise<LangChainLike> {
  if (peers.version('@langchain/community') === undefined) return context.unavailable('LangChain is not installed');
  const { PGVectorStore } = await peers.import<{
    PGVectorStore: { initialize(embeddings: object, options: object): Promise<LangChainLike> };
  }>('@langchain/community/vectorstores/pgvector');
  const postgresConnectionOptions = { connectionString: url };
  return await PGVectorStore.initialize({}, { postgresConnectionOptions, tableName: 'bench', dimensions });
}
