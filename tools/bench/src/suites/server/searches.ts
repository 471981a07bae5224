import { ColumnVault } from '@kohakuvault/columns';
import { VectorKVault } from '@kohakuvault/vector';
import { randomIntegers } from '../../random.ts';
import { median } from '../../statistics.ts';
import type { Case, Contender, Context } from '../../suite.ts';
import { growth } from '../kv/files.ts';
import { DIMENSIONS, embeddings } from '../vector/contents.ts';
import { copyOf, MIB, NUMBERS, QUICK_VECTORS } from './contents.ts';
import { otherProcess } from './other.ts';

type Mode = 'exact' | 'approximate';
type Vault = VectorKVault<number>;

const AT_ONCE = 50;
const TIMES = 5;
const RESIDENT_BYTES = 512 * MIB;
const queries = [...embeddings(AT_ONCE, 3)];
const [query = new Float32Array(DIMENSIONS)] = queries;

function open(file: string): Vault {
  return new VectorKVault(file, { dimensions: DIMENSIONS, residentBytes: RESIDENT_BYTES });
}

/** Returns a vault that has its copies in memory. */
function warm(file: string, mode: Mode): Vault {
  const vault = open(file);
  for (let time = 0; time < 4; time++) vault.search(query, { mode });
  return vault;
}

const ALL_AT_ONCE: Record<string, (vault: Vault, mode: Mode) => Promise<number>> = {
  searchAsync: async (vault, mode) =>
    (await Promise.all(queries.map((each) => vault.searchAsync(each, { mode })))).length,
  search: async (vault, mode) => queries.map((each) => vault.search(each, { mode })).length,
};

/** Times something several times, each time after something else, and returns the median. */
async function timesAfter(
  { once }: Context,
  before: () => unknown,
  work: () => number | Promise<number>,
): Promise<number> {
  const took: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    await before();
    took.push(await once(work));
  }
  return median(took);
}

type Setup = (context: Context, mode: Mode) => { vault: Vault; before: () => unknown };

const STATES: Record<string, Setup> = {
  warm: (context, mode) => ({ vault: warm(copyOf(context, 'vectors'), mode), before: () => {} }),
  'after a commit of another process to the table': (context, mode) => {
    const file = copyOf(context, 'vectors');
    const other = otherProcess(file);
    return { vault: warm(file, mode), before: () => other('commit to the vectors') };
  },
};

const UNRELATED: Record<string, Setup> = {
  'own SQL': (context, mode) => {
    const vault = warm(copyOf(context, 'vectors'), mode);
    const insert = vault.database.prepare('INSERT INTO own VALUES (1)');
    return { vault, before: () => insert.run() };
  },
  'a commit of another process to another table': (context, mode) => {
    const file = copyOf(context, 'vectors');
    const other = otherProcess(file);
    return { vault: warm(file, mode), before: () => other('commit to another table') };
  },
};

const NOTE = `100,000 vectors of 384 dimensions, ${QUICK_VECTORS}`;

function atOnce(mode: Mode, state: string, contender: (way: string) => Contender): Case {
  return {
    name: `${AT_ONCE} searches at once, ${mode}, ${state}`,
    unit: 'ns',
    note: NOTE,
    budgets: [{ against: 'search', atLeast: 1 }],
    contenders: { searchAsync: contender('searchAsync'), search: contender('search') },
  };
}

const MODES: Mode[] = ['exact', 'approximate'];

const atOnceCases = MODES.flatMap((mode) => [
  atOnce(mode, 'cold', (way) => (context) => {
    const vault = open(copyOf(context, 'vectors'));
    return context.once(async () => (await ALL_AT_ONCE[way]?.(vault, mode)) ?? 0);
  }),
  ...Object.entries(STATES).map(([state, setup]) =>
    atOnce(mode, state, (way) => (context) => {
      const { vault, before } = setup(context, mode);
      return timesAfter(context, before, async () => (await ALL_AT_ONCE[way]?.(vault, mode)) ?? 0);
    }),
  ),
]);

function searchAfter(setup: Setup | undefined, mode: Mode): Contender {
  return (context) => {
    const { vault, before } = (setup ?? (STATES.warm as Setup))(context, mode);
    return timesAfter(context, before, () => vault.search(query, { mode }).length);
  };
}

const afterCommits = MODES.flatMap((mode): Case[] => [
  ...Object.entries(UNRELATED).map(([what, setup]) => ({
    name: `a search after ${what}, ${mode}`,
    unit: 'ns' as const,
    note: NOTE,
    budgets: [{ against: 'warm', atMost: 1.5 }],
    contenders: { 'after it': searchAfter(setup, mode), warm: searchAfter(undefined, mode) },
  })),
  {
    name: `a search after another process has inserted one vector, ${mode}`,
    unit: 'ns',
    note: `the cost should be that of one vector, far from that of reading all of them. ${NOTE}`,
    budgets: [{ against: 'all are read', atMost: 0.1 }],
    contenders: {
      'after it': searchAfter(STATES['after a commit of another process to the table'], mode),
      warm: searchAfter(undefined, mode),
      'all are read': (context) => {
        const vault = open(copyOf(context, 'vectors'));
        // The first search reads the file, and the second makes the copy.
        return context.once(() => vault.search(query, { mode }).length + vault.search(query, { mode }).length);
      },
    },
  },
]);

/** Reads a small slice of a long column, each time after something else. */
function readsAfter(commits: boolean, count: number): Contender {
  return (context) => {
    const file = copyOf(context, 'columns');
    const other = otherProcess(file);
    const column = new ColumnVault(file).column('numbers', 'f64');
    const places = randomIntegers(count, NUMBERS);
    const read = () => places.reduce((sum, place) => sum + (column.at(place) as number), 0);
    column.slice(0, NUMBERS);
    for (let time = 0; time < 10; time++) for (let place = 0; place < NUMBERS; place += 1_000) column.at(place);
    return timesAfter(context, () => other(commits ? 'commit to another table' : 'nothing'), read);
  };
}

function columnCase(count: number): Case {
  return {
    name: `${count.toLocaleString('en')} random reads of a column after a commit of another process to another table`,
    unit: 'ns',
    note: 'of 1,000,000 `f64`, all in memory. Before each time, the other process is asked for something.',
    contenders: { 'after it': readsAfter(true, count), warm: readsAfter(false, count) },
  };
}

export const searchCases: Case[] = [
  ...atOnceCases,
  {
    name: `memory of ${AT_ONCE} searches at once, approximate, cold`,
    unit: 'bytes',
    note: `the most by which anonymous memory grows; \`residentBytes\` is 512 MiB. ${NOTE}`,
    budgets: [{ atMost: RESIDENT_BYTES }],
    contenders: Object.fromEntries(
      Object.entries(ALL_AT_ONCE).map(([way, search]): [string, Contender] => [
        way,
        (context) => {
          const vault = open(copyOf(context, 'vectors'));
          return growth(context, () => search(vault, 'approximate'));
        },
      ]),
    ),
  },
  ...afterCommits,
  { ...columnCase(10_000), budgets: [{ against: 'warm', atMost: 1.5 }] },
  // What a look after a commit costs alone: a new snapshot, and the row of the column.
  columnCase(1),
];
