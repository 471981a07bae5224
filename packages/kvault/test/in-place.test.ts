// Reads on a connection of ours find rows in the pages of the file, without SQLite. They see what SQLite would see,
// whatever the pages are like, and no matter who writes them.

import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { KVault, type KVaultOptions } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';

const seed = Date.now();
console.log(`seed ${seed}`);

type Model = Map<string, Buffer>;

function opened(options: KVaultOptions<'utf8', true> = {}, file = tempFile()): KVault<Buffer> {
  const kv = new KVault<Buffer>(file, options);
  onTestFinished(() => kv.close());
  return kv;
}

function bare(file: string): Database.Database {
  const db = new Database(file);
  onTestFinished(() => void db.close());
  return db;
}

const byBytes = ([a]: [string, unknown], [b]: [string, unknown]) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Compares all ways to read a vault with a model. */
function expectSame(kv: KVault<Buffer>, model: Model, absent: string): void {
  const sorted = [...model].sort(byBytes);
  const keys = sorted.map(([key]) => key);
  // Each of them twice in one stretch of JavaScript: a page of the WAL is copied when it is wanted again.
  for (let round = 0; round < 3; round++) {
    for (const [key, value] of model) expect(kv.get(key), key).toEqual(value);
    expect(kv.has(absent)).toBe(model.has(absent));
    expect(kv.get(absent)).toEqual(model.get(absent));
  }
  expect(kv.getMany(keys)).toEqual(sorted.map(([, value]) => value));
  expect(kv.toArray()).toEqual(sorted);
  expect([...kv.keys()]).toEqual(keys);
  expect([...kv.keys({ reverse: true })]).toEqual(keys.toReversed());
  const after = sorted.filter(([key]) => Buffer.compare(Buffer.from(key), Buffer.from(absent)) > 0);
  expect(kv.toArray({ gt: absent })).toEqual(after);
  const until = sorted.filter(([key]) => Buffer.compare(Buffer.from(key), Buffer.from(absent)) <= 0);
  expect(kv.toArray({ lte: absent, reverse: true })).toEqual(until.toReversed());
}

describe.each([512, 1_024, 8_192, 65_536])('pages of %i bytes', (pageSize) => {
  test('over random keys, values and writers', () => {
    const key = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', 'b', 'ü'), maxLength: 12 }),
      // Keys that do not fit an entry of the index, with a long common beginning.
      fc.integer({ min: 0, max: 400 }).map((n) => `${'long '.repeat(60)}${n}${'!'.repeat(n)}`),
      fc.integer({ min: 0, max: 300 }).map((n) => `key ${String(n).padStart(4, '0')}`),
    );
    const length = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 9_000 }));
    const write = fc.record({
      by: fc.constantFrom('vault', 'other', 'both'),
      after: fc.constantFrom('nothing', 'checkpoint', 'vacuum', 'read'),
      entries: fc.array(fc.tuple(key, fc.option(length)), { maxLength: 60 }),
    });
    fc.assert(
      fc.property(fc.array(write, { minLength: 1, maxLength: 6 }), key, (writes, absent) => {
        using kv = new KVault<Buffer>(tempFile(), { pageSize });
        const db = new Database(kv.path, { timeout: 0 });
        const put = db.prepare('INSERT OR REPLACE INTO kv VALUES (?, ?)');
        const remove = db.prepare('DELETE FROM kv WHERE key = ?');
        const model: Model = new Map();
        try {
          for (const { by, after, entries } of writes) {
            for (const [at, [key, length]] of entries.entries()) {
              const value = length === null ? undefined : Buffer.alloc(length, at);
              const isOurs = by === 'vault' || (by === 'both' && at % 2 === 0);
              if (isOurs && value) kv.set(key, value);
              else if (isOurs) kv.delete(key);
              else if (value) put.run(Buffer.from(key), value);
              else remove.run(Buffer.from(key));
              if (value) model.set(key, value);
              else model.delete(key);
              if (after === 'read') expect(kv.get(key)).toEqual(value);
            }
            if (after === 'checkpoint') kv.checkpoint('truncate');
            if (after === 'vacuum') kv.optimize();
            expectSame(kv, model, absent);
          }
        } finally {
          db.close();
        }
      }),
      { seed, numRuns: 12 },
    );
  });
});

