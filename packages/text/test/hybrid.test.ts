import { type HybridSearchOptions, hybridSearch, TextVault } from '@kohakuvault/text';
import { VectorKVault } from '@kohakuvault/vector';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';

interface Page {
  name: string;
  group: string;
}

/** Two vaults in one file, whose rows pair by their ids. */
function filled() {
  const text = new TextVault<Page>(tempFile());
  const vector = new VectorKVault<Page>(text, { dimensions: 2, metric: 'l2' });
  onTestFinished(() => {
    vector.close();
    text.close();
  });
  const pages: [string, number[], string][] = [
    ['apples and pears', [0, 0], 'a'],
    ['apples', [10, 0], 'a'],
    ['pears', [0, 1], 'b'],
    ['plums', [0, 2], 'b'],
    ['cherries', [9, 9], 'c'],
  ];
  for (const [content, place, group] of pages) {
    text.insert(content, { name: content, group });
    vector.insert(place, { name: content, group });
  }
  return { text, vector };
}

const names = (results: { value: Page }[]) => results.map(({ value }) => value.name);

test('a document that both searches find comes first', () => {
  const vaults = filled();
  const found = hybridSearch(vaults, { query: 'pears', embedding: [0, 0], k: 3 });
  expect(names(found)).toEqual(['pears', 'apples and pears', 'plums']);
  expect(found[0]).toEqual({
    id: 3n,
    value: { name: 'pears', group: 'b' },
    score: expect.closeTo(1 / 61 + 1 / 62),
    ranks: { text: 1, vector: 2 },
  });
  expect(found[2]?.ranks).toEqual({ vector: 3 });
});

test('weights, fusions and ways to match', () => {
  const vaults = filled();
  const search = (more: object) =>
    names(hybridSearch(vaults, { query: 'apples cherries', embedding: [0, 2], k: 2, ...more }));
  expect(search({ weights: { vector: 0 } })).toEqual(['cherries', 'apples']);
  expect(search({ weights: { text: 0 } })).toEqual(['plums', 'pears']);
  expect(search({ match: 'all' })).toEqual(['plums', 'pears']);
  expect(search({ fusion: 'relative', weights: { text: 10 } })[0]).toBe('cherries');
});

test('where limits both searches, and distinctBy keeps the best of each', () => {
  const vaults = filled();
  const options = { query: 'apples pears', embedding: [0, 0], k: 10 };
  const only = hybridSearch(vaults, { ...options, where: ({ group }) => group === 'b' });
  expect(names(only).toSorted()).toEqual(['pears', 'plums']);
  const best = hybridSearch(vaults, { ...options, distinctBy: ({ group }) => group });
  expect(best.map(({ value }) => value.group).toSorted()).toEqual(['a', 'b', 'c']);
  expect(hybridSearch(vaults, { ...options, k: 1, distinctBy: () => 1 })).toHaveLength(1);
  expect(hybridSearch(vaults, { ...options, k: 0 })).toEqual([]);
});

test('distinctBy finds k groups although one has many documents', () => {
  const { text, vector } = filled();
  for (let number = 0; number < 300; number++) {
    const value = { name: `${number}`, group: 'many' };
    text.insert('apples apples', value);
    vector.insert([0, 0], value);
  }
  const found = hybridSearch(
    { text, vector },
    { query: 'apples', embedding: [0, 0], k: 4, distinctBy: ({ group }) => group },
  );
  expect(found.map(({ value }) => value.group).toSorted()).toEqual(['a', 'b', 'c', 'many']);
});

test('rows pair by a key of their values', () => {
  const { text, vector } = filled();
  const keyed = new VectorKVault<Page>(text, { table: 'other', dimensions: 2, metric: 'l2' });
  onTestFinished(() => keyed.close());
  // In another order, so that the ids differ.
  for (const [, place, value] of [...vector].reverse()) keyed.insert(place, value);
  const found = hybridSearch(
    { text, vector: keyed },
    { query: 'pears', embedding: [0, 1], k: 1, key: ({ name }) => name },
  );
  expect(found[0]).toMatchObject({ value: { name: 'pears' }, ranks: { text: 1, vector: 1 } });
});

/** The same with fields of the vectors. The ids differ from those of the documents unless they are to pair. */
function withFields(pairs: boolean) {
  const { text } = filled();
  const vector = new VectorKVault(text, {
    table: 'fielded',
    dimensions: 2,
    metric: 'l2',
    fields: { year: 'i64', group: 'str' },
    fieldsOf: ({ group }: Page) => ({ group }),
  });
  onTestFinished(() => vector.close());
  const rows = [...text].map(([id, , value]) => ({ id, value }));
  for (const { id, value } of pairs ? rows : rows.toReversed()) {
    vector.insert([Number(id), 0], value, { year: 2000n + id });
  }
  return { text, vector };
}

