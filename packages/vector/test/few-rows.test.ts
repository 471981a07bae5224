// Searches that read only the few vectors that they may find, from a file without a copy in memory.
import { VectorKVault, type VectorType } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { randomNumbers, randomVector } from './support/random.ts';

const COUNT = 3_000;

function filled(vectorType: VectorType = 'f32'): { file: string; open: () => VectorKVault<number> } {
  const file = tempFile();
  const random = randomNumbers(5);
  const options = { dimensions: 16, vectorType, residentBytes: 0, fields: { n: 'i64' } } as const;
  const open = () => {
    const vault = new VectorKVault(file, options);
    onTestFinished(() => vault.close());
    return vault as unknown as VectorKVault<number>;
  };
  const vault = open();
  const ids = vault.insertMany(
    Array.from({ length: COUNT }, (_, at) => [randomVector(random, vectorType, 16), at, { n: at }]),
  );
  // Slots of deleted vectors are filled again, so that ids and slots have different orders.
  vault.deleteMany(ids.filter((_, at) => at % 7 === 0));
  vault.insertMany(Array.from({ length: 300 }, (_, at) => [randomVector(random, vectorType, 16), at, { n: -at - 1 }]));
  vault.close();
  return { file, open };
}

test.each(['f32', 'int8', 'bit'] as const)('%s: a condition, ids and a function find the same', async (vectorType) => {
  const { open } = filled(vectorType);
  const vault = open();
  const random = randomNumbers(6);
  for (const [least, most] of [
    [5, 25],
    [-40, 10],
    [-300, 0],
    [2_990, 9_999],
    [8, 8],
    [7, 7],
  ] as const) {
    const query = randomVector(random, vectorType, 16);
    const where = { n: { $gte: least, $lte: most } };
    const accepted = Array.from(vault.keys()).filter((id) => {
      const n = Number(vault.fields(id)?.n);
      return n >= least && n <= most;
    });
    const all = vault.search(query, COUNT);
    const expected = all.filter(({ id }) => accepted.includes(id)).slice(0, 12);
    expect(vault.search(query, { k: 12, where })).toEqual(expected);
    expect(vault.search(query, { k: 12, filter: accepted })).toEqual(expected);
    expect(await vault.searchAsync(query, { k: 12, where })).toEqual(expected);
    expect(vault.searchMany([query, query], { k: 12, where })).toEqual([expected, expected]);
  }
});

test.each<[string, string]>([
  ['a chunk that lists another vector', 'UPDATE vec_kvault_chunks SET rowids = zeroblob(8192) WHERE chunk_id = 1'],
  ['a slot that is not in use', 'UPDATE vec_kvault_chunks SET validity = zeroblob(128) WHERE chunk_id = 1'],
  ['a chunk that is gone', 'DELETE FROM vec_kvault_chunks WHERE chunk_id = 1'],
  ['vectors that are gone', 'DELETE FROM vec_kvault_vector_chunks00 WHERE rowid = 1'],
  ['vectors that are cut off', "UPDATE vec_kvault_vector_chunks00 SET vectors = x'0102' WHERE rowid = 1"],
  ['value ids that are cut off', "UPDATE vec_kvault_metadatachunks00 SET data = x'0102' WHERE rowid = 1"],
  ['a slot beyond the chunk', 'UPDATE vec_kvault_rowids SET chunk_offset = 5000 WHERE rowid = 2'],
  ['a slot that is not a number', "UPDATE vec_kvault_rowids SET chunk_offset = 'x' WHERE rowid = 2"],
  ['no slot', 'UPDATE vec_kvault_rowids SET chunk_offset = NULL WHERE rowid = 2'],
])('%s is damage, and no other vector is found', async (_, sql) => {
  const { file, open } = filled();
  const database = new Database(file);
  database.exec(sql);
  database.close();
  const vault = open();
  const query = Array.from({ length: 16 }, () => 0.5);
  expect(codeOf(() => vault.search(query, { where: { n: 1 } }))).toBe('KV_CORRUPT');
  await expect(vault.searchAsync(query, { where: { n: 1 } })).rejects.toMatchObject({ code: 'KV_CORRUPT' });
  // Another chunk is sound.
  expect(vault.search(query, { where: { n: 1_500 } }).map(({ value }) => value)).toEqual([1_500]);
});
