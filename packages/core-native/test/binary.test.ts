import { readFileSync } from 'node:fs';
import { nativeCore } from '@kohakuvault/core-native/internal';
import { expect, test } from 'vitest';

const bytes = readFileSync(nativeCore().file).toString('latin1');

test('the core holds no SQLite of its own', () => {
  // What every SQLite library has: the table of its schema, an error of its own, its functions by name.
  expect(bytes).not.toContain('CREATE TABLE x(type text,name text,tbl_name text');
  expect(bytes).not.toContain('malformed database schema');
  // rusqlite's functions that call the host do not count. Their mangled names begin with their length.
  expect(bytes).not.toMatch(/(?<!\w)sqlite3_(open_v2|step|prepare_v3|initialize|sourceid)/);
  expect(bytes).toContain('sqlite3_extension_init');
});

test('the core links to no SQLite of the system', () => {
  expect(bytes).not.toMatch(/(lib)?sqlite3\.(so|dylib|dll)/);
});
