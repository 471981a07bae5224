// Damaged files: an error names the table and the chunk; there is no crash and no wrong result.
import { readFileSync, writeFileSync } from 'node:fs';
import { CorruptData, KohakuVaultError, VectorKVault } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';
import { vaultOf } from './support/vaults.ts';

/** Makes a file of two chunks, and damages it by SQL. */
function damaged(sql: string): string {
  const file = tempFile();
  const vault = vaultOf({ metric: 'l2' }, file);
  vault.insertMany(Array.from({ length: 1_100 }, (_, index) => [[index, 0, 0, 0], index]));
  vault.close();
  const database = new Database(file);
  // Only this allows writes to shadow tables.
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
  ["UPDATE vec_kvault_chunks SET validity = x'ff' WHERE chunk_id = 1", '_chunks', 'validity has 1 bytes; expected 128'],
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
    "UPDATE vec_kvault_vector_chunks00 SET vectors = x'00' WHERE rowid = 1;" +
      'DELETE FROM vec_kvault_metadatachunks00 WHERE rowid = 2',
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
    expect(error.message).toContain('vector 1050');
  }
  expect(vault.search([3, 0, 0, 0], 1)[0]?.value).toBe(3);
  expect(vault.delete(1_050)).toBe(true);
  expect(vault.search([1_049, 0, 0, 0], 1)[0]?.id).not.toBe(1_050n);
});

test('a damaged value', () => {
  const file = damaged("UPDATE vec_kvault_values SET value = x'894b010400000000564bc1' WHERE id = 1");
  const error = thrownBy(() => vaultOf({ metric: 'l2' }, file).search([0, 0, 0, 0], 1));
  expect(error.code).toBe('KV_CORRUPT');
  expect(error.message).toContain('the value of vector 1 in vec_kvault');
});

test('a table without one of its shadow tables is refused when it is opened', () => {
  const file = damaged('DROP TABLE vec_kvault_vector_chunks00');
  expect(thrownBy(() => new VectorKVault(file, { dimensions: 4, metric: 'l2' })).message).toContain(
    'vec_kvault_vector_chunks00',
  );
});

/** All reads. Those of a single vector read vector 5. */
const READS: Record<string, (vault: VectorKVault) => unknown> = {
  search: (vault) => vault.search([5, 0, 0, 0], 3),
  'search with a filter': (vault) => vault.search([5, 0, 0, 0], { k: 3, filter: () => true }),
  searchMany: (vault) => vault.searchMany([[5, 0, 0, 0]], 3),
  searchAsync: (vault) => vault.searchAsync([5, 0, 0, 0], 3),
  get: (vault) => vault.get([4, 0, 0, 0]),
  getById: (vault) => vault.getById(5),
  has: (vault) => vault.has(5),
  size: (vault) => vault.size,
  info: (vault) => vault.info(),
  iteration: (vault) => [...vault],
};
const WRITES: Record<string, (vault: VectorKVault) => unknown> = {
  insert: (vault) => vault.insert([1, 2, 3, 4], 'new'),
  'update of a vector': (vault) => vault.update(5, { vector: [1, 2, 3, 4] }),
  'update of a value': (vault) => vault.update(5, { value: 'new' }),
  delete: (vault) => vault.delete(5),
  clear: (vault) => vault.clear(),
};

/**
 * Returns the error codes of reads and writes; undefined for a success. Throws any other error.
 */
async function codesOf(vault: VectorKVault, calls: Record<string, (vault: VectorKVault) => unknown>) {
  const codes: Record<string, string | undefined> = {};
  for (const [name, call] of Object.entries(calls)) {
    try {
      await call(vault);
      codes[name] = undefined;
    } catch (error) {
      if (!(error instanceof KohakuVaultError)) throw error;
      codes[name] = error.code;
    }
  }
  return codes;
}

const VALUES_OF_FIVE = ['search', 'search with a filter', 'searchMany', 'searchAsync', 'get', 'getById', 'iteration'];
const PLACE_OF_FIVE = ['getById', 'iteration'];
test.each([
  ['a value that is a number', 'UPDATE vec_kvault_values SET value = 5 WHERE id = 5', VALUES_OF_FIVE],
  [
    'a value that only KVault could put together',
    "UPDATE vec_kvault_values SET value = x'894b012100000000564b00' WHERE id = 5",
    VALUES_OF_FIVE,
  ],
  ['no chunk', 'UPDATE vec_kvault_rowids SET chunk_id = NULL WHERE rowid = 5', PLACE_OF_FIVE],
  ['a chunk that is not there', 'UPDATE vec_kvault_rowids SET chunk_id = 77 WHERE rowid = 5', PLACE_OF_FIVE],
  ['text for a chunk', "UPDATE vec_kvault_rowids SET chunk_id = 'x' WHERE rowid = 5", PLACE_OF_FIVE],
  ['no slot', 'UPDATE vec_kvault_rowids SET chunk_offset = NULL WHERE rowid = 5', PLACE_OF_FIVE],
  ['a slot below zero', 'UPDATE vec_kvault_rowids SET chunk_offset = -1 WHERE rowid = 5', PLACE_OF_FIVE],
  ['a slot behind the last', 'UPDATE vec_kvault_rowids SET chunk_offset = 1024 WHERE rowid = 5', PLACE_OF_FIVE],
  ['a slot beyond all numbers', 'UPDATE vec_kvault_rowids SET chunk_offset = 1 << 62 WHERE rowid = 5', PLACE_OF_FIVE],
  ['half a slot', 'UPDATE vec_kvault_rowids SET chunk_offset = 1.5 WHERE rowid = 5', PLACE_OF_FIVE],
  ["another vector's slot", 'UPDATE vec_kvault_rowids SET chunk_offset = 9 WHERE rowid = 5', PLACE_OF_FIVE],
])('%s is KV_CORRUPT wherever it is met', async (_, sql, refused) => {
  const vault = vaultOf({ metric: 'l2' }, damaged(sql));
  const codes = await codesOf(vault, READS);
  expect(codes).toEqual(
    Object.fromEntries(Object.keys(READS).map((name) => [name, refused.includes(name) ? 'KV_CORRUPT' : undefined])),
  );
  const written = await codesOf(vault, WRITES);
  expect(Object.values(written).filter((code) => code !== undefined && code !== 'KV_CORRUPT')).toEqual([]);
});

