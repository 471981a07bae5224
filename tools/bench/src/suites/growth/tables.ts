// What single reads and writes, ranges and scans cost in tables of growing size, filled at random.
import { anonymousMemory } from '../../memory.ts';
import type { Budget, Case, Contender, Context, Preparation } from '../../suite.ts';
import { CLUSTERED, ENGINES, type Engine, LMDB, OURS } from '../bytes/engines.ts';
import { randomEntries, randomKeys } from '../bytes/entries.ts';
import { fillTables } from '../bytes/fill.ts';
import type { ByteStore } from '../bytes/store.ts';
import { type Size, scaled, TABLES } from './sizes.ts';

const BYTES = 100;
const LIMIT = 100;
const MANY = 10_000;
const ALL: Engine[] = [OURS, CLUSTERED, LMDB];
/** lmdb waits for the disk at every commit, and the others do not. */
const WITHOUT_LMDB: Engine[] = [OURS, CLUSTERED];

type Work = (store: ByteStore, count: number, context: Context) => number | Promise<number>;

interface Question {
  name: string;
  unit?: 'bytes';
  note?: string;
  engines: Engine[];
  budgets: Budget[];
  work: Work;
}

const QUESTIONS: Question[] = [
  {
    name: 'get',
    engines: ALL,
    budgets: [{ against: CLUSTERED, atLeast: 1 }],
    work: (store, count, { perOperation }) => {
      const key = randomKeys(count);
      return perOperation((turn) => store.get(key(turn))?.length ?? Number.NaN);
    },
  },
  {
    name: 'set',
    note: 'another value for one of the keys, each a commit of its own.',
    engines: WITHOUT_LMDB,
    budgets: [{ against: CLUSTERED, atMost: 1.2 }],
    work: (store, count, { perOperation }) => {
      const key = randomKeys(count);
      return perOperation((turn) => {
        store.set(key(turn), Buffer.alloc(BYTES, turn & 0x7f));
        return turn;
      });
    },
  },
  {
    name: 'range of 100',
    note: '`entries({ gte, limit: 100 })` from one of the keys on; `.all()` and `getRange` of the peers.',
    engines: ALL,
    budgets: [{ against: CLUSTERED, atLeast: 1 }],
    work: (store, count, { perOperation }) => {
      const key = randomKeys(count);
      return perOperation((turn) => store.range(key(turn), LIMIT));
    },
  },
  {
    name: 'scan',
    note: 'per entry: every key and value in the order of keys, through the iterator, once.',
    engines: ALL,
    budgets: [],
    work: async (store, count, { once }) => {
      // What happens only at first: statements are prepared, and code is compiled.
      const key = randomKeys(count);
      for (let turn = 0; turn < 100; turn++) store.range(key(turn), LIMIT);
      return (await once(() => store.scan())) / count;
    },
  },
  {
    name: 'setMany of 10,000',
    note: 'per entry: other values for keys at random, in one transaction.',
    engines: ALL,
    budgets: [],
    work: (store, count, { perOperation }) =>
      perOperation((turn) => {
        store.setMany(randomEntries(turn, MANY, count, BYTES));
        return turn;
      }, MANY),
  },
  {
    name: 'private memory',
    unit: 'bytes',
    note: 'anonymous memory of the process after 50,000 gets, 500 ranges, 500 sets and a scan; a cache of 100,000 KiB.',
    engines: ALL,
    budgets: [{ against: CLUSTERED, atMost: 1.1 }],
    work: (store, count, context) => {
      const key = randomKeys(count);
      let sum = 0;
      for (let turn = 0; turn < 50_000; turn++) sum += store.get(key(turn))?.length ?? 0;
      for (let turn = 0; turn < 500; turn++) sum += store.range(key(turn), LIMIT);
      store.setMany(randomEntries(0, 500, count, BYTES));
      sum += store.scan();
      if (sum <= 0) throw new Error('nothing was read');
      globalThis.gc?.();
      return anonymousMemory(context);
    },
  },
];

function caseName({ name }: Question, size: Size): string {
  return `${name}, ${size.name} keys`;
}

function caseOf(question: Question, size: Size): Case {
  const { unit = 'ns', note, engines, budgets, work } = question;
  const first = TABLES[0] as Size;
  const contenders = Object.fromEntries(engines.map((engine) => [engine, contender(engine, size, work)]));
  const small = `${OURS}, ${first.name}`;
  const grows = question.name === 'get' && size !== first;
  if (grows) contenders[small] = contender(OURS, first, work);
  return {
    name: caseName(question, size),
    unit,
    ...(note === undefined || size !== first ? {} : { note }),
    large: size.large,
    growth: { of: question.name, size: size.count },
    budgets: [...budgets, ...(grows ? [{ against: small, atMost: 1.5 }] : [])],
    contenders,
  };
}

function contender(engine: Engine, size: Size, work: Work): Contender {
  return async (context) => {
    const store = await ENGINES[engine](context.fixtures, fileName(size));
    const number = await work(store, scaled(size, context.quick), context);
    // What was written must not be left in a log for the next contender.
    await store.close();
    return number;
  };
}

function fileName(size: Size): string {
  return `table-${size.count}`;
}

export const tableCases: Case[] = TABLES.flatMap((size) => QUESTIONS.map((question) => caseOf(question, size)));

/** The writes of contenders leave tables of the same keys and lengths, so that all share them. */
export async function makeTables(fixtures: string, quick: boolean, { names, peers }: Preparation): Promise<void> {
  const isWanted = (size: Size) => QUESTIONS.some((question) => names.includes(caseName(question, size)));
  const sizes = TABLES.filter(isWanted);
  // Its own cost at the first size is what a larger one is compared with.
  if (peers && sizes.length > 0) sizes.unshift(TABLES[0] as Size);
  for (const size of new Set(sizes)) {
    const contents = { name: fileName(size), count: scaled(size, quick), bytes: BYTES, order: 'at random' } as const;
    await fillTables(fixtures, contents, peers ? ALL : [OURS]);
  }
}
