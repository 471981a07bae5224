// Ids that users bring: numbers and text.
import { VectorKVault, type VectorKVaultOptions } from '@kohakuvault/vector';
import { vectorInspector } from '@kohakuvault/vector/inspect';
import Database from 'better-sqlite3';
import { getLoadablePath } from 'sqlite-vec';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { vaultOf } from './support/vaults.ts';

// biome-ignore lint/suspicious/noExplicitAny: options of any kind of vault.
function texts(file = tempFile(), options: Partial<VectorKVaultOptions<any, any, any, any>> = {}) {
  const vault = new VectorKVault(file, { dimensions: 2, metric: 'l2', ids: 'str', ...options });
  onTestFinished(() => vault.close());
  return vault as VectorKVault<string, 'auto', Record<string, 'i64'>, 'str'>;
}

describe('numbers', () => {
  test('are the ids of the rows, and later ids count on from the greatest', () => {
    const vault = vaultOf<string>({ dimensions: 2, metric: 'l2' });
    expect(vault.insert([0, 0], 'a', { id: 100 })).toBe(100n);
    expect(vault.insert([1, 0], 'b')).toBe(101n);
    expect(
      vault.insertMany([
        [[2, 0], 'c', { id: -5n }],
        [[3, 0], 'd'],
        [[4, 0], 'e', { id: 7n }],
      ]),
    ).toEqual([-5n, 102n, 7n]);
    expect([...vault.keys()]).toEqual([-5n, 7n, 100n, 101n, 102n]);
    expect(vault.search([2, 0], 1)[0]).toMatchObject({ id: -5n, value: 'c' });
  });

  test('that exist are refused, also within one insertMany, and nothing is written', () => {
    const vault = vaultOf<string>({ dimensions: 2 });
    vault.insert([1, 0], 'a', { id: 5 });
    expect(() => vault.insert([1, 0], 'b', { id: 5n })).toThrow(/there is a vector with the id 5n already/);
    expect(() =>
      vault.insertMany([
        [[1, 0], 'c', { id: 6 }],
        [[1, 0], 'd', { id: 6 }],
      ]),
    ).toThrow(/two of the vectors have the id 6n/);
    expect(codeOf(() => vault.insert([1, 0], 'b', { id: 2n ** 63n - 1n }))).toBe('KV_INVALID_ARGUMENT');
    expect(codeOf(() => vault.insert([1, 0], 'b', { id: 'x' as never }))).toBe('KV_INVALID_ARGUMENT');
    expect(vault.size).toBe(1);
  });

  test('upsert inserts, and then changes all of it', () => {
    const vault = new VectorKVault(tempFile(), { dimensions: 2, metric: 'l2', fields: { year: 'i64', tag: 'str' } });
    onTestFinished(() => vault.close());
    expect(vault.upsert([0, 0], 'a', { id: 5, year: 1, tag: 't' })).toBe(5n);
    expect(vault.upsert([1, 0], 'b', { id: 5, year: 2 })).toBe(5n);
    expect(vault.size).toBe(1);
    expect(vault.search([1, 0])).toEqual([{ id: 5n, distance: 0, value: 'b' }]);
    expect(vault.fields(5)).toEqual({ year: 2n });
    expect(() => vault.upsert([1, 0], 'b', {} as never)).toThrow(/upsert expects an id, got none/);
  });
});

