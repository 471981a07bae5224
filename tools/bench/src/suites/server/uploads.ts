import { join } from 'node:path';
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
    name: 'longest stall of the event loop during 50 uploads of 7 MiB at once',
    unit: 'ns',
    budgets: [{ atMost: LONGEST_STALL }],
    contenders: {
      kohakuvault: ({ folder }) => {
        const vault = new KVault(join(folder, 'uploads.db'));
        const uploads = () => Array.from({ length: 50 }, (_, index) => vault.putFile(`film:${index}`, film(7)));
        return longestStall(() => Promise.all(uploads()));
      },
    },
  },
];
