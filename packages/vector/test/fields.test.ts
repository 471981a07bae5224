// Typed fields beside the value, and searches that are limited by them.

import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { VectorKVault } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { vaultOf } from './support/vaults.ts';

const FIELDS = { year: 'i64', author: 'str', public: 'bool', score: 'f64' } as const;

function library(file = tempFile(), options: object = {}) {
  const vault = new VectorKVault(file, { dimensions: 2, metric: 'l2', fields: FIELDS, ...options });
  onTestFinished(() => vault.close());
  return vault;
}

/** Inserts books at 0, 1, 2 and so on. */
function shelve(vault: ReturnType<typeof library>): bigint[] {
  return vault.insertMany([
    [[0, 0], 'a', { year: 1999, author: 'Ada', public: true, score: 0.5 }],
    [[1, 0], 'b', { year: 2005n, author: 'Bo', public: false, score: -1 }],
    [[2, 0], 'c', { year: 2020, author: 'Ada', public: true }],
    [[3, 0], 'd', { author: 'Cy', score: Number.POSITIVE_INFINITY }],
    [[4, 0], 'e'],
  ]);
}

const valuesOf = (found: readonly { value: unknown }[]) => found.map(({ value }) => value).join('');

describe('conditions', () => {
  test.each<[string, object, string]>([
    ['a value', { author: 'Ada' }, 'ac'],
    ['several fields', { author: 'Ada', public: true, year: { $lt: 2000 } }, 'a'],
    ['$eq', { year: { $eq: 2005 } }, 'b'],
    ['$ne, which a missing field meets', { author: { $ne: 'Ada' } }, 'bde'],
    ['$gt', { year: { $gt: 2005 } }, 'c'],
    ['$gte of a bigint', { year: { $gte: 2005n } }, 'bc'],
    ['$lt', { score: { $lt: 0.5 } }, 'b'],
    ['$lte', { score: { $lte: 0.5 } }, 'ab'],
    ['an infinite number', { score: Number.POSITIVE_INFINITY }, 'd'],
    ['a range', { year: { $gt: 1999, $lt: 2020 } }, 'b'],
    ['the order of text', { author: { $gt: 'Ada', $lte: 'Cy' } }, 'bd'],
    ['$in', { author: { $in: ['Bo', 'Cy', 'Di'] } }, 'bd'],
    ['$in of nothing', { author: { $in: [] } }, ''],
    ['$nin, which a missing field meets', { author: { $nin: ['Ada', 'Bo'] } }, 'de'],
    ['$nin of nothing', { author: { $nin: [] } }, 'abcde'],
    ['$exists', { year: { $exists: true } }, 'abc'],
    ['$exists: false', { author: { $exists: false } }, 'e'],
    ['false is not missing', { public: false }, 'b'],
    ['$not of an operator', { year: { $not: { $gte: 2005 } } }, 'ade'],
    ['$not of a value', { public: { $not: true } }, 'bde'],
    ['$and', { $and: [{ author: 'Ada' }, { year: { $gt: 2000 } }] }, 'c'],
    ['$or', { $or: [{ author: 'Bo' }, { year: 2020 }] }, 'bc'],
    ['$not of the whole', { $not: { $or: [{ author: 'Ada' }, { public: false }] } }, 'de'],
    ['$not of $and', { $not: { author: 'Ada', year: { $gt: 2000 } } }, 'abde'],
    ['nothing', {}, 'abcde'],
    ['undefined, which is nothing', { author: undefined, year: 2020 }, 'c'],
    ['an empty $and', { $and: [] }, 'abcde'],
    ['an empty $or', { $or: [] }, ''],
  ])('%s', async (_, where, expected) => {
    const file = tempFile();
    const vault = library(file);
    shelve(vault);
    const query = [0, 0];
    expect(valuesOf(vault.search(query, { where: where as never }))).toBe(expected);
    expect(vault.searchMany([query, query], { where: where as never }).map(valuesOf)).toEqual([expected, expected]);
    expect(valuesOf(await vault.searchAsync(query, { where: where as never }))).toBe(expected);
    expect(valuesOf(await vault.searchAsync(query, { where: where as never, mode: 'approximate' }))).toBe(expected);
    expect((await vault.searchManyAsync([query], { where: where as never })).map(valuesOf)).toEqual([expected]);
    // From the file, without a copy.
    const fromFile = library(file, { residentBytes: 0 });
    expect(valuesOf(fromFile.search(query, { where: where as never }))).toBe(expected);
    expect(valuesOf(await fromFile.searchAsync(query, { where: where as never }))).toBe(expected);
  });

  test.each<[string, object, RegExp]>([
    ['an unknown field', { yaer: 5 }, /there is no field "yaer"; did you mean year\?/],
    ['a wrong type', { year: '2020' }, /the field year is "2020"; expected a safe integer, or a 64-bit bigint/],
    ['a fraction for an integer', { year: { $gt: 1.5 } }, /the field year is 1\.5/],
    ['NaN', { score: Number.NaN }, /the field score is NaN; expected a number that is not NaN/],
    ['a number for true', { public: 1 }, /the field public is 1; expected true or false/],
    ['half a surrogate pair', { author: '\ud800' }, /expected text without NUL/],
    ['null', { author: null }, /\$exists: false/],
    ['an unknown operator', { year: { $near: 5 } }, /"\$near" is not an operator on year, which is i64/],
    ['an order of true and false', { public: { $gt: false } }, /"\$gt" is not an operator on public/],
    ['$in without a list', { year: { $in: 5 } }, /\$in of year is 5; expected an array/],
    ['$exists of a number', { year: { $exists: 1 } }, /\$exists of year is 1; expected true or false/],
    ['an operator on the whole', { $gt: 5 }, /\$gt is not an operator on the whole/],
    ['$or without a list', { $or: { year: 5 } }, /\$or is an object; expected an array/],
    ['a list of numbers', { $and: [5] }, /where is 5; expected an object/],
    ['an array', [{ year: 5 }], /an array of 1/],
  ])('%s is refused', (_, where, message) => {
    const vault = library();
    const search = () => vault.search([0, 0], { where: where as never });
    expect(codeOf(search)).toBe('KV_INVALID_ARGUMENT');
    expect(search).toThrow(message);
  });

  test('conditions that are too deep or too long are refused, and long ones work', () => {
    const vault = library();
    const [first] = shelve(vault);
    let deep: object = { year: 1999 };
    for (let level = 0; level < 200; level++) deep = { $not: deep };
    expect(() => vault.search([0, 0], { where: deep as never })).toThrow(/nested more than 100 deep/);
    const years = Array.from({ length: 20_000 }, (_, index) => 1_000 + index);
    expect(valuesOf(vault.search([0, 0], { where: { year: { $in: years } } }))).toBe('abc');
    expect(valuesOf(vault.search([0, 0], { where: { $or: years.map((year) => ({ year })) } }))).toBe('abc');
    const more = [...years, ...years];
    expect(() => vault.search([0, 0], { where: { year: { $in: more } } })).toThrow(/where has 40000 values/);
    expect(vault.has(first as bigint)).toBe(true);
  });

  test('together with a filter by ids or by a function, an offset and a largest distance', () => {
    const vault = library();
    const ids = shelve(vault);
    const where = { author: { $exists: true } } as const;
    expect(valuesOf(vault.search([0, 0], { where, filter: [ids[1], ids[3], ids[4]] as bigint[] }))).toBe('bd');
    expect(valuesOf(vault.search([0, 0], { where, filter: (_, value) => value !== 'b' }))).toBe('acd');
    expect(valuesOf(vault.search([0, 0], { where, offset: 1, k: 2 }))).toBe('bc');
    expect(valuesOf(vault.search([0, 0], { where, maxDistance: 1.5 }))).toBe('ab');
  });
});

