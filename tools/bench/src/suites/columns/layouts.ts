// The same work in the tables of Python 1.x, beside that in the tables of Python 0.7.
import { join } from 'node:path';
import { type Column, ColumnVault, type DType, type Layout } from '@kohakuvault/columns';
import type { Case, Contender, Context } from '../../suite.ts';
import { ITEMS, NUMBERS, placesIn, SLICE, someItems, someNumbers } from './fixtures.ts';

/** The most that the tables of Python 1.x may cost. */
const MOST = 1.3;

/** The elements that are appended one by one in one transaction. */
const APPENDED = 20_000;

type Work = (context: Context, column: Column, vault: ColumnVault) => number | Promise<number>;

function inLayout(layout: Layout, dtype: DType, work: Work): Contender {
  return (context) => {
    const vault = new ColumnVault(join(context.folder, 'own.db'), { layout });
    return work(context, vault.createColumn(dtype, dtype) as unknown as Column, vault);
  };
}

function layoutCase(name: string, dtype: DType, work: Work): Case {
  return {
    name: `${name}, layout 1.x`,
    unit: 'ns',
    note: 'in the tables of Python 1.x; the other is the same work in those of Python 0.7.',
    budgets: [{ against: 'layout 0.7', atMost: MOST }],
    contenders: { kohakuvault: inLayout('1.x', dtype, work), 'layout 0.7': inLayout('0.7', dtype, work) },
  };
}

/** Appends elements one by one in one transaction, and returns the time of one. */
function appends(elements: ArrayLike<unknown>): Work {
  return async (context, column, vault) => {
    const elapsed = await context.once(() =>
      vault.transaction(() => {
        for (let nth = 0; nth < APPENDED; nth++) column.append(elements[nth]);
        return column.length;
      }),
    );
    return elapsed / APPENDED;
  };
}

export const layoutCases: Case[] = [
  layoutCase('extend by 1 M f64', 'f64', (context, column) => {
    const numbers = someNumbers();
    return context.once(() => column.extend(numbers));
  }),
  layoutCase('extend by 100,000 x 100 B', 'bytes', (context, column) => {
    const items = someItems();
    return context.once(() => column.extend(items));
  }),
  layoutCase('append of f64 in a transaction', 'f64', appends(someNumbers(APPENDED))),
  layoutCase('append of 100 B in a transaction', 'bytes', appends(someItems(APPENDED))),
  layoutCase('at of 1 M f64', 'f64', (context, column) => {
    column.extend(someNumbers());
    const place = placesIn(NUMBERS);
    return context.perOperation((turn) => column.at(place(turn)) as number);
  }),
  layoutCase('at of 100,000 x 100 B', 'bytes', (context, column) => {
    column.extend(someItems());
    const place = placesIn(ITEMS);
    return context.perOperation((turn) => (column.at(place(turn)) as Buffer).length);
  }),
  layoutCase('slice of 100 from 100,000 x 100 B', 'bytes', (context, column) => {
    column.extend(someItems());
    const place = placesIn(ITEMS - SLICE);
    return context.perOperation((turn) => {
      const start = place(turn);
      return (column.slice(start, start + SLICE) as Buffer[]).length;
    });
  }),
];