test('a table that another connection drops, makes again and moves is found again', () => {
  const kv = opened();
  kv.set('a', Buffer.from('first'));
  expect(kv.get('a')?.toString()).toBe('first');
  const db = bare(kv.path);
  db.exec(`DROP TABLE kv; CREATE TABLE filler (x); CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);
    INSERT INTO kv VALUES (CAST('a' AS BLOB), CAST('second' AS BLOB))`);
  expect(kv.get('a')?.toString()).toBe('second');
  db.exec('DROP TABLE filler; VACUUM');
  expect(kv.get('a')?.toString()).toBe('second');
  // A column before the others, and keys in another order: SQLite reads such a table.
  db.exec(`DROP TABLE kv; CREATE TABLE kv (own TEXT DEFAULT 'x', key BLOB NOT NULL, value BLOB NOT NULL);
    CREATE UNIQUE INDEX backwards ON kv (key DESC);
    INSERT INTO kv (key, value) VALUES (CAST('a' AS BLOB), CAST('third' AS BLOB)), (CAST('b' AS BLOB), x'00')`);
  expect(kv.get('a')?.toString()).toBe('third');
  expect([...kv.keys()]).toEqual(['a', 'b']);
});

test('a key is found where its row is now, wherever it was when it was read before', async () => {
  const kv = opened();
  const keys = Array.from({ length: 3_000 }, (_, n) => `key ${n}`);
  const model: Model = new Map(keys.map((key, n) => [key, Buffer.from(`first ${n}`)]));
  kv.setMany(model);
  kv.checkpoint('truncate');
  const db = bare(kv.path);
  const check = async () => {
    // The first time of each stretch of JavaScript, and again when it is known where the rows are.
    for (let round = 0; round < 2; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const key of [...keys, 'absent']) expect(kv.get(key), key).toEqual(model.get(key));
    }
    expect(kv.getMany(keys)).toEqual(keys.map((key) => model.get(key)));
  };
  await check();
  // Every row gets the place of another one.
  db.exec(`CREATE TEMP TABLE moved AS SELECT key, value FROM kv ORDER BY value DESC;
    DELETE FROM kv; INSERT INTO kv SELECT key, value FROM moved; PRAGMA wal_checkpoint(TRUNCATE)`);
  await check();
  // Two keys change places.
  db.exec(`UPDATE kv SET key = CAST('absent' AS BLOB) WHERE key = CAST('key 1' AS BLOB);
    UPDATE kv SET key = CAST('key 1' AS BLOB) WHERE key = CAST('key 2' AS BLOB);
    UPDATE kv SET key = CAST('key 2' AS BLOB) WHERE key = CAST('absent' AS BLOB)`);
  model.set('key 1', Buffer.from('first 2')).set('key 2', Buffer.from('first 1'));
  await check();
  // A row is gone, and another key has its rowid.
  db.exec(`UPDATE kv SET key = CAST('absent' AS BLOB) WHERE key = CAST('key 3' AS BLOB)`);
  model.delete('key 3');
  model.set('absent', Buffer.from('first 3'));
  await check();
  kv.delete('absent');
  model.delete('absent');
  kv.set('key 3', Buffer.from('second'));
  model.set('key 3', Buffer.from('second'));
  await check();
  // A snapshot sees where the rows were.
  const before = new Map(model);
  const seen = kv.snapshot(() => {
    const first = kv.get('key 7');
    db.exec(`DELETE FROM kv WHERE key = CAST('key 7' AS BLOB); INSERT INTO kv VALUES (CAST('new' AS BLOB), x'01')`);
    return [first, ...keys.map((key) => kv.get(key))];
  });
  expect(seen).toEqual([before.get('key 7'), ...keys.map((key) => before.get(key))]);
  model.delete('key 7');
  await check();
  expect(kv.get('new')).toEqual(Buffer.from([1]));
});

