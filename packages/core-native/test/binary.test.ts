import { readFileSync } from 'node:fs';
import { nativeCore } from '@kohakuvault/core-native';
import { expect, test } from 'vitest';

const bytes = readFileSync(nativeCore().file).toString('latin1');

test('the core holds no SQLite of its own', () => {
  // What every SQLite library carries: the magic of its files, its source id, functions by name that we do not call.
  expect(bytes).not.toContain('SQLite format 3');
  expect(bytes).not.toMatch(/sqlite3_(prepare_v3|initialize|sourceid|compileoption_get)/);
  expect(bytes).toContain('sqlite3_extension_init');
});

test('the core links to no SQLite of the system', () => {
  expect(bytes).not.toMatch(/(lib)?sqlite3\.(so|dylib|dll)/);
});
