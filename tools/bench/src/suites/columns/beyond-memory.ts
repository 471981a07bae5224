// Elements of columns that are much longer than what may stay in memory, read and changed at random. With
// KOHAKUVAULT_LONG=1 also of 0.8 GB, which is longer than SQLite's cache too.
import { join } from 'node:path';
import { type Column, ColumnVault } from '@kohakuvault/columns';
import { openBare } from '../../peers/better-sqlite3.ts';
import type { Case, Contender, Context } from '../../suite.ts';
import { NUMBERS, ourFile, placesIn, rowsFile, SLICE, someNumbers } from './fixtures.ts';

const READ_NOTE = 'at random; 1 MiB of 8 MB may stay in memory. better-sqlite3 has the numbers as rows.';

/** An eighth of the column of the fixtures. */
const RESIDENT_BYTES = 1024 * 1024;
const LONG_TIMES = 100;

type Work = (column: Column<'f64'>, index: number, turn: number) => number;

const AT: Work = (column, index) => column.at(index) ?? 0;
const PART: Work = (column, index) => column.slice(index, index + SLICE)[0] as number;
const SET: Work = (column, index, turn) => {
  column.set(index, turn);
  return turn;
};

/** The numbers, so many times as the fixtures have. */
function longColumn({ folder }: Context, times: number): Column<'f64'> {
  const column = new ColumnVault(join(folder, 'own.db')).createColumn('numbers', 'f64');
  const numbers = someNumbers();
  for (let time = 0; time < times; time++) column.extend(numbers);
  return column;
}

function ours(work: Work, open: (context: Context) => Column<'f64'>, length: number): Contender {
  return (context) => {
    const column = open(context);
    const place = placesIn(length - SLICE);
    return context.perOperation((turn) => work(column, place(turn), turn));
  };
}

const openShort = (context: Context) =>
  new ColumnVault(ourFile(context), { residentBytes: RESIDENT_BYTES }).column('numbers', 'f64');

function rows(sql: string): Contender {
  return async (context) => {
    const all = (await openBare(rowsFile(context))).prepare<[number], number>(sql).pluck();
    const place = placesIn(NUMBERS - SLICE);
    return context.perOperation((turn) => all.all(place(turn) + 1)[0] ?? 0);
  };
}

/** The same work on columns of both lengths. `short` is that of the fixtures, or one of the contender's own. */
function casesOf(name: string, work: Work, note: string, short: Contender, peers: Record<string, Contender>): Case[] {
  const cases: Case[] = [
    {
      name: `${name} 1 M f64 beyond memory`,
      unit: 'ns',
      note,
      contenders: { kohakuvault: short, ...peers },
    },
  ];
  if (process.env.KOHAKUVAULT_LONG === '1') {
    cases.push({
      name: `${name} 100 M f64 beyond memory`,
      unit: 'ns',
      note: 'at random; 64 MiB of 0.8 GB may stay in memory.',
      contenders: { kohakuvault: ours(work, (context) => longColumn(context, LONG_TIMES), NUMBERS * LONG_TIMES) },
    });
  }
  return cases;
}

export const beyondMemoryCases: Case[] = [
  ...casesOf('at of', AT, READ_NOTE, ours(AT, openShort, NUMBERS), {
    'better-sqlite3': rows('SELECT value FROM numbers WHERE id = ?'),
  }),
  ...casesOf('slice of 100 from', PART, READ_NOTE, ours(PART, openShort, NUMBERS), {
    'better-sqlite3': rows(`SELECT value FROM numbers WHERE id >= ? LIMIT ${SLICE}`),
  }),
  ...casesOf(
    'set of',
    SET,
    'at random, each a commit; nothing of the column is in memory.',
    ours(SET, (context) => longColumn(context, 1), NUMBERS),
    {},
  ),
];
