import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { randomIntegers } from '../random.ts';
import { costOf, costOfEach } from './cost.ts';
import type { Setup, Work } from './work.ts';

const COUNT = 100_000;
const LARGE_COUNT = 4_000;

/** A key at a random place of the table, the same for each turn in every run. */
export function keyOf(index: number): string {
  const mixed = Math.imul(index ^ (index >>> 16) ^ 0x5bd1e995, 0x45d9f3b);
  const place = (Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) ^ (mixed >>> 13)) >>> 0;
  return place.toString(16).padStart(8, '0') + index.toString(36).padStart(8, '0');
}

const value = (turn: number) => Buffer.alloc(100, turn & 0x7f);
const largeValue = (turn: number) => Buffer.alloc(16 * 1024, turn & 0x7f);
const places = randomIntegers(2 ** 18, COUNT, 3);
export const placeOf = (turn: number, end: number) => (places[turn & (2 ** 18 - 1)] as number) % end;

/** A table that was filled at random and then moved into the file. */
function filled({ file, options }: Setup, make: (turn: number) => Buffer = value, count = COUNT): KVault {
  const vault = new KVault(file, options);
  for (let start = 0; start < count; start += 1_000) {
    vault.setMany(Array.from({ length: 1_000 }, (_, index) => [keyOf(start + index), make(index)] as const));
  }
  vault.checkpoint('truncate');
  return vault;
}

export const kvWorks: Work[] = [
  {
    name: 'cached set of 100,000 at random, with the flush',
    run: ({ file, options }) => {
      const vault = new KVault(file, options);
      return costOf(COUNT, () => {
        vault.enableCache();
        for (let turn = 0; turn < COUNT; turn++) vault.set(keyOf(turn), value(turn));
        vault.disableCache();
      });
    },
  },
  {
    name: 'set 100 B at random, a commit each',
    run: async (setup) => {
      const vault = filled(setup);
      return costOfEach(40_000, (turn) => vault.set(keyOf(placeOf(turn, COUNT)), value(turn)));
    },
  },
  {
    name: 'setMany of 1,000 new keys, per entry',
    run: async (setup) => {
      const vault = filled(setup);
      const { ns, bytes } = await costOfEach(100, (turn) => {
        const start = COUNT + turn * 1_000;
        vault.setMany(Array.from({ length: 1_000 }, (_, index) => [keyOf(start + index), value(turn)] as const));
      });
      return { ns: ns / 1_000, bytes: bytes / 1_000 };
    },
  },
  {
    name: 'set of a new 16 KiB',
    run: ({ file, options }) => {
      const vault = new KVault(file, options);
      return costOfEach(LARGE_COUNT, (turn) => vault.set(keyOf(turn), largeValue(turn)));
    },
  },
  {
    name: 'set over an old 16 KiB',
    run: async (setup) => {
      const vault = filled(setup, largeValue, LARGE_COUNT);
      return costOfEach(LARGE_COUNT, (turn) => vault.set(keyOf(placeOf(turn, LARGE_COUNT)), largeValue(turn)));
    },
  },
  {
    name: 'get 100 B at random',
    run: async (setup) => {
      const vault = filled(setup);
      return costOfEach(200_000, (turn) => vault.get(keyOf(placeOf(turn, COUNT))));
    },
  },
  {
    name: 'getMany of 100 at random, per key',
    run: async (setup) => {
      const vault = filled(setup);
      const { ns, bytes } = await costOfEach(2_000, (turn) =>
        vault.getMany(Array.from({ length: 100 }, (_, index) => keyOf(placeOf(turn * 100 + index, COUNT)))),
      );
      return { ns: ns / 100, bytes };
    },
  },
  {
    name: 'get 16 KiB at random',
    run: async (setup) => {
      const vault = filled(setup, largeValue, LARGE_COUNT);
      return costOfEach(40_000, (turn) => vault.get(keyOf(placeOf(turn, LARGE_COUNT))));
    },
  },
  {
    name: 'entries of a range of 100',
    run: async (setup) => {
      const vault = filled(setup);
      return costOfEach(4_000, (turn) => [...vault.entries({ gte: keyOf(placeOf(turn, COUNT)), limit: 100 })]);
    },
  },
  {
    name: 'full scan, per entry',
    run: async (setup) => {
      const vault = filled(setup);
      const { ns, bytes } = await costOfEach(10, () => {
        let count = 0;
        for (const [, found] of vault) count += (found as Buffer).length;
        return count;
      });
      return { ns: ns / COUNT, bytes };
    },
  },
  {
    name: 'checkpoint after 10,000 sets at random, per set',
    run: async (setup) => {
      const vault = filled(setup);
      vault.database.pragma('wal_autocheckpoint = 0');
      for (let turn = 0; turn < 10_000; turn++) vault.set(keyOf(placeOf(turn, COUNT)), value(turn));
      return costOf(10_000, () => vault.checkpoint('truncate'));
    },
  },
  {
    name: 'putFile of 64 MiB',
    run: async ({ folder, file, options }) => {
      const source = join(folder, 'source');
      writeFileSync(source, Buffer.alloc(64 * 1024 * 1024, 'source'));
      const vault = new KVault(file, options);
      await vault.putFile('warm', source);
      return costOf(4, async () => {
        for (let turn = 0; turn < 4; turn++) await vault.putFile(`file${turn}`, source);
      });
    },
  },
  {
    name: 'getToFile of 64 MiB',
    run: async ({ folder, file, options }) => {
      const source = join(folder, 'source');
      writeFileSync(source, Buffer.alloc(64 * 1024 * 1024, 'source'));
      const vault = new KVault(file, options);
      await vault.putFile('file', source);
      vault.checkpoint('truncate');
      return costOf(4, async () => {
        for (let turn = 0; turn < 4; turn++) await vault.getToFile('file', join(folder, `target${turn}`));
      });
    },
  },
  {
    name: 'file of 100,000 x 100 B (no time)',
    run: async (setup) => {
      filled(setup).close();
      return { ns: 0, bytes: statSync(setup.file).size };
    },
  },
];
