// Tables that are dropped and renamed.
import type { VectorKVault } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import { getLoadablePath } from 'sqlite-vec';
import { expect, onTestFinished, test } from 'vitest';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';
import { vaultOf } from './support/vaults.ts';

const rows = (count: number, first = 0): [number[], string][] =>
  Array.from({ length: count }, (_, nth) => [[first + nth, 1, 0, 0], `${first + nth}`]);

/** A vault that keeps a connection open, and one beside it with vectors in two chunks. */
function filled() {
  const main = vaultOf<string>({ metric: 'l2' });
  const docs = vaultOf<string>({ metric: 'l2', table: 'docs' }, main);
  docs.insertMany(rows(1_100));
  docs.delete(3);
  return { main, docs };
}

/** The names of everything in the file that belongs to the tables. */
function schema({ database }: VectorKVault): string[] {
  const sql = "SELECT name FROM sqlite_schema WHERE name LIKE '%docs%' OR name LIKE '%fresh%' ORDER BY name";
  return database.prepare(sql).pluck().all() as string[];
}

test('dropTable deletes all tables and closes the vault', () => {
  const { main, docs } = filled();
  docs.search([1, 1, 0, 0]);
  docs.dropTable();
  expect(docs.open).toBe(false);
  expect(schema(main)).toEqual([]);
  const again = vaultOf<string>({ metric: 'l2', table: 'docs' }, main);
  expect([again.size, again.search([1, 1, 0, 0])]).toEqual([0, []]);
  expect(again.insert([1, 1, 0, 0], 'first')).toBe(1n);
  expect(again.search([1, 1, 0, 0], 1)[0]?.value).toBe('first');
  again.dropTable();
  // With other dimensions it is another table.
  const other = vaultOf<string>({ metric: 'l2', table: 'docs', dimensions: 2 }, main);
  other.insert([1, 2], 'two');
  expect(other.search([1, 2], 1)[0]?.value).toBe('two');
  expect(main.database.pragma('integrity_check', { simple: true })).toBe('ok');
});

test.each(['dropTable', 'renameTable'] as const)('a rollback of %s brings everything back', (method) => {
  const { main, docs } = filled();
  const before = [...docs];
  const found = docs.search([7, 1, 0, 0], 20);
  const undo = new Error('undo');
  expect(() =>
    main.transaction(() => {
      if (method === 'dropTable') docs.dropTable();
      else {
        const fresh = docs.renameTable('fresh');
        fresh.insert([7, 1, 0, 0], 'undone');
        expect(fresh.search([7, 1, 0, 0], 2).map(({ value }) => value)).toEqual(['undone', '7']);
      }
      throw undo;
    }),
  ).toThrow(undo);
  const back = vaultOf<string>({ metric: 'l2', table: 'docs' }, main);
  expect([...back]).toEqual(before);
  for (let time = 0; time < 3; time++) expect(back.search([7, 1, 0, 0], 20)).toEqual(found);
  expect(back.insert([7, 1, 0, 0], 'new')).toBe(1_101n);
  expect(back.delete(1_101)).toBe(true);
  expect(schema(main).filter((name) => name.includes('fresh'))).toEqual([]);
});

test('renameTable keeps vectors, values, ids and free slots, and sqlite-vec reads the table', () => {
  const { main, docs } = filled();
  const before = [...docs];
  const fresh = docs.renameTable('fresh "1"');
  onTestFinished(() => fresh.close());
  expect(docs.open).toBe(false);
  expect(fresh.table).toBe('fresh "1"');
  expect([...fresh]).toEqual(before);
  expect(schema(main).filter((name) => name.includes('docs'))).toEqual([]);
  expect(fresh.insert([5, 1, 0, 0], 'new')).toBe(1_101n);
  fresh.deleteMany([1, 2]);
  fresh.update(4, { vector: [900, 2, 0, 0], value: 'moved' });
  expect(fresh.search([900, 2, 0, 0], 1)[0]?.value).toBe('moved');
  fresh.compact();

  const plain = new Database(main.path);
  plain.loadExtension(getLoadablePath());
  const find = plain.prepare(`SELECT rowid FROM "fresh ""1""" WHERE vector MATCH ? AND k = 2 ORDER BY distance`);
  expect(new Set(find.pluck().all(Float32Array.of(5, 1, 0, 0)))).toEqual(new Set([6, 1_101]));
  plain.exec(`DELETE FROM "fresh ""1""" WHERE rowid = 6`);
  expect(plain.pragma('integrity_check', { simple: true })).toBe('ok');
  plain.close();
  expect(fresh.has(6)).toBe(false);
});

