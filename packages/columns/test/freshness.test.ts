// Elements stay in memory after reading, but every change of the file must be seen.
import { setImmediate as immediate } from 'node:timers/promises';
import { type Column, ColumnVault, type DType } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import { describe, expect, test, vi } from 'vitest';
import { collect } from '../../../tools/testing/src/collect.ts';
import { tempFile } from '../../../tools/testing/src/temp.ts';

const KINDS: [DType, (number: number) => unknown][] = [
  ['f64', (number) => number],
  ['vec:u8:2', (number) => Uint8Array.of(number, number)],
  ['str:utf8', (number) => `${number}`.repeat(number)],
];

function both(dtype: DType, values: unknown[]) {
  const file = tempFile();
  const vault = new ColumnVault(file);
  const column: Column = vault.createColumn('a', dtype);
  column.extend(values);
  const database = new Database(file);
  const other = new ColumnVault(database);
  return {
    vault,
    column,
    theirs: other.column('a') as Column,
    [Symbol.dispose]: () => {
      other.close();
      database.close();
      vault.close();
    },
  };
}

describe.each(KINDS)('%s', (dtype, value) => {
  const values = [1, 2, 3].map(value);

  test("another connection's commits are seen in the next macrotask", async () => {
    using v = both(dtype, values);
    expect([...v.column.slice()]).toEqual(values);
    v.theirs.set(1, value(7));
    await immediate();
    expect([v.column.at(1), [...v.column.slice()]]).toEqual([value(7), [1, 7, 3].map(value)]);
    v.theirs.append(value(4));
    await immediate();
    expect([v.column.length, v.column.at(-1)]).toEqual([4, value(4)]);
    v.theirs.removeRange(0, 3);
    await immediate();
    expect([v.column.length, v.column.at(0), v.column.at(1)]).toEqual([1, value(4), undefined]);
  });

  test('a change applies to what the file holds at that time', () => {
    using v = both(dtype, values);
    expect(v.column.length).toBe(3);
    v.theirs.append(value(4));
    expect(v.column.append(value(5))).toBe(5);
    v.theirs.remove(0);
    v.column.insert(0, value(9));
    expect([...v.column.slice()]).toEqual([9, 2, 3, 4, 5].map(value));
    expect([...v.theirs.slice()]).toEqual([9, 2, 3, 4, 5].map(value));
  });

  test('a rollback removes our changes from memory', () => {
    using v = both(dtype, values);
    expect(() =>
      v.vault.transaction(() => {
        v.column.set(0, value(8));
        v.column.append(value(4));
        v.column.remove(1);
        expect([...v.column.slice()]).toEqual([8, 3, 4].map(value));
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect([[...v.column.slice()], v.column.at(0), v.column.length]).toEqual([values, value(1), 3]);
  });

  test("nothing read or written inside the user's transaction outlives its rollback", () => {
    using v = both(dtype, values);
    const { database } = v.vault;
    for (const end of ['ROLLBACK', 'ROLLBACK TO s; COMMIT', 'COMMIT']) {
      database.exec('BEGIN; SAVEPOINT s');
      v.column.set(0, value(8));
      v.column.append(value(4));
      expect([[...v.column.slice()], v.column.at(3), [...v.column]]).toEqual([
        [8, 2, 3, 4].map(value),
        value(4),
        [8, 2, 3, 4].map(value),
      ]);
      database.exec(end);
      const expected = end === 'COMMIT' ? [8, 2, 3, 4] : [1, 2, 3];
      expect([[...v.column.slice()], v.column.at(0)]).toEqual([expected.map(value), value(expected[0] as number)]);
    }
  });

  test('a snapshot reads one state of several columns', () => {
    using v = both(dtype, values);
    expect(v.column.length).toBe(3);
    v.vault.snapshot(() => {
      const { length } = v.column;
      v.theirs.removeRange(0, 2);
      expect([length, v.column.length, [...v.column.slice()]]).toEqual([3, 3, values]);
    });
  });

  test('a column that another connection recreated is not mistaken for the old one', async () => {
    using v = both(dtype, values);
    expect(v.column.at(0)).toEqual(values[0]);
    using other = new ColumnVault(v.vault);
    other.deleteColumn('a');
    other.createColumn('a', dtype).append(value(9));
    expect([v.column.length, v.column.at(0)]).toEqual([1, value(9)]);
    await immediate();
    other.deleteColumn('a');
    expect(() => v.column.length).toThrow('column "a" no longer exists');
  });
});

test('resident bytes are limited, and evicted elements are read again', async () => {
  const held = () => {
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  using vault = new ColumnVault(tempFile(), { residentBytes: 600 * 1024 });
  const column = vault.createColumn('a', 'f64');
  const before = held();
  column.extend(Float64Array.from({ length: 1_000_000 }, (_, index) => index));
  for (let index = 0; index < 1_000_000; index += 997) if (column.at(index) !== index) throw new Error(`${index}`);
  for (let index = 0; index < 1_000_000; index += 9_973) if (column.at(index) !== index) throw new Error(`${index}`);
  // V8 frees memory in the background, some time after it was collected.
  await vi.waitFor(() => expect(held() - before).toBeLessThan(1024 * 1024), 60_000);
});

test('after the user ends a transaction inside its body, the body sees the commits of others', () => {
  const file = tempFile();
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  const vault = new ColumnVault(db);
  const column = vault.createColumn('a', 'f64');
  using other = new ColumnVault(file);
  const seen: number[] = [];
  const body = () => {
    db.exec('ROLLBACK');
    seen.push(column.length);
    other.column('a').append(1);
    seen.push(column.length, [...column].length);
  };
  expect(() => vault.transaction(body)).toThrow('was ended inside its body');
  expect(seen).toEqual([0, 1, 1]);
  db.close();
});

test('commits of others are seen in a body whose transaction a statement has rolled back', () => {
  const file = tempFile();
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.exec('CREATE TABLE taken (id INTEGER PRIMARY KEY); INSERT INTO taken VALUES (1)');
  using vault = new ColumnVault(database);
  const column = vault.createColumn('a', 'f64');
  column.extend([1, 2, 3]);
  const plain = new Database(file);
  const other = new ColumnVault(plain);
  const theirs = other.column('a', 'f64');
  expect(() =>
    vault.transaction(() => {
      column.set(0, 10);
      expect(() => database.exec('INSERT OR ROLLBACK INTO taken VALUES (1)')).toThrow('UNIQUE');
      // The first look after the statement is inside of the snapshot.
      vault.snapshot(() => expect(column.at(1)).toBe(2));
      theirs.set(1, 20);
      expect([...column.slice()]).toEqual([1, 20, 3]);
    }),
  ).toThrow('ended inside its body');
  other.close();
  plain.close();
  database.close();
});
