// Transactions of the user, a file that takes no writes, and a database that closes in the middle.
import { KVault } from '@kohakuvault/kvault';
import { KVaultLevel } from '@kohakuvault/level';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';

async function open(vault: object = {}, file = tempFile()): Promise<KVaultLevel> {
  const db = new KVaultLevel(file, { vault });
  await db.open();
  onTestFinished(() => db.close());
  return db;
}

test('what a transaction of the user writes is not in snapshots before it is committed', async () => {
  const db = await open();
  await db.put('a', 'before');
  const { database } = db.vault;
  database.exec('BEGIN');
  await db.put('a', 'inside');
  expect([await db.get('a'), await db.values().all()]).toEqual(['inside', ['before']]);
  database.exec('ROLLBACK');
  expect(await db.get('a')).toBe('before');
  database.exec('BEGIN');
  await db.batch([{ type: 'put', key: 'a', value: 'inside' }]);
  database.exec('COMMIT');
  expect(await db.values().all()).toEqual(['inside']);
});

test('a file that is busy is an error, and nothing has changed', async () => {
  const file = tempFile();
  const db = await open({ busyTimeout: 0, retries: 0 }, file);
  await db.put('a', 'before');
  const other = new Database(file);
  onTestFinished(() => void other.close());
  other.exec('BEGIN IMMEDIATE');
  const batch = [
    { type: 'put', key: 'a', value: 'after' },
    { type: 'del', key: 'b' },
  ] as const;
  await expect(db.batch([...batch])).rejects.toMatchObject({ code: 'KV_BUSY' });
  await expect(db.clear()).rejects.toMatchObject({ code: 'KV_BUSY' });
  expect(await db.iterator().all()).toEqual([['a', 'before']]);
  other.exec('COMMIT');
  await db.batch([...batch]);
  expect(await db.get('a')).toBe('after');
});

test('a full disk is an error, and nothing has changed', async () => {
  const db = await open();
  await db.put('a', 'before');
  const { database } = db.vault;
  database.pragma(`max_page_count = ${database.pragma('page_count', { simple: true })}`);
  const batch = Array.from({ length: 100 }, (_, n) => ({
    type: 'put' as const,
    key: `k${n}`,
    value: 'x'.repeat(10_000),
  }));
  await expect(db.batch([{ type: 'del', key: 'a' }, ...batch])).rejects.toMatchObject({ code: 'KV_IO' });
  expect(await db.iterator().all()).toEqual([['a', 'before']]);
});

test('closing ends iterators and snapshots that are open', async () => {
  const file = tempFile();
  const db = new KVaultLevel(file);
  await db.batch(Array.from({ length: 50 }, (_, n) => ({ type: 'put', key: `k${n}`, value: 'x' })));
  const iterator = db.iterator();
  const snapshot = db.snapshot();
  expect(await iterator.next()).toEqual(['k0', 'x']);
  await db.close();
  await expect(iterator.next()).rejects.toMatchObject({ code: 'LEVEL_ITERATOR_NOT_OPEN' });
  await expect(db.get('k0', { snapshot })).rejects.toMatchObject({ code: 'LEVEL_DATABASE_NOT_OPEN' });
  await db.open();
  expect(await db.get('k0')).toBe('x');
  await db.close();
});

test('another vault writes to the table, and triggers run', async () => {
  const db = await open();
  using other = new KVault(db.vault, { table: 'level', valueEncoding: 'binary' });
  db.vault.database.exec(
    `CREATE TRIGGER refuse BEFORE INSERT ON level WHEN new.key = CAST('bad' AS BLOB)
       BEGIN SELECT RAISE(ABORT, 'refused'); END`,
  );
  other.set('a', Buffer.from('1'));
  await expect(db.batch().put('b', '2').put('bad', '3').write()).rejects.toThrow('refused');
  expect(await db.iterator().all()).toEqual([['a', '1']]);
});
