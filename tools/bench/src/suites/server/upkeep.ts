import { statSync } from 'node:fs';
import { KVault } from '@kohakuvault/kvault';
import { openBare } from '../../peers/better-sqlite3.ts';
import type { Case } from '../../suite.ts';
import { copyOf, MIB, QUICK_FILM } from './contents.ts';
import { otherProcess } from './other.ts';

const NS_PER_MS = 1e6;

export const upkeepCases: Case[] = [
  {
    name: 'optimize of 500 MiB',
    unit: 'ns',
    note: `${QUICK_FILM} No budget is set.`,
    contenders: {
      'optimize()': (context) => {
        const vault = new KVault(copyOf(context, 'film'));
        return context.once(() => {
          vault.optimize();
          return 1;
        });
      },
      'VACUUM of better-sqlite3': async (context) => {
        const database = await openBare(copyOf(context, 'film'));
        return context.once(() => (database.exec('VACUUM').memory ? 1 : 0));
      },
    },
  },
  {
    name: 'longest wait of a small set of another process during optimize of 500 MiB',
    unit: 'ns',
    note: `${QUICK_FILM} No budget is set.`,
    contenders: {
      'optimize()': async (context) => {
        const vault = new KVault(copyOf(context, 'film'));
        const other = otherProcess(vault.path);
        await other('begin to set');
        vault.optimize();
        return (await other('end to set')) * NS_PER_MS;
      },
    },
  },
  {
    name: 'WAL after 300 MiB of overwrites, beside a download that has stalled',
    unit: 'bytes',
    note: 'no budget is set: the bound is an option.',
    contenders: {
      'beside a stalled download': async (context) => {
        const vault = new KVault(copyOf(context, 'film'));
        const stalled = vault.createReadStream('film')[Symbol.asyncIterator]();
        await stalled.next();
        return overwrite(vault);
      },
      'without one': (context) => overwrite(new KVault(copyOf(context, 'film'))),
    },
  },
];

/** Overwrites one MiB 300 times, and returns the length of the WAL then. */
function overwrite(vault: KVault): number {
  for (let time = 0; time < 300; time++) vault.set('overwritten', Buffer.alloc(MIB, time));
  return statSync(`${vault.path}-wal`).size;
}
