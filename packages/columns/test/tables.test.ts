// The tables of all columns are dropped.
import { setImmediate as immediate } from 'node:timers/promises';
import { ColumnVault } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';

/** A connection of the user, and a vault on it with elements in memory, in the file and pending. */
function filled() {
  const database = new Database(tempFile());
  onTestFinished(() => void database.close());
  const vault = new ColumnVault(database);
  vault.createColumn('numbers', 'f64').extend([1, 2, 3]);
  vault.createColumn('texts', 'str:utf8').extend(['one', 'two']);
  expect([...vault.column('numbers')]).toEqual([1, 2, 3]);
  vault.enableCache({ autoFlush: false });
  vault.column('numbers').append(4);
  const tables = () => database.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'col%'").pluck().all();
  return { database, vault, tables };
}

test('dropTables deletes all columns and what is pending for them, and closes the vault', () => {
  const { database, vault, tables } = filled();
  const numbers = vault.column('numbers');
  vault.dropTables();
  expect(vault.open).toBe(false);
  expect(tables()).toEqual([]);
  expect(codeOf(() => numbers.at(0))).toBe('KV_CLOSED');
  using again = new ColumnVault(database);
  expect(again.listColumns()).toEqual([]);
  const recreated = again.createColumn('numbers', 'f64');
  recreated.extend([7, 8]);
  expect([...recreated]).toEqual([7, 8]);
});

test('a rollback brings the columns back, with what was pending', () => {
  const { database, vault, tables } = filled();
  database.exec('BEGIN');
  vault.dropTables();
  expect(tables()).toEqual([]);
  database.exec('ROLLBACK');
  using back = new ColumnVault(database);
  expect([...back.column('numbers')]).toEqual([1, 2, 3, 4]);
  expect([...back.column('texts')]).toEqual(['one', 'two']);
  back.column('numbers').append(5);
  expect([...back.column('numbers')]).toEqual([1, 2, 3, 4, 5]);
});

test('it is refused while another vault has the columns, in a snapshot, and on a readonly file', async () => {
  const { database, vault, tables } = filled();
  const other = new ColumnVault(vault);
  expect(thrownBy(() => vault.dropTables()).message).toContain('another vault has the columns open');
  other.close();
  expect(codeOf(() => vault.snapshot(() => vault.dropTables()))).toBe('KV_READONLY');
  expect(tables()).toContain('col_meta');
  using readonly = new ColumnVault(database.name, { readonly: true });
  expect(codeOf(() => readonly.dropTables())).toBe('KV_READONLY');
  // Vaults of other connections.
  const theirs = new Database(database.name);
  onTestFinished(() => void theirs.close());
  using writable = new ColumnVault(theirs);
  expect(writable.listColumns()).toHaveLength(2);
  expect([...readonly.column('numbers')]).toEqual([1, 2, 3, 4]);
  vault.dropTables();
  expect(codeOf(() => vault.dropTables())).toBe('KV_CLOSED');
  await immediate();
  for (const other of [readonly, writable]) {
    const error = thrownBy(() => other.listColumns());
    expect(error.code).toBe('KV_CORRUPT');
    expect(error.message).toContain('dropTables()');
  }
});
