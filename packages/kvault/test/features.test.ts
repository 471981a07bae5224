// The list of features that the file records about its values. The Python package writes and reads it too.
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

function featuresOf(file: string): unknown {
  const database = new Database(file, { readonly: true });
  const found = database.prepare("SELECT value FROM kohakuvault_meta WHERE key = 'kv_features'").pluck().get();
  database.close();
  return found;
}

test('headers and auto-pack are registered when they are requested', () => {
  const file = tempFile();
  using vault = new KVault(file);
  // Defaults are not registered, as in Python.
  vault.set('a', { any: 'thing' });
  expect(featuresOf(file)).toBeUndefined();
  vault.disableHeaders();
  vault.disableAutoPack();
  expect(featuresOf(file)).toBeUndefined();
  vault.enableHeaders();
  expect([vault.headersEnabled, featuresOf(file)]).toEqual([true, 'headers_v1']);
  vault.enableAutoPack();
  expect([vault.autoPackEnabled, featuresOf(file)]).toEqual([true, 'headers_v1,auto_pack_v1']);
  vault.enableHeaders();
  vault.enableAutoPack({ structured: false });
  expect(featuresOf(file)).toBe('headers_v1,auto_pack_v1');
});

test.each([
  [{ headers: true }, 'headers_v1'],
  [{ autoPack: true, headers: true }, 'headers_v1,auto_pack_v1'],
  [{ headers: false }, undefined],
])('the options %j register them too', (options, expected) => {
  const file = tempFile();
  new KVault(file, options).close();
  expect(featuresOf(file)).toBe(expected);
});

test('what others have registered stays, and nothing is written if the feature is already there', () => {
  const file = tempFile();
  const python = new Database(file);
  python.exec(`CREATE TABLE kohakuvault_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    INSERT INTO kohakuvault_meta VALUES ('kv_features', 'other_v3,auto_pack_v1')`);
  python.close();
  using vault = new KVault(file);
  vault.enableHeaders();
  expect(featuresOf(file)).toBe('other_v3,auto_pack_v1,headers_v1');
  const counted = new Database(file, { readonly: true });
  const version = () => counted.pragma('data_version', { simple: true });
  const before = version();
  vault.enableHeaders();
  vault.enableAutoPack();
  expect(version()).toBe(before);
  // It does not even take the lock.
  const writer = new Database(file);
  writer.exec('BEGIN IMMEDIATE');
  vault.enableAutoPack();
  writer.close();
  counted.close();
});

test('a readonly vault leaves the file unchanged, and still turns headers on', () => {
  const file = tempFile();
  new KVault(file).close();
  using vault = new KVault(file, { readonly: true, headers: false });
  vault.enableHeaders();
  expect([vault.headersEnabled, featuresOf(file)]).toEqual([true, undefined]);
  vault.enableAutoPack();
  expect(featuresOf(file)).toBeUndefined();
});

test("inside a transaction of the user's it is part of that transaction", () => {
  const file = tempFile();
  const database = new Database(file);
  const vault = new KVault(database);
  database.exec('BEGIN');
  vault.enableHeaders();
  database.exec('ROLLBACK');
  expect(featuresOf(file)).toBeUndefined();
  database.exec('BEGIN');
  vault.enableHeaders();
  database.exec('COMMIT');
  expect(featuresOf(file)).toBe('headers_v1');
  database.close();
});

test('if it cannot be written, headers stay off', () => {
  const file = tempFile();
  using vault = new KVault(file, { busyTimeout: 0, retries: 0, headers: false });
  const writer = new Database(file);
  writer.exec('BEGIN IMMEDIATE');
  expect(thrownBy(() => vault.enableHeaders()).code).toBe('KV_BUSY');
  expect(thrownBy(() => vault.enableAutoPack()).code).toBe('KV_BUSY');
  expect(thrownBy(() => vault.snapshot(() => vault.enableHeaders())).code).toBe('KV_READONLY');
  expect([vault.headersEnabled, featuresOf(file)]).toEqual([false, undefined]);
  writer.close();
});
