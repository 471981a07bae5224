// A large value that is read whole.
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { openBare } from '../../peers/better-sqlite3.ts';
import type { Case, Preparation } from '../../suite.ts';
import { keep, ourVersion, peerVersion } from '../bytes/kept.ts';
import { QUICK, type Size, scaled, VALUES } from './sizes.ts';

const MEGABYTE = 1_000_000;
const KEY = 'film';

function caseName({ name }: Size): string {
  return `get of a value of ${name}`;
}

export const valueCases: Case[] = VALUES.map((size) => ({
  name: caseName(size),
  unit: 'ns',
  note: QUICK,
  large: size.large,
  budgets: [{ against: 'better-sqlite3', atLeast: 1 }],
  contenders: {
    kohakuvault: ({ fixtures, perOperation }) => {
      using vault = new KVault<Buffer>(fileOf(fixtures, size, 'ours'));
      return perOperation(() => vault.get(KEY)?.length ?? Number.NaN);
    },
    'better-sqlite3': async ({ fixtures, perOperation }) => {
      const database = await openBare(fileOf(fixtures, size, 'sqlite'));
      const get = database.prepare<[string], Buffer>('SELECT value FROM t WHERE key = ?').pluck();
      return perOperation(() => get.get(KEY)?.length ?? Number.NaN);
    },
  },
}));

function fileOf(fixtures: string, size: Size, suffix: string): string {
  return join(fixtures, `value-${size.count}.${suffix}.db`);
}

export async function makeValues(fixtures: string, quick: boolean, { names, peers }: Preparation): Promise<void> {
  for (const size of VALUES) {
    if (!names.includes(caseName(size))) continue;
    const value = Buffer.alloc(scaled(size, quick) * MEGABYTE, 'a film ');
    await keep(fixtures, `value-${size.count}.ours`, `${value.length} ${ourVersion()}`, () => {
      using vault = new KVault<Buffer>(fileOf(fixtures, size, 'ours'));
      vault.set(KEY, value);
    });
    if (!peers) continue;
    await keep(fixtures, `value-${size.count}.sqlite`, `${value.length} ${peerVersion('better-sqlite3')}`, async () => {
      const database = await openBare(fileOf(fixtures, size, 'sqlite'));
      database.exec('CREATE TABLE t (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL)');
      database.prepare('INSERT INTO t VALUES (?, ?)').run(KEY, value);
      database.close();
    });
  }
}