test.each([
  'vec_kvault_rowids',
  'vec_kvault_values',
  'vec_kvault_chunks',
  'vec_kvault_vector_chunks00',
  'vec_kvault_metadatachunks00',
])('%s that is dropped under an open vault is KV_CORRUPT wherever it is needed', async (table) => {
  const database = new Database(damaged(''));
  const vaults = [vaultOf({ metric: 'l2' }, database), vaultOf({ metric: 'l2', residentBytes: 0 }, database)];
  // A vault that was used before, and a new one.
  for (const vault of vaults.slice(1)) {
    await codesOf(vault, READS);
    vault.insert([1, 2, 3, 4], 'before');
  }
  database.unsafeMode();
  database.exec(`DROP TABLE ${table}`);
  for (const vault of vaults) {
    for (const codes of [await codesOf(vault, READS), await codesOf(vault, WRITES)]) {
      expect(Object.values(codes).filter((code) => code !== undefined && code !== 'KV_CORRUPT')).toEqual([]);
    }
    expect(codeOf(() => vault.getById(6))).toBe('KV_CORRUPT');
    expect(codeOf(() => [...vault])).toBe('KV_CORRUPT');
  }
});

test.each([
  ['more dimensions', 'vec_kvault USING vec0(value_ref INTEGER, vector float[8] distance_metric=L2)', 32],
  ['fewer', 'vec_kvault USING vec0(value_ref INTEGER, vector float[2] distance_metric=L2)', 8],
  ['another type', 'vec_kvault USING vec0(value_ref INTEGER, vector int8[4] distance_metric=L2)', 4],
])(
  'a declaration with %s under an open vault is KV_CORRUPT, and never numbers of other vectors',
  async (_, declaration, bytes) => {
    const database = new Database(tempFile());
    const vault = vaultOf({ metric: 'l2' }, database);
    vault.insert([1, 2, 3, 4], 'before');
    expect(vault.search([1, 2, 3, 4], 1)[0]?.value).toBe('before');
    database.exec(`DROP TABLE vec_kvault; DELETE FROM vec_kvault_values; CREATE VIRTUAL TABLE ${declaration}`);
    expect(codeOf(() => vault.insert([1, 2, 3, 4], 'after'))).toBe('KV_CORRUPT');
    const wrap = bytes === 4 ? 'vec_int8(?)' : '?';
    database
      .prepare(`INSERT INTO vec_kvault (rowid, value_ref, vector) VALUES (1, 1, ${wrap})`)
      .run(Buffer.alloc(bytes));
    database.exec("INSERT INTO vec_kvault_values VALUES (1, x'00')");
    const codes = await codesOf(vault, READS);
    expect(codes).toMatchObject({ search: 'KV_CORRUPT', iteration: 'KV_CORRUPT' });
    expect(codeOf(() => vault.getById(1))).toBe('KV_CORRUPT');
    expect(codeOf(() => vault.update(1, { vector: [1, 2, 3, 4] }))).toBe('KV_CORRUPT');
  },
);

test('with pages of zeros, every read returns a result or throws KV_CORRUPT', async () => {
  const whole = damaged('PRAGMA journal_mode = DELETE');
  const bytes = readFileSync(whole);
  const pageSize = bytes.readUInt16BE(16);
  for (let page = 1; page < bytes.length / pageSize; page++) {
    const file = tempFile();
    const copy = Buffer.from(bytes);
    copy.fill(0, page * pageSize, (page + 1) * pageSize);
    writeFileSync(file, copy);
    let vault: VectorKVault;
    try {
      vault = new VectorKVault(file, { dimensions: 4, metric: 'l2' });
    } catch (error) {
      expect(error).toBeInstanceOf(CorruptData);
      continue;
    }
    const codes = [await codesOf(vault, READS), await codesOf(vault, WRITES)].flatMap((some) => Object.values(some));
    expect(codes.filter((code) => code !== undefined && code !== 'KV_CORRUPT')).toEqual([]);
    vault.close();
  }
});
