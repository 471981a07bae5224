// What an element costs in columns of growing length, and what many short columns cost.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Column, ColumnVault } from '@kohakuvault/columns';
import { randomIntegers } from '../../random.ts';
import type { Budget, Case, Contender, Context, Preparation } from '../../suite.ts';
import { keep, ourVersion } from '../bytes/kept.ts';
import { placesIn } from '../columns/fixtures.ts';
import { COLUMNS, MANY_COLUMNS, type Size, scaled } from './sizes.ts';

const SLICE = 100;
const FIVE = Float64Array.of(1, 2, 3, 4, 5);

interface Question {
  name: string;
  note?: string;
  /** Nanoseconds in the largest column. */
  atMost: number;
  work(column: Column<'f64'>, place: (turn: number) => number, context: Context): number;
}

const QUESTIONS: Question[] = [
  {
    name: 'at',
    atMost: 30_000,
    work: (column, place, { perOperation }) => perOperation((turn) => column.at(place(turn)) ?? Number.NaN),
  },
  {
    name: 'slice of 100',
    atMost: 60_000,
    work: (column, place, { perOperation }) =>
      perOperation((turn) => column.slice(place(turn), place(turn) + SLICE)[0] as number),
  },
  {
    name: 'set',
    note: 'each a commit of its own.',
    atMost: 150_000,
    work: (column, place, { perOperation }) =>
      perOperation((turn) => {
        column.set(place(turn), turn);
        return turn;
      }),
  },
];

function caseName({ name }: Question, size: Size): string {
  return `${name} at random, column of ${size.name} f64`;
}

function caseOf(question: Question, size: Size): Case {
  const contender: Contender = (context) => {
    using vault = new ColumnVault(fileOf(context.fixtures, size));
    const column = vault.column('numbers', 'f64');
    return question.work(column, placesIn(scaled(size, context.quick) - SLICE), context);
  };
  const budgets: Budget[] = size === COLUMNS.at(-1) ? [{ atMost: question.atMost }] : [];
  const { note } = question;
  return {
    name: caseName(question, size),
    unit: 'ns',
    ...(note === undefined || size !== COLUMNS[0] ? {} : { note }),
    large: size.large,
    growth: { of: `column: ${question.name}`, size: size.count },
    budgets,
    contenders: { kohakuvault: contender },
  };
}

function fileOf(fixtures: string, size: Size): string {
  return join(fixtures, `column-${size.count}.ours.db`);
}

const fileBytes = (size: Size) => `bytes of a file of ${size.name} columns of five numbers`;
const listing = (size: Size) => `listColumns of ${size.name}`;

function manyCases(size: Size): Case[] {
  const { large } = size;
  return [
    {
      name: fileBytes(size),
      unit: 'bytes',
      note: 'per column.',
      large,
      budgets: [{ atMost: 4_096 }],
      contenders: {
        kohakuvault: ({ fixtures, quick }) => statSync(manyFile(fixtures, size)).size / scaled(size, quick),
      },
    },
    {
      name: listing(size),
      unit: 'ns',
      large,
      budgets: size === MANY_COLUMNS.at(-1) ? [{ atMost: 20e6 }] : [],
      contenders: {
        kohakuvault: ({ fixtures, perOperation }) => {
          using vault = new ColumnVault(manyFile(fixtures, size));
          return perOperation(() => vault.listColumns().length);
        },
      },
    },
  ];
}

function manyFile(fixtures: string, size: Size): string {
  return join(fixtures, `columns-${size.count}.ours.db`);
}

export const columnCases: Case[] = [
  ...COLUMNS.flatMap((size) => QUESTIONS.map((question) => caseOf(question, size))),
  ...MANY_COLUMNS.flatMap(manyCases),
];

export async function makeColumns(fixtures: string, quick: boolean, { names }: Preparation): Promise<void> {
  for (const size of COLUMNS) {
    if (!QUESTIONS.some((question) => names.includes(caseName(question, size)))) continue;
    const count = scaled(size, quick);
    await keep(fixtures, `column-${size.count}.ours`, `${count} ${ourVersion()}`, () => {
      using vault = new ColumnVault(fileOf(fixtures, size));
      const column = vault.createColumn('numbers', 'f64');
      // In parts, so that the log stays short.
      for (let done = 0; done < count; done += PART) {
        column.extend(Float64Array.from(randomIntegers(Math.min(PART, count - done), 2 ** 32, done), (n) => n / 2));
      }
    });
  }
  for (const size of MANY_COLUMNS) {
    if (!names.includes(fileBytes(size)) && !names.includes(listing(size))) continue;
    const count = scaled(size, quick);
    await keep(fixtures, `columns-${size.count}.ours`, `${count} ${ourVersion()}`, () => {
      using vault = new ColumnVault(manyFile(fixtures, size));
      for (let index = 0; index < count; index++) vault.createColumn(`column ${index}`, 'f64').extend(FIVE);
    });
  }
}

const PART = 1_000_000;
