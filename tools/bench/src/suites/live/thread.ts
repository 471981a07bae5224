import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { open } from 'kohakuvault/async';
import type { Case } from '../../suite.ts';
import { longestStall } from '../server/stalls.ts';

const KEYS = 1_000;
const ENTRIES = 200_000;

const entriesOf = (count: number) => Array.from({ length: count }, (_, nth) => [`key ${nth}`, nth] as const);

export const threadCases: Case[] = [
  {
    name: 'get from a vault in another thread',
    unit: 'ns',
    note: 'one after another: a message there and one back for each.',
    contenders: {
      'kohakuvault/async': async ({ folder, perAsyncOperation }) => {
        const store = await open(join(folder, 'async.db'));
        const kv = await store.kvault<number>();
        await kv.setMany(entriesOf(KEYS));
        return await perAsyncOperation(async (turn) => (await kv.get(`key ${turn % KEYS}`)) ?? Number.NaN);
      },
      'kohakuvault, this thread': ({ folder, perOperation }) => {
        const vault = new KVault<number>(join(folder, 'sync.db'));
        vault.setMany(entriesOf(KEYS));
        return perOperation((turn) => vault.get(`key ${turn % KEYS}`) ?? Number.NaN);
      },
    },
  },
  {
    name: `the longest stall of the event loop: setMany of ${ENTRIES} entries`,
    unit: 'ns',
    note: 'packing the entries for the other thread is done here.',
    contenders: {
      'kohakuvault/async': async ({ folder, quick }) => {
        const store = await open(join(folder, 'async.db'));
        const kv = await store.kvault<number>();
        const entries = entriesOf(quick ? ENTRIES / 10 : ENTRIES);
        return await longestStall(() => kv.setMany(entries));
      },
      'kohakuvault, this thread': async ({ folder, quick }) => {
        const vault = new KVault<number>(join(folder, 'sync.db'));
        const entries = entriesOf(quick ? ENTRIES / 10 : ENTRIES);
        return await longestStall(async () => vault.setMany(entries));
      },
    },
  },
];
