import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { limitMemory } from '../../memory-limit.ts';
import type { Case, Contender, Context, Preparation } from '../../suite.ts';
import { ENGINES, type Engine, LMDB, OURS, SQLITE } from '../bytes/engines.ts';
import { randomKeys } from '../bytes/entries.ts';
import { fillTables } from '../bytes/fill.ts';
import type { ByteStore } from '../bytes/store.ts';

/** With its key it fits into a page of 4 kB, as every peer has them. */
const BYTES = 4_000;
const MIB = 1_024 * 1_024;

interface Size {
  name: string;
  count: number;
  large: boolean;
  /** Bytes of memory for the process and the pages that it reads. */
  limit?: number;
}

const SIZES: Size[] = [
  { name: 'a file of 100 MB', count: 25_000, large: false },
  { name: 'a file of 10 GB', count: 2_500_000, large: true },
  { name: 'a file of 10 GB in 1 GiB of memory', count: 2_500_000, large: true, limit: 1_024 * MIB },
];

interface Question {
  name: string;
  note: string;
  engines: Engine[];
  /** Whether the tables are changed, which are too long to be copied. */
  changes?: boolean;
  work(store: ByteStore, key: (turn: number) => string, context: Context): number;
}

const QUESTIONS: Question[] = [
  {
    name: 'get of 4 kB',
    note: 'one of the keys at random, in a table that was filled at random.',
    engines: [OURS, SQLITE, LMDB],
    work: (store, key, { perOperation }) => perOperation((turn) => store.get(key(turn))?.length ?? Number.NaN),
  },
  {
    name: 'range of 100',
    note: '`entries({ gte, limit: 100 })` from one of the keys on.',
    engines: [OURS, SQLITE, LMDB],
    work: (store, key, { perOperation }) => perOperation((turn) => store.range(key(turn), 100)),
  },
  {
    name: 'set of 4 kB',
    note: 'another value for one of the keys, each a commit of its own.',
    engines: [OURS, SQLITE],
    changes: true,
    work: (store, key, { perOperation }) =>
      perOperation((turn) => {
        store.set(key(turn), Buffer.alloc(BYTES, turn & 0x7f));
        return turn;
      }),
  },
];

const caseName = ({ name }: Question, size: Size) => `${name}, ${size.name}`;
const tableOf = ({ count }: Size) => `disk-${count}`;
const countOf = ({ count }: Size, quick: boolean) => (quick ? Math.ceil(count / 100) : count);

function contender(engine: Engine, size: Size, { work, changes = false }: Question): Contender {
  return async (context) => {
    const { fixtures, quick } = context;
    if (size.limit !== undefined) limitMemory(size.limit, filesOf(fixtures, size), context);
    const store = await ENGINES[engine](fixtures, tableOf(size));
    // REPLACE moves a row to the end of the table. A round with the same keys would find all of them there, in memory.
    const seed = changes ? process.pid : 1;
    const number = work(store, randomKeys(countOf(size, quick), seed), context);
    await store.close();
    return number;
  };
}

/** The files of all engines; lmdb has a folder with two. */
function filesOf(fixtures: string, size: Size): string[] {
  const names = readdirSync(fixtures, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.startsWith(`${tableOf(size)}.`)).map((name) => join(fixtures, name));
}

export const diskCases: Case[] = SIZES.flatMap((size) =>
  QUESTIONS.map((question) => ({
    name: caseName(question, size),
    unit: 'ns',
    ...(size === SIZES[0] ? { note: question.note } : {}),
    large: size.large,
    contenders: Object.fromEntries(question.engines.map((engine) => [engine, contender(engine, size, question)])),
  })),
);

/** The sets of contenders leave the tables' keys and lengths as they are. */
export async function makeTables(fixtures: string, quick: boolean, { names, peers }: Preparation): Promise<void> {
  for (const size of SIZES) {
    if (!QUESTIONS.some((question) => names.includes(caseName(question, size)))) continue;
    const contents = { name: tableOf(size), count: countOf(size, quick), bytes: BYTES, order: 'at random' } as const;
    await fillTables(fixtures, contents, peers ? [OURS, SQLITE, LMDB] : [OURS]);
  }
}
