import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { vaultOf } from './support/vaults.ts';

const PARTS = ['rowids', 'chunks', 'vector_chunks00', 'metadatachunks00'];

test.each([...PARTS, 'values'])('a clear() that fails at %s changes nothing, and the vault works on', (part) => {
  const database = new Database(tempFile());
  const vault = vaultOf<string>({ metric: 'l2' }, database);
  const ids = vault.insertMany([
    [[1, 0, 0, 0], 'one'],
    [[2, 0, 0, 0], 'two'],
  ]);
  // A foreign key to a row prevents its table from being emptied or dropped.
  database.exec(`CREATE TABLE notes (row REFERENCES vec_kvault_${part}); INSERT INTO notes VALUES (1)`);
  for (let tries = 0; tries < 3; tries++) {
    expect(codeOf(() => vault.clear())).toMatch(/^KV_/);
    expect([...vault].map(([id, , value]) => [id, value])).toEqual([
      [ids[0], 'one'],
      [ids[1], 'two'],
    ]);
    expect(vault.search([2, 0, 0, 0], 1)[0]?.value).toBe('two');
  }
  expect(vault.insert([3, 0, 0, 0], 'three')).toBe(3n);
  expect(vault.update(2, { vector: [4, 0, 0, 0] })).toBe(true);
  database.exec('DELETE FROM notes');
  vault.clear();
  expect([vault.size, [...vault], vault.search([2, 0, 0, 0])]).toEqual([0, [], []]);
  expect(vault.insert([5, 0, 0, 0], 'five')).toBe(4n);
  expect(vault.search([5, 0, 0, 0], 1)[0]?.value).toBe('five');
  vault.close();
  database.close();
});

test('after clear(), sqlite-vec can use the tables, and defensive mode is on', () => {
  const database = new Database(tempFile());
  const vault = vaultOf<string>({ metric: 'l2' }, database);
  for (const isUnsafe of [false, true]) {
    database.unsafeMode(isUnsafe);
    vault.insertMany(Array.from({ length: 2_500 }, (_, at) => [[at, 0, 0, 0], 'x']));
    vault.clear();
    for (const part of [...PARTS, 'values']) {
      expect(database.prepare(`SELECT count(*) FROM vec_kvault_${part}`).pluck().get()).toBe(0);
    }
    const write = () => database.exec('DELETE FROM vec_kvault_chunks WHERE chunk_id = -1');
    if (isUnsafe) expect(write).not.toThrow();
    else expect(write).toThrow('may not be modified');
  }
  vault.insert([7, 0, 0, 0], 'seven');
  const found = database
    .prepare('SELECT rowid, distance FROM vec_kvault WHERE vector MATCH ? AND k = 2')
    .all(Float32Array.of(7, 0, 0, 0));
  expect(found).toEqual([{ rowid: 5_001, distance: 0 }]);
  vault.close();
  database.close();
});
