// Tables that are dropped and renamed.
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';

/** A vault that keeps a connection open, and one beside it with a value in its row and one in parts. */
function filled(options = {}): { main: KVault; vault: KVault } {
  const main = new KVault(tempFile());
  onTestFinished(() => main.close());
  const vault = new KVault(main, { table: 'docs', maxBlobBytes: 64, ...options });
  vault.set('a', Buffer.from('a')).set('long', Buffer.alloc(1_000, 1));
  return { main, vault };
}

/** The names of everything in the file that belongs to the two tables. */
function schema(vault: KVault): unknown[] {
  const sql = "SELECT name FROM sqlite_schema WHERE name LIKE '%docs%' OR name LIKE '%index%' ORDER BY name";
  return vault.database.prepare(sql).pluck().all();
}

test('dropTable deletes the table with its parts and closes the vault', () => {
  const { main, vault } = filled();
  vault.dropTable();
  expect(vault.open).toBe(false);
  expect(schema(main).filter((name) => String(name).includes('docs'))).toEqual([]);
  using again = new KVault(main, { table: 'docs' });
  expect(again.size).toBe(0);
});

test('dropTable forgets what is pending, and a rollback brings everything back', () => {
  const { main, vault } = filled();
  vault.enableCache({ autoFlush: false });
  vault.set('b', Buffer.from('b'));
  const undo = new Error('undo');
  expect(() =>
    main.transaction(() => {
      vault.dropTable();
      throw undo;
    }),
  ).toThrow(undo);
  using back = new KVault(main, { table: 'docs' });
  expect([...back.keys()]).toEqual(['a', 'b', 'long']);
  expect(back.get('long')).toEqual(Buffer.alloc(1_000, 1));
  back.enableCache({ autoFlush: false });
  back.set('c', Buffer.from('c'));
  back.dropTable();
  main.close();
  const file = new Database(main.path);
  expect(file.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'docs'").pluck().get()).toBe(0);
  file.close();
});

test('renameTable keeps all values, pending ones too, and their parts follow later changes', () => {
  const { main, vault } = filled();
  vault.enableCache({ autoFlush: false });
  vault.set('b', Buffer.from('b'));
  using index = vault.renameTable('index');
  expect(vault.open).toBe(false);
  expect(index.table).toBe('index');
  expect([...index.keys()]).toEqual(['a', 'b', 'long']);
  expect(index.get('long')).toEqual(Buffer.alloc(1_000, 1));
  index.set('long', Buffer.alloc(500, 2)).set('longer', Buffer.alloc(2_000, 3));
  const parts = main.database.prepare('SELECT CAST(key AS TEXT), count(*) FROM kohakuvault_parts_index GROUP BY key');
  expect(parts.raw().all()).toEqual([
    ['long', 8],
    ['longer', 32],
  ]);
  expect(schema(main).filter((name) => String(name).includes('docs'))).toEqual([]);
  index.clear();
  expect(parts.raw().all()).toEqual([]);
});

test('a table replaces another one in one transaction', () => {
  const { main, vault } = filled();
  const fresh = new KVault(main, { table: 'fresh' });
  fresh.set('only', 1);
  using docs = main.transaction(() => {
    vault.dropTable();
    return fresh.renameTable('docs');
  });
  expect([...docs]).toEqual([['only', 1]]);
});

test('what would hurt another vault is refused, and changes nothing', () => {
  const { main, vault } = filled();
  const other = new KVault(main, { table: 'DOCS' });
  for (const call of [() => vault.dropTable(), () => vault.renameTable('index')]) {
    expect(thrownBy(call).message).toContain('another vault has the table "docs" open');
  }
  other.close();
  for (const name of ['kv', 'docs', '', 5 as never]) {
    expect(codeOf(() => vault.renameTable(name))).toBe('KV_INVALID_ARGUMENT');
  }
  expect(codeOf(() => main.snapshot(() => vault.dropTable()))).toBe('KV_READONLY');
  expect(vault.size).toBe(2);
  vault.dropTable();
  expect(codeOf(() => vault.dropTable())).toBe('KV_CLOSED');
});

test('a vault of another connection on the table gets KV_CORRUPT', () => {
  const { vault } = filled();
  const database = new Database(vault.path);
  onTestFinished(() => void database.close());
  const other = new KVault(database, { table: 'docs' });
  expect(other.size).toBe(2);
  vault.dropTable();
  for (const call of [() => other.get('a'), () => other.set('a', 1), () => other.size]) {
    expect(codeOf(call)).toBe('KV_CORRUPT');
  }
});
