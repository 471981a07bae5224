// Changes that the user's transaction undoes, inside one of ours or around it: memory must never keep them.
import { type Column, ColumnVault, type DType } from '@kohakuvault/columns';
import { UNDOINGS } from '@kohakuvault/contract';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

type Change = (column: Column, array: unknown[], value: (n: number) => unknown) => void;

const CHANGES: Record<string, Change> = {
  removeRange: (column, array) => {
    column.removeRange(0, 2);
    array.splice(0, 2);
  },
  truncate: (column, array) => {
    column.truncate(7);
    array.length = 7;
  },
  remove: (column, array) => {
    column.remove(5);
    array.splice(5, 1);
  },
  pop: (column, array) => {
    column.pop();
    array.pop();
  },
  set: (column, array, value) => {
    column.set(0, value(77));
    array[0] = value(77);
  },
  setSlice: (column, array, value) => {
    column.setSlice(3, [value(31), value(32)]);
    array.splice(3, 2, value(31), value(32));
  },
  insert: (column, array, value) => {
    column.insert(4, value(123_456));
    array.splice(4, 0, value(123_456));
  },
  append: (column, array, value) => {
    column.append(value(9));
    array.push(value(9));
  },
  extend: (column, array, value) => {
    const values = Array.from({ length: 30 }, (_, n) => value(1_000 + n));
    column.extend(values);
    array.push(...values);
  },
  reverse: (column, array) => {
    column.reverse();
    array.reverse();
  },
  clear: (column, array) => {
    column.clear();
    array.length = 0;
    // Later changes need existing elements.
  },
  compact: (column) => column.compact(),
};

/** Some of the ways to undo a change, inside a transaction of ours and around it. */
const WAYS = [
  'db.transaction in transaction()',
  'ROLLBACK TO in transaction()',
  'ROLLBACK TO around transaction()',
  'BEGIN and ROLLBACK',
] as const;

const DTYPES: [DType, (n: number) => unknown][] = [
  ['str:utf8', (n) => `element ${n} ${'x'.repeat(n % 7)}`],
  ['f64', (n) => n + 0.5],
];

describe.each(DTYPES)('%s', (dtype, value) => {
  test.each(WAYS)('what %s undoes is neither read nor written', (way) => {
    const file = tempFile();
    const db = new Database(file);
    db.pragma('synchronous = off'); // what is undone does not depend on it, and there are thousands of commits
    const outside = new Database(file, { readonly: true });
    onTestFinished(() => void [db, outside].map((database) => database.close()));
    const vault = new ColumnVault(db);
    const stored = new ColumnVault(outside);
    for (const [inner, undoneChange] of Object.entries(CHANGES)) {
      for (const [later, change] of Object.entries(CHANGES)) {
        const name = `${inner}, undone, then ${later}`;
        const column = vault.createColumn(name, dtype, { minChunkBytes: 64, maxChunkBytes: 256 });
        const array = Array.from({ length: 20 }, (_, n) => value(n));
        column.extend(array);
        expect([...column], name).toEqual(array);
        UNDOINGS[way]({ vault, database: db }, () => undoneChange(column, [...array], value));
        if (inner !== 'append') expect([...column], name).toEqual(array);
        change(column, array, value);
        expect([...column], name).toEqual(array);
        expect([...stored.column(name)], name).toEqual(array);
        vault.deleteColumn(name);
      }
    }
  });

  test('the same applies to pending elements', () => {
    const file = tempFile();
    const db = new Database(file);
    onTestFinished(() => void db.close());
    const vault = new ColumnVault(db);
    for (const way of WAYS) {
      for (const [inner, undoneChange] of Object.entries(CHANGES)) {
        const name = `${way}: ${inner}`;
        const column = vault.createColumn(name, dtype, { minChunkBytes: 64, maxChunkBytes: 256 });
        const array = Array.from({ length: 20 }, (_, n) => value(n));
        column.extend(array.slice(0, 12));
        column.enableCache();
        column.extend(array.slice(12));
        UNDOINGS[way]({ vault, database: db }, () => undoneChange(column, [...array], value));
        expect([...column], name).toEqual(array);
        column.append(value(5));
        column.disableCache();
        const fresh = new Database(file, { readonly: true });
        expect([...new ColumnVault(fresh).column(name)], name).toEqual([...array, value(5)]);
        fresh.close();
      }
    }
  });
});
