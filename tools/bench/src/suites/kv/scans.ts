// Ranges of tables that were filled at random, as tables are that grow. The peers run their fastest documented calls.
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { openBare } from '../../peers/better-sqlite3.ts';
import type { Case, Contender, Context } from '../../suite.ts';
import { COUNTS, entriesOf, randomKeys, shuffled } from './contents.ts';

const COUNT = COUNTS.small;
const RANGE = 100;

const ours = (fixtures: string) => new KVault<Buffer>(join(fixtures, 'random.db'));
/** A table in the order of its keys, and the page size that better-sqlite3 has by default. */
const theirs = (fixtures: string) => openBare(join(fixtures, 'random-bare.db'));
const lmdb = async (fixtures: string) => {
  const { open } = await import('lmdb');
  return open<Buffer, string>({ path: join(fixtures, 'random-lmdb'), encoding: 'binary' });
};

/** Fills the tables one key after the other. */
export async function fillRandomly(fixtures: string): Promise<void> {
  const entries = shuffled(entriesOf('small')) as [string, Buffer][];
  const vault = ours(fixtures);
  vault.transaction(() => {
    for (const [key, value] of entries) vault.set(key, value);
  });
  vault.close();
  const database = await theirs(fixtures);
  database.exec('CREATE TABLE kv (key TEXT PRIMARY KEY NOT NULL, value NOT NULL) WITHOUT ROWID');
  const put = database.prepare('INSERT INTO kv VALUES (?, ?)');
  database.transaction(() => {
    for (const entry of entries) put.run(...entry);
  })();
  database.close();
  const store = await lmdb(fixtures).catch(() => undefined);
  store?.transactionSync(() => {
    for (const [key, value] of entries) store.putSync(key, value);
  });
  await store?.close();
}

function sumOf(entries: Iterable<readonly [string, Buffer]>): number {
  let sum = 0;
  for (const [key, value] of entries) sum += key.length + value.length;
  return sum;
}

/** Reads ranges of so many entries, which begin at random keys, or all entries. */
function ranges(count: number): Record<string, Contender> {
  const limit = Math.min(count, COUNT);
  const starts = randomKeys('small');
  const startOf = (turn: number) => (count < COUNT ? (starts[turn % starts.length] as string) : '');
  return {
    'kohakuvault, entries()': ({ fixtures, perOperation }) => {
      const vault = ours(fixtures);
      return perOperation((turn) => sumOf(vault.entries({ gte: startOf(turn), limit })), limit);
    },
    'better-sqlite3, .all() in order': async ({ fixtures, perOperation }) => {
      const database = await theirs(fixtures);
      const all = database
        .prepare<[string, number], [string, Buffer]>('SELECT key, value FROM kv WHERE key >= ? ORDER BY key LIMIT ?')
        .raw();
      return perOperation((turn) => sumOf(all.all(startOf(turn), limit)), limit);
    },
    lmdb: async ({ fixtures, perOperation }: Context) => {
      const store = await lmdb(fixtures);
      return perOperation((turn) => {
        let sum = 0;
        for (const { key, value } of store.getRange({ start: startOf(turn), limit })) sum += key.length + value.length;
        return sum;
      }, limit);
    },
    'kohakuvault, toArray()': ({ fixtures, perOperation }) => {
      const vault = ours(fixtures);
      return perOperation((turn) => sumOf(vault.toArray({ gte: startOf(turn), limit })), limit);
    },
  };
}

export const scanCases: Case[] = [
  {
    name: 'scan 100,000 entries that were written at random',
    unit: 'ns',
    note: 'per entry. better-sqlite3 has a WITHOUT ROWID table and its own page size.',
    budgets: [
      { against: 'better-sqlite3, .all() in order', atLeast: 1.5 },
      { against: 'lmdb', atLeast: 1 },
    ],
    contenders: ranges(COUNT),
  },
  {
    name: 'a range of 100 of them',
    unit: 'ns',
    note: 'per entry.',
    budgets: [
      { against: 'better-sqlite3, .all() in order', atLeast: 1 },
      { against: 'lmdb', atLeast: 1 },
    ],
    contenders: ranges(RANGE),
  },
];
