// The cost of one small write in a column, and in one that is ten times as long. The last chunk is full-sized in both.
import type { Column } from '@kohakuvault/columns';
import { randomIntegers } from '../../random.ts';
import type { Case, Contender, Context } from '../../suite.ts';
import { ITEM_BYTES, ownVault, someItems } from './fixtures.ts';

/**
 * Longer than the default, because older files have long chunks, but so short that the longer column still fits into
 * SQLite's cache, which is not the question here.
 */
const MAX_CHUNK_BYTES = 4 * 1024 * 1024;
const TIMES = 10;

/**
 * One chunk and two thirds of the next; ten times as many end at the same place of a chunk, where elements are
 * appended.
 */
const TO_APPEND_TO = 7_000_000;
/** Whole chunks, so that a random place is as far into its chunk in both columns. */
const TO_SET_IN = 2 * MAX_CHUNK_BYTES;

interface Kind {
  name: string;
  /** Makes a column of `times` times as many bytes, filled in parts so that the WAL stays short. */
  make(context: Context, pageSize: number, bytes: number, times: number): Column<never>;
  value(turn: number): unknown;
}

const LIMITS = { maxChunkBytes: MAX_CHUNK_BYTES };

const NUMBERS: Kind = {
  name: 'f64',
  make: (context, pageSize, bytes, times) => {
    const column = ownVault(context, pageSize).createColumn('numbers', 'f64', LIMITS);
    const part = new Float64Array(bytes / 8).fill(1.5);
    for (let turn = 0; turn < times; turn++) column.extend(part);
    return column as Column<never>;
  },
  value: (turn) => turn,
};

const ITEMS: Kind = {
  name: `${ITEM_BYTES} B of variable size`,
  make: (context, pageSize, bytes, times) => {
    const column = ownVault(context, pageSize).createColumn('items', 'bytes', LIMITS);
    const part = someItems(Math.floor(bytes / ITEM_BYTES));
    for (let turn = 0; turn < times; turn++) column.extend(part);
    return column as Column<never>;
  },
  value: (turn) => Buffer.alloc(ITEM_BYTES, turn & 0x7f),
};

interface Write {
  name: string;
  bytes: number;
  write(column: Column<never>, value: unknown, turn: number): void;
}

const places = randomIntegers(2 ** 16, 2 ** 31);
const WRITES: Write[] = [
  {
    name: 'append',
    bytes: TO_APPEND_TO,
    write: (column, value) => {
      column.append(value as never);
    },
  },
  {
    name: 'set',
    bytes: TO_SET_IN,
    write: (column, value, turn) => {
      column.set((places[turn & (2 ** 16 - 1)] as number) % column.length, value as never);
    },
  },
];

function growthCase({ name, bytes, write }: Write, { name: kind, make, value }: Kind, pageSize: number): Case {
  const of =
    (times: number): Contender =>
    (context) => {
      const column = make(context, pageSize, bytes, times);
      return context.perOperation((turn) => {
        write(column, value(turn), turn);
        return column.length;
      });
    };
  return {
    name: `${name} of ${kind}, ${pageSize / 1024} KiB pages`,
    unit: 'ns',
    note:
      `each write is a commit of its own, in chunks of up to 4 MiB: a column of ${Math.round(bytes / 1e6)} MB, ` +
      `and one ten times as long.`,
    budgets: [{ against: 'a tenth as long', atMost: 1.5 }],
    contenders: { kohakuvault: of(TIMES), 'a tenth as long': of(1) },
  };
}

export const growthCases: Case[] = [4_096, 8_192, 32_768].flatMap((pageSize) =>
  [NUMBERS, ITEMS].flatMap((kind) => WRITES.map((write) => growthCase(write, kind, pageSize))),
);
