// The tables of all columns are dropped.
import { setImmediate as immediate } from 'node:timers/promises';
import { ColumnVault } from '@kohakuvault/columns';
import { Query } from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test, vi } from 'vitest';
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

test('after commits of others, the tables are not looked for again unless the schema has changed', async () => {
  using vault = new ColumnVault(tempFile());
  const numbers = vault.createColumn('numbers', 'f64');
  numbers.extend([1, 2, 3]);
  const other = new Database(vault.path);
  onTestFinished(() => void other.close());
  other.exec('CREATE TABLE notes (note)');
  await immediate();
  expect(numbers.at(0)).toBe(1);
  const queries = vi.spyOn(Query.prototype, 'all');
  onTestFinished(() => queries.mockRestore());
  for (let turn = 0; turn < 3; turn++) {
    other.exec('INSERT INTO notes VALUES (1)');
    await immediate();
    expect(numbers.at(1)).toBe(2);
  }
  expect(queries).not.toHaveBeenCalled();
  other.exec('DROP TABLE notes');
  await immediate();
  expect(numbers.at(2)).toBe(3);
  expect(queries).toHaveBeenCalled();
  other.exec('DROP TABLE col_chunks; DROP TABLE col_meta');
  await immediate();
  expect(codeOf(() => numbers.at(0))).toBe('KV_CORRUPT');
});

test('tables that a rollback has removed are not taken for those of a schema with the same number', async () => {
  const database = new Database(tempFile());
  onTestFinished(() => void database.close());
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE a (a)');
  const other = new Database(database.name);
  onTestFinished(() => void other.close());
  const numberOf = (connection: Database.Database) => connection.pragma('schema_version', { simple: true }) as number;
  database.exec('BEGIN');
  using vault = new ColumnVault(database);
  expect(vault.createColumn('numbers', 'f64').append(1)).toBe(1);
  const number = numberOf(database);
  database.exec('ROLLBACK');
  while (numberOf(other) < number) other.exec('CREATE TABLE b (b); DROP TABLE b');
  if (numberOf(other) > number) other.pragma(`schema_version = ${number}`);
  await immediate();
  expect(vault.listColumns()).toEqual([]);
});
