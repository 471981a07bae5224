import type { VectorKVault } from '@kohakuvault/vector';
import type { Case, Contender } from '../../suite.ts';
import { fileOf, queriesOf, type Table } from './contents.ts';
import { encodedQueries, openOurs, openSqliteVec, pythonSearch, sqliteVecSearch } from './peers.ts';

const K = 10;

function ours(
  table: Table,
  search: (vault: VectorKVault, query: ArrayLike<number>) => number = (vault, query) => vault.search(query, K).length,
): Contender {
  return ({ fixtures, perOperation }) => {
    const vault = openOurs(fixtures, table);
    const queries = queriesOf(fixtures, table);
    // The second search makes the copy in memory.
    for (const query of queries.slice(0, 3)) search(vault, query);
    return perOperation((turn) => search(vault, queries[turn % queries.length] as ArrayLike<number>));
  };
}

function sqliteVec(table: Table): Contender {
  return async ({ fixtures, perOperation }) => {
    const search = sqliteVecSearch(await openSqliteVec(fileOf(fixtures, table)), table);
    const queries = encodedQueries(fixtures, table);
    return perOperation((turn) => search(queries[turn % queries.length] as Uint8Array, K));
  };
}

function exact(table: Table, name: string, budgets: Case['budgets'] = []): Case {
  return {
    name,
    unit: 'ns',
    budgets,
    contenders: {
      kohakuvault: ours(table),
      'sqlite-vec': sqliteVec(table),
      ...(table === 'cosine' || table === 'l2' ? { Python: (context) => pythonSearch(context, table, 'warm') } : {}),
    },
  };
}

const APPROXIMATE = { k: K, mode: 'approximate' } as const;

export const searchCases: Case[] = [
  exact('cosine', 'exact, cosine, 100,000 vectors, k = 10, warm', [{ against: 'sqlite-vec', atLeast: 6 }]),
  exact('l2', 'exact, l2, 100,000 vectors, k = 10, warm', [{ against: 'sqlite-vec', atLeast: 6 }]),
  exact('int8', 'exact, int8 by l2, 100,000 vectors, k = 10, warm'),
  exact('bits', 'exact, bits, 100,000 vectors, k = 10, warm'),
  {
    name: 'first search after open, l2',
    unit: 'ns',
    note: 'opening and one search in a new process; the file is in the page cache of the system.',
    budgets: [{ against: 'sqlite-vec', atLeast: 0.8 }],
    contenders: {
      kohakuvault: ({ fixtures, once }) => {
        const [query] = queriesOf(fixtures, 'l2') as [ArrayLike<number>];
        return once(() => openOurs(fixtures, 'l2').search(query, K).length);
      },
      'sqlite-vec': async ({ fixtures, once }) => {
        const [query] = encodedQueries(fixtures, 'l2') as [Uint8Array];
        return once(async () => sqliteVecSearch(await openSqliteVec(fileOf(fixtures, 'l2')), 'l2')(query, K));
      },
      Python: (context) => pythonSearch(context, 'l2', 'first'),
    },
  },
  {
    name: 'many queries at once, l2, per query',
    unit: 'ns',
    note: '50 queries in one call of searchMany. sqlite-vec has no such call, and searches one by one.',
    contenders: {
      kohakuvault: ({ fixtures, perOperation }) => {
        const vault = openOurs(fixtures, 'l2');
        const queries = queriesOf(fixtures, 'l2').slice(0, 50);
        for (const query of queries.slice(0, 2)) vault.search(query, K);
        return perOperation(() => vault.searchMany(queries, K).length, queries.length);
      },
      'sqlite-vec': sqliteVec('l2'),
    },
  },
  {
    name: 'off the event loop, l2, per search',
    unit: 'ns',
    contenders: {
      kohakuvault: ({ fixtures, perAsyncOperation }) => {
        const vault = openOurs(fixtures, 'l2');
        const queries = queriesOf(fixtures, 'l2');
        return perAsyncOperation(
          async (turn) => (await vault.searchAsync(queries[turn % queries.length] as ArrayLike<number>, K)).length,
        );
      },
    },
  },
  {
    name: 'approximate, cosine, 100,000 vectors, k = 10',
    unit: 'ns',
    note:
      'the default of 20 candidates per neighbor; the next case has the share of the ten nearest that it ' +
      'finds. sqlite-vec searches exactly.',
    budgets: [{ against: 'sqlite-vec', atLeast: 50 }],
    contenders: {
      kohakuvault: ours('cosine', (vault, query) => vault.search(query, APPROXIMATE).length),
      'sqlite-vec': sqliteVec('cosine'),
    },
  },
  {
    name: 'recall@10 of the approximate search',
    unit: 'share',
    note:
      'over 200 queries of the same distribution that are not in the table: clustered vectors with a falling ' +
      'spectrum, made for this.',
    budgets: [{ atLeast: 0.99 }],
    contenders: {
      kohakuvault: ({ fixtures }) => {
        const vault = openOurs(fixtures, 'cosine');
        const queries = queriesOf(fixtures, 'cosine');
        const truth = vault.searchMany(queries, K);
        const found = vault.searchMany(queries, APPROXIMATE);
        const hits = truth.map(
          (nearest, index) => nearest.filter(({ id }) => found[index]?.some((other) => other.id === id)).length,
        );
        return hits.reduce((sum, count) => sum + count, 0) / (queries.length * K);
      },
    },
  },
  {
    name: 'first approximate search, cosine',
    unit: 'ns',
    note: 'opening, reading the table into memory, and making the sketches; later searches do not pay for that again.',
    contenders: {
      kohakuvault: ({ fixtures, once }) => {
        const [query] = queriesOf(fixtures, 'cosine') as [ArrayLike<number>];
        return once(() => openOurs(fixtures, 'cosine').search(query, APPROXIMATE).length);
      },
    },
  },
];
