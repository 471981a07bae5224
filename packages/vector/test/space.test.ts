// The space of deleted vectors is used again without a call, no matter who deleted them, and sqlite-vec reads the result.
import { statSync } from 'node:fs';
import { openDatabase } from '@kohakuvault/core-native/database';
import type { VectorKVault, VectorType } from '@kohakuvault/vector';
import { vectorInspector } from '@kohakuvault/vector/inspect';
import Database from 'better-sqlite3';
import { getLoadablePath } from 'sqlite-vec';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { difference, plainSearch } from './support/oracle.ts';
import { randomNumbers, randomVector } from './support/random.ts';
import { sqliteVecSearch } from './support/sqlite-vec.ts';
import { vaultOf } from './support/vaults.ts';

const METRICS = { f32: 'l2', int8: 'l2', bit: 'hamming' } as const;

/** Makes a table of chunks with 8 slots, and opens a vault on it. */
function smallChunks(vectorType: VectorType = 'f32'): { file: string; vault: VectorKVault<number> } {
  const file = tempFile();
  const element = { f32: 'float[8] distance_metric=L2', int8: 'int8[8] distance_metric=L2', bit: 'bit[8]' }[vectorType];
  const database = plain(file);
  database.exec(`CREATE VIRTUAL TABLE vec_kvault USING vec0(value_ref INTEGER, vector ${element}, chunk_size=8);
    CREATE TABLE vec_kvault_values (id INTEGER PRIMARY KEY AUTOINCREMENT, value BLOB NOT NULL)`);
  database.close();
  return { file, vault: vaultOf<number>({ dimensions: 8, vectorType, metric: METRICS[vectorType] }, file) };
}

/** Opens a file with sqlite-vec and nothing of ours. */
function plain(file: string): Database.Database {
  const database = new Database(file);
  database.loadExtension(getLoadablePath());
  return database;
}

/** The numbers of the chunks. */
function chunksOf(file: string): number[] {
  const database = new Database(file, { readonly: true });
  const chunks = database.prepare('SELECT chunk_id FROM vec_kvault_chunks ORDER BY 1').pluck().all() as number[];
  database.close();
  return chunks;
}

async function expectSound(file: string): Promise<void> {
  using database = openDatabase(file);
  for await (const { problems } of vectorInspector.verify(database)) expect(problems).toEqual([]);
  expect(database.database.pragma('integrity_check', { simple: true })).toBe('ok');
}

const vector = (number: number) => [number, 0, 0, 0, 0, 0, 0, 0];
const rows = (first: number, count: number): [number[], number][] =>
  Array.from({ length: count }, (_, index) => [vector(first + index), first + index]);

test('documents that are replaced ten times over do not make the file longer', async () => {
  const file = tempFile();
  const vault = vaultOf<number>({ dimensions: 128, metric: 'l2' }, file);
  const random = randomNumbers(7);
  const document = (number: number): [number[], number][] =>
    Array.from({ length: 3 }, () => [randomVector(random, 'f32', 128), number]);
  const ids = Array.from({ length: 1_000 }, (_, number) => vault.insertMany(document(number)));
  const sizes: number[] = [];
  for (let round = 0; round < 10; round++) {
    for (let turn = 0; turn < 400; turn++) {
      const number = Math.floor(Math.abs(random()) * 1_000);
      vault.deleteMany(ids[number] as bigint[]);
      ids[number] = vault.insertMany(document(number));
    }
    vault.checkpoint('truncate');
    sizes.push(statSync(file).size);
  }
  expect(vault.size).toBe(3_000);
  expect(chunksOf(file)).toHaveLength(3);
  // In the first rounds, the nodes of the B-trees become as full as they stay.
  expect(sizes.at(-1)).toBeLessThan((sizes[2] as number) * 1.02);
  vault.close();
  await expectSound(file);
});

