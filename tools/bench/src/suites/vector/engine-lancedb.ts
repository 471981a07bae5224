import { now } from '../../clock.ts';
import { vectorPeer, vectorPeerVersion } from '../../vector-peers.ts';
import { type Engine, K, type Opened } from './engine.ts';

const NAME = '@lancedb/lancedb';
const TOGETHER = 10_000;

interface Row {
  id: number;
}

interface Query {
  distanceType(type: 'cosine'): Query;
  ef(ef: number): Query;
  refineFactor(factor: number): Query;
  select(columns: string[]): Query;
  limit(k: number): Query;
  toArray(): Promise<Row[]>;
}

interface Table {
  add(rows: object[]): Promise<unknown>;
  createIndex(column: string, options: { config: unknown }): Promise<void>;
  vectorSearch(query: Float32Array): Query;
}

interface Lancedb {
  connect(folder: string): Promise<{
    createTable(name: string, rows: object[]): Promise<Table>;
    openTable(name: string): Promise<Table>;
  }>;
  Index: { hnswSq(options: { distanceType: 'cosine' }): unknown };
}

/**
 * IVF_HNSW_SQ with its own settings. Five candidates for each neighbor are compared exactly: bytes alone find fewer. `ef`
 * must be at least the number of candidates.
 */
const REFINED = 5;

export const lancedb: Engine = {
  version: () => vectorPeerVersion(NAME),
  load: () => vectorPeer(NAME),
  settings: [50, 64, 96, 128, 192, 256, 384, 512, 1024],
  build: async (path, vectors) => {
    const { connect, Index } = vectorPeer<Lancedb>(NAME);
    const database = await connect(`${path}.lance`);
    let table: Table | undefined;
    let rows: object[] = [];
    let id = 0;
    const add = async () => {
      if (table) await table.add(rows);
      else table = await database.createTable('vectors', rows);
      rows = [];
    };
    for (const vector of vectors) {
      rows.push({ id: id++, vector: [...vector] });
      if (rows.length === TOGETHER) await add();
    }
    if (rows.length > 0) await add();
    const start = now();
    await table?.createIndex('vector', { config: Index.hnswSq({ distanceType: 'cosine' }) });
    return now() - start;
  },
  open: async (path, ef): Promise<Opened<Float32Array, Row[]>> => {
    const database = await vectorPeer<Lancedb>(NAME).connect(`${path}.lance`);
    const table = await database.openTable('vectors');
    return {
      query: (vector) => vector,
      search: (query) => {
        const search = table.vectorSearch(query).distanceType('cosine').ef(ef).refineFactor(REFINED);
        return search.select(['id', '_distance']).limit(K).toArray();
      },
      numbers: (found) => found.map(({ id }) => Number(id)),
    };
  },
};
