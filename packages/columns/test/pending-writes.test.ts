// What is pending in a column: which transactions it follows, and when it is in the file.
import { type Column, ColumnVault, type DType } from '@kohakuvault/columns';
import { UNDOINGS } from '@kohakuvault/contract';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { heldFiles } from '../../../tools/testing/src/held-file.ts';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

/** Reads a column through another connection. */
function stored(file: string, name = 'a'): unknown[] {
  const database = new Database(file, { readonly: true });
  const elements = [...new ColumnVault(database).column(name)];
  database.close();
  return elements;
}

const VALUES: Record<string, (n: number) => unknown> = {
  i32: (n) => n,
  'str:utf8': (n) => `element ${n}`,
};

interface Open {
  file: string;
  db: Database.Database;
  vault: ColumnVault;
  column: Column;
  value: (n: number) => unknown;
}

/** Creates a column of [0, 1] on a `Database` of the user. */
function theirs(dtype: string): Open {
  const file = tempFile();
  const db = new Database(file);
  onTestFinished(() => void db.close());
  const vault = new ColumnVault(db, { minChunkBytes: 64, maxChunkBytes: 256 });
  const value = VALUES[dtype] as (n: number) => unknown;
  const column = vault.createColumn('a', dtype as DType);
  column.extend([value(0), value(1)]);
  return { file, db, vault, column, value };
}

/** Some of the ways to undo work: those in which the levels of transactions differ. */
const WAYS = [
  'db.transaction',
  'BEGIN and ROLLBACK',
  'ROLLBACK TO in BEGIN',
  'ROLLBACK TO in transaction()',
  'ROLLBACK after RELEASE',
] as const;

/** Everything that changes pending elements, and that the contract of vaults does not try. */
const WORK: Record<string, (open: Open) => unknown> = {
  insert: ({ column, value }) => column.insert(0, value(7)),
  set: ({ column, value }) => column.set(0, value(7)),
  'set of a pending element': ({ column, value }) => column.set(-1, value(7)),
  setSlice: ({ column, value }) => column.setSlice(1, [value(7), value(8)]),
  removeRange: ({ column }) => column.removeRange(1, 3),
  pop: ({ column }) => column.pop(),
  reverse: ({ column }) => column.reverse(),
  clear: ({ column }) => column.clear(),
  compact: ({ column }) => column.compact(),
  deleteColumn: ({ vault }) => vault.deleteColumn('a'),
  'deleteColumn and createColumn': ({ vault, column }) => {
    vault.deleteColumn('a');
    vault.createColumn('a', column.dtype).append(column.dtype === 'i32' ? 9 : 'nine');
  },
};

describe.each(['i32', 'str:utf8'])('%s', (dtype) => {
  describe.each(WAYS)('%s', (way) => {
    test.each(Object.keys(WORK).flatMap((work) => [[work, 'column'] as const, [work, 'vault'] as const]))(
      'undoes %s, and nothing that was pending in the cache of the %s before',
      (work, owner) => {
        const open = theirs(dtype);
        const { file, db, vault, column, value } = open;
        const cached = owner === 'column' ? column : vault;
        cached.enableCache();
        column.append(value(2));
        column.extend([value(3), value(4)]);
        UNDOINGS[way]({ vault, database: db }, () => WORK[work]?.(open));
        const before = [0, 1, 2, 3, 4].map(value);
        expect([column.length, [...column], column.at(-1)]).toEqual([5, before, value(4)]);
        expect(vault.listColumns().map(({ length }) => length)).toEqual([5]);
        column.disableCache();
        vault.disableCache();
        expect(stored(file)).toEqual(before);
        column.append(value(5));
        expect(stored(file)).toEqual([...before, value(5)]);
      },
    );
  });
});

const HELD = heldFiles((file, options) => new ColumnVault(file, options));

/** More elements than the limited pages of a file can hold. */
const MANY = 30_000;
const many = (dtype: string) => Array.from({ length: MANY }, (_, n) => VALUES[dtype]?.(n));