describe('writing fields', () => {
  test('fields are read as they were written, changed one by one, and removed by null', () => {
    const vault = library();
    const id = vault.insert([0, 0], 'a', { year: 2n ** 63n - 1n, author: 'Žofie', public: false, score: -0.5 });
    expect(vault.fields(id)).toEqual({ year: 2n ** 63n - 1n, author: 'Žofie', public: false, score: -0.5 });
    expect(vault.update(id, { fields: { year: 5, author: null, score: undefined } })).toBe(true);
    expect(vault.fields(id)).toEqual({ year: 5n, public: false, score: -0.5 });
    const other = vault.insert([1, 0], 'b');
    expect(vault.fields(other)).toEqual({});
    expect(vault.update(other, { fields: { author: 'Bo' } })).toBe(true);
    expect(vault.fields(other)).toEqual({ author: 'Bo' });
    expect(vault.update(99n, { fields: { author: 'Bo' } })).toBe(false);
    expect(vault.fields(99n)).toBeUndefined();
    expect(vault.info()).toMatchObject({ fields: FIELDS, count: 2 });
  });

  test('fieldsOf computes the fields of each value, and what is given counts more', () => {
    interface Book {
      title: string;
      year: number;
    }
    const vault = new VectorKVault(tempFile(), {
      dimensions: 2,
      fields: { year: 'i64', title: 'str' },
      fieldsOf: ({ title, year }: Book) => ({ title, year }),
    });
    onTestFinished(() => vault.close());
    const id = vault.insert([1, 0], { title: 'M', year: 1931 });
    expect(vault.fields(id)).toEqual({ title: 'M', year: 1931n });
    expect(vault.fields(vault.insert([1, 0], { title: 'N', year: 1 }, { year: 2 }))).toEqual({ title: 'N', year: 2n });
    vault.update(id, { value: { title: 'O', year: 3 } });
    expect(vault.fields(id)).toEqual({ title: 'O', year: 3n });
    vault.update(id, { vector: [0, 1] });
    expect(vault.fields(id)).toEqual({ title: 'O', year: 3n });
  });

  test('fields go with their vectors: delete, clear, compact, dropTable, renameTable', () => {
    const database = new Database(tempFile());
    onTestFinished(() => void database.close());
    const vault = library(database as never);
    const rows = () => database.prepare('SELECT count(*) FROM vec_kvault_fields').pluck().get();
    const ids = shelve(vault);
    expect(rows()).toBe(4);
    vault.delete(ids[0] as bigint);
    expect(rows()).toBe(3);
    vault.compact();
    expect(valuesOf(vault.search([0, 0], { where: { author: 'Ada' } }))).toBe('c');
    vault.clear();
    expect(rows()).toBe(0);
    shelve(vault);
    const renamed = vault.renameTable('books');
    expect(valuesOf(renamed.search([0, 0], { where: { author: 'Ada' } }))).toBe('ac');
    // The old name is free again.
    const again = new VectorKVault(renamed, { dimensions: 2, metric: 'l2', fields: { year: 'f64' } });
    again.insert([0, 0], 'x', { year: 0.5 });
    expect(valuesOf(again.search([0, 0], { where: { year: 0.5 } }))).toBe('x');
    again.dropTable();
    renamed.dropTable();
    expect(database.prepare("SELECT name FROM sqlite_schema WHERE name LIKE '%fields%'").all()).toEqual([]);
    expect(database.prepare("SELECT key FROM kohakuvault_meta WHERE key LIKE 'vector_table%'").all()).toEqual([]);
  });

  test.each<[string, object, RegExp]>([
    ['an unknown field', { yaer: 1 }, /insert: there is no field "yaer"; did you mean year\?/],
    ['a wrong type', { year: 'x' }, /insert: the field year is "x"/],
    ['no object', 5 as never, /the third argument is 5/],
  ])('%s is refused, and nothing is written', (_, fields, message) => {
    const vault = library();
    expect(() => vault.insert([0, 0], 'a', fields as never)).toThrow(message);
    expect(() =>
      vault.insertMany([
        [[0, 0], 'a'],
        [[0, 0], 'b', fields as never],
      ]),
    ).toThrow(/./);
    expect(vault.size).toBe(0);
  });
});

