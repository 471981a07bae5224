// `compact` puts the rows of a table in the order of their keys, and changes nothing else.

import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';

const COUNT = 3_000;
/** Every number below `COUNT` once, in an order that looks random. */
const shuffled = Array.from({ length: COUNT }, (_, n) => (n * 1_789) % COUNT);
const keyOf = (n: number) => `key ${String(n).padStart(5, '0')}`;
const bytesOf = (n: number) => Buffer.alloc(n % 90, n);
const entries = shuffled.map((n) => [keyOf(n), bytesOf(n)] as const);
const inOrder = Array.from({ length: COUNT }, (_, n) => [keyOf(n), bytesOf(n)]);

function filled(options = {}): KVault<Buffer> {
  const kv = new KVault<Buffer>(tempFile(), options);
  onTestFinished(() => kv.close());
  // One by one: setMany writes in the order of keys.
  kv.transaction(() => {
    for (const [key, value] of entries) kv.set(key, value);
  });
  return kv;
}

/** The keys in the order in which their rows lie, as another connection sees them. */
function keysByRow(kv: KVault, table = 'kv'): string[] {
  const db = new Database(kv.path);
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    return db.prepare(`SELECT CAST(key AS TEXT) FROM ${table} ORDER BY rowid`).pluck().all() as string[];
  } finally {
    db.close();
  }
}

const sorted = inOrder.map(([key]) => key);

test('compact puts rows in the order of their keys, once', () => {
  const kv = filled();
  expect(keysByRow(kv)).toEqual(shuffled.map(keyOf));
  expect(kv.compact({ order: 'keys' })).toBe(COUNT);
  expect(keysByRow(kv)).toEqual(sorted);
  expect(kv.toArray()).toEqual(inOrder);
  expect(kv.compact()).toBe(0);
  expect(kv.set(keyOf(1), Buffer.from('later')).get(keyOf(1))).toEqual(Buffer.from('later'));
});

test('optimize does it too, and gives the space back', () => {
  const kv = filled();
  expect(kv.optimize({ order: 'keys' })).toMatchObject({ finished: true, freePages: 0, walBytes: 0 });
  expect(keysByRow(kv)).toEqual(sorted);
});

test('what is pending is written first', () => {
  const kv = filled();
  kv.enableCache({ autoFlush: false });
  kv.set('a first key', Buffer.from('pending'));
  kv.delete(keyOf(7));
  kv.compact();
  expect(keysByRow(kv)).toEqual(['a first key', ...sorted.filter((key) => key !== keyOf(7))]);
});

test('a rollback puts everything back', () => {
  const kv = filled();
  const handle = kv.openBlob(keyOf(89));
  expect(() =>
    kv.transaction(() => {
      expect(kv.compact()).toBe(COUNT);
      expect(handle.read(0, 9)).toEqual(Buffer.alloc(9, 89));
      throw new Error('undone');
    }),
  ).toThrow('undone');
  expect(keysByRow(kv)).toEqual(shuffled.map(keyOf));
  expect(handle.read(0, 9)).toEqual(Buffer.alloc(9, 89));
  expect(kv.toArray()).toEqual(inOrder);
});

test('values in parts, open handles and their watches stay right', () => {
  const kv = filled({ maxBlobBytes: 1_000 });
  const long = Buffer.alloc(5_000, 'long');
  kv.set(keyOf(11), long);
  const parts = kv.openBlob(keyOf(11));
  const row = kv.openBlob(keyOf(89), { writable: true });
  const replaced = kv.openBlob(keyOf(88));
  kv.set(keyOf(88), Buffer.alloc(88, 1));
  kv.compact();
  expect(parts.read(4_000, 10)).toEqual(long.subarray(4_000, 4_010));
  row.write(0, Buffer.from('written'));
  expect(kv.get(keyOf(89))?.subarray(0, 7).toString()).toBe('written');
  expect(codeOf(() => replaced.read(0, 1))).toBe('KV_STALE');
  expect(kv.get(keyOf(11))).toEqual(long);
  kv.delete(keyOf(11));
  expect(codeOf(() => parts.read(0, 1))).toBe('KV_STALE');
  const db = new Database(kv.path);
  onTestFinished(() => void db.close());
  // The trigger that removes parts is there again.
  expect(db.prepare('SELECT count(*) FROM kohakuvault_parts_kv').pluck().get()).toBe(0);
});

