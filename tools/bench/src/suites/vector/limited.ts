// A table that is five times as large as the memory that the process gets.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { limitMemory } from '../../memory-limit.ts';
import type { Case } from '../../suite.ts';
import { GROWING, storedCount } from './datasets.ts';
import { K } from './engine.ts';
import { openVault } from './engine-kohakuvault.ts';
import { OURS } from './engines.ts';
import { pathOf, truthOf } from './prepared.ts';

const LIMIT = 300 * 2 ** 20;
const INSERTED = 5_000;
const LEAST_RECALL = 0.97;

const dataset = GROWING.at(-1) as (typeof GROWING)[number];

export const limitedCases: Case[] = [
  {
    name: `${dataset.title}: making the index, searching and inserting in 300 MiB`,
    unit: 'ns',
    large: true,
    note:
      'all of it: createIndex, 200 searches, 5,000 inserts, opening again, 200 searches. The limit counts the pages of the ' +
      'files. It fails if fewer than 0.97 of the ten nearest are found, or if the process is ended.',
    contenders: {
      [OURS]: async (context) => {
        const { fixtures, folder, quick, once } = context;
        const queries = dataset.queries();
        const truth = truthOf(fixtures, dataset);
        const file = join(folder, 'own.db');
        copyFileSync(`${pathOf(fixtures, dataset, OURS)}.plain.db`, file);
        const others = [...dataset.vectors(INSERTED)];
        globalThis.gc?.();
        limitMemory(LIMIT, [file], context);
        const find = (vault: ReturnType<typeof openVault>) => {
          const found = vault.searchMany(queries, { k: K, mode: 'approximate' });
          const hits = found.flatMap((results, at) => results.filter(({ id }) => truth[at]?.has(Number(id) - 1)));
          const recall = hits.length / (queries.length * K);
          if (recall < LEAST_RECALL) throw new Error(`recall@10 is ${recall}`);
          return hits.length;
        };
        return once(() => {
          let found = 0;
          {
            using vault = openVault(file);
            vault.createIndex();
            found += find(vault);
            // Far away, so that the nearest stay the nearest.
            for (const vector of others)
              vault.insert(
                vector.map((value) => -value),
                { text: -1 },
              );
          }
          using vault = openVault(file);
          found += find(vault);
          const expected = storedCount(dataset, quick) + others.length;
          if (vault.size !== expected) throw new Error(`there are ${vault.size} vectors; expected ${expected}`);
          return found;
        });
      },
    },
  },
];