describe('text', () => {
  test('is what every call takes and returns', async () => {
    const vault = texts();
    expect(vault.insert([0, 0], 'a', { id: 'doc-1' })).toBe('doc-1');
    expect(
      vault.insertMany([
        [[1, 0], 'b', { id: 'doc-2' }],
        [[2, 0], 'c', { id: 'ž' }],
      ]),
    ).toEqual(['doc-2', 'ž']);
    expect(vault.search([0, 0], 2).map(({ id }) => id)).toEqual(['doc-1', 'doc-2']);
    expect(vault.searchMany([[2, 0]], 1)[0]?.[0]?.id).toBe('ž');
    expect((await vault.searchAsync([0, 0], 1))[0]?.id).toBe('doc-1');
    expect(vault.search([0, 0], { filter: ['doc-2', 'none'] }).map(({ id }) => id)).toEqual(['doc-2']);
    expect(vault.search([0, 0], { filter: (id) => id !== 'doc-1' }).map(({ id }) => id)).toEqual(['doc-2', 'ž']);
    expect([...vault.keys()]).toEqual(['doc-1', 'doc-2', 'ž']);
    expect([...vault.keys({ gt: 'doc-1', reverse: true })]).toEqual(['ž', 'doc-2']);
    expect(() => [...vault.keys({ gt: 'none' })]).toThrow(/there is no vector with the id "none"/);
    expect(Array.from(vault, ([id]) => id)).toEqual(['doc-1', 'doc-2', 'ž']);
    expect(vault.getById('doc-2')?.value).toBe('b');
    expect(vault.getById('none')).toBeUndefined();
    expect([vault.has('ž'), vault.has('none')]).toEqual([true, false]);
    expect(vault.update('doc-1', { value: 'A' })).toBe(true);
    expect(vault.update('none', { value: 'A' })).toBe(false);
    expect(vault.upsert([5, 0], 'B', { id: 'doc-2' })).toBe('doc-2');
    expect(vault.upsert([6, 0], 'new', { id: 'doc-3' })).toBe('doc-3');
    expect(vault.search([5, 0], 1)).toEqual([{ id: 'doc-2', distance: 0, value: 'B' }]);
    expect(vault.delete('doc-1')).toBe(true);
    expect(vault.delete('doc-1')).toBe(false);
    expect(vault.deleteMany(['ž', 'none', 'doc-3'])).toBe(2);
    expect([...vault.keys()]).toEqual(['doc-2']);
    expect(vault.insert([0, 0], 'again', { id: 'doc-1' })).toBe('doc-1');
    expect(vault.info()).toMatchObject({ count: 2, ids: 'str' });
  });

  test('that exists, is not text, or stands for other vectors is refused', () => {
    const vault = texts();
    vault.insert([0, 0], 'a', { id: 'doc-1' });
    expect(() => vault.insert([0, 0], 'b', { id: 'doc-1' })).toThrow(/there is a vector with the id "doc-1" already/);
    for (const id of ['', 5, undefined, '\ud800', 'a\0b', 'x'.repeat(5_000), 'rowid:5']) {
      expect(codeOf(() => vault.insert([0, 0], 'b', { id } as never))).toBe('KV_INVALID_ARGUMENT');
    }
    expect(() => vault.insert([0, 0], 'b', undefined as never)).toThrow(/the id is undefined; expected text/);
    expect(codeOf(() => vault.getById(5 as never))).toBe('KV_INVALID_ARGUMENT');
    expect(vault.size).toBe(1);
  });

  test('follows transactions', () => {
    const vault = texts();
    const database = vault.database;
    vault.insert([0, 0], 'a', { id: 'a' });
    expect(() =>
      vault.transaction(() => {
        vault.delete('a');
        vault.insert([1, 0], 'b', { id: 'b' });
        expect([...vault.keys()]).toEqual(['b']);
        throw new RangeError('back');
      }),
    ).toThrow(RangeError);
    expect([...vault.keys()]).toEqual(['a']);
    database.exec('BEGIN; SAVEPOINT s');
    vault.insert([1, 0], 'b', { id: 'b' });
    database.exec('ROLLBACK TO s; COMMIT');
    expect(vault.has('b')).toBe(false);
    vault.insert([1, 0], 'b', { id: 'b' });
    vault.clear();
    expect(database.prepare('SELECT count(*) FROM vec_kvault_ids').pluck().get()).toBe(0);
  });

  test('vectors of other programs have ids too, and what those delete is gone', async () => {
    const file = tempFile();
    const vault = texts(file);
    vault.insertMany([
      [[0, 0], 'a', { id: 'a' }],
      [[1, 0], 'b', { id: 'b' }],
    ]);
    const plain = new Database(file);
    plain.loadExtension(getLoadablePath());
    onTestFinished(() => void plain.close());
    plain.prepare('INSERT INTO vec_kvault_values (value) VALUES (?)').run(Buffer.from('c'));
    plain
      .prepare('INSERT INTO vec_kvault (value_ref, vector) VALUES (?, ?)')
      .run(3n, Buffer.from(Float32Array.of(2, 0).buffer));
    plain.prepare('DELETE FROM vec_kvault WHERE rowid = 1').run();
    plain.prepare('DELETE FROM vec_kvault_values WHERE id = 1').run();
    expect(vault.search([2, 0]).map(({ id }) => id)).toEqual(['rowid:3', 'b']);
    expect(vault.has('rowid:3')).toBe(true);
    expect(vault.has('rowid:2')).toBe(false);
    expect(vault.has('a')).toBe(false);
    expect(vault.insert([7, 0], 'new a', { id: 'a' })).toBe('a');
    expect(vault.search([7, 0], 1)[0]?.value).toBe('new a');
    expect(vault.delete('rowid:3')).toBe(true);
    for await (const { problems } of vectorInspector.verify(vault)) expect(problems).toEqual([]);
  });

  test('the file keeps the kind of the ids', () => {
    const file = tempFile();
    const plain = vaultOf<string>({ dimensions: 2, metric: 'l2' }, file);
    plain.insert([0, 0], 'old');
    expect(codeOf(() => texts(file, { readonly: true }))).toBe('KV_READONLY');
    const vault = texts(file);
    expect(vault.search([0, 0])[0]?.id).toBe('rowid:1');
    expect(() => vaultOf({ dimensions: 2, metric: 'l2' }, file)).toThrow(/the ids of the table "vec_kvault" are text/);
    plain.close();
    const renamed = vault.renameTable('docs');
    renamed.insert([1, 0], 'x', { id: 'x' });
    expect(renamed.has('x')).toBe(true);
    renamed.dropTable();
    const after = new Database(file);
    onTestFinished(() => void after.close());
    expect(after.prepare("SELECT name FROM sqlite_schema WHERE name LIKE '%ids%'").pluck().all()).toEqual([]);
  });
});
