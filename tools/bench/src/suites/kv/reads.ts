import type { Case, Contender, Context } from '../../suite.ts';
import { COUNTS, randomKeys } from './contents.ts';
import { ENGINES, filled } from './engines.ts';
import { pythonGet, pythonGetMany, pythonScan } from './python-programs.ts';
import { lengthOf, type Store, type Table, type Value } from './stores/store.ts';

const MANY = 1_000;

/** The same work for every engine, on a filled table. */
function each(table: Table, work: (store: Store, context: Context) => number | Promise<number>) {
  const contenders: Record<string, Contender> = {};
  for (const engine of Object.keys(ENGINES)) {
    contenders[engine] = async (context) => work(await filled(engine, context, table), context);
  }
  return contenders;
}

function randomGets(table: Table): Record<string, Contender> {
  return each(table, (store, { perOperation }) => {
    const keys = randomKeys(table);
    return perOperation((turn) => lengthOf(store.get(keys[turn % keys.length] as string)));
  });
}

export const readCases: Case[] = [
  {
    name: 'get 100 B',
    unit: 'ns',
    note: 'one of 100,000 keys at random; with every contender the value is memory of the caller.',
    budgets: [
      { against: 'better-sqlite3', atLeast: 2.5 },
      { against: 'lmdb', atLeast: 1 },
    ],
    contenders: { ...randomGets('small'), Python: (context) => pythonGet(context, 'small') },
  },
  {
    name: 'get a small object',
    unit: 'ns',
    note: 'each contender uses its own encoding: the SQLite peers JSON text, lmdb MessagePack, classic-level JSON.',
    budgets: [{ against: 'better-sqlite3', atLeast: 2 }],
    contenders: { ...randomGets('objects'), Python: (context) => pythonGet(context, 'objects') },
  },
  {
    name: 'get 16 KiB',
    unit: 'ns',
    budgets: [{ against: 'better-sqlite3', atLeast: 1.5 }],
    contenders: { ...randomGets('large'), Python: (context) => pythonGet(context, 'large') },
  },
  {
    name: 'getMany of 1,000 x 100 B',
    unit: 'ns',
    note: 'per key. Peers without such a call get one by one, in one transaction if they have transactions.',
    budgets: [{ against: 'better-sqlite3', atLeast: 1.5 }],
    contenders: {
      ...each('small', (store, { perOperation, perAsyncOperation }) => {
        const keys = randomKeys('small');
        const lists = Array.from({ length: 64 }, (_, index) => keys.slice(index * MANY, (index + 1) * MANY));
        const work = (turn: number) => store.getMany(lists[turn % lists.length] as string[]);
        if (work(0) instanceof Promise) return perAsyncOperation(async (turn) => sumOf(await work(turn)), MANY);
        return perOperation((turn) => sumOf(work(turn) as (Value | undefined)[]), MANY);
      }),
      Python: (context) => pythonGetMany(context, MANY),
    },
  },
  {
    name: 'scan all 100,000 entries',
    unit: 'ns',
    note: 'per entry, reading every key and value, through the iterator that does not hold all of them in memory.',
    budgets: [{ against: 'better-sqlite3', atLeast: 1.5 }],
    contenders: {
      ...each('small', (store, { perOperation, perAsyncOperation }) => {
        if (store.scan() instanceof Promise) return perAsyncOperation(async () => store.scan(), COUNTS.small);
        return perOperation(() => store.scan() as number, COUNTS.small);
      }),
      Python: (context) => pythonScan(context),
    },
  },
];

function sumOf(values: (Value | undefined)[]): number {
  return values.reduce((sum, value) => sum + lengthOf(value), 0);
}
