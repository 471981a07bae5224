// Elements at many places at once, and statistics of all elements.
import { ColumnVault } from '@kohakuvault/columns';
import { randomIntegers } from '../../random.ts';
import type { Case, Context } from '../../suite.ts';
import { NUMBERS, ourFile, ownVault, someNumbers } from './fixtures.ts';
import { pythonsTake } from './python.ts';

/** The elements that are read at once. */
const TAKEN = 1_000;

/** The elements of a long column. */
const MANY = 10_000_000;

/** The elements of which statistics remember something together. */
const PIECE = 32_768;

/** Memory for all of a long column. */
const RESIDENT = 256 * 1024 * 1024;

/** A long column whose elements have been read, but not added up. */
function longColumn({ folder }: Context, residentBytes: number) {
  const column = new ColumnVault(`${folder}/own.db`, { residentBytes }).createColumn('numbers', 'f64');
  column.extend(someNumbers(MANY));
  for (const batch of column.batches()) if (batch.length === 0) break;
  return column;
}

export const statisticsCases: Case[] = [
  {
    name: 'take of 1,000 from 1 M f64',
    unit: 'ns',
    note: 'at random, all in one call; Python reads one element after the other into a list.',
    budgets: [{ against: 'Python 1.x', atLeast: 20 }],
    contenders: {
      kohakuvault: (context) => {
        const column = new ColumnVault(ourFile(context)).column('numbers', 'f64');
        const places = randomIntegers(TAKEN, NUMBERS);
        return context.perOperation(() => column.take(places)[TAKEN - 1] as number);
      },
      Float64Array: ({ perOperation }) => {
        const numbers = someNumbers();
        const places = randomIntegers(TAKEN, NUMBERS);
        return perOperation(() => {
          const taken = new Float64Array(TAKEN);
          for (let nth = 0; nth < TAKEN; nth++) taken[nth] = numbers[places[nth] as number] as number;
          return taken[TAKEN - 1] as number;
        });
      },
      ...pythonsTake,
    },
  },
  {
    name: 'first sum of 10 M f64 in memory',
    unit: 'ns',
    note:
      'once; memory looks for a byte that is not there in as many bytes, which reads them once with vector ' +
      'instructions.',
    budgets: [{ against: 'memory', atLeast: 0.8 }],
    contenders: {
      kohakuvault: (context) => {
        const column = longColumn(context, RESIDENT);
        // What was added up is remembered until it changes: the code becomes warm on another column, nothing is learned.
        const other = ownVault(context).createColumn('other', 'f64');
        other.extend(someNumbers());
        for (let turn = 0; turn < 100; turn++) {
          for (let index = 0; index < NUMBERS; index += PIECE) other.set(index, turn);
          other.sum();
        }
        return context.once(() => column.sum());
      },
      memory: (context) => {
        const bytes = Buffer.alloc(8 * MANY, 1);
        return context.once(() => bytes.indexOf(2));
      },
      JavaScript: (context) => {
        const numbers = someNumbers(MANY);
        const sumOf = (end: number) => {
          let sum = 0;
          for (let index = 0; index < end; index++) sum += numbers[index] as number;
          return sum;
        };
        for (let turn = 0; turn < 2_000; turn++) sumOf(1_000);
        return context.once(() => sumOf(MANY));
      },
    },
  },
  {
    name: 'later sum of 10 M f64',
    unit: 'ns',
    note: 'one element was changed since the last sum. Memory for what was read: 16 MiB.',
    budgets: [{ against: 'JavaScript', atLeast: 10 }],
    contenders: {
      kohakuvault: (context) => {
        const column = longColumn(context, 16 * 1024 * 1024);
        return context.perOperation((turn) => {
          column.set((turn * 7_919) % MANY, turn);
          return column.sum();
        });
      },
      JavaScript: ({ perOperation }) => {
        const numbers = someNumbers(MANY);
        return perOperation((turn) => {
          numbers[(turn * 7_919) % MANY] = turn;
          let sum = 0;
          for (let index = 0; index < numbers.length; index++) sum += numbers[index] as number;
          return sum;
        });
      },
    },
  },
  {
    name: 'first sum of 10 M f64, beyond memory',
    unit: 'ns',
    note: 'with 16 MiB for what was read, so that the file is read; it is in the cache of the system.',
    contenders: {
      kohakuvault: (context) => {
        const column = longColumn(context, 16 * 1024 * 1024);
        return context.once(() => column.sum());
      },
    },
  },
  {
    name: 'median of 1 M f64',
    unit: 'ns',
    note: 'JavaScript sorts a copy.',
    contenders: {
      kohakuvault: (context) => {
        const column = ownVault(context).createColumn('numbers', 'f64');
        column.extend(someNumbers());
        return context.perOperation(() => column.quantile(0.5) as number);
      },
      JavaScript: ({ perOperation }) => {
        const numbers = someNumbers();
        return perOperation(() => numbers.toSorted()[NUMBERS / 2] as number);
      },
    },
  },
];
