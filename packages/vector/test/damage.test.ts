// Files that are not what they should be: told with the table and the chunk, never a crash and never a wrong answer.
import { VectorKVault } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { thrownBy } from '../../core-native/test/support/errors.ts';
import { tempFile } from '../../core-native/test/support/temp.ts';
import { vaultOf } from './support/vaults.ts';

/** A file of two chunks in which some SQL has been run that no vault would. */
function damaged(sql: string): string {
  const file = tempFile();
  const vault = vaultOf({ metric: 'l2' }, file);
  vault.insertMany(Array.from({ length: 1_100 }, (_, index) => [[index, 0, 0, 0], index]));
  vault.close();
  const database = new Database(file);
  // Shadow tables can be written only so.
  database.unsafeMode();
  database.exec(sql);
  database.close();
  return file;
}

test.each([
  [
    'UPDATE vec_kvault_vector_chunks00 SET vectors = substr(vectors, 1, 100) WHERE rowid = 2',
    '_vector_chunks00',
    'chunk 2',
  ],
  ["UPDATE vec_kvault_vector_chunks00 SET vectors = vectors || x'00' WHERE rowid = 2", '_vector_chunks00', 'chunk 2'],
  ['DELETE FROM vec_kvault_vector_chunks00 WHERE rowid = 2', '_vector_chunks00', 'chunk 2: its row is missing'],
  ["UPDATE vec_kvault_metadatachunks00 SET data = x'00' WHERE rowid = 1", '_metadatachunks00', 'chunk 1'],
  ['DELETE FROM vec_kvault_metadatachunks00 WHERE rowid = 1', '_metadatachunks00', 'chunk 1: its row is missing'],
  ["UPDATE vec_kvault_chunks SET validity = x'ff' WHERE chunk_id = 1", '_chunks', 'validity has 1 bytes, 128 expected'],
  ["UPDATE vec_kvault_chunks SET rowids = x'ff' WHERE chunk_id = 2", '_chunks', 'chunk 2: rowids has 1 bytes'],
  ['UPDATE vec_kvault_chunks SET size = 9007199254740991 WHERE chunk_id = 2', '_chunks', 'chunk 2'],
  ['UPDATE vec_kvault_chunks SET size = -1 WHERE chunk_id = 2', '_chunks', 'chunk 2'],
  [
    'UPDATE vec_kvault_chunks SET validity = zeroblob(128) WHERE chunk_id = 2',
    '_chunks',
    'its chunks hold 1024 vectors',
  ],
  ['DELETE FROM vec_kvault_chunks WHERE chunk_id = 1', '_chunks', 'has 1100'],
  ['DELETE FROM vec_kvault_rowids WHERE rowid = 5', '_chunks', 'has 1099'],
])('%s', async (sql, table, what) => {
  const file = damaged(sql);
  for (const residentBytes of [0, undefined]) {
    const vault = vaultOf({ metric: 'l2', residentBytes }, file);
    for (let time = 0; time < 2; time++) {
      const error = thrownBy(() => vault.search([1, 2, 3, 4]));
      expect(error.code).toBe('KV_CORRUPT');
      expect(error.message).toContain(`vec_kvault${table}`);
      expect(error.message).toContain(what);
    }
    await expect(vault.searchAsync([1, 2, 3, 4])).rejects.toMatchObject({ code: 'KV_CORRUPT' });
    vault.close();
  }
});

test('single vectors of a damaged chunk', () => {
  const file = damaged(
    "UPDATE vec_kvault_vector_chunks00 SET vectors = x'00' WHERE rowid = 1; DELETE FROM vec_kvault_metadatachunks00 WHERE rowid = 2",
  );
  const vault = vaultOf({ metric: 'l2' }, file);
  for (const id of [5, 1_090]) {
    const error = thrownBy(() => vault.getById(id));
    expect(error.code).toBe('KV_CORRUPT');
    expect(error.message).toContain(`vector ${id}`);
  }
  expect(thrownBy(() => [...vault]).code).toBe('KV_CORRUPT');
});

test('a vector without its value', () => {
  const file = damaged('DELETE FROM vec_kvault_values WHERE id = 1050');
  const vault = vaultOf({ metric: 'l2' }, file);
  for (const use of [
    () => vault.search([1_049, 0, 0, 0], 1),
    () => vault.getById(1_050),
    () => vault.update(1_050, { value: 'again' }),
  ]) {
    const error = thrownBy(use);
    expect(error.code).toBe('KV_CORRUPT');
    expect(error.message).toContain('the vector 1050');
  }
  expect(vault.search([3, 0, 0, 0], 1)[0]?.value).toBe(3);
  expect(vault.delete(1_050)).toBe(true);
  expect(vault.search([1_049, 0, 0, 0], 1)[0]?.id).not.toBe(1_050n);
});

test('a value that is none', () => {
  const file = damaged("UPDATE vec_kvault_values SET value = x'894b010400000000564bc1' WHERE id = 1");
  const error = thrownBy(() => vaultOf({ metric: 'l2' }, file).search([0, 0, 0, 0], 1));
  expect(error.code).toBe('KV_CORRUPT');
  expect(error.message).toContain('the value of vector 1 in vec_kvault');
});

test('a table whose parts are gone is refused when it is opened', () => {
  const file = damaged('DROP TABLE vec_kvault_vector_chunks00');
  expect(thrownBy(() => new VectorKVault(file, { dimensions: 4, metric: 'l2' })).message).toContain(
    'vec_kvault_vector_chunks00',
  );
});