test('vectors are inserted and deleted in turn, one at a time', () => {
  const { file, vault } = smallChunks();
  const ids = vault.insertMany(rows(0, 80));
  const before = chunksOf(file);
  expect(before).toHaveLength(10);
  const random = randomNumbers(3);
  for (let turn = 0; turn < 200; turn++) {
    const [gone] = ids.splice(Math.floor(Math.abs(random()) * ids.length), 1);
    vault.delete(gone as bigint);
    ids.push(vault.insert(vector(1_000 + turn), turn));
  }
  expect(chunksOf(file)).toEqual(before);
  expect([...vault.keys()]).toEqual(ids);
});

test('an update stays in its slot', () => {
  const { file, vault } = smallChunks();
  const ids = vault.insertMany(rows(0, 80));
  const before = chunksOf(file);
  for (const id of ids) expect(vault.update(id, { vector: vector(Number(id) + 500) })).toBe(true);
  expect(chunksOf(file)).toEqual(before);
  expect(vault.search(vector(517), 1)[0]?.id).toBe(17n);
  expect(vault.getById(17)?.vector).toEqual(Float32Array.from(vector(517)));
  expect(vault.update(99_999, { vector: vector(1) })).toBe(false);
});

test('a chunk goes with its last vector', () => {
  const { file, vault } = smallChunks();
  const ids = vault.insertMany(rows(0, 40));
  vault.deleteMany(ids.slice(8, 24));
  expect(chunksOf(file)).toEqual([1, 4, 5]);
});

test('what sqlite-vec or another connection has deleted is found and filled', () => {
  const { file, vault } = smallChunks();
  vault.insertMany(rows(0, 1_200));
  const before = chunksOf(file);
  expect(before).toHaveLength(150);
  const database = plain(file);
  onTestFinished(() => void database.close());
  database.exec('DELETE FROM vec_kvault WHERE rowid % 4 = 0');
  database.exec('DELETE FROM vec_kvault_values WHERE id % 4 = 0');
  for (let turn = 0; turn < 300; turn++) vault.insert(vector(1_000 + turn), turn);
  expect(chunksOf(file)).toEqual(before);
  const other = vaultOf<number>({ dimensions: 8, metric: 'l2' }, new Database(file));
  for (let round = 0; round < 6; round++) {
    other.deleteMany([...other.keys()].filter((id) => Number(id) % 5 === round % 5));
    while (vault.size < 1_200) vault.insertMany(rows(2_000, Math.min(50, 1_200 - vault.size)));
  }
  expect(chunksOf(file)).toEqual(before);
  other.database.close();
});

test('what a rollback brings back is not overwritten, and what it takes back is free', async () => {
  const { file, vault } = smallChunks();
  const ids = vault.insertMany(rows(0, 40));
  const before = [...vault];
  const undo = new Error('undo');
  for (const work of [
    () => vault.deleteMany(ids.filter((id) => id % 2n === 0n)),
    () => vault.insertMany(rows(500, 100)),
    () => vault.update(5, { vector: vector(77) }),
    () => {
      vault.deleteMany(ids.slice(0, 20));
      vault.insertMany(rows(700, 5));
    },
  ]) {
    expect(() =>
      vault.transaction(() => {
        work();
        throw undo;
      }),
    ).toThrow(undo);
    expect([...vault]).toEqual(before);
  }
  vault.deleteMany(ids.filter((id) => id % 2n === 0n));
  vault.insertMany(rows(900, 20));
  expect(chunksOf(file)).toHaveLength(5);
  expect(vault.size).toBe(40);
  vault.close();
  await expectSound(file);
});

