import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ColumnVault, type Layout } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { next } from '../../../tools/testing/src/items.ts';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';

function open(file: string, layout: Layout): ColumnVault {
  const vault = new ColumnVault(file, { layout });
  onTestFinished(() => vault.close());
  return vault;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 120));

describe.each(['0.7', '1.x'] as const)('follow, in the layout %s', (layout) => {
  test('gives what is appended from now on', async () => {
    const vault = open(tempFile(), layout);
    const column = vault.createColumn('n', 'f64');
    column.extend([1, 2, 3]);
    const items = column.follow();
    column.append(4);
    expect(await next(items, 1)).toEqual([4]);
    const waiting = next(items, 3);
    column.extend([5, 6, 7]);
    expect(await waiting).toEqual([5, 6, 7]);
    vault.close();
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  test.each([
    ['from an index', 2, [2, 3, 4]],
    ['from the beginning', 0, [0, 1, 2, 3, 4]],
    ['from so many before the end', -1, [3, 4]],
    ['from more before the end than there are', -9, [0, 1, 2, 3, 4]],
    ['from an index beyond the end', 5, []],
  ])('%s', async (_, from, expected) => {
    const column = open(tempFile(), layout).createColumn('n', 'i64', { int64: 'number' });
    column.extend([0, 1, 2, 3]);
    const items = column.follow({ from });
    column.extend([4, 5]);
    expect(await next(items, expected.length + 1)).toEqual([...expected, 5]);
  });

  test('of texts, records and many elements', async () => {
    const vault = open(tempFile(), layout);
    const texts = vault.createColumn('texts', 'str:utf8');
    const records = vault.createColumn<{ n: number }>('records', 'msgpack');
    const [someTexts, someRecords] = [texts.follow(), records.follow()];
    const expected = Array.from({ length: 10_000 }, (_, nth) => `line ${nth}`);
    texts.extend(expected);
    records.push({ n: 1 }, { n: 2 });
    expect(await next(someTexts, 10_000)).toEqual(expected);
    expect(await next(someRecords, 2)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('pending elements come when they are flushed, and those that are rolled back never', async () => {
    const vault = open(tempFile(), layout);
    const column = vault.createColumn('n', 'f64');
    const items = column.follow();
    const waiting = next(items, 2);
    column.enableCache();
    column.append(1);
    await pause();
    const { database } = vault;
    database.exec('BEGIN');
    column.append(2);
    column.flushCache();
    await pause();
    database.exec('ROLLBACK');
    expect(column.slice()).toEqual(Float64Array.of(1));
    column.flushCache();
    column.disableCache();
    column.append(3);
    expect(await waiting).toEqual([1, 3]);
  });

  test('a column that becomes shorter is followed at its new end', async () => {
    const column = open(tempFile(), layout).createColumn('n', 'f64');
    column.extend([1, 2, 3]);
    const items = column.follow();
    const waiting = next(items, 1);
    column.truncate(1);
    // An append before the iteration has looked would give the column its old length again, or a part of it.
    while (items.position !== 1) await new Promise((resolve) => setImmediate(resolve));
    column.append(9);
    expect(await waiting).toEqual([9]);
  });

  test('a column that is deleted ends it', async () => {
    const vault = open(tempFile(), layout);
    const items = vault.createColumn('n', 'f64').follow();
    const waiting = items.next();
    vault.deleteColumn('n');
    await expect(waiting).rejects.toMatchObject({ code: 'KV_NOT_FOUND' });
  });

  test('another process and another connection append', async () => {
    const file = tempFile();
    const column = open(file, layout).createColumn('n', 'f64');
    const items = column.follow({ from: 0 });
    const database = new Database(file);
    new ColumnVault(database).column('n', 'f64').append(-1);
    database.close();
    const child = fork(join(import.meta.dirname, 'scripts', 'appends.ts'), [file, '500'], {
      execArgv: ['--conditions=@kohakuvault/source'],
    });
    expect(await next(items, 501)).toEqual([-1, ...Array.from({ length: 500 }, (_, nth) => nth)]);
    await once(child, 'exit');
  });

  test('a signal ends it with its reason', async () => {
    const column = open(tempFile(), layout).createColumn('n', 'f64');
    const ending = new AbortController();
    const waiting = column.follow({ signal: ending.signal }).next();
    ending.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(codeOf(() => column.follow({ from: 0.5 }))).toBe('KV_INVALID_ARGUMENT');
    expect(codeOf(() => column.follow({ form: 0 } as never))).toBe('KV_INVALID_ARGUMENT');
  });
});
