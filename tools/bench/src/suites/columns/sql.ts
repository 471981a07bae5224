// SQL over columns, beside SQL over rows.
import { ColumnVault } from '@kohakuvault/columns';
import { openBare } from '../../peers/better-sqlite3.ts';
import type { Case, Context } from '../../suite.ts';
import { NUMBERS, ourFile, placesIn, rowsFile } from './fixtures.ts';

/** A connection of the user's with a vault on it. */
async function withVault(context: Context) {
  const database = await openBare(ourFile(context));
  new ColumnVault(database);
  return database;
}

const COLUMN = "kohakuvault_column('numbers')";

export const sqlCases: Case[] = [
  {
    name: 'SQL over 1 M f64',
    unit: 'ns',
    note: 'sum, per row; better-sqlite3 has a row for each number. The budget is 5 M rows a second.',
    budgets: [{ atMost: 200 }],
    contenders: {
      kohakuvault: async (context) => {
        const sum = (await withVault(context)).prepare(`SELECT sum(value) FROM ${COLUMN}`).pluck();
        return (await context.perOperation(() => sum.get() as number)) / NUMBERS;
      },
      'better-sqlite3': async (context) => {
        const sum = (await openBare(rowsFile(context))).prepare('SELECT sum(value) FROM numbers').pluck();
        return (await context.perOperation(() => sum.get() as number)) / NUMBERS;
      },
    },
  },
  {
    name: 'SQL: element of 1 M f64 by its index',
    unit: 'ns',
    contenders: {
      kohakuvault: async (context) => {
        const find = (await withVault(context)).prepare(`SELECT value FROM ${COLUMN} WHERE i = ?`).pluck();
        const place = placesIn(NUMBERS);
        return context.perOperation((turn) => find.get(place(turn)) as number);
      },
      'better-sqlite3': async (context) => {
        const find = (await openBare(rowsFile(context))).prepare('SELECT value FROM numbers WHERE id = ?').pluck();
        const place = placesIn(NUMBERS);
        return context.perOperation((turn) => find.get(place(turn) + 1) as number);
      },
    },
  },
];
