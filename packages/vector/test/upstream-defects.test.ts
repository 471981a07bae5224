// Defects of the Python package, which this package must not have.
import { copyFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { getLoadablePath } from 'sqlite-vec';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { vaultOf } from './support/vaults.ts';

/** Makes a table with vectors that were written as Python writes them, unchecked. */
function writtenUnchecked(metric: string, vectors: number[][]): string {
  const file = tempFile();
  const database = new Database(file);
  database.loadExtension(getLoadablePath());
  database.exec(
    `CREATE VIRTUAL TABLE vec_kvault USING vec0(value_ref INTEGER, vector float[2] distance_metric=${metric});
     CREATE TABLE vec_kvault_values (id INTEGER PRIMARY KEY AUTOINCREMENT, value BLOB NOT NULL)`,
  );
  const value = database.prepare('INSERT INTO vec_kvault_values (value) VALUES (?)');
  const vector = database.prepare('INSERT INTO vec_kvault (value_ref, vector) VALUES (?, ?)');
  for (const numbers of vectors) {
    const { lastInsertRowid } = value.run(Buffer.from(String(numbers)));
    vector.run(BigInt(lastInsertRowid), new Uint8Array(Float32Array.from(numbers).buffer));
  }
  database.close();
  return file;
}

test('a stored vector of zeros, NaN or infinity does not break searches', () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const file = writtenUnchecked('cosine', [
    [1, 0],
    [0, 0],
    [nan, 1],
    [infinity, 1],
    [0, 1],
  ]);
  for (const residentBytes of [0, undefined]) {
    const vault = vaultOf<Buffer>({ dimensions: 2, residentBytes }, file);
    for (let time = 0; time < 3; time++) {
      // Zeros have no direction, and count as orthogonal. NaN has no distance, and is never found.
      expect(vault.search([1, 0.5]).map(({ id }) => id)).toEqual([1n, 5n, 2n]);
      expect(vault.search([1, 0.5])[2]?.distance).toBe(1);
    }
    expect(vault.getById(3)?.vector).toEqual(Float32Array.of(nan, 1));
    expect(vault.size).toBe(5);
    vault.close();
  }
  const l2 = vaultOf(
    { dimensions: 2, metric: 'l2' },
    writtenUnchecked('L2', [
      [nan, 1],
      [infinity, 1],
      [1, 1],
    ]),
  );
  expect(l2.search([0, 0]).map(({ id, distance }) => [id, distance])).toEqual([
    [3n, Math.fround(Math.SQRT2)].map((value) => (typeof value === 'number' ? expect.closeTo(value, 6) : value)),
    [2n, infinity],
  ]);
});

test('vectors and queries of zeros, NaN or infinity are refused', () => {
  const vault = vaultOf({ dimensions: 2 });
  for (const bad of [
    [0, 0],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 1],
  ]) {
    expect(codeOf(() => vault.insert(bad, 0))).toBe('KV_INVALID_ARGUMENT');
    expect(codeOf(() => vault.search(bad))).toBe('KV_INVALID_ARGUMENT');
  }
});

test('a search computes another metric; reopening with another metric is refused', () => {
  const file = tempFile();
  const vault = vaultOf({ dimensions: 2, metric: 'l2' }, file);
  vault.insert([1, 0], 'a');
  vault.insert([10, 10], 'b');
  expect(vault.search([2, 2], 1)[0]?.value).toBe('a');
  expect(vault.search([2, 2], { k: 1, metric: 'cosine' })[0]).toMatchObject({ value: 'b', distance: 0 });
  expect(vault.search([2, 2], { k: 1, metric: 'l1' })[0]).toMatchObject({ value: 'a', distance: 3 });
  expect(codeOf(() => vaultOf({ dimensions: 2, metric: 'l1' }, file))).toBe('KV_INVALID_ARGUMENT');
  expect(codeOf(() => vaultOf({ dimensions: 3, metric: 'l2' }, file))).toBe('KV_INVALID_ARGUMENT');
});

test('bits under hamming, and int8, work', () => {
  const bits = vaultOf({ dimensions: 8, vectorType: 'bit', metric: 'hamming' });
  bits.insert([1, 1, 1, 1, 0, 0, 0, 0], 'half');
  expect(bits.search([1, 1, 1, 0, 0, 0, 0, 1], 1)).toEqual([{ id: 1n, distance: 2, value: 'half' }]);
  const int8 = vaultOf({ dimensions: 2, vectorType: 'int8', metric: 'l2' });
  int8.insert([-128, 127], 'ends');
  expect(int8.search([127, -128], 1)[0]?.distance).toBeCloseTo(255 * Math.SQRT2, 9);
});

test('a failure leaves neither a value without a vector nor a vector without a value', () => {
  const vault = vaultOf({ dimensions: 2, metric: 'l2' });
  const id = vault.insert([1, 1], 'old');
  const { database } = vault;
  // Only this allows triggers on vec0's shadow tables.
  database.unsafeMode();
  database.exec(`CREATE TRIGGER refuse BEFORE INSERT ON vec_kvault_rowids BEGIN SELECT RAISE(ABORT, 'no'); END`);
  database.exec(`CREATE TRIGGER keep BEFORE UPDATE ON vec_kvault_values BEGIN SELECT RAISE(ABORT, 'no'); END`);
  database.unsafeMode(false);
  expect(codeOf(() => vault.insert([2, 2], 'lost'))).toMatch(/^KV_/);
  expect(codeOf(() => vault.update(id, { vector: [3, 3], value: 'new' }))).toMatch(/^KV_/);
  expect([...vault]).toEqual([[id, Float32Array.of(1, 1), 'old']]);
  expect(vault.search([3, 3])).toEqual([{ id, distance: expect.closeTo(2 * Math.SQRT2, 6), value: 'old' }]);
  expect(database.prepare('SELECT count(*) FROM vec_kvault_values').pluck().get()).toBe(1);
});

test('values without vectors, as failed inserts of Python leave them, do no harm', () => {
  const file = writtenUnchecked('L2', [[1, 1]]);
  const copy = tempFile();
  copyFileSync(file, copy);
  const database = new Database(copy);
  database.exec("INSERT INTO vec_kvault_values (value) VALUES (x'00')");
  database.close();
  const vault = vaultOf<string>({ dimensions: 2, metric: 'l2' }, copy);
  const id = vault.insert([5, 5], 'ours');
  expect(id).toBe(2n);
  expect(vault.search([5, 5], 1)[0]).toEqual({ id, distance: 0, value: 'ours' });
  expect(vault.getById(1)?.value).toEqual(Buffer.from('1,1'));
});

test('an update of a missing id returns false', () => {
  const vault = vaultOf({ dimensions: 2 });
  expect(vault.update(1, { vector: [1, 1] })).toBe(false);
  expect(vault.update(1, { value: 'x' })).toBe(false);
  expect(vault.getById(1)).toBeUndefined();
});
