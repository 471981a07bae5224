import { TextVault } from '@kohakuvault/text';
import { VectorKVault } from '@kohakuvault/vector';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';
import { idsOf, vaultOf, vaultWith } from './support/vaults.ts';

test('what is inserted is found by its words, with its texts and value', () => {
  const vault = vaultOf<{ year: number }>();
  const id = vault.insert('The quick brown fox', { year: 1 });
  expect(id).toBe(1n);
  expect(vault.insert('The lazy dog', { year: 2 })).toBe(2n);
  expect(vault.search('fox')).toEqual([
    { id, score: expect.any(Number), texts: { content: 'The quick brown fox' }, value: { year: 1 } },
  ]);
  expect(idsOf(vault.search('the'))).toEqual([2, 1]);
  expect(vault.search('cat')).toEqual([]);
  expect([vault.size, vault.count('the'), vault.count('fox')]).toEqual([2, 2, 1]);
});

test('a document without a value has null, and texts may be given by column', () => {
  const vault = vaultOf();
  const id = vault.insert({ content: 'no value' });
  expect(vault.getById(id)).toEqual({ id, texts: { content: 'no value' }, value: null });
  expect(vault.getById(99)).toBeUndefined();
});

test('several columns have weights, and can be searched alone', () => {
  const columns = ['title', 'body'] as const;
  const options = { columns, weights: { title: 10 } };
  const vault = vaultOf<null, 'title' | 'body'>(options);
  vault.insert({ title: 'apples and more words', body: 'pears' });
  vault.insert({ title: 'pears', body: 'apples and more words' });
  expect(idsOf(vault.search('apples'))).toEqual([1, 2]);
  const other = new TextVault<null, 'title' | 'body'>(vault, { columns, weights: { body: 10 } });
  expect(idsOf(other.search('apples'))).toEqual([2, 1]);
  other.close();
  expect(idsOf(vault.search('apples', { columns: ['body'] }))).toEqual([2]);
  expect(idsOf(vault.search('apples pears', { columns: ['body'] }))).toEqual([]);
  expect(idsOf(vault.search('apples pears', { columns: ['body'], match: 'any' }))).toEqual([1, 2]);
  expect(vault.count('apples', { columns: ['title'] })).toBe(1);
});

test('update changes texts, the value or both, and nothing of a missing document', () => {
  const vault = vaultOf<number, 'a' | 'b'>({ columns: ['a', 'b'] });
  const id = vault.insert({ a: 'one', b: 'two' }, 1);
  expect(vault.update(id, { value: 2 })).toBe(true);
  expect(vault.update(id, { texts: { b: 'three' } })).toBe(true);
  expect(vault.getById(id)).toEqual({ id, texts: { a: 'one', b: 'three' }, value: 2 });
  expect([vault.count('two'), vault.count('three'), vault.count('one')]).toEqual([0, 1, 1]);
  expect(vault.update(7, { value: 2 })).toBe(false);
  expect(vault.update(7, { texts: { a: 'x' } })).toBe(false);
  expect(vault.size).toBe(1);
});

test('ids are never used again, also not those of the last document', () => {
  const vault = vaultOf();
  expect(vault.insertMany([['a'], ['b'], ['c']])).toEqual([1n, 2n, 3n]);
  vault.delete(3);
  expect(vault.insert('d')).toBe(4n);
  vault.clear();
  expect(vault.insert('e')).toBe(5n);
});

test('a document may have an id of the user, which later ones do not take', () => {
  const vault = vaultOf<string>();
  expect(vault.insert('given', 'g', { id: 1_000n })).toBe(1_000n);
  expect(vault.insert('next', 'n')).toBe(1_001n);
  expect(vault.insert('before', 'b', { id: 7 })).toBe(7n);
  expect(Array.from(vault, ([id, , value]) => [id, value])).toEqual([
    [7n, 'b'],
    [1_000n, 'g'],
    [1_001n, 'n'],
  ]);
  expect(thrownBy(() => vault.insert('again', 'x', { id: 7 })).message).toMatch(/document 7 exists already; update it/);
  for (const id of [0, -1, 2 ** 53]) expect(codeOf(() => vault.insert('x', 'x', { id }))).toBe('KV_INVALID_ARGUMENT');
  expect(vault.size).toBe(3);
});

