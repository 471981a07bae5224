// Defects of the Python package's TextVault, which this package must not have.
import { TextVault } from '@kohakuvault/text';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';
import { idsOf, vaultOf, vaultWith } from './support/vaults.ts';

const valuesOf = ({ database }: TextVault) => database.prepare('SELECT count(*) FROM text_vault_values').pluck().get();

test('T1: get and delete mean one document, not any that contains a phrase', () => {
  const vault = vaultWith(['hello there', 'hello']);
  expect(vault.get('hello')).toBe(1);
  expect(vault.get('there')).toBeUndefined();
  expect(vault.delete(2)).toBe(true);
  expect(vault.getById(1)?.texts.content).toBe('hello there');
});

test('quotes and apostrophes in texts, queries and markers are data', () => {
  const vault = vaultWith(["it's", 'say "hi"']);
  expect(vault.get("it's")).toBe(0);
  expect(idsOf(vault.search("it's"))).toEqual([1]);
  expect(vault.search("it's", { snippet: { before: "'", after: "');--" } })[0]?.snippet?.marked).toBe("'it's');--");
});

test('a failing insert leaves no value behind', () => {
  const vault = vaultWith(['one']);
  expect(codeOf(() => vault.insert('two', 2, { id: 1 }))).toBe('KV_INVALID_ARGUMENT');
  vault.database.exec("CREATE TRIGGER no BEFORE INSERT ON text_vault_values BEGIN SELECT raise(ABORT, 'no'); END");
  expect(codeOf(() => vault.insertMany([['two', 2]]))).toBe('KV_INVALID_ARGUMENT');
  expect([vault.size, valuesOf(vault)]).toEqual([1, 1]);
});

test('update and delete of a missing id say so', () => {
  const vault = vaultWith(['one']);
  expect([vault.update(9, { texts: 'x' }), vault.update(9, { value: 1 }), vault.delete(9)]).toEqual([
    false,
    false,
    false,
  ]);
});

test('count reads a query as search does', () => {
  const vault = vaultWith(['c++ is a language']);
  for (const query of ['c++', 'c++ OR', '"c++', "c'"]) {
    expect(vault.count(query)).toBe(vault.search(query).length);
  }
  expect(vault.count('c++')).toBe(1);
});

test('a document whose value is gone is damage, and neither counted in silence nor left out', () => {
  const file = tempFile();
  const vault = vaultOf({}, file);
  vault.insertMany([
    ['one word', 1],
    ['two word', 2],
  ]);
  vault.close();
  const database = new Database(file);
  database.exec('DELETE FROM text_vault_values WHERE id = 1');
  database.close();
  const damaged = vaultOf({}, file);
  for (const read of [() => damaged.search('word'), () => damaged.getById(1), () => [...damaged]]) {
    const { code, message } = thrownBy(read);
    expect(code).toBe('KV_CORRUPT');
    expect(message).toMatch(/document 1 of text_vault has no value/);
  }
  expect(damaged.delete(1)).toBe(true);
  expect(idsOf(damaged.search('word'))).toEqual([2]);
});

test.each([
  [[]],
  [['']],
  [['1a']],
  [['a b']],
  [['a"b']],
  [['value_ref']],
  [['rank']],
  [['ROWID']],
  [['text_vault']],
  [['a', 'A']],
  [['a', 5]],
])('the columns %j are refused before anything is made', (columns) => {
  const file = tempFile();
  expect(codeOf(() => new TextVault(file, { columns: columns as string[] }))).toBe('KV_INVALID_ARGUMENT');
  const vault = vaultOf({ columns: ['order', 'größe', '_x1'] }, file);
  vault.insert({ order: 'a', größe: 'b', _x1: 'c' });
  expect(vault.count('b', { columns: ['größe'] })).toBe(1);
});

test('a list is not bytes when auto-pack is off', () => {
  const vault = vaultOf({ autoPack: false });
  expect(codeOf(() => vault.insert('text', [104, 105]))).toBe('KV_INVALID_ARGUMENT');
  expect(vault.size).toBe(0);
});

test('keys come in order and without a ceiling', () => {
  const vault = vaultOf();
  vault.insertMany(Array.from({ length: 10_050 }, () => ['x'] as const));
  vault.insert('last but first', null, { id: 20_000 });
  const keys = [...vault.keys()];
  expect([keys.length, keys[0], keys.at(-1)]).toEqual([10_051, 1n, 20_000n]);
});

test('a table with other columns, another tokenizer or other prefixes is refused', () => {
  const file = tempFile();
  vaultOf({ columns: ['title', 'body'] }, file);
  expect(thrownBy(() => new TextVault(file)).message).toMatch(
    /columns is \["content"\], but the table "text_vault" has/,
  );
  const options = { columns: ['title', 'body'] as const };
  for (const other of [
    { columns: ['body', 'title'] as const },
    { ...options, tokenizer: 'porter' as const },
    { ...options, prefixes: [2] },
  ]) {
    expect(codeOf(() => new TextVault(file, other))).toBe('KV_INVALID_ARGUMENT');
  }
  vaultOf(options, file);
});

test('texts must have every column, and no other', () => {
  const vault = vaultOf<null, 'a' | 'b'>({ columns: ['a', 'b'] });
  for (const texts of [{ a: 'x' }, { a: 'x', b: 'y', c: 'z' }, 'x', ['x', 'y'], null]) {
    expect(codeOf(() => vault.insert(texts as never))).toBe('KV_INVALID_ARGUMENT');
  }
  expect(vault.size).toBe(0);
});
