import { statSync } from 'node:fs';
import { KVault } from '@kohakuvault/kvault';
import { type Cost, costOfEach } from './cost.ts';
import { keyOf } from './kv-works.ts';
import type { Work } from './work.ts';

const BATCH = 10_000;

function batch(vault: KVault, start: number): void {
  vault.setMany(Array.from({ length: BATCH }, (_, index) => [keyOf(start + index), Buffer.alloc(100, index & 0x7f)]));
}

/** A place among all entries, far from the one before. */
function spread(turn: number, entries: number): number {
  return (turn * 7_368_787) % entries;
}

function perEntry({ ns, bytes }: Cost): Cost {
  return { ns: ns / BATCH, bytes: bytes / BATCH };
}

export const growthWorks: Work[] = [
  {
    name: 'large table',
    large: true,
    run: async ({ file, options, entries }) => {
      const filling = new KVault(file, options);
      for (let start = 0; start < entries; start += BATCH) batch(filling, start);
      filling.close();
      const bytes = statSync(file).size;
      using vault = new KVault(file, options);
      return {
        'file (no time)': { ns: 0, bytes },
        'get at random': await costOfEach(50_000, (turn) => vault.get(keyOf(spread(turn, entries)))),
        'range of 100': await costOfEach(2_000, (turn) => [
          ...vault.entries({ gte: keyOf(spread(turn, entries)), limit: 100 }),
        ]),
        'set, a commit each': await costOfEach(20_000, (turn) =>
          vault.set(keyOf(spread(turn, entries)), Buffer.alloc(100, turn & 0x7f)),
        ),
        'setMany of 10,000 new keys, per entry': perEntry(
          await costOfEach(20, (turn) => batch(vault, entries + turn * BATCH)),
        ),
      };
    },
  },
];
