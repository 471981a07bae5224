// What optimize gives back, and what it tells.
import { existsSync, statSync } from 'node:fs';
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';

const VALUE = Buffer.alloc(1_000, 7);
const ENTRIES = Array.from({ length: 2_000 }, (_, at) => [`key ${at}`, VALUE] as const);

function opened(): KVault {
  const vault = new KVault(tempFile(), { pageSize: 1_024, busyTimeout: 0, retries: 0 });
  onTestFinished(() => vault.close());
  return vault;
}

/** Fills a vault and empties it, so that nearly all pages are free. */
function emptied(vault: KVault): KVault {
  vault.setMany(ENTRIES);
  vault.deleteRange('key');
  return vault;
}

function other(vault: KVault): Database.Database {
  const database = new Database(vault.path, { timeout: 0 });
  onTestFinished(() => void database.close());
  return database;
}

test('optimize() gives back all free pages and the WAL, and says so', () => {
  const vault = emptied(opened());
  const { freedPages, analyzed: _, ...rest } = vault.optimize();
  expect(freedPages).toBeGreaterThan(2_000);
  expect(rest).toEqual({ finished: true, left: undefined, freePages: 0, pageSize: 1_024, walBytes: 0 });
  expect(statSync(vault.path).size).toBeLessThan(100_000);
  expect(vault.optimize()).toMatchObject({ finished: true, freedPages: 0 });
});

test('optimize() counts the statistics that it renews', () => {
  const vault = opened();
  vault.setMany(ENTRIES);
  vault.database.exec('ANALYZE; CREATE TABLE mine (n); CREATE INDEX by_n ON mine (n)');
  vault.database.exec(
    'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5000) INSERT INTO mine SELECT n FROM c',
  );
  vault.database.prepare('SELECT * FROM mine WHERE n = 5').all();
  expect(vault.optimize().analyzed).toBe(1);
  expect(vault.optimize().analyzed).toBe(0);
});

test('optimize() does not wait for those who read from the WAL, and says that it is left', () => {
  const vault = emptied(opened());
  const reader = other(vault);
  reader.exec('BEGIN; SELECT * FROM kv');
  const result = vault.optimize();
  expect(result.finished).toBe(false);
  expect(result.walBytes).toBeGreaterThan(0);
  expect(result.left).toContain('reads from the WAL');
  reader.exec('COMMIT');
  expect(vault.optimize()).toMatchObject({ finished: true, walBytes: 0 });
});

test('optimize({ maxMs }) cannot free pages of an ordinary file, and says what to do', () => {
  const vault = emptied(opened());
  const result = vault.optimize({ maxMs: 1_000 });
  expect(result).toMatchObject({ finished: false, freedPages: 0 });
  expect(result.freePages).toBeGreaterThan(2_000);
  expect(result.left).toContain('optimize({ makeIncremental: true })');
});

test('optimize({ maxMs }) frees pages step by step, and others write in between', () => {
  const vault = opened();
  expect(vault.optimize({ makeIncremental: true }).finished).toBe(true);
  emptied(vault);
  const writer = new KVault(other(vault));
  let calls = 0;
  let freed = 0;
  for (;;) {
    const result = vault.optimize({ maxMs: 1 });
    freed += result.freedPages;
    writer.set(`call ${calls++}`, 1);
    if (result.freePages === 0) break;
    expect(result).toMatchObject({ finished: false, left: expect.stringContaining('call optimize again') });
  }
  expect(freed).toBeGreaterThan(2_000);
  expect(vault.size).toBe(calls);
  expect(vault.database.pragma('integrity_check', { simple: true })).toBe('ok');
  vault.checkpoint('truncate');
  expect(statSync(vault.path).size).toBeLessThan(100_000);
});

test('optimize({ maxMs }) does not wait for another writer', () => {
  const vault = new KVault(tempFile(), { pageSize: 1_024 });
  onTestFinished(() => vault.close());
  vault.optimize({ makeIncremental: true });
  emptied(vault);
  const writer = other(vault);
  writer.exec('BEGIN IMMEDIATE');
  const result = vault.optimize({ maxMs: 10 });
  expect(result).toMatchObject({ finished: false, freedPages: 0, left: expect.stringContaining('another connection') });
  writer.exec('ROLLBACK');
  expect(vault.database.pragma('busy_timeout', { simple: true })).toBe(5_000);
});

test('optimize() while another connection writes is KV_BUSY, and refuses wrong options', () => {
  const vault = emptied(opened());
  const writer = other(vault);
  writer.exec('BEGIN IMMEDIATE');
  expect(codeOf(() => vault.optimize())).toBe('KV_BUSY');
  for (const options of [{ maxMs: 0 }, { maxMs: '1' }, { makeIncremental: 1 }, { maxms: 1 }]) {
    expect(codeOf(() => vault.optimize(options as never))).toBe('KV_INVALID_ARGUMENT');
  }
});

test('optimize() of a vault in memory', () => {
  using vault = new KVault(':memory:');
  emptied(vault);
  expect(vault.optimize()).toMatchObject({ finished: true, freePages: 0, walBytes: 0 });
  expect(existsSync(':memory:-wal')).toBe(false);
});
