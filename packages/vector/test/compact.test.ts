// Deleted vectors: compact gives their space back to the file, and sqlite-vec reads what it wrote.
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { getLoadablePath } from 'sqlite-vec';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { topicalVectors } from './support/random.ts';
import { vaultOf } from './support/vaults.ts';

const DIMENSIONS = 128;

/** Returns a vault of 1,590 vectors, of 6,000 that there were. */
function sparse(file: string, vectorType: 'f32' | 'int8' = 'f32') {
  const vault = vaultOf<string>({ dimensions: DIMENSIONS, vectorType }, file);
  const given = topicalVectors(3, 6_000, DIMENSIONS).map((vector) =>
    vectorType === 'f32' ? vector : Int8Array.from(vector, (value) => Math.max(-127, Math.min(127, value * 40)) || 1),
  );
  // Most of the first three quarters go, a few of each chunk stay.
  const ids = vault.insertMany(given.map((vector, index) => [vector, `${index}`]));
  const isKept = (index: number) => index >= 4_500 || index % 50 === 0;
  vault.deleteMany(ids.filter((_, index) => !isKept(index)));
  const kept = ids.filter((_, index) => isKept(index));
  return { vault, kept, query: given[5_000] as Float32Array };
}

test.each(['f32', 'int8'] as const)('%s vectors stay as they are', (vectorType) => {
  const file = tempFile();
  const { vault, kept, query } = sparse(file, vectorType);
  const before = [...vault];
  const found = vault.search(query, 50);
  vault.compact();
  expect([...vault]).toEqual(before);
  expect([...vault.keys()]).toEqual(kept);
  for (let round = 0; round < 3; round++) expect(vault.search(query, 50)).toEqual(found);
  const { database } = vault;
  const slots = database.prepare('SELECT sum(size) FROM vec_kvault_chunks').pluck().get();
  expect(slots).toBe(Math.ceil(kept.length / 1024) * 1024);
  // Ids are not used again.
  expect(vault.insert(query, 'next')).toBe(6_001n);
  vault.optimize();
  vault.close();

  const plain = new Database(file);
  plain.loadExtension(getLoadablePath());
  const parameter = vectorType === 'f32' ? '?' : 'vec_int8(?)';
  const ids = plain
    .prepare(`SELECT rowid FROM vec_kvault WHERE vector MATCH ${parameter} AND k = 5 ORDER BY distance`)
    .pluck()
    .all(Buffer.from(query.buffer, query.byteOffset, query.byteLength));
  // The new vector is as near as the nearest: sqlite-vec may return either first.
  expect(new Set(ids)).toEqual(new Set([6_001, ...found.slice(0, 4).map(({ id }) => Number(id))]));
  expect(plain.pragma('integrity_check', { simple: true })).toBe('ok');
  plain.close();
});

test('the space is used by later writes, and optimize returns it', () => {
  const file = tempFile();
  const { vault } = sparse(file);
  vault.checkpoint('truncate');
  const before = statSync(file).size;
  vault.compact();
  vault.compact();
  vault.optimize();
  vault.checkpoint('truncate');
  expect(statSync(file).size).toBeLessThan(before / 2);
});

test('a compact that is rolled back has changed nothing', () => {
  const { vault, kept, query } = sparse(tempFile());
  const before = vault.search(query, 20);
  const undone = new Error('undone');
  expect(() =>
    vault.transaction(() => {
      vault.compact();
      expect(vault.search(query, 20)).toEqual(before);
      throw undone;
    }),
  ).toThrow(undone);
  expect(vault.search(query, 20)).toEqual(before);
  expect([...vault.keys()]).toEqual(kept);
  const { database } = vault;
  const chunks = () => database.prepare('SELECT count(*) FROM vec_kvault_chunks').pluck().get();
  expect(chunks()).toBeGreaterThan(2);
  vault.compact();
  expect(chunks()).toBe(2);
  expect(vault.search(query, 20)).toEqual(before);
});

test('an empty vault, one without holes, and one that is read only', () => {
  const file = tempFile();
  const vault = vaultOf<string>({ dimensions: 4 }, file);
  vault.compact();
  const id = vault.insert([1, 2, 3, 4], 'one');
  vault.compact();
  expect(vault.search([1, 2, 3, 4], 1)[0]?.id).toBe(id);
  vault.delete(id);
  vault.compact();
  expect(vault.size).toBe(0);
  expect(vault.insert([1, 2, 3, 4], 'two')).toBe(id + 1n);
  vault.close();
  const readonly = vaultOf({ dimensions: 4, readonly: true }, file);
  expect(thrownBy(() => readonly.compact()).code).toBe('KV_READONLY');
});
