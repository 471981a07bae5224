import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { openVaults } from '../programs/vaults.ts';

/** Asserts that a file which nobody closed is sound, not locked, and has the same steps in each vault. Returns them. */
export function stepsIn(file: string): number {
  const database = new Database(file, { timeout: 0 });
  database.exec('BEGIN IMMEDIATE; COMMIT');
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  database.close();
  const { kv, columns, vectors } = openVaults(file);
  const step = (kv.get('step') as number | undefined) ?? 0;
  const expected = Array.from({ length: step }, (_, index) => index + 1);
  expect(columns.has('steps') ? Array.from(columns.column('steps')) : []).toEqual(expected);
  expect(Array.from(vectors, ([, , value]) => value)).toEqual(expected);
  vectors.close();
  columns.close();
  kv.close();
  expect(existsSync(`${file}-wal`)).toBe(false);
  return step;
}
