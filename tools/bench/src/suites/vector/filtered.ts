// Searches of an index among the vectors that meet a condition.
import type { Case, Context } from '../../suite.ts';
import { SENTENCES } from './datasets.ts';
import { K } from './engine.ts';
import { LOTS, openVault } from './engine-kohakuvault.ts';
import { OURS } from './engines.ts';
import { pathOf } from './prepared.ts';

/** The shares of the vectors that meet the condition. */
const SHARES = [0.5, 0.1, 0.03, 0.01, 0.001];

export const filteredCases: Case[] = SHARES.flatMap((share): Case[] => {
  const where = { lot: { $lt: LOTS * share } };
  const title = `sentences: a search among ${share * 100} %`;
  const open = (context: Context) => {
    if (SENTENCES.missing !== undefined) context.unavailable(SENTENCES.missing);
    return openVault(`${pathOf(context.fixtures, SENTENCES, OURS)}.db`);
  };
  return [
    {
      name: title,
      unit: 'ns',
      note: 'by a condition on a field that does not depend on the vectors; its result is kept from search to search.',
      contenders: {
        'with the index': (context) => {
          const vault = open(context);
          const queries = SENTENCES.queries();
          return context.perOperation((turn) => {
            const query = queries[turn % queries.length] as Float32Array;
            return vault.search(query, { k: K, mode: 'approximate', where }).length;
          });
        },
        exact: (context) => {
          const vault = open(context);
          const queries = SENTENCES.queries();
          return context.perOperation((turn) => {
            const query = queries[turn % queries.length] as Float32Array;
            return vault.search(query, { k: K, where }).length;
          });
        },
      },
    },
    {
      name: `${title}, recall@10`,
      unit: 'share',
      budgets: [{ atLeast: 0.985 }],
      contenders: {
        'with the index': (context) => {
          const vault = open(context);
          const queries = SENTENCES.queries();
          const truth = vault.searchMany(queries, { k: K, where }).map((found) => new Set(found.map(({ id }) => id)));
          const found = vault.searchMany(queries, { k: K, mode: 'approximate', where });
          const hits = found.flatMap((results, at) => results.filter(({ id }) => truth[at]?.has(id)));
          return hits.length / truth.reduce((sum, { size }) => sum + size, 0);
        },
      },
    },
  ];
});