test('a snapshot that is held sees its state while others commit and checkpoint', () => {
  const kv = opened({ pageSize: 512 });
  const old = Array.from({ length: 500 }, (_, n) => [`key ${n}`, Buffer.alloc(50, n)] as const);
  kv.setMany(old);
  kv.checkpoint('truncate');
  const db = bare(kv.path);
  const change = db.prepare("UPDATE kv SET value = x'FF'");
  kv.snapshot(() => {
    expect(kv.get('key 7')).toEqual(Buffer.alloc(50, 7));
    change.run();
    db.pragma('wal_checkpoint(PASSIVE)');
    for (const [key, value] of old) expect(kv.get(key)).toEqual(value);
  });
  const seen: number[] = [];
  for (const [, value] of kv.entries()) {
    if (seen.push(value.length) === 200) db.prepare("UPDATE kv SET value = x'AAAA'").run();
  }
  // Commits of another connection show from the next page on.
  expect(new Set(seen.slice(0, 200))).toEqual(new Set([1]));
  expect(seen).toEqual(seen.toSorted());
  expect(kv.get('key 7')).toEqual(Buffer.from([0xaa, 0xaa]));
});

test('threads that write, checkpoint and vacuum never show a half of what they commit', async () => {
  const kv = opened({ pageSize: 1_024 });
  const keys = Array.from({ length: 40 }, (_, n) => `key ${n}`);
  kv.setMany(keys.map((key) => [key, Buffer.alloc(300, 0)]));
  const writer = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
    const db = new (require(workerData.peer))(workerData.file, { timeout: 10_000 });
    const put = db.prepare('UPDATE kv SET value = ?');
    const add = db.prepare('INSERT INTO kv VALUES (randomblob(40), ?)');
    for (let round = 1; round <= 120; round++) {
      db.transaction(() => { put.run(Buffer.alloc(200 + round * 7, round)); add.run(Buffer.alloc(200 + round * 7, round)); })();
      if (round % 5 === 0) db.pragma('wal_checkpoint(TRUNCATE)');
      if (round % 40 === 0) { try { db.exec('DELETE FROM kv WHERE length(key) = 40; VACUUM'); } catch (error) { if (error.code !== 'SQLITE_BUSY') throw error; } }
    }
    db.close();
    parentPort.postMessage('done');`,
    { eval: true, workerData: { file: kv.path, peer: createRequire(import.meta.url).resolve('better-sqlite3') } },
  );
  let isDone = false;
  const done = new Promise<void>((resolve, reject) => {
    writer.once('message', () => {
      isDone = true;
      resolve();
    });
    writer.once('error', reject);
  });
  let reads = 0;
  while (!isDone) {
    const values = kv.getMany(keys);
    expect(new Set(values.map((value) => value?.[0])).size).toBe(1);
    const all = kv.getMany({ gte: 'key' });
    expect(new Set(all.map((value) => `${value[0]} ${value.length}`)).size).toBe(1);
    reads++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
  expect(reads).toBeGreaterThan(0);
  expect(kv.get('key 3')).toEqual(Buffer.alloc(200 + 120 * 7, 120));
});

test.each([0, 4_096, 100_000])('a file of which only %i bytes are mapped is read', (mmapSize) => {
  const kv = opened({ mmapSize, pageSize: 1_024 });
  const model: Model = new Map(Array.from({ length: 400 }, (_, n) => [`key ${n}`, Buffer.alloc(n * 5, n)]));
  kv.setMany(model);
  expectSame(kv, model, 'key 1 ');
  kv.checkpoint('truncate');
  expectSame(kv, model, 'key 1 ');
});

test('damage is reported, not read', () => {
  const kv = opened({ pageSize: 1_024 });
  kv.setMany(Array.from({ length: 300 }, (_, n) => [`key ${n}`, Buffer.alloc(100, n)]));
  kv.close();
  const db = bare(kv.path);
  const root = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_kv_1'").pluck().get();
  db.close();
  const { closeSync, openSync, writeSync } = process.getBuiltinModule('node:fs');
  const file = openSync(kv.path, 'r+');
  writeSync(file, Buffer.alloc(1_024, 0xee), 0, 1_024, ((root as number) - 1) * 1_024);
  closeSync(file);
  const damaged = opened({}, kv.path);
  expect(codeOf(() => damaged.get('key 5'))).toBe('KV_CORRUPT');
  expect(codeOf(() => [...damaged.keys()])).toBe('KV_CORRUPT');
});
