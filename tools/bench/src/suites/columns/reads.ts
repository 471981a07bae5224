// Elements and slices read at random from columns that have been read before.
import { ColumnVault } from '@kohakuvault/columns';
import { openBare } from '../../peers/better-sqlite3.ts';
import type { Case } from '../../suite.ts';
import { ITEM_BYTES, ITEMS, NUMBERS, ourFile, placesIn, rowsFile, SLICE, someNumbers } from './fixtures.ts';
import { pythonsAt, pythonsSlice, pythonsWholeSlice } from './python.ts';

const ROWS = 'SELECT value FROM numbers WHERE id = ?';
const ITEM_ROW = 'SELECT value FROM items WHERE id = ?';
const ITEM_ROWS = `SELECT value FROM items WHERE id >= ? LIMIT ${SLICE}`;

export const readCases: Case[] = [
  {
    name: 'at of 1 M f64',
    unit: 'ns',
    note: 'at random; better-sqlite3 has the numbers as rows, found by their integer key.',
    budgets: [
      { against: 'Python', atLeast: 1_000 },
      { against: 'better-sqlite3', atLeast: 20 },
    ],
    contenders: {
      kohakuvault: (context) => {
        const column = new ColumnVault(ourFile(context)).column('numbers', 'f64');
        const place = placesIn(NUMBERS);
        return context.perOperation((turn) => column.at(place(turn)) ?? 0);
      },
      Float64Array: ({ perOperation }) => {
        const numbers = someNumbers();
        const place = placesIn(NUMBERS);
        return perOperation((turn) => numbers.at(place(turn)) ?? 0);
      },
      'better-sqlite3': async (context) => {
        const get = (await openBare(rowsFile(context))).prepare<[number], number>(ROWS).pluck();
        const place = placesIn(NUMBERS);
        return context.perOperation((turn) => get.get(place(turn) + 1) ?? 0);
      },
      ...pythonsAt('numbers'),
    },
  },
  {
    name: 'slice of 100 from 1 M f64',
    unit: 'ns',
    note: 'at random; each slice is memory of the caller.',
    budgets: [
      { against: 'Python', atLeast: 500 },
      { against: 'Float64Array', atLeast: 0.2 },
    ],
    contenders: {
      kohakuvault: (context) => {
        const column = new ColumnVault(ourFile(context)).column('numbers', 'f64');
        const place = placesIn(NUMBERS - SLICE);
        return context.perOperation((turn) => {
          const start = place(turn);
          return column.slice(start, start + SLICE)[0] as number;
        });
      },
      Float64Array: ({ perOperation }) => {
        const numbers = someNumbers();
        const place = placesIn(NUMBERS - SLICE);
        return perOperation((turn) => {
          const start = place(turn);
          return numbers.slice(start, start + SLICE)[0] as number;
        });
      },
      ...pythonsSlice('numbers'),
    },
  },
  {
    name: 'slice of all of 1 M f64',
    unit: 'ns',
    note: 'Float64Array copies into fresh memory.',
    budgets: [{ against: 'Float64Array', atLeast: 0.5 }],
    contenders: {
      kohakuvault: (context) => {
        const column = new ColumnVault(ourFile(context)).column('numbers', 'f64');
        return context.perOperation(() => column.slice()[NUMBERS - 1] as number);
      },
      Float64Array: ({ perOperation }) => {
        const numbers = someNumbers();
        return perOperation(() => numbers.slice()[NUMBERS - 1] as number);
      },
      ...pythonsWholeSlice,
    },
  },
  {
    name: `at of ${ITEMS.toLocaleString('en')} x ${ITEM_BYTES} B`,
    unit: 'ns',
    note: 'at random, from a column of variable size; better-sqlite3 has the elements as rows.',
    contenders: {
      kohakuvault: (context) => {
        const column = new ColumnVault(ourFile(context)).column('items', 'bytes');
        const place = placesIn(ITEMS);
        return context.perOperation((turn) => column.at(place(turn))?.length ?? 0);
      },
      'better-sqlite3': async (context) => {
        const get = (await openBare(rowsFile(context))).prepare<[number], Buffer>(ITEM_ROW).pluck();
        const place = placesIn(ITEMS);
        return context.perOperation((turn) => get.get(place(turn) + 1)?.length ?? 0);
      },
      ...pythonsAt('items'),
    },
  },
  {
    name: `slice of 100 from ${ITEMS.toLocaleString('en')} x ${ITEM_BYTES} B`,
    unit: 'ns',
    note: 'at random, from a column of variable size; better-sqlite3 has the elements as rows.',
    budgets: [{ against: 'Python', atLeast: 100 }],
    contenders: {
      kohakuvault: (context) => {
        const column = new ColumnVault(ourFile(context)).column('items', 'bytes');
        const place = placesIn(ITEMS - SLICE);
        return context.perOperation((turn) => {
          const start = place(turn);
          return column.slice(start, start + SLICE).length;
        });
      },
      'better-sqlite3': async (context) => {
        const all = (await openBare(rowsFile(context))).prepare<[number], Buffer>(ITEM_ROWS).pluck();
        const place = placesIn(ITEMS - SLICE);
        return context.perOperation((turn) => all.all(place(turn) + 1).length);
      },
      ...pythonsSlice('items'),
    },
  },
];