test('a table replaces another one in one transaction, and no search finds what the old one had', () => {
  const { main, docs } = filled();
  const fresh = vaultOf<string>({ metric: 'l2', table: 'fresh' }, main);
  fresh.insertMany(rows(10, 5_000));
  for (let time = 0; time < 3; time++) docs.search([1, 1, 0, 0]);
  const swapped = main.transaction(() => {
    docs.dropTable();
    return fresh.renameTable('docs');
  });
  onTestFinished(() => swapped.close());
  for (let time = 0; time < 3; time++) expect(swapped.search([1, 1, 0, 0], 1)[0]?.value).toBe('5000');
  expect(swapped.size).toBe(10);
  expect(swapped.insert([1, 1, 0, 0], 'eleven')).toBe(11n);
});

test('what would hurt another vault is refused, and changes nothing', () => {
  const { main, docs } = filled();
  const other = vaultOf<string>({ metric: 'l2', table: 'DOCS' }, main);
  for (const call of [() => docs.dropTable(), () => docs.renameTable('fresh')]) {
    expect(thrownBy(call).message).toContain('another vault has the table "docs" open');
  }
  other.close();
  main.database.exec('CREATE TABLE Fresh_Rowids (id)');
  for (const name of ['vec_kvault', 'docs', 'fresh', '', 5 as never, 'nul\0']) {
    expect(codeOf(() => docs.renameTable(name))).toBe('KV_INVALID_ARGUMENT');
  }
  expect(codeOf(() => main.snapshot(() => docs.dropTable()))).toBe('KV_READONLY');
  // A row that others refer to prevents its table from being dropped, and vec0 must not be left without its tables.
  for (const [nth, part] of ['values', 'rowids', 'chunks'].entries()) {
    main.database.exec(`CREATE TABLE notes (id REFERENCES docs_${part}); INSERT INTO notes VALUES (1)`);
    expect(codeOf(() => docs.dropTable())).toMatch(/^KV_/);
    expect(docs.size).toBe(1_099 + nth);
    docs.insert([1, 1, 0, 0], `works on ${nth}`);
    expect(docs.search([1, 1, 0, 0], 1)[0]?.value).toBe(`works on ${nth}`);
    main.database.exec('DROP TABLE notes');
  }
  docs.dropTable();
  expect(codeOf(() => docs.dropTable())).toBe('KV_CLOSED');
  const path = main.path;
  main.close();
  const readonly = vaultOf({ metric: 'l2', readonly: true }, path);
  expect(codeOf(() => readonly.dropTable())).toBe('KV_READONLY');
});

test('a vault of another connection on the table gets KV_CORRUPT', () => {
  for (const change of ['dropTable', 'renameTable', 'declared again'] as const) {
    const { main, docs } = filled();
    const database = new Database(main.path);
    onTestFinished(() => void database.close());
    const other = vaultOf<string>({ metric: 'l2', table: 'docs' }, database);
    for (let time = 0; time < 2; time++) other.search([1, 1, 0, 0]);
    other.insert([1, 1, 0, 0], 'before');
    if (change === 'renameTable') docs.renameTable('fresh').close();
    else docs.dropTable();
    // Of as many bytes.
    if (change === 'declared again') vaultOf({ dimensions: 16, vectorType: 'int8', metric: 'l2', table: 'docs' }, main);
    for (const write of [() => other.insert([1, 1, 0, 0], 'x'), () => other.clear(), () => other.compact()]) {
      const error = thrownBy(write);
      expect(error.code).toBe('KV_CORRUPT');
      if (change === 'declared again') expect(error.message).toContain('was declared again');
      else expect(error.message).toContain('"docs"');
    }
    if (change === 'declared again') continue;
    for (const read of [() => other.search([1, 1, 0, 0]), () => other.getById(1), () => other.size, () => [...other]]) {
      expect(codeOf(read)).toBe('KV_CORRUPT');
    }
  }
});