test('where limits both searches by the fields of the vectors', () => {
  const vaults = withFields(true);
  type Condition = HybridSearchOptions<Page, { year: 'i64'; group: 'str' }>['where'];
  const search = (where: Condition, query = 'apples pears plums cherries') =>
    names(hybridSearch(vaults, { query, embedding: [0, 0], where })).toSorted();
  expect(search({ year: { $gte: 2004 } })).toEqual(['cherries', 'plums']);
  expect(search({ $or: [{ year: 2001 }, { group: { $in: ['c', 'd'] } }] })).toEqual(['apples and pears', 'cherries']);
  expect(search({ $not: { group: 'b' }, year: { $ne: 2005 } })).toEqual(['apples', 'apples and pears']);
  expect(search({ year: 1 })).toEqual([]);
  expect(search({})).toHaveLength(5);
  // Without a vector, a document meets no condition.
  const lone = vaults.text.insert('plums alone', { name: 'alone', group: 'b' });
  expect(search({ year: { $exists: false } })).toEqual([]);
  expect(search({ group: 'b' })).toEqual(['pears', 'plums']);
  expect(search(({ group }: Page) => group === 'b')).toEqual(['alone', 'pears', 'plums']);
  // A new field counts at once.
  vaults.vector.insert([1, 1], { name: 'alone', group: 'b' }, { id: lone, year: 1 });
  expect(search({ year: 1 })).toEqual(['alone']);
});

test('where limits documents that pair by a key', () => {
  const vaults = withFields(false);
  const search = (where: object) =>
    names(
      hybridSearch(vaults, { query: 'apples pears plums', embedding: [0, 0], key: ({ name }) => name, where }),
    ).toSorted();
  expect(search({ year: { $lt: 2003 } })).toEqual(['apples', 'apples and pears']);
  expect(search({ group: 'b' })).toEqual(['pears', 'plums']);
  expect(search({ group: 'd' })).toEqual([]);
});

test('vectors whose ids are texts pair by a key', () => {
  const { text } = filled();
  const vector = new VectorKVault<Page, 'auto', { year: 'i64' }, 'str'>(text, {
    table: 'named',
    dimensions: 2,
    ids: 'str',
    fields: { year: 'i64' },
  });
  onTestFinished(() => vector.close());
  vector.insert([1, 1], { name: 'plums', group: 'b' }, { id: 'plums', year: 2020 });
  const options = { query: 'plums pears', embedding: [1, 1], where: { year: 2020 } };
  const search = (more: object) => hybridSearch({ text, vector: vector as never }, { ...options, ...more });
  expect(codeOf(() => search({}))).toBe('KV_INVALID_ARGUMENT');
  expect(names(search({ key: ({ name }: Page) => name }) as { value: Page }[])).toEqual(['plums']);
});

test('wrong arguments are refused', () => {
  const { text, vector } = filled();
  const search = hybridSearch as (...given: unknown[]) => unknown;
  for (const call of [
    () => search({ text: vector, vector: text }, { query: 'a', embedding: [0, 0] }),
    () => search(undefined, {}),
    () => search({ text, vector }, { query: 'a' }),
    () => search({ text, vector }, { query: 'a', embedding: [0] }),
    () => search({ text, vector }, { query: 'a', embedding: [0, 0], weights: { texts: 1 } }),
    () => search({ text, vector }, { query: 'a', embedding: [0, 0], weights: { text: -1 } }),
    () => search({ text, vector }, { query: 'a', embedding: [0, 0], fusion: 'sum' }),
    () => search({ text, vector }, { query: '"', embedding: [0, 0], match: 'raw' }),
    () => search({ text, vector }, { query: 'apples', embedding: [0, 0], where: async () => true }),
    () => search({ text, vector }, { query: 'apples', embedding: [0, 0], where: 'year' }),
    () => search({ text, vector }, { query: 'apples', embedding: [0, 0], where: { year: 1 } }),
    () => search(withFields(true), { query: 'apples', embedding: [0, 0], where: { year: { $near: 1 } } }),
    () => search(withFields(true), { query: 'apples', embedding: [0, 0], where: [] }),
  ]) {
    expect(codeOf(call), String(call)).toBe('KV_INVALID_ARGUMENT');
  }
});
