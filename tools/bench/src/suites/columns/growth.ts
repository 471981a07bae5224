// What one small write costs in a column ten times as long: the last chunk is full-sized in both.
import type { Column } from '@kohakuvault/columns';
import { randomIntegers } from '../../random.ts';
import type { Case, Contender, Context } from '../../suite.ts';
import { ITEM_BYTES, ownVault, someItems } from './fixtures.ts';

/** A quarter of what is the default: ten times the column shall still fit into SQLite's cache, which is not the question. */
const MAX_CHUNK_BYTES = 4 * 1024 * 1024;
/** So many bytes fill one such chunk and two thirds of another; ten times as many come to stand there too. */
const BYTES = 7_000_000;
const TIMES = 10;

interface Kind {
  name: string;
  /** A column of `bytes` bytes, filled in parts so that its log stays short. */
  make(context: Context, pageSize: number, bytes: number): Column<never>;
  value(turn: number): unknown;
}

const NUMBERS: Kind = {
  name: 'f64',
  make: (context, pageSize, bytes) => {
    const column = ownVault(context, pageSize).createColumn('numbers', 'f64', { maxChunkBytes: MAX_CHUNK_BYTES });
    const part = new Float64Array(BYTES / 8).fill(1.5);
    for (let done = 0; done < bytes; done += BYTES) column.extend(part);
    return column as Column<never>;
  },
  value: (turn) => turn,
};

const ITEMS: Kind = {
  name: `${ITEM_BYTES} B of variable size`,
  make: (context, pageSize, bytes) => {
    const column = ownVault(context, pageSize).createColumn('items', 'bytes', { maxChunkBytes: MAX_CHUNK_BYTES });
    const part = someItems(BYTES / ITEM_BYTES);
    for (let done = 0; done < bytes; done += BYTES) column.extend(part);
    return column as Column<never>;
  },
  value: (turn) => Buffer.alloc(ITEM_BYTES, turn & 0x7f),
};

type Write = (column: Column<never>, value: unknown, turn: number) => void;

function growthCase(name: string, { name: kind, make, value }: Kind, pageSize: number, write: Write): Case {
  const of =
    (bytes: number): Contender =>
    (context) => {
      const column = make(context, pageSize, bytes);
      return context.perOperation((turn) => {
        write(column, value(turn), turn);
        return column.length;
      });
    };
  return {
    name: `${name} of ${kind}, ${pageSize / 1024} KiB pages`,
    unit: 'ns',
    note: 'each a commit of its own, in chunks of up to 4 MiB; the last one is full-sized in both.',
    budgets: [{ against: '7 MB', atMost: 1.5 }],
    contenders: { '70 MB': of(TIMES * BYTES), '7 MB': of(BYTES) },
  };
}

const append: Write = (column, value) => {
  column.append(value as never);
};

const places = randomIntegers(2 ** 16, 2 ** 31);
const set: Write = (column, value, turn) => {
  column.set((places[turn & (2 ** 16 - 1)] as number) % column.length, value as never);
};

export const growthCases: Case[] = [4_096, 32_768].flatMap((pageSize) =>
  [NUMBERS, ITEMS].flatMap((kind) => [
    growthCase('append', kind, pageSize, append),
    growthCase('set', kind, pageSize, set),
  ]),
);
