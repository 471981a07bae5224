import type { Case } from '../../suite.ts';
import { type Kind, queriesOf } from './contents.ts';
import { bareSearch, expressionOf, openOurs, optionsOf, pythonSearch } from './peers.ts';

const SHOWN: Record<Kind, string> = {
  rare: 'a rare word',
  frequent: 'a frequent word',
  two: 'two words',
  phrase: 'a phrase of two words',
  prefix: 'the beginning of a word',
};

function searchCase(kind: Kind): Case {
  return {
    name: `search for ${SHOWN[kind]}, k = 10`,
    unit: 'ns',
    note: 'ours also decodes the values, which are objects; bare FTS5 returns their bytes.',
    budgets: [{ against: 'FTS5', atLeast: 0.9 }],
    contenders: {
      kohakuvault: ({ fixtures, perOperation }) => {
        const vault = openOurs(fixtures);
        const queries = queriesOf(fixtures, kind);
        const options = optionsOf(kind);
        return perOperation((turn) => vault.search(queries[turn % queries.length] as string, options).length);
      },
      FTS5: async ({ fixtures, perOperation }) => {
        const search = await bareSearch(fixtures);
        const expressions = queriesOf(fixtures, kind).map((query) => expressionOf(query, kind));
        return perOperation((turn) => search(expressions[turn % expressions.length] as string));
      },
      Python: (context) => pythonSearch(context, kind),
    },
  };
}

export const searchCases: Case[] = [
  ...(Object.keys(SHOWN) as Kind[]).map(searchCase),
  {
    name: 'search for two words with snippets and highlights',
    unit: 'ns',
    note: 'FTS5 returns its own snippet and highlight, as texts with markers.',
    contenders: {
      kohakuvault: ({ fixtures, perOperation }) => {
        const vault = openOurs(fixtures);
        const queries = queriesOf(fixtures, 'two');
        const options = { snippet: true, highlight: true };
        return perOperation((turn) => vault.search(queries[turn % queries.length] as string, options).length);
      },
      FTS5: async ({ fixtures, perOperation }) => {
        const { openBare } = await import('../../peers/better-sqlite3.ts');
        const { fileOf } = await import('./contents.ts');
        const database = await openBare(fileOf(fixtures));
        const search = database.prepare(
          `SELECT rowid, rank, content, snippet(text_vault, 0, '[', ']', '', 16), highlight(text_vault, 0, '[', ']')
            FROM text_vault WHERE text_vault MATCH ? ORDER BY rank LIMIT 10`,
        );
        const expressions = queriesOf(fixtures, 'two').map((query) => expressionOf(query, 'two'));
        return perOperation((turn) => search.all(expressions[turn % expressions.length]).length);
      },
    },
  },
  {
    name: 'count of a frequent word',
    unit: 'ns',
    contenders: {
      kohakuvault: ({ fixtures, perOperation }) => {
        const vault = openOurs(fixtures);
        const queries = queriesOf(fixtures, 'frequent');
        return perOperation((turn) => vault.count(queries[turn % queries.length] as string));
      },
    },
  },
];