test('delete, deleteMany and clear delete texts, index and values', () => {
  const vault = vaultWith(['one', 'two', 'three', 'four']);
  const values = () => vault.database.prepare('SELECT count(*) FROM text_vault_values').pluck().get();
  expect([vault.delete(1), vault.delete(1)]).toEqual([true, false]);
  expect(vault.deleteMany([2, 2n, 3, 99])).toBe(2);
  expect([vault.size, values(), vault.count('two'), vault.count('four')]).toEqual([1, 1, 0, 1]);
  vault.clear();
  expect([vault.size, values(), vault.count('four')]).toEqual([0, 0, 0]);
  vault.database.exec("INSERT INTO text_vault(text_vault, rank) VALUES ('integrity-check', 1)");
});

test('search takes k, an offset and filters', () => {
  const vault = vaultWith(
    Array.from({ length: 200 }, (_, number) => `word and ${'more '.repeat(number % 7)}${number}`),
  );
  const all = idsOf(vault.search('word', 1_000));
  expect(all).toHaveLength(200);
  expect(idsOf(vault.search('word'))).toEqual(all.slice(0, 10));
  expect(idsOf(vault.search('word', { k: 5, offset: 7 }))).toEqual(all.slice(7, 12));
  expect(vault.search('word', 0)).toEqual([]);
  const odd = all.filter((id) => id % 2 === 1);
  expect(idsOf(vault.search('word', { k: 30, filter: odd }))).toEqual(odd.slice(0, 30));
  expect(idsOf(vault.search('word', { k: 90, offset: 3, filter: (id) => id % 2n === 1n }))).toEqual(odd.slice(3, 93));
  expect(idsOf(vault.search('word', { filter: (_, value) => value === 150 }))).toEqual([151]);
  expect(vault.search('word', { filter: [] })).toEqual([]);
  expect(codeOf(() => vault.search('word', { filter: () => vault.delete(1) }))).toBe('KV_READONLY');
  expect(vault.size).toBe(200);
});

test('equally good documents come by their ids', () => {
  const vault = vaultWith(Array.from({ length: 50 }, () => 'the same words'));
  expect(idsOf(vault.search('same', 20))).toEqual(Array.from({ length: 20 }, (_, place) => place + 1));
});

test('get finds a document by equality', () => {
  const vault = vaultWith(['hello there', 'hello', 'Hello', '', ' ', '!?', 'it\'s "quoted"', 'x '.repeat(5_000)]);
  expect(vault.get('hello')).toBe(1);
  expect(vault.get('Hello')).toBe(2);
  expect(vault.get('hello there ')).toBeUndefined();
  expect(['', ' ', '!?', 'it\'s "quoted"', 'x '.repeat(5_000)].map((text) => vault.get(text))).toEqual([3, 4, 5, 6, 7]);
  expect(vault.get('x '.repeat(4_999))).toBeUndefined();
});

test('keys and entries have ranges, an order and no ceiling', () => {
  const vault = vaultOf<number>();
  vault.insertMany(Array.from({ length: 11_000 }, (_, number) => ['x', number]));
  expect([...vault.keys()].length).toBe(11_000);
  expect([...vault.keys({ gt: 3, lte: 6n, reverse: true })]).toEqual([6n, 5n, 4n]);
  expect(Array.from(vault.entries({ gte: 10_999 }), ([id, texts, value]) => [id, texts.content, value])).toEqual([
    [10_999n, 'x', 10_998],
    [11_000n, 'x', 10_999],
  ]);
  expect([...vault.keys({ limit: 2 })]).toEqual([1n, 2n]);
});

test('an iteration yields each document as it is when its turn comes', () => {
  const vault = vaultWith(Array.from({ length: 300 }, (_, number) => `n${number}`));
  const seen: number[] = [];
  for (const [id, , value] of vault) {
    seen.push(value);
    vault.delete(id + 1n);
  }
  expect(seen).toEqual(Array.from({ length: 150 }, (_, place) => place * 2));
});

