// Many elements written at once.
import { join } from 'node:path';
import { openBare } from '../../peers/better-sqlite3.ts';
import type { Case } from '../../suite.ts';
import { blobsOf, ITEM_BYTES, ITEMS, NUMBERS, ownVault, someItems, someNumbers } from './fixtures.ts';
import { pythonsCachedAppend, pythonsExtendItems, pythonsExtendNumbers } from './python.ts';

export const bulkCases: Case[] = [
  {
    name: 'extend by 1 M f64',
    unit: 'ns',
    note:
      'into an empty column, once: ours from a Float64Array, Python from a list; better-sqlite3 writes the ' +
      'same bytes as BLOBs of 1 MiB in one transaction.',
    budgets: [{ against: 'better-sqlite3', atLeast: 0.5 }],
    contenders: {
      kohakuvault: (context) => {
        const numbers = someNumbers();
        const column = ownVault(context).createColumn('numbers', 'f64');
        return context.once(() => column.extend(numbers));
      },
      'better-sqlite3': async ({ folder, once }) => {
        const blobs = blobsOf(someNumbers());
        const database = await openBare(join(folder, 'bare.db'));
        database.exec('CREATE TABLE chunks (id INTEGER PRIMARY KEY, data BLOB NOT NULL)');
        const insert = database.prepare('INSERT INTO chunks (data) VALUES (?)');
        const all = database.transaction(() => {
          for (const blob of blobs) insert.run(blob);
          return blobs.length;
        });
        return once(all);
      },
      ...pythonsExtendNumbers,
    },
  },
  {
    name: 'cached append of 1 M f64',
    unit: 'ns',
    note:
      'per element, one call each, from the first to the end of the flush; better-sqlite3 writes one row each, ' +
      'in one transaction.',
    budgets: [{ against: 'Python', atLeast: 3 }],
    contenders: {
      kohakuvault: async (context) => {
        const numbers = someNumbers();
        const column = ownVault(context).createColumn('numbers', 'f64');
        const elapsed = await context.once(() =>
          column.cache(() => {
            for (const number of numbers) column.append(number);
            return column.length;
          }),
        );
        return elapsed / NUMBERS;
      },
      'better-sqlite3': async ({ folder, once }) => {
        const numbers = someNumbers();
        const database = await openBare(join(folder, 'bare.db'));
        database.exec('CREATE TABLE numbers (id INTEGER PRIMARY KEY, value REAL)');
        const insert = database.prepare('INSERT INTO numbers (value) VALUES (?)');
        const all = database.transaction(() => {
          for (const number of numbers) insert.run(number);
          return numbers.length;
        });
        return (await once(all)) / NUMBERS;
      },
      ...pythonsCachedAppend,
    },
  },
  {
    name: `extend by ${ITEMS.toLocaleString('en')} x ${ITEM_BYTES} B`,
    unit: 'ns',
    note:
      'per element, into an empty column of variable size, once; better-sqlite3 writes one row each, in one ' +
      'transaction.',
    budgets: [{ against: 'Python', atLeast: 1 }],
    contenders: {
      kohakuvault: async (context) => {
        const items = someItems();
        const column = ownVault(context).createColumn('items', 'bytes');
        return (await context.once(() => column.extend(items))) / ITEMS;
      },
      'better-sqlite3': async ({ folder, once }) => {
        const items = someItems();
        const database = await openBare(join(folder, 'bare.db'));
        database.exec('CREATE TABLE items (id INTEGER PRIMARY KEY, value BLOB NOT NULL)');
        const insert = database.prepare('INSERT INTO items (value) VALUES (?)');
        const all = database.transaction(() => {
          for (const item of items) insert.run(item);
          return items.length;
        });
        return (await once(all)) / ITEMS;
      },
      ...pythonsExtendItems,
    },
  },
];
