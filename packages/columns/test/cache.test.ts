import { once } from 'node:events';
import { setImmediate as immediate } from 'node:timers/promises';
import { ColumnVault } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import { describe, expect, test, vi } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

/** Reads a column through another connection. */
function outside(file: string, name = 'a'): unknown[] {
  const database = new Database(file, { readonly: true });
  using vault = new ColumnVault(database);
  const seen = [...vault.column(name).slice()];
  database.close();
  return seen;
}

function fresh(options?: ConstructorParameters<typeof ColumnVault>[1]) {
  const file = tempFile();
  const vault = new ColumnVault(file, options);
  return { file, vault, column: vault.createColumn('a', 'f64'), [Symbol.dispose]: () => vault.close() };
}

describe('pending elements', () => {
  test('come after the committed ones, and are read and changed like them', () => {
    using v = fresh();
    v.column.extend([1, 2]);
    v.vault.enableCache();
    expect([v.column.append(3), v.column.push(4, 5), v.column.length, v.column.bytes]).toEqual([3, 5, 5, 40]);
    expect(outside(v.file)).toEqual([1, 2]);
    expect([v.column.at(2), v.column.at(-1), v.column.slice(1, 4), v.column.indexOf(5)]).toEqual([
      3,
      5,
      Float64Array.of(2, 3, 4),
      4,
    ]);
    v.column.set(2, 30);
    v.column.setSlice(1, [20, 33]);
    v.column.insert(4, 4.5);
    expect([v.column.remove(3), v.column.pop()]).toEqual([4, 5]);
    expect([...v.column]).toEqual([1, 20, 33, 4.5]);
    expect(outside(v.file)).toEqual([1, 20]);
    expect(v.vault.listColumns()).toEqual([{ name: 'a', dtype: 'f64', length: 4 }]);
    expect(v.column.reverse().slice()).toEqual(Float64Array.of(4.5, 33, 20, 1));
    expect(v.vault.flushCache()).toBe(2);
    expect(outside(v.file)).toEqual([4.5, 33, 20, 1]);
  });

  test('are written at the end of the outermost scope, synchronous or not', async () => {
    using v = fresh();
    const result = v.vault.cache(() => {
      v.column.append(1);
      v.column.cache((same) => same.append(2));
      expect(outside(v.file)).toEqual([]);
      return 'done';
    });
    expect([result, outside(v.file)]).toEqual(['done', [1, 2]]);
    await v.column.cache(async (column) => {
      column.append(3);
      await immediate();
      expect(outside(v.file)).toEqual([1, 2]);
    });
    expect(outside(v.file)).toEqual([1, 2, 3]);
    expect(() =>
      v.column.cache((column) => {
        column.append(4);
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(outside(v.file)).toEqual([1, 2, 3, 4]);
  });

  test('are shared by two objects for one column', () => {
    using v = fresh();
    v.column.enableCache();
    v.column.append(1);
    const again = v.vault.column('a', 'f64');
    expect([again.length, again.append(2), v.column.slice()]).toEqual([1, 2, Float64Array.of(1, 2)]);
    expect(v.column.flushCache()).toBe(2);
  });

  test('are written at the threshold and before the cap; a longer batch goes straight to the file', () => {
    using v = fresh();
    v.vault.enableCache({ capBytes: 80, flushThreshold: 40 });
    for (let index = 0; index < 4; index++) v.column.append(index);
    expect(outside(v.file)).toEqual([]);
    v.column.append(4);
    expect(outside(v.file)).toEqual([0, 1, 2, 3, 4]);
    v.column.append(5);
    v.column.extend(Float64Array.from({ length: 20 }, (_, index) => index + 6));
    expect(outside(v.file)).toEqual(Array.from({ length: 26 }, (_, index) => index));
    v.vault.enableCache({ capBytes: 80, autoFlush: false });
    for (let index = 26; index < 37; index++) v.column.append(index);
    expect([outside(v.file).length, v.column.length]).toEqual([36, 37]);
  });

  test("follow the column's settings and the vault's", () => {
    using v = fresh();
    const other = v.vault.createColumn('b', 'f64');
    v.vault.enableCache({ capBytes: 1_000, autoFlush: false });
    v.column.enableCache({ capBytes: 1_000, flushThreshold: 16 });
    other.append(1);
    v.column.push(1, 2);
    expect([outside(v.file), outside(v.file, 'b')]).toEqual([[1, 2], []]);
    v.column.append(3);
    v.column.disableCache();
    expect(outside(v.file)).toEqual([1, 2]);
    v.vault.disableCache();
    expect([outside(v.file), outside(v.file, 'b')]).toEqual([[1, 2, 3], [1]]);
  });

  test('are not written during a lock, even above the cap', () => {
    using v = fresh();
    v.vault.enableCache({ capBytes: 16 });
    v.vault.lockCache(() => {
      for (let index = 0; index < 14; index++) v.column.append(index);
      expect([v.vault.flushCache(), v.column.flushCache(), outside(v.file).length]).toEqual([0, 0, 0]);
      v.column.cache(() => v.column.append(14));
      v.vault.transaction(() => v.column.append(15));
      expect(outside(v.file)).toEqual([]);
    });
    expect(outside(v.file)).toEqual(Array.from({ length: 16 }, (_, index) => index));
  });

  test('are written after the flush interval, which does not keep the process alive', async () => {
    using v = fresh();
    const timers = vi.spyOn(globalThis, 'setTimeout');
    v.vault.enableCache({ flushInterval: 1 });
    v.column.append(1);
    expect(timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
    timers.mockRestore();
    await vi.waitFor(() => expect(outside(v.file)).toEqual([1]), 60_000);
  });

  test('stay pending if a flush fails, and a flush by timer warns', async () => {
    const file = tempFile();
    using vault = new ColumnVault(file, { busyTimeout: 1, retries: 0 });
    const column = vault.createColumn('a', 'bytes');
    const other = new Database(file);
    column.enableCache({ flushInterval: 1 });
    column.append(Buffer.from('x'));
    other.exec('BEGIN IMMEDIATE');
    expect(thrownBy(() => column.flushCache())).toMatchObject({ code: 'KV_BUSY' });
    const [warning] = await once(process, 'warning');
    expect(String(warning)).toContain('column "a" could not flush its write cache');
    expect(column.at(0)?.toString()).toBe('x');
    other.exec('ROLLBACK');
    other.close();
    column.flushCache();
    expect(outside(file)).toEqual([Buffer.from('x')]);
  });

  test('come back after a rollback, even if they were flushed meanwhile', () => {
    using v = fresh();
    v.column.append(0);
    v.vault.enableCache();
    v.column.push(1, 2);
    const before = v.column.slice();
    expect(() =>
      v.vault.transaction(() => {
        v.column.append(3);
        expect(() =>
          v.vault.transaction(() => {
            v.column.set(1, 10);
            v.column.flushCache();
            v.column.append(4);
            throw new Error('inner');
          }),
        ).toThrow('inner');
        expect(v.column.slice()).toEqual(Float64Array.of(0, 1, 2, 3));
        v.column.pop();
        v.column.pop();
        v.column.append(9);
        v.column.clear();
        v.column.append(8);
        throw new Error('outer');
      }),
    ).toThrow('outer');
    expect(v.column.slice()).toEqual(before);
    expect(outside(v.file)).toEqual([0]);
    expect(v.vault.flushCache()).toBe(2);
    expect(outside(v.file)).toEqual([0, 1, 2]);
  });

  test('are written with a transaction that commits', () => {
    using v = fresh();
    v.vault.enableCache();
    v.vault.transaction(() => v.column.append(1));
    expect(outside(v.file)).toEqual([1]);
  });

  test('are not written by a change of another column', () => {
    using v = fresh();
    const direct = v.vault.createColumn('b', 'f64');
    v.column.enableCache();
    v.column.append(1);
    direct.append(1);
    direct.insert(0, 2);
    v.vault.createColumn('c', 'f64');
    expect([outside(v.file), outside(v.file, 'b')]).toEqual([[], [2, 1]]);
  });

  test('are dropped with their column, and come back with it', () => {
    using v = fresh();
    v.vault.enableCache();
    v.column.append(1);
    expect(() =>
      v.vault.transaction(() => {
        v.vault.deleteColumn('a');
        v.vault.createColumn('a', 'i64').append(5);
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect([v.column.length, v.column.at(0)]).toEqual([1, 1]);
    v.vault.deleteColumn('a');
    expect(v.vault.flushCache()).toBe(0);
  });

  test('stay pending if another connection deletes their column, and the error names it', () => {
    using v = fresh();
    v.vault.enableCache();
    v.column.append(1);
    v.vault.createColumn('b', 'f64').append(2);
    const database = new Database(v.file);
    using other = new ColumnVault(database);
    other.deleteColumn('a');
    expect(thrownBy(() => v.vault.flushCache())).toMatchObject({
      code: 'KV_NOT_FOUND',
      message: 'column "a" no longer exists: it was deleted or renamed; call column() with a name of listColumns()',
    });
    v.vault.deleteColumn('a');
    expect(v.vault.flushCache()).toBe(1);
    expect(outside(v.file, 'b')).toEqual([2]);
    other.close();
    database.close();
  });

  test('can be changed while another process writes', () => {
    const file = tempFile();
    using vault = new ColumnVault(file, { busyTimeout: 1, retries: 0 });
    const column = vault.createColumn('a', 'f64');
    column.append(0);
    const other = new Database(file);
    column.cache(() => {
      column.push(1, 2, 3);
      other.exec('BEGIN IMMEDIATE');
      column.set(1, 10);
      column.set(-1, 30);
      column.insert(1, 5);
      expect(column.remove(1)).toBe(5);
      column.insert(2, 15);
      expect([column.pop(), column.remove(1)]).toEqual([30, 10]);
      expect(thrownBy(() => column.set(0, 5))).toMatchObject({ code: 'KV_BUSY' });
      other.exec('ROLLBACK');
    });
    other.close();
    expect(outside(file)).toEqual([0, 15, 2]);
  });

  test("are flushed into the user's transaction, and come back with its rollback", () => {
    using v = fresh();
    v.vault.enableCache({ capBytes: 1_000, autoFlush: false });
    v.column.push(1, 2);
    v.vault.database.exec('BEGIN');
    v.column.push(3);
    expect([v.vault.flushCache(), v.column.slice()]).toEqual([3, Float64Array.of(1, 2, 3)]);
    v.vault.database.exec('ROLLBACK');
    expect(v.column.slice()).toEqual(Float64Array.of(1, 2));
    expect(v.vault.flushCache()).toBe(2);
    expect(outside(v.file)).toEqual([1, 2]);
  });

  test('are written at the cap if the threshold is above it', () => {
    using v = fresh();
    v.column.enableCache({ capBytes: 16, flushThreshold: 1_000 });
    v.column.append(1);
    expect(outside(v.file)).toEqual([]);
    v.column.append(2);
    expect(outside(v.file)).toEqual([1, 2]);
  });

  test("count for the threshold again after the user's rollback", () => {
    const file = tempFile();
    const db = new Database(file);
    const vault = new ColumnVault(db);
    const column = vault.createColumn('a', 'f64');
    vault.enableCache({ flushThreshold: 32 });
    column.extend([1, 2, 3]);
    db.exec('BEGIN');
    expect(vault.flushCache()).toBe(3);
    db.exec('ROLLBACK');
    column.append(4);
    expect(outside(file)).toEqual([1, 2, 3, 4]);
    db.close();
  });

  test('cannot be added by a function that a trigger calls during their flush', () => {
    const db = new Database(tempFile());
    const vault = new ColumnVault(db);
    const column = vault.createColumn('a', 'f64');
    vault.enableCache();
    column.append(1);
    const inside: unknown[] = [];
    db.function('f', () => {
      inside.push(thrownBy(() => column.append(2)));
      return null;
    });
    db.exec('CREATE TEMP TRIGGER t AFTER UPDATE ON main.col_meta BEGIN SELECT f(); END');
    expect(vault.flushCache()).toBe(1);
    expect(inside).toMatchObject([{ code: 'KV_BUSY' }]);
    expect([...column]).toEqual([1]);
    column.append(3);
    expect([...column]).toEqual([1, 3]);
    db.close();
  });

  test('need plausible settings', () => {
    using v = fresh();
    for (const options of [{ capBytes: 0 }, { flushInterval: 0 }, { flushIntervall: 1 }]) {
      expect(thrownBy(() => v.column.enableCache(options))).toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
    }
  });
});
