import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { VectorKVault } from '@kohakuvault/vector';
import type { Case } from '../../suite.ts';
import { DIMENSIONS, embeddings, fileOf, queriesOf, TABLES } from './contents.ts';
import { openOurs } from './peers.ts';

const K = 10;
const APPROXIMATE = { k: K, mode: 'approximate' } as const;
const ROWS = 20_000;

/** What the index in the file changes. Without it, the same searches are those of the table `cosine`. */
export const indexedCases: Case[] = [
  {
    name: 'approximate with the index, cosine, 100,000 vectors, k = 10',
    unit: 'ns',
    note: 'recall: 0.99, the default. The next case has the share of the ten nearest that it finds.',
    contenders: {
      'with the index': ({ fixtures, perOperation }) => {
        const vault = openOurs(fixtures, 'indexed');
        const queries = queriesOf(fixtures, 'indexed');
        for (const query of queries) vault.search(query, APPROXIMATE);
        return perOperation((turn) => vault.search(queries[turn % queries.length] as Float32Array, APPROXIMATE).length);
      },
      without: ({ fixtures, perOperation }) => {
        const vault = openOurs(fixtures, 'cosine');
        const queries = queriesOf(fixtures, 'cosine');
        for (const query of queries.slice(0, 3)) vault.search(query, APPROXIMATE);
        return perOperation((turn) => vault.search(queries[turn % queries.length] as Float32Array, APPROXIMATE).length);
      },
    },
  },
  {
    name: 'recall@10 with the index',
    unit: 'share',
    budgets: [{ atLeast: 0.985 }],
    contenders: {
      'with the index': ({ fixtures }) => {
        const vault = openOurs(fixtures, 'indexed');
        const queries = queriesOf(fixtures, 'indexed');
        const truth = vault.searchMany(queries, K).map((found) => new Set(found.map(({ id }) => id)));
        const found = vault.searchMany(queries, APPROXIMATE);
        const hits = found.flatMap((results, at) => results.filter(({ id }) => truth[at]?.has(id)));
        return hits.length / (queries.length * K);
      },
    },
  },
  {
    name: 'first approximate search with the index',
    unit: 'ns',
    note: 'opening and one search in a new process; the file is in the page cache of the system.',
    contenders: {
      'with the index': ({ fixtures, once }) => {
        const [query] = queriesOf(fixtures, 'indexed') as [Float32Array];
        return once(() => openOurs(fixtures, 'indexed').search(query, APPROXIMATE).length);
      },
    },
  },
  {
    name: 'createIndex of 20,000 vectors, per vector',
    unit: 'ns',
    contenders: {
      kohakuvault: async ({ folder, once }) => {
        const vault = new VectorKVault(join(folder, 'ours.db'), { dimensions: DIMENSIONS });
        vault.insertMany(Array.from(embeddings(ROWS, 5), (vector, index) => [vector, { text: index }] as const));
        return (
          (await once(() => {
            vault.createIndex();
            return vault.size;
          })) / ROWS
        );
      },
    },
  },
  {
    name: 'insert, each a transaction, into 100,000 vectors',
    unit: 'ns',
    note: 'with the index, every two thousandth insert or so puts all new vectors into lists.',
    budgets: [{ against: 'without', atMost: 1.3 }],
    contenders: {
      'with the index': (context) => inserts(context, 'indexed'),
      without: (context) => inserts(context, 'cosine'),
    },
  },
];

const inserts = (
  { fixtures, folder, perOperation }: Parameters<Case['contenders'][string]>[0],
  table: 'indexed' | 'cosine',
) => {
  const file = join(folder, 'copy.db');
  copyFileSync(fileOf(fixtures, table), file);
  const vault = new VectorKVault(file, { dimensions: DIMENSIONS, ...TABLES[table] });
  const vectors = [...embeddings(2_000, 5)];
  return perOperation((turn) => Number(vault.insert(vectors[turn % 2_000] as Float32Array, { text: turn })));
};
