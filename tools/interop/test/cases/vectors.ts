// The real Python package reads and changes our tables of vectors, and we read its changes.
import { VectorKVault } from '@kohakuvault/vector';
import { expect, test } from 'vitest';
import { difference } from '../../../../packages/vector/test/support/oracle.ts';
import { randomNumbers, randomVector } from '../../../../packages/vector/test/support/random.ts';
import { tempFile } from '../../../testing/src/temp.ts';
import { check, type ExpectedVectors, program, runPython } from '../../src/kit.ts';

const TABLES = [
  { table: 'vec_kvault', dimensions: 48, metric: 'cosine' },
  { table: 'by_length', dimensions: 7, metric: 'l2' },
  { table: 'by_sum', dimensions: 3, metric: 'l1' },
] as const;

/** Writes in every way: single, many, updates of vector or value, deletes, again in free slots. Everything takes several chunks. */
function write(file: string, options: (typeof TABLES)[number]): ExpectedVectors {
  using vault = new VectorKVault<string>(file, options);
  const random = randomNumbers(options.dimensions);
  const vector = () => randomVector(random, 'f32', options.dimensions);
  vault.insert(vector(), 'before it is cleared');
  vault.clear();
  vault.insert(vector(), 'one');
  const ids = vault.insertMany(Array.from({ length: 1_300 }, (_, index) => [vector(), `many ${index}`]));
  for (const id of ids.slice(0, 100)) vault.delete(id);
  for (const [index, id] of ids.slice(150, 300).entries()) {
    const changes = [{ vector: vector() }, { value: `changed ${index}` }, { vector: vector(), value: 'both' }];
    vault.update(id, changes[index % 3] ?? {});
  }
  // These go into the slots of deleted vectors.
  vault.insert(vector(), 'in a free slot');
  vault.insertMany(Array.from({ length: 60 }, (_, index) => [vector(), `in free slots ${index}`]));
  const searches = Array.from({ length: 10 }, (_, index) => {
    const query = vector();
    const found = vault.search(query, index * 3 + 1);
    return {
      query,
      k: index * 3 + 1,
      results: found.map(({ id, distance }): [number, number] => [Number(id), distance]),
    };
  });
  const rows = Array.from(vault, ([id, stored, value]) => ({
    id: Number(id),
    vector_hex: Buffer.from(stored.buffer as ArrayBuffer).toString('hex'),
    value: { t: 'str' as const, v: value },
  }));
  return { ...options, rows, searches };
}

export function vectorsOfOurs(python: string): void {
  test('Python reads and finds them, and goes on inserting', () => {
    const file = tempFile();
    const expected = TABLES.map((options) => write(file, options));
    expect(check(python, file, { vectors: expected })).toMatch(/^[1-9]\d+ passed, 0 failed$/);
  });

  test.each(TABLES)('what Python then deletes, changes and inserts in $table, ours finds', (options) => {
    const file = tempFile();
    const { rows } = write(file, options);
    const { table, dimensions, metric } = options;
    const printed = runPython(python, program('go_on_vectors.py'), [file, table, String(dimensions), metric]);
    const { query, deleted, changed, inserted, found } = JSON.parse(printed);
    using vault = new VectorKVault(file, options);
    expect(vault.size).toBe(rows.length);
    expect(vault.has(deleted)).toBe(false);
    expect(vault.getById(changed)?.value).toBe('changed by Python');
    expect(vault.getById(inserted)?.value).toEqual({ inserted: 'by Python' });
    expect(inserted).toBeGreaterThan(Math.max(...rows.map(({ id }) => id)));
    const theirs = found.map(([id, distance]: [number, number]) => ({ id: BigInt(id), distance }));
    expect(difference(vault.search(query, 10), theirs)).toBeUndefined();
  });

  test('Python changes a table with fields and ids of text, which it does not know', () => {
    const file = tempFile();
    const own = { table: 'docs', dimensions: 4, metric: 'l2', ids: 'str', fields: { year: 'i64' } } as const;
    {
      using vault = new VectorKVault(file, own);
      const rows = ['a', 'b', 'c', 'd'].map((id, at) => [[at, 9, 9, 9], `value of ${id}`, { id, year: at }] as const);
      vault.insertMany(rows);
    }
    const printed = runPython(python, program('go_on_vectors.py'), [file, 'docs', '4', 'l2']);
    const { query, inserted } = JSON.parse(printed);
    using vault = new VectorKVault(file, own);
    const found = (where: object) => vault.search(query, { where }).map(({ id, value }) => [id, value]);
    expect(vault.has('a')).toBe(false);
    expect(found({ year: 0 })).toEqual([]);
    expect(found({ year: 1 })).toEqual([['b', 'changed by Python']]);
    expect(found({ year: { $exists: false } })).toEqual([[`rowid:${inserted}`, { inserted: 'by Python' }]]);
    expect(vault.update(`rowid:${inserted}`, { fields: { year: 7 } })).toBe(true);
    expect(vault.insert([0, 0, 0, 0], 'again', { id: 'a' })).toBe('a');
    expect(found({ year: { $in: [0, 7] } })).toEqual([[`rowid:${inserted}`, { inserted: 'by Python' }]]);
    expect(vault.search([0, 0, 0, 0], 1)[0]).toMatchObject({ id: 'a', distance: 0 });
  });
}