describe('transactions', () => {
  test('a search sees what its transaction has written, and a rollback takes it back', () => {
    const vault = library();
    const database = vault.database;
    const [first] = shelve(vault) as [bigint];
    const find = () => valuesOf(vault.search([0, 0], { where: { author: 'Ada' } }));
    expect([find(), find()]).toEqual(['ac', 'ac']);
    expect(() =>
      vault.transaction(() => {
        vault.insert([0, 0], 'new', { author: 'Ada' });
        vault.update(first, { fields: { author: 'Bo' } });
        expect(find()).toBe('newc');
        throw new RangeError('back');
      }),
    ).toThrow(RangeError);
    expect(find()).toBe('ac');
    database.exec('BEGIN; SAVEPOINT s');
    vault.update(first, { fields: { author: 'Bo' } });
    expect(find()).toBe('c');
    database.exec('ROLLBACK TO s');
    expect(find()).toBe('ac');
    database.exec('COMMIT');
    database.exec(`UPDATE vec_kvault_fields SET author = 'Ada'`);
    expect(find()).toBe('abcd');
  });

  test('what another connection commits is found at once', () => {
    const file = tempFile();
    const vault = library(file);
    shelve(vault);
    const find = () => valuesOf(vault.search([0, 0], { where: { author: 'Ada' } }));
    expect([find(), find(), find()]).toEqual(['ac', 'ac', 'ac']);
    const other = new Database(file);
    onTestFinished(() => void other.close());
    other.exec(`UPDATE vec_kvault_fields SET author = 'Ada' WHERE author = 'Bo'`);
    expect(find()).toBe('abc');
    const worker = library(file);
    worker.insert([0, 0], 'z', { author: 'Ada' });
    expect(find()).toBe('zabc');
  });

  test('a worker thread uses the fields of the file', async () => {
    const file = tempFile();
    const vault = library(file);
    shelve(vault);
    const worker = new Worker(join(import.meta.dirname, 'scripts', 'fields-worker.ts'), {
      workerData: file,
      execArgv: ['--conditions=@kohakuvault/source'],
    });
    const told = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    expect(told).toEqual({ found: ['a', 'c'], fields: { author: 'Wu', year: 7n } });
    expect(valuesOf(vault.search([9, 9], { where: { author: 'Wu' } }))).toBe('w');
  });

  test('a closed vault and a readonly vault', () => {
    const file = tempFile();
    const vault = library(file);
    shelve(vault);
    vault.close();
    expect(codeOf(() => vault.search([0, 0], { where: { year: 5 } }))).toBe('KV_CLOSED');
    expect(codeOf(() => vault.fields(1n))).toBe('KV_CLOSED');
    const readonly = library(file, { readonly: true });
    expect(valuesOf(readonly.search([0, 0], { where: { author: 'Ada' } }))).toBe('ac');
    expect(codeOf(() => readonly.update(1n, { fields: { year: 5 } }))).toBe('KV_READONLY');
    expect(codeOf(() => readonly.insert([0, 0], 'x', { year: 5 }))).toBe('KV_READONLY');
  });
});

