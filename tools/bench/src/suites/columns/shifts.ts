// Elements are inserted and removed at the front, so the layout has to move the tail.
import { join } from 'node:path';
import type { Column } from '@kohakuvault/columns';
import { openBare } from '../../peers/better-sqlite3.ts';
import type { Case, Contender } from '../../suite.ts';
import { blobsOf, ownVault, someNumbers } from './fixtures.ts';
import { pythonsShift } from './python.ts';

/** Both are timed, and the result is their mean, so that the length stays the same. */
const ours: Contender = (context) => {
  const column: Column<'f64'> = ownVault(context).createColumn('numbers', 'f64');
  column.extend(someNumbers());
  return context.perOperation((turn) => {
    column.insert(0, turn);
    return column.remove(0);
  }, 2);
};

/** Rewrites the moved bytes as whole BLOBs, in one transaction, as a program without a column would. */
const bare: Contender = async ({ folder, perOperation }) => {
  const database = await openBare(join(folder, 'bare.db'));
  database.exec('CREATE TABLE chunks (id INTEGER PRIMARY KEY, data BLOB NOT NULL)');
  const insert = database.prepare('INSERT INTO chunks (data) VALUES (?)');
  for (const blob of blobsOf(someNumbers())) insert.run(blob);
  const update = database.prepare('UPDATE chunks SET data = ? WHERE id = ?');
  const all = database.prepare<[], { id: number; data: Buffer }>('SELECT id, data FROM chunks ORDER BY id');
  const shift = database.transaction((carried: Buffer) => {
    let carry = carried;
    for (const { id, data } of all.all()) {
      const out = Buffer.from(data.subarray(data.length - carried.length));
      data.copyWithin(carried.length, 0);
      data.set(carry);
      update.run(data, id);
      carry = out;
    }
    return carry.length;
  });
  return perOperation((turn) => shift(Buffer.alloc(8, turn)));
};

export const shiftCases: Case[] = [
  {
    name: 'insert and remove at the front of 1 M f64',
    unit: 'ns',
    note:
      'the mean of the two. better-sqlite3 reads all bytes, moves them by one element and writes them as BLOBs ' +
      'of 1 MiB. Python’s steps are not a transaction, and are timed one kind at a time.',
    budgets: [
      { against: 'Python, insert', atLeast: 1 },
      { against: 'Python, remove', atLeast: 1 },
      { against: 'better-sqlite3', atLeast: 0.3 },
    ],
    contenders: {
      kohakuvault: ours,
      'better-sqlite3': bare,
      ...pythonsShift('insert'),
      ...pythonsShift('remove'),
    },
  },
];
