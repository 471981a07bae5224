import { TextVault } from '@kohakuvault/text';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';
import { vaultOf, vaultWith } from './support/vaults.ts';

test.each<[options: object, message: RegExp]>([
  [{ columns: 'content' }, /columns to be an array of names/],
  [{ tokenizer: 'ascii' }, /'unicode61' or 'porter' or 'trigram' or 'words'/],
  [{ prefixes: [0] }, /whole numbers from 1/],
  [{ weights: { other: 1 } }, /weights has "other"; the columns are "content"/],
  [{ weights: { content: -1 } }, /the weight of "content" is -1/],
  [{ table: '' }, /must be a string that is not empty/],
  [{ autoPack: true, valueEncoding: 'json' }, /belongs to valueEncoding 'auto'/],
  [{ tokeniser: 'porter' }, /did you mean tokenizer/],
])('the options %j are refused', (options, message) => {
  const file = tempFile();
  const error = thrownBy(() => new TextVault(file, options));
  expect(error.code).toBe('KV_INVALID_ARGUMENT');
  expect(error.message).toMatch(message);
});

test.each<[options: unknown, message: RegExp]>([
  ['ten', /k is "ten"/],
  [{ k: -1 }, /k to be a whole number/],
  [{ match: 'some' }, /match to be 'all' or 'any' or 'phrase' or 'raw'/],
  [{ columns: ['title'] }, /no column "title"/],
  [{ columns: [] }, /columns to be an array/],
  [{ filter: 5 }, /filter to be a function/],
  [{ filter: ['1'] }, /the id is "1"/],
  [{ snippet: { tokens: 0 } }, /tokens to be a whole number/],
  [{ snippet: { begin: '<' } }, /no option begin/],
  [{ highlight: { before: 1 } }, /before to be a string/],
  [{ timeout: '1s' }, /timeout to be a number of milliseconds/],
  [{ signal: {} }, /signal to be an AbortSignal/],
  [{ match: 'raw', prefix: true }, /write \* after the word/],
])('a search with %j is refused', (options, message) => {
  const vault = vaultWith(['a text']);
  const error = thrownBy(() => vault.search('text', options as never));
  expect(error.code).toBe('KV_INVALID_ARGUMENT');
  expect(error.message).toMatch(message);
});

test('other wrong arguments are refused', () => {
  const vault = vaultWith(['a text']);
  for (const call of [
    () => vault.search(undefined as never),
    () => vault.count(5 as never),
    () => vault.insertMany([['a', 1, 2] as never]),
    () => vault.insertMany([[]] as never),
    () => vault.insert('a', 1, { id: 1.5 }),
    () => vault.insert('a', 1, { key: 1 } as never),
    () => vault.getById('1' as never),
    () => vault.get(5 as never),
    () => vault.deleteMany('12' as never),
    () => vault.suggest(5 as never),
    () => vault.suggest('a', -1),
    () => vault.merge({ maxMs: -1 }),
    () => vault.update(1, { text: 'x' } as never),
    () => [...vault.keys({ gt: 1, gte: 1 })],
    () => vault.search('text', { filter: (async () => true) as never }),
  ]) {
    expect(codeOf(call), String(call)).toBe('KV_INVALID_ARGUMENT');
  }
  expect(vault.size).toBe(1);
});

test.each([
  ['CREATE TABLE text_vault (content)', 'an ordinary table'],
  ['CREATE VIEW text_vault AS SELECT 1', 'a view'],
  ['CREATE VIRTUAL TABLE text_vault USING fts5(content)', 'FTS5 without value_ref'],
  ['CREATE VIRTUAL TABLE text_vault USING fts5(content, value_ref)', 'a value_ref that is indexed'],
  ["CREATE VIRTUAL TABLE text_vault USING fts5(content, value_ref UNINDEXED, content='')", 'FTS5 without content'],
  ['CREATE VIRTUAL TABLE text_vault USING fts5(content, value_ref UNINDEXED, detail=none)', 'FTS5 without places'],
  ['CREATE VIRTUAL TABLE text_vault USING fts5(content, value_ref UNINDEXED)', 'no table of values'],
])('%s is refused: %s', (sql) => {
  const file = tempFile();
  const database = new Database(file);
  database.exec(sql);
  database.close();
  expect(thrownBy(() => new TextVault(file)).message).toMatch(/is not a table of a TextVault/);
});

test('tables of FTS5 with any spelling of the declaration are opened', () => {
  const file = tempFile();
  const database = new Database(file);
  database.exec(`create virtual table if not exists 'notes' using FTS5 ( [title], "body", \`value_ref\` unindexed,
    tokenize = "porter 'ascii'", prefix='2, 3' );
    CREATE TABLE notes_values (id INTEGER PRIMARY KEY AUTOINCREMENT, value BLOB NOT NULL)`);
  database.close();
  const vault = vaultOf<string, 'title' | 'body'>({ table: 'NOTES', columns: ['title', 'body'] }, file);
  vault.insert({ title: 'a', body: 'running' }, 'x');
  expect(vault.search('runs')[0]?.value).toBe('x');
  expect(vault.info()).toMatchObject({ tokenizer: 'porter', prefixes: [2, 3] });
  vault.clear();
  expect(vault.info()).toMatchObject({ count: 0, tokenizer: 'porter' });
  vault.insert({ title: 'a', body: 'running' });
  expect(vault.count('runs')).toBe(1);
});