describe('a table of another program', () => {
  function foreign(sql: string): KVault<Buffer> {
    const file = tempFile();
    const db = new Database(file);
    onTestFinished(() => void db.close());
    db.exec(sql);
    return new KVault<Buffer>(db, { table: 'T' });
  }

  test('keeps other columns, foreign keys, indexes and triggers, and no trigger fires', () => {
    const kv = foreign(`
      CREATE TABLE log (what TEXT);
      CREATE TABLE "T" (note TEXT DEFAULT 'none', key BLOB UNIQUE, value BLOB, size AS (length(value)));
      CREATE INDEX notes ON T (note);
      CREATE TRIGGER IF NOT EXISTS "deleted ones" AFTER DELETE ON t BEGIN INSERT INTO log VALUES ('deleted'); END;
      CREATE TRIGGER main.added AFTER INSERT ON T BEGIN INSERT INTO log VALUES ('added'); END;
      INSERT INTO T (note, key, value) VALUES ('b', x'62', x'01'), (NULL, x'61', x'0202'), ('7', 7, 'text');
      DELETE FROM log;`);
    const { database: db } = kv;
    const schema = () => db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all();
    const before = schema();
    expect(kv.compact()).toBe(3);
    expect(schema()).toEqual(before);
    expect(db.prepare('SELECT note, key, value, size, typeof(value) AS t FROM T ORDER BY rowid').all()).toEqual([
      { note: '7', key: 7, value: 'text', size: 4, t: 'text' },
      { note: null, key: Buffer.from('a'), value: Buffer.from([2, 2]), size: 2, t: 'blob' },
      { note: 'b', key: Buffer.from('b'), value: Buffer.from([1]), size: 1, t: 'blob' },
    ]);
    expect(db.prepare('SELECT count(*) FROM log').pluck().get()).toBe(0);
    kv.delete('a');
    kv.set('c', Buffer.from('c'));
    expect(db.prepare('SELECT what FROM log').pluck().all()).toEqual(['deleted', 'added']);
  });

  test.each([
    ['its own id', 'CREATE TABLE T (id INTEGER PRIMARY KEY, key BLOB UNIQUE, value BLOB)', 'column id'],
    [
      'a table that refers to it',
      'CREATE TABLE T (key BLOB PRIMARY KEY, value BLOB); CREATE TABLE child (own REFERENCES t (key) ON DELETE CASCADE)',
      'foreign keys of child',
    ],
    [
      'a temporary trigger',
      'CREATE TABLE T (key BLOB PRIMARY KEY, value BLOB); CREATE TEMP TRIGGER own AFTER DELETE ON T BEGIN SELECT 1; END',
      'temporary trigger own',
    ],
  ])('with %s is refused, and nothing changes', (_, sql, why) => {
    const kv = foreign(sql);
    kv.set('b', Buffer.from('1')).set('a', Buffer.from('2'));
    expect(codeOf(() => kv.compact())).toBe('KV_INVALID_ARGUMENT');
    expect(() => kv.compact()).toThrow(why);
    expect(kv.database.prepare('SELECT CAST(key AS TEXT) FROM T ORDER BY rowid').pluck().all()).toEqual(['b', 'a']);
  });
});

test('wrong options and readonly vaults are refused', () => {
  const kv = filled();
  expect(codeOf(() => kv.compact({ order: 'values' as 'keys' }))).toBe('KV_INVALID_ARGUMENT');
  expect(codeOf(() => kv.optimize({ order: 'keys', maxMs: 5 }))).toBe('KV_INVALID_ARGUMENT');
  expect(codeOf(() => kv.transaction(() => kv.optimize({ order: 'keys' })))).toBe('KV_INVALID_ARGUMENT');
  const reader = new KVault(kv.path, { readonly: true });
  onTestFinished(() => reader.close());
  expect(codeOf(() => reader.compact())).toBe('KV_READONLY');
  expect(keysByRow(kv)).toEqual(shuffled.map(keyOf));
});