describe('the declaration', () => {
  test('the file keeps it: without fields a vault has those of the file, and others are refused', () => {
    const file = tempFile();
    shelve(library(file));
    const plain = vaultOf({ dimensions: 2, metric: 'l2' }, file);
    expect(valuesOf(plain.search([0, 0], { where: { author: 'Ada' } }))).toBe('ac');
    expect(plain.info().fields).toEqual(FIELDS);
    expect(() => library(file, { fields: { year: 'str' } })).toThrow(
      /fields declares \{ year: 'str' \}, but the table "vec_kvault" has \{ year: 'i64'/,
    );
    expect(codeOf(() => library(file, { fields: { year: 'str' } }))).toBe('KV_INVALID_ARGUMENT');
    library(file, { fields: { score: 'f64', public: 'bool', author: 'str', year: 'i64' } });
  });

  test('a table that exists gets fields, which are missing in its vectors', () => {
    const file = tempFile();
    const plain = vaultOf({ dimensions: 2, metric: 'l2' }, file);
    plain.insert([0, 0], 'old');
    expect(() => plain.search([0, 0], { where: { year: 5 } })).toThrow(/the table has no fields/);
    expect(valuesOf(plain.search([0, 0], { where: {} }))).toBe('old');
    expect(valuesOf(plain.search([0, 0], { where: { $or: [] } }))).toBe('');
    expect(codeOf(() => library(file, { readonly: true }))).toBe('KV_READONLY');
    const vault = library(file);
    vault.insert([1, 0], 'new', { year: 5 });
    expect(valuesOf(vault.search([0, 0], { where: { year: { $exists: false } } }))).toBe('old');
    expect(valuesOf(vault.search([0, 0], { where: { year: 5 } }))).toBe('new');
  });

  test.each<[string, unknown, RegExp]>([
    ['an unknown type', { year: 'int' }, /the type of the field "year" is "int"/],
    ['no field', {}, /fields declares 0 fields/],
    ['the name of the id', { ID: 'str' }, /a field cannot be called "ID"/],
    ['an operator', { $or: 'str' }, /a field cannot be called "\$or"/],
    ['names that SQLite does not tell apart', { a: 'str', A: 'str' }, /differ only in the case/],
    ['a list', ['year'], /fields/],
  ])('%s is refused', (_, fields, message) => {
    expect(() => library(tempFile(), { fields })).toThrow(message);
  });

  test('any name of a field works in SQL', () => {
    const fields = { 'a "quoted" name': 'str', select: 'i64', ž: 'bool' } as const;
    const vault = new VectorKVault(tempFile(), { dimensions: 2, fields });
    onTestFinished(() => vault.close());
    const id = vault.insert([1, 0], 'x', { 'a "quoted" name': 'y', select: 1, ž: true });
    expect(vault.search([1, 0], { where: { 'a "quoted" name': 'y', select: 1, ž: true } })).toHaveLength(1);
    expect(vault.fields(id)).toEqual({ 'a "quoted" name': 'y', select: 1n, ž: true });
  });

  test('a table of the user with the name of ours is left alone', () => {
    const file = tempFile();
    vaultOf({ dimensions: 2, metric: 'l2' }, file).close();
    const database = new Database(file);
    database.exec('CREATE TABLE vec_kvault_fields (note)');
    database.close();
    expect(() => library(file)).toThrow(/there is a table "vec_kvault_fields" already/);
    const plain = vaultOf({ dimensions: 2, metric: 'l2' }, file);
    plain.dropTable();
    const after = new Database(file);
    onTestFinished(() => void after.close());
    expect(after.prepare('SELECT count(*) FROM vec_kvault_fields').pluck().get()).toBe(0);
  });
});
