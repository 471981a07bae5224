import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { KVault } from '@kohakuvault/kvault';
import type { Case, Contender } from '../../suite.ts';
import { copyOf, film, MIB, QUICK_FILM } from './contents.ts';
import { otherProcess } from './other.ts';
import { longestOf, longestStall } from './stalls.ts';

const LONGEST_WAIT = 100e6;
const LONGEST_STALL = 50e6;
const NS_PER_MS = 1e6;

/** Replaces the film of a copy by one of the same length, which comes as a request does. */
const upload =
  (measure: (vault: KVault, put: () => Promise<unknown>) => Promise<number>): Contender =>
  async (context) => {
    const vault = new KVault(copyOf(context, 'film'));
    const size = (() => {
      using blob = vault.openBlob('film');
      return blob.size;
    })();
    return measure(vault, () => vault.putFile('film', film(size / MIB)));
  };

/** Begins 50 uploads, each when it is asked for. */
function* uploads(vault: KVault): Generator<Promise<unknown>> {
  for (let index = 0; index < 50; index++) yield vault.putFile(`film:${index}`, film(7));
}

export const uploadCases: Case[] = [
  {
    name: 'longest wait of a small set while 500 MiB are put, same process',
    unit: 'ns',
    note: QUICK_FILM,
    budgets: [{ atMost: LONGEST_WAIT }],
    contenders: {
      kohakuvault: upload((vault, put) => {
        let writes = 0;
        return longestOf(() => void vault.set('small', writes++), put);
      }),
    },
  },
  {
    name: 'longest wait of a small set while 500 MiB are put, another process',
    unit: 'ns',
    note: QUICK_FILM,
    budgets: [{ atMost: LONGEST_WAIT }],
    contenders: {
      kohakuvault: upload(async (vault, put) => {
        const other = otherProcess(vault.path);
        await other('begin to set');
        await put();
        return (await other('end to set')) * NS_PER_MS;
      }),
    },
  },
  {
    name: 'longest stall of the event loop while 500 MiB are put',
    unit: 'ns',
    note: QUICK_FILM,
    budgets: [{ atMost: LONGEST_STALL }],
    contenders: { kohakuvault: upload((_, put) => longestStall(put)) },
  },
  {
    name: 'longest stall of the event loop during 50 uploads of 7 MiB, begun in one turn',
    unit: 'ns',
    note: 'The bytes come piece by piece, as those of requests do.',
    budgets: [{ atMost: LONGEST_STALL }],
    contenders: {
      kohakuvault: ({ folder }) => {
        const vault = new KVault(join(folder, 'uploads.db'));
        return longestStall(() => Promise.all(uploads(vault)));
      },
    },
  },
  {
    name: 'longest stall of the event loop during 50 uploads of 7 MiB, each begun in a turn, as requests are',
    unit: 'ns',
    budgets: [{ atMost: LONGEST_STALL }],
    contenders: {
      kohakuvault: ({ folder }) => {
        const vault = new KVault(join(folder, 'uploads.db'));
        return longestStall(async () => {
          const begun: Promise<unknown>[] = [];
          for (const upload of uploads(vault)) {
            begun.push(upload);
            await nextTurn();
          }
          await Promise.all(begun);
        });
      },
    },
  },
];