describe.each(Object.entries(HELD))('%s', (held, make) => {
  describe.each(['i32', 'str:utf8'])('%s', (dtype) => {
    const value = VALUES[dtype] as (n: number) => unknown;

    function open() {
      const { file, vault, hold, free, code } = make();
      const column = vault.createColumn('a', dtype as DType, { minChunkBytes: 64, maxChunkBytes: 4096 });
      column.extend([value(0), value(1)]);
      return { file, vault, column, hold, free, code };
    }

    test.each(['column', 'vault'] as const)(
      'a write without a cache is in the file when it returns, after what the %s could not flush',
      (owner) => {
        const { file, vault, column, hold, free, code } = open();
        hold();
        const fill = () => column.extend(many(dtype));
        expect(thrownBy(() => (owner === 'column' ? column.cache(fill) : vault.cache(fill))).code).toBe(code);
        expect(thrownBy(() => column.append(value(5))).code).toBe(code);
        expect(thrownBy(() => column.set(0, value(5))).code).toBe(code);
        expect(thrownBy(() => column.set(-1, value(5))).code).toBe(code);
        expect(thrownBy(() => column.remove(0)).code).toBe(code);
        expect(thrownBy(() => column.pop()).code).toBe(code);
        const all = [value(0), value(1), ...many(dtype)];
        expect([column.length, column.at(-1), column.at(0)]).toEqual([all.length, value(MANY - 1), value(0)]);
        expect(stored(file)).toEqual([value(0), value(1)]);
        free();
        expect(column.append(value(5))).toBe(all.length + 1);
        all.push(value(5));
        expect(stored(file)).toEqual(all);
        column.pop();
        expect(stored(file).length).toBe(MANY + 2);
      },
    );

    test.each([
      'append',
      'push',
      'extend',
      'insert',
      'set',
      'setSlice',
      'insert before',
      'remove',
      'removeRange',
      'pop',
      'reverse',
      'clear',
      'flushCache',
      'flushCache of the vault',
      'disableCache',
      'enableCache',
      'enableCache of the vault',
    ])('%s changes nothing if the cache must be flushed and cannot be', (method) => {
      const { file, vault, column, hold, free, code } = open();
      const pending = many(dtype);
      const committed = column.bytes;
      column.enableCache({ capBytes: 100_000_000, flushThreshold: 100_000_000 });
      column.extend(pending);
      // The next element reaches the threshold.
      column.enableCache({ capBytes: 100_000_000, flushThreshold: column.bytes - committed + 1 });
      hold();
      const all = [value(0), value(1), ...pending];
      const calls: Record<string, () => unknown> = {
        append: () => column.append(value(7)),
        push: () => column.push(value(7), value(8)),
        extend: () => column.extend([value(7)]),
        insert: () => column.insert(column.length, value(7)),
        set: () => column.set(0, value(7)),
        setSlice: () => column.setSlice(0, [value(7), value(8), value(9)]),
        'insert before': () => column.insert(0, value(7)),
        remove: () => column.remove(0),
        removeRange: () => column.removeRange(0, 3),
        pop: () => vault.transaction(() => [column.pop(), column.append(value(7)), column.extend(many(dtype))]),
        reverse: () => column.reverse(),
        clear: () => column.clear(),
        flushCache: () => column.flushCache(),
        'flushCache of the vault': () => vault.flushCache(),
        disableCache: () => column.disableCache(),
        enableCache: () => column.enableCache({ capBytes: 100 }),
        'enableCache of the vault': () => vault.enableCache({ capBytes: 100 }),
      };
      const writesLittle = ['set', 'setSlice', 'remove', 'removeRange', 'insert before', 'reverse', 'clear'];
      if (held === 'a full disk' && writesLittle.includes(method)) {
        // These need no further database page, and nothing pending is flushed.
        calls[method]?.();
        free();
        column.disableCache();
        expect(stored(file)).toEqual([...column]);
        return;
      }
      expect(thrownBy(calls[method] as () => unknown).code).toBe(code);
      expect([column.length, [...column]]).toEqual([all.length, all]);
      expect(stored(file)).toEqual([value(0), value(1)]);
      free();
      // The settings of the cache are unchanged.
      expect(column.append(value(5))).toBe(all.length + 1);
      expect(stored(file)).toEqual([...all, value(5)]);
      column.enableCache();
      column.append(value(6));
      column.disableCache();
      vault.disableCache();
      expect(stored(file)).toEqual([...all, value(5), value(6)]);
    });
  });
});

test('two vaults on one connection share pending elements', () => {
  const file = tempFile();
  using one = new ColumnVault(file);
  using two = new ColumnVault(one);
  const first = one.createColumn('a', 'str:utf8');
  const second = two.column('a', 'str:utf8');
  first.enableCache();
  first.append('cached');
  expect([second.length, [...second]]).toEqual([1, ['cached']]);
  second.append('direct');
  expect(stored(file)).toEqual(['cached', 'direct']);
  first.append('more');
  second.clear();
  first.disableCache();
  expect([first.length, stored(file)]).toEqual([0, []]);
});

test('clear of a column with only pending elements removes nothing if the file is busy', () => {
  const file = tempFile();
  using vault = new ColumnVault(file, { busyTimeout: 0, retries: 0 });
  const column = vault.createColumn('a', 'i32');
  column.enableCache();
  column.extend([1, 2]);
  const other = new Database(file);
  other.exec('BEGIN IMMEDIATE');
  expect(thrownBy(() => column.clear())).toMatchObject({ code: 'KV_BUSY' });
  expect([...column]).toEqual([1, 2]);
  other.close();
  column.clear();
  expect([...column]).toEqual([]);
});