test('suggest returns the words of the documents that begin with a text', () => {
  const vault = vaultWith(['Apple apply', 'apple', 'Äpfel', 'banana']);
  expect(vault.suggest('app')).toEqual([
    { term: 'apple', documents: 2 },
    { term: 'apply', documents: 1 },
  ]);
  expect(vault.suggest('Äpf', 1)).toEqual([{ term: 'apfel', documents: 1 }]);
  expect(vault.suggest('', 100)).toHaveLength(4);
  expect(vault.suggest('zz')).toEqual([]);
  vault.database.exec('BEGIN');
  vault.insert('appendix');
  expect(vault.suggest('appe')).toEqual([{ term: 'appendix', documents: 1 }]);
  vault.database.exec('ROLLBACK');
  expect(vault.suggest('appe')).toEqual([]);
  const readonly = vaultOf({ readonly: true }, vault.path);
  expect(readonly.suggest('ban')).toEqual([{ term: 'banana', documents: 1 }]);
});

test('merge merges the parts of the index, in steps', () => {
  const vault = vaultOf<number>();
  for (let round = 0; round < 12; round++) {
    vault.insertMany(Array.from({ length: 20 }, (_, number) => [`document ${round * 20 + number}`, number]));
  }
  const steps: number[] = [];
  const result = vault.merge({ onProgress: ({ steps: step }) => steps.push(step) });
  expect(result).toEqual({ parts: 1, steps: steps.length, done: true });
  expect(vault.merge()).toEqual({ parts: 1, steps: 0, done: true });
  expect(vault.count('document')).toBe(240);
});

test('prefixes make an index of beginnings, and prefix searches find the last word by its beginning', () => {
  for (const prefixes of [undefined, [2, 3]]) {
    const vault = vaultWith(['chocolate cake', 'chopped nuts', 'cake'], prefixes ? { prefixes } : {});
    expect(idsOf(vault.search('cho', { prefix: true }))).toEqual([1, 2]);
    expect(vault.search('cho')).toEqual([]);
    expect(idsOf(vault.search('cake cho', { prefix: true }))).toEqual([1]);
    expect(vault.search('cho cake', { prefix: true })).toEqual([]);
    expect(vault.info().prefixes).toEqual(prefixes ?? []);
  }
});

test('porter finds other forms of a word, and trigram any three characters', () => {
  const porter = vaultWith(['running quickly'], { tokenizer: 'porter' });
  expect(idsOf(porter.search('runs'))).toEqual([1]);
  const trigram = vaultWith(['understanding'], { tokenizer: 'trigram' });
  expect(idsOf(trigram.search('stand'))).toEqual([1]);
});

test('the same file holds vectors, and one transaction covers both', () => {
  const text = vaultOf<string>();
  using vectors = new VectorKVault<string>(text, { dimensions: 2, metric: 'l2' });
  const undo = new Error('undo');
  expect(() =>
    text.transaction(() => {
      text.insert('gone', 'gone');
      vectors.insert([1, 1], 'gone');
      throw undo;
    }),
  ).toThrow(undo);
  expect([text.size, vectors.size, text.count('gone'), vectors.search([1, 1])]).toEqual([0, 0, 0, []]);
});

test('values keep their encoding, and the file keeps its name', () => {
  const file = tempFile();
  const vault = vaultOf<string>({ valueEncoding: 'utf8' }, file);
  vault.insert('a text', 'a value');
  expect([vault.valueEncoding, vault.autoPackEnabled]).toEqual(['utf8', false]);
  vault.close();
  expect(codeOf(() => new TextVault(file))).toBe('KV_INVALID_ARGUMENT');
  expect(vaultOf<string>({ valueEncoding: 'utf8' }, file).search('text')[0]?.value).toBe('a value');
});

test('auto-pack can be switched off: values are bytes then', () => {
  const vault = vaultOf({ autoPack: false });
  const id = vault.insert('bytes', Buffer.from('ab'));
  expect(vault.getById(id)?.value).toEqual(Buffer.from('ab'));
  expect(codeOf(() => vault.insert('list', [1, 2]))).toBe('KV_INVALID_ARGUMENT');
  vault.enableAutoPack();
  expect(vault.getById(vault.insert('list', [1, 2]))?.value).toEqual([1, 2]);
});

test('info and inspection tell what the table is', () => {
  const vault = vaultOf({ table: 'notes', tokenizer: 'porter' });
  expect(vault.info()).toEqual({ table: 'notes', columns: ['content'], tokenizer: 'porter', prefixes: [], count: 0 });
  expect(vault.table).toBe('notes');
});
