import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { KVault } from '@kohakuvault/kvault';
import { KVaultLevel } from '@kohakuvault/level';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';

test('entries are those of a KVault with bytes', async () => {
  const file = tempFile();
  const db = new KVaultLevel<string, object>(file, { valueEncoding: 'json' });
  await db.put('a', { n: 1 });
  await db.close();
  using vault = new KVault(file, { table: 'level', valueEncoding: 'binary' });
  expect(vault.toArray()).toEqual([['a', Buffer.from('{"n":1}')]]);
});

test('a batch is one transaction', async () => {
  const file = tempFile();
  const db = new KVaultLevel(file);
  await db.put('old', '1');
  const tooLong = 'x'.repeat(2 ** 21);
  const refused = db.batch().put('new', '2').del('old').put(tooLong, '3').write();
  await expect(refused).rejects.toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
  expect(await db.iterator().all()).toEqual([['old', '1']]);
  await db.close();
});

test('a batch keeps the order of its operations', async () => {
  const db = new KVaultLevel(tempFile());
  await db.batch([
    { type: 'put', key: 'a', value: '1' },
    { type: 'del', key: 'a' },
    { type: 'put', key: 'b', value: '1' },
    { type: 'put', key: 'a', value: '2' },
    { type: 'del', key: 'b' },
  ]);
  expect(await db.iterator().all()).toEqual([['a', '2']]);
  await db.close();
});

test('it shares the file, the connection and transactions with other vaults', async () => {
  using kv = new KVault(tempFile());
  const db = new KVaultLevel(kv);
  await db.open();
  const { vault } = db;
  expect(() =>
    kv.transaction(() => {
      kv.set('a', 1);
      vault.set('a', Buffer.from('1'));
      throw new Error('taken back');
    }),
  ).toThrow('taken back');
  expect([kv.size, await db.keys().all()]).toEqual([0, []]);
  await db.close();
  kv.set('a', 2);
  expect(kv.get('a')).toBe(2);
});

test('a Database of the user stays open', async () => {
  const database = new Database(tempFile());
  database.pragma('journal_mode = wal');
  const db = new KVaultLevel(database);
  await db.put('a', '1');
  expect(await db.get('a')).toBe('1');
  await db.close();
  expect(database.prepare('SELECT count(*) FROM level').pluck().get()).toBe(1);
  database.close();
});

test('snapshots and iterators see no write of another thread', async () => {
  const file = tempFile();
  const db = new KVaultLevel(file);
  await db.batch(['a', 'b', 'c'].map((key) => ({ type: 'put', key, value: 'before' })));
  const snapshot = db.snapshot();
  const iterator = db.iterator();
  expect(await iterator.next()).toEqual(['a', 'before']);
  const program = `
    const Database = require(${JSON.stringify(createRequire(import.meta.url).resolve('better-sqlite3'))});
    const database = new Database(${JSON.stringify(file)});
    database.exec("UPDATE level SET value = CAST('after' AS BLOB); DELETE FROM level WHERE key = CAST('b' AS BLOB)");
    database.close();`;
  await once(new Worker(program, { eval: true }), 'exit');
  expect(await db.getMany(['a', 'b'])).toEqual(['after', undefined]);
  expect(await db.getMany(['a', 'b'], { snapshot })).toEqual(['before', 'before']);
  expect(await iterator.all()).toEqual([
    ['b', 'before'],
    ['c', 'before'],
  ]);
  expect(await db.values({ snapshot, reverse: true, limit: 2 }).all()).toEqual(['before', 'before']);
  await snapshot.close();
  await db.close();
});

test('an open iterator keeps what is written in the WAL, until it is closed', async () => {
  const db = new KVaultLevel(tempFile());
  await db.put('a', 'before');
  db.vault.checkpoint();
  const iterator = db.iterator();
  await db.put('a', 'after');
  await db.put('b', 'after');
  db.vault.checkpoint();
  const held = db.vault.walStats();
  expect(held.frames - held.checkpointed).toBeGreaterThan(0);
  expect(await iterator.all()).toEqual([['a', 'before']]);
  await iterator.close();
  db.vault.checkpoint();
  const { frames, checkpointed } = db.vault.walStats();
  expect(frames).toBe(checkpointed);
  await db.close();
});

test('a snapshot in memory is a copy', async () => {
  const db = new KVaultLevel(':memory:');
  expect(db.supports.permanence).toBe(false);
  await db.put('a', '1');
  const snapshot = db.snapshot();
  await db.del('a');
  expect([await db.get('a'), await db.get('a', { snapshot })]).toEqual([undefined, '1']);
  await db.close();
});

test('what is pending in a cache belongs to a snapshot', async () => {
  const db = new KVaultLevel(tempFile());
  await db.open();
  db.vault.enableCache();
  await db.put('a', '1');
  expect(await db.iterator().all()).toEqual([['a', '1']]);
  await db.close();
});

test('connections of snapshots are used again, and closed with the database', async () => {
  const file = tempFile();
  const db = new KVaultLevel(file);
  await db.put('a', '0');
  for (let round = 1; round <= 200; round++) {
    const iterators = Array.from({ length: 1 + (round % 7) }, () => db.keys());
    await db.put('a', String(round));
    for (const iterator of iterators) expect(await iterator.all()).toEqual(['a']);
  }
  await db.close();
  // The last connection removes the WAL.
  expect(existsSync(`${file}-wal`)).toBe(false);
});

test('clear takes ranges, limits and both directions', async () => {
  const db = new KVaultLevel(tempFile());
  const fill = () => db.batch([...'abcdef'].map((key) => ({ type: 'put', key, value: key })));
  await fill();
  await db.clear({ gt: 'a', lte: 'c' });
  expect(await db.keys().all()).toEqual(['a', 'd', 'e', 'f']);
  await fill();
  await db.clear({ reverse: true, limit: 2 });
  expect(await db.keys().all()).toEqual(['a', 'b', 'c', 'd']);
  await db.clear({ gte: 'b', reverse: true, limit: 1 });
  expect(await db.keys().all()).toEqual(['a', 'b', 'c']);
  await db.close();
});

test('errors are those of abstract-level and of the vault', async () => {
  const file = tempFile();
  using other = new KVault(file, { table: 'level' });
  other.set('a', { any: 'value' });
  const db = new KVaultLevel(file);
  await expect(db.open()).rejects.toMatchObject({
    code: 'LEVEL_DATABASE_NOT_OPEN',
    cause: { code: 'KV_INVALID_ARGUMENT' },
  });
  expect(() => db.vault).toThrow(expect.objectContaining({ code: 'LEVEL_DATABASE_NOT_OPEN' }));
});