describe('a damaged bitmap', () => {
  test('does not give the slot of a listed vector away', () => {
    const { file, vault } = smallChunks();
    vault.insertMany(rows(0, 16));
    const database = new Database(file);
    database.unsafeMode();
    database.exec("UPDATE vec_kvault_chunks SET validity = x'fb' WHERE chunk_id = 1");
    for (let turn = 0; turn < 8; turn++) vault.insert(vector(100 + turn), turn);
    database.exec("UPDATE vec_kvault_chunks SET validity = x'ff' WHERE chunk_id = 1");
    database.close();
    expect(vault.size).toBe(24);
    expect(vault.search(vector(2), 1)[0]).toMatchObject({ id: 3n, distance: 0, value: 2 });
  });

  test.each([
    ['a short bitmap', "UPDATE vec_kvault_chunks SET validity = x'' WHERE chunk_id = 1"],
    ['a short list of ids', "UPDATE vec_kvault_chunks SET rowids = x'00' WHERE chunk_id = 1"],
    ['short vectors', "UPDATE vec_kvault_vector_chunks00 SET vectors = x'00' WHERE rowid = 1"],
    ['no values', 'DELETE FROM vec_kvault_metadatachunks00 WHERE rowid = 1'],
    ['an impossible size', 'UPDATE vec_kvault_chunks SET size = -1 WHERE chunk_id = 1'],
  ])('with %s, a chunk is left alone', (_, sql) => {
    const { file, vault } = smallChunks();
    const ids = vault.insertMany(rows(0, 16));
    vault.deleteMany(ids.slice(2, 5));
    const database = new Database(file);
    database.unsafeMode();
    database.exec(sql);
    const added = vault.insertMany(rows(100, 12));
    for (const id of added) expect(vault.getById(id)?.value).toBe(Number(id) - 17 + 100);
    const places = database.prepare('SELECT count(*) FROM vec_kvault_rowids WHERE rowid > 16 AND chunk_id = 1').pluck();
    expect(places.get()).toBe(0);
    database.close();
  });
});

test.each(['f32', 'int8', 'bit'] as const)(
  '%s: random work, compared with a plain map and sqlite-vec',
  async (type) => {
    const { file, vault } = smallChunks(type);
    const random = randomNumbers(11);
    const upTo = (limit: number) => Math.floor(Math.abs(random()) * limit);
    const make = () => randomVector(random, type, 8).map((value) => (type === 'int8' && value === 0 ? 1 : value));
    const known = new Map<bigint, [vector: number[], value: number]>();
    const some = () => [...known.keys()].filter(() => upTo(3) === 0);
    for (let turn = 0; turn < 150; turn++) {
      const action = upTo(5);
      if (action <= 1) {
        const added = Array.from({ length: upTo(14) }, (_, nth): [number[], number] => [make(), turn * 100 + nth]);
        for (const [nth, id] of vault.insertMany(added).entries()) known.set(id, added[nth] as [number[], number]);
      } else if (action === 2) {
        const ids = some();
        expect(vault.deleteMany(ids)).toBe(ids.length);
        for (const id of ids) known.delete(id);
      } else if (action === 3) {
        for (const id of some()) {
          const changed = make();
          vault.update(id, { vector: changed });
          known.set(id, [changed, known.get(id)?.[1] as number]);
        }
      } else {
        const database = plain(file);
        for (const id of some().slice(0, 3)) {
          database.exec(
            `DELETE FROM vec_kvault_values WHERE id = (SELECT value_ref FROM vec_kvault WHERE rowid = ${id})`,
          );
          database.exec(`DELETE FROM vec_kvault WHERE rowid = ${id}`);
          known.delete(id);
        }
        database.close();
      }
      if (turn % 10 > 0) continue;
      expect(Array.from(vault, ([id, , value]) => [id, value])).toEqual(
        Array.from(known, ([id, [, value]]) => [id, value]),
      );
      const query = make();
      const metric = METRICS[type];
      const given = Array.from(known, ([id, [stored]]) => [id, stored] as const);
      const expected = plainSearch(given, metric === 'hamming' ? 'l1' : metric, query, 5);
      const found = vault.search(query, 5);
      expect(difference(found, expected)).toBeUndefined();
      const bytes =
        type === 'bit' ? Uint8Array.of(query.reduce((byte, bit, nth) => byte | (bit << nth), 0)) : undefined;
      const typed = bytes ?? (type === 'int8' ? Int8Array.from(query) : Float32Array.from(query));
      const theirs = sqliteVecSearch(file, 'vec_kvault', type, new Uint8Array(typed.buffer), 5);
      expect(difference(theirs, expected)).toBeUndefined();
    }
    vault.close();
    await expectSound(file);
  },
);
