import { KVault } from '@kohakuvault/kvault';
import { median } from '../../statistics.ts';
import type { Case, Contender, Context } from '../../suite.ts';
import { fileOf, MIB, QUICK_FILM } from './contents.ts';
import { longestStall } from './stalls.ts';

const TIMES = 11;
const LONGEST_STALL = 50e6;

/** Reads the film to its end. */
async function readAll(stream: AsyncIterable<Buffer>): Promise<number> {
  let length = 0;
  for await (const chunk of stream) length += chunk.length;
  return length;
}

const WAYS: Record<string, (vault: KVault) => AsyncIterable<Buffer>> = {
  'inside snapshot': (vault) => vault.snapshot(() => vault.createReadStream('film')),
  outside: (vault) => vault.createReadStream('film'),
};

const byWay = (contender: (way: (vault: KVault) => AsyncIterable<Buffer>) => Contender) =>
  Object.fromEntries(Object.entries(WAYS).map(([name, way]) => [name, contender(way)]));

/** Reads 100 bytes, some MiB from the beginning or the end; the median of several times. */
async function readRange(context: Context, place: (size: number, turn: number) => number): Promise<number> {
  const vault = new KVault(fileOf(context.fixtures, 'film'));
  const size = (() => {
    using blob = vault.openBlob('film');
    return blob.size;
  })();
  const took: number[] = [];
  for (let turn = 0; turn < TIMES; turn++) {
    const start = place(size, turn);
    took.push(await context.once(() => readAll(vault.createReadStream('film', { start, end: start + 99 }))));
  }
  return median(took);
}

export const streamCases: Case[] = [
  {
    name: 'a stream of 500 MiB made inside snapshot',
    unit: 'ns',
    note: QUICK_FILM,
    budgets: [{ against: 'outside', atMost: 1.5 }],
    contenders: byWay((way) => (context) => {
      const vault = new KVault(fileOf(context.fixtures, 'film'));
      return context.once(() => readAll(way(vault)));
    }),
  },
  {
    name: 'longest stall of the event loop during a stream of 500 MiB',
    unit: 'ns',
    note: QUICK_FILM,
    budgets: [{ atMost: LONGEST_STALL }],
    contenders: byWay((way) => ({ fixtures }) => {
      const vault = new KVault(fileOf(fixtures, 'film'));
      return longestStall(() => readAll(way(vault)));
    }),
  },
  {
    name: 'a range of 100 bytes of 500 MiB',
    unit: 'ns',
    note: QUICK_FILM,
    budgets: [{ atMost: 5e6 }],
    contenders: {
      'in the last MiB': (context) => readRange(context, (size, turn) => size - MIB + turn * 1_000),
      'in the first MiB': (context) => readRange(context, (_, turn) => turn * 1_000),
    },
  },
];
