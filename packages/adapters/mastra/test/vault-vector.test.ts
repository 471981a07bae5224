import { KVault } from '@kohakuvault/kvault';
import { VaultVector, type VaultVectorOptions } from '@kohakuvault/mastra';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';

function open(options: Partial<VaultVectorOptions> = {}): VaultVector {
  const store = new VaultVector({ id: 'test', path: tempFile(), ...options });
  onTestFinished(() => store.close());
  return store;
}

const REFUSED = expect.objectContaining({ code: 'KV_INVALID_ARGUMENT' });
const unit = (...places: number[]) => Array.from({ length: 4 }, (_, index) => (places.includes(index) ? 1 : 0));

test('indexes are made, listed, described and deleted', async () => {
  const store = open();
  await store.createIndex({ indexName: 'docs', dimension: 4 });
  await store.createIndex({ indexName: 'far', dimension: 8, metric: 'euclidean' });
  await store.createIndex({ indexName: 'dot', dimension: 8, metric: 'dotproduct' });
  expect((await store.listIndexes()).sort()).toEqual(['docs', 'dot', 'far']);
  expect(await store.describeIndex({ indexName: 'docs' })).toEqual({ dimension: 4, count: 0, metric: 'cosine' });
  expect(await store.describeIndex({ indexName: 'far' })).toMatchObject({ metric: 'euclidean' });
  expect(await store.describeIndex({ indexName: 'dot' })).toMatchObject({ metric: 'dotproduct' });
  await store.createIndex({ indexName: 'docs', dimension: 4 });
  await expect(store.createIndex({ indexName: 'docs', dimension: 5 })).rejects.toThrow('dimensions');
  await expect(store.createIndex({ indexName: 'bad', dimension: 0 })).rejects.toEqual(REFUSED);
  await expect(store.createIndex({ indexName: 'bad', dimension: 4, metric: 'manhattan' as never })).rejects.toEqual(
    REFUSED,
  );
  await store.deleteIndex({ indexName: 'far' });
  expect((await store.listIndexes()).sort()).toEqual(['docs', 'dot']);
});

test('an index that does not exist is an error of every call', async () => {
  const store = open();
  const indexName = 'none';
  const calls = [
    store.query({ indexName, queryVector: unit(0) }),
    store.upsert({ indexName, vectors: [unit(0)] }),
    store.describeIndex({ indexName }),
    store.deleteIndex({ indexName }),
    store.deleteVectors({ indexName, ids: ['a'] }),
  ];
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'KV_NOT_FOUND' });
});

test('vectors are found by likeness, over another connection too', async () => {
  const path = tempFile();
  const first = new VaultVector({ id: 'first', path });
  await first.createIndex({ indexName: 'docs', dimension: 4 });
  const ids = await first.upsert({
    indexName: 'docs',
    vectors: [unit(0), unit(0, 1), unit(3)],
    metadata: [{ n: 1 }, { n: 2, at: new Date(5) }, { n: 3 }],
  });
  expect(new Set(ids).size).toBe(3);
  first.close();
  const store = open({ path });
  const found = await store.query({ indexName: 'docs', queryVector: unit(0), topK: 2, includeVector: true });
  expect(found.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  expect(found[0]).toMatchObject({ metadata: { n: 1 }, vector: unit(0) });
  expect(found[0]?.score).toBeCloseTo(1);
  expect(found[1]?.metadata).toEqual({ n: 2, at: new Date(5) });
  expect((await store.query({ indexName: 'docs', queryVector: unit(0) }))[0]).not.toHaveProperty('vector');
});

test('an upsert replaces vectors with the same ids, and what its filter accepts', async () => {
  const store = open();
  const indexName = 'docs';
  await store.createIndex({ indexName, dimension: 4 });
  await store.upsert({ indexName, vectors: [unit(0), unit(1)], ids: ['a', 'b'], metadata: [{ d: 1 }, { d: 2 }] });
  await store.upsert({ indexName, vectors: [unit(2)], ids: ['a'], metadata: [{ d: 1 }] });
  expect(await store.describeIndex({ indexName })).toMatchObject({ count: 2 });
  await store.upsert({ indexName, vectors: [unit(3)], ids: ['c'], metadata: [{ d: 3 }], deleteFilter: { d: 1 } });
  const left = await store.query({ indexName, queryVector: unit(1, 3) });
  expect(left.map(({ id }) => id).sort()).toEqual(['b', 'c']);
  const failing = store.upsert({ indexName, vectors: [unit(0), [Number.NaN, 0, 0, 0]], deleteFilter: { d: 2 } });
  await expect(failing).rejects.toEqual(REFUSED);
  expect(await store.describeIndex({ indexName })).toMatchObject({ count: 2 });
});

test('bad arguments change nothing', async () => {
  const store = open();
  const indexName = 'docs';
  await store.createIndex({ indexName, dimension: 4 });
  const calls = [
    store.upsert({ indexName, vectors: [] }),
    store.upsert({ indexName, vectors: [[]] }),
    store.upsert({ indexName, vectors: [[1, 2]] }),
    store.upsert({ indexName, vectors: ['text' as never] }),
    store.upsert({ indexName, vectors: [unit(0)], metadata: [{}, {}] }),
    store.upsert({ indexName, vectors: [unit(0)], ids: ['a', 'b'] }),
    store.query({ indexName, queryVector: [1, 2] }),
    store.query({ indexName, queryVector: unit(0), topK: 0 }),
    store.query({ indexName, queryVector: unit(0), topK: -1 }),
    store.query({ indexName, queryVector: unit(0), filter: { a: { $near: 1 } } }),
    store.query({ indexName, queryVector: unit(0), filter: { $and: {} } }),
  ];
  for (const call of calls) await expect(call).rejects.toEqual(REFUSED);
  expect(await store.describeIndex({ indexName })).toMatchObject({ count: 0 });
});

const PRODUCTS = [
  { name: 'A', price: 10, kind: 'book', tags: ['new', 'sale'], more: { color: 'red' } },
  { name: 'B', price: 25, kind: 'book', tags: ['sale'], note: 'a Novel' },
  {
    name: 'C',
    price: 50,
    kind: 'home',
    tags: [],
    reviews: [
      { by: 'x', score: 3 },
      { by: 'y', score: 5 },
    ],
  },
  { name: 'D', price: null, kind: 'home', reviews: [{ by: 'x', score: 5 }] },
];

const FILTERS: [filter: object, names: string][] = [
  [{}, 'ABCD'],
  [{ kind: 'book' }, 'AB'],
  [{ kind: { $eq: 'home' }, price: { $gt: 5 } }, 'C'],
  [{ price: { $gte: 25 } }, 'BC'],
  [{ price: { $lt: 25 } }, 'A'],
  [{ price: { $gt: 10, $lte: 50 } }, 'BC'],
  [{ price: { $ne: 10 } }, 'BCD'],
  [{ price: null }, 'D'],
  [{ price: { $ne: null } }, 'ABC'],
  [{ name: { $in: ['A', 'D'] } }, 'AD'],
  [{ name: { $nin: ['A', 'D'] } }, 'BC'],
  [{ tags: 'sale' }, 'AB'],
  [{ tags: { $in: ['new'] } }, 'A'],
  [{ tags: { $all: ['sale', 'new'] } }, 'A'],
  [{ tags: { $all: [] } }, ''],
  [{ tags: { $size: 1 } }, 'B'],
  [{ tags: { $exists: false } }, 'D'],
  [{ note: { $exists: true } }, 'B'],
  [{ note: { $regex: '^A NOVEL$', $options: 'i' } }, 'B'],
  [{ note: { $regex: '(?i)novel' } }, 'B'],
  [{ note: /Novel/ }, 'B'],
  [{ note: { $contains: 'Novel' } }, 'B'],
  [{ 'more.color': 'red' }, 'A'],
  [{ more: { color: 'red' } }, 'A'],
  [{ 'reviews.by': 'y' }, 'C'],
  [{ reviews: { $elemMatch: { by: 'x', score: { $gte: 5 } } } }, 'D'],
  [{ reviews: { $elemMatch: { score: { $gt: 5 } } } }, ''],
  [{ $or: [{ name: 'A' }, { price: 50 }] }, 'AC'],
  [{ $and: [{ kind: 'book' }, { price: { $gt: 10 } }] }, 'B'],
  [{ $nor: [{ kind: 'book' }, { name: 'D' }] }, 'C'],
  [{ $nor: [] }, 'ABCD'],
  [{ $not: { kind: 'book' } }, 'CD'],
  [{ price: { $not: { $gt: 10 } } }, 'AD'],
  [{ kind: { $not: { $ne: 'home' } } }, 'CD'],
  [{ $and: [{ kind: { $in: ['book'] } }], price: { $gte: 20 } }, 'B'],
];

describe.each([
  ['metadata', {}],
  ['fields', { fields: { name: 'str', kind: 'str', price: 'f64' } as const }],
])('filters on %s', (_, options) => {
  test.each(FILTERS)('%j', async (filter, names) => {
    const store = open(options);
    const indexName = 'products';
    await store.createIndex({ indexName, dimension: 4 });
    await store.upsert({ indexName, vectors: PRODUCTS.map((__, n) => unit(n)), metadata: PRODUCTS });
    const found = await store.query({ indexName, queryVector: unit(0, 1, 2, 3), topK: 10, filter });
    expect(
      found
        .map(({ metadata }) => metadata?.name)
        .sort()
        .join(''),
    ).toBe(names);
    if (Object.keys(filter).length === 0) return;
    await store.deleteVectors({ indexName, filter });
    expect(await store.describeIndex({ indexName })).toMatchObject({ count: PRODUCTS.length - names.length });
  });
});

test('vectors are updated and deleted, by id and by filter', async () => {
  const store = open();
  const indexName = 'docs';
  await store.createIndex({ indexName, dimension: 4 });
  const metadata = [{ user: 1 }, { user: 1 }, { user: 2 }];
  await store.upsert({ indexName, vectors: [unit(0), unit(1), unit(2)], ids: ['a', 'b', 'c'], metadata });
  await store.updateVector({ indexName, filter: { user: 1 }, update: { metadata: { user: 3 } } });
  await store.updateVector({ indexName, id: 'c', update: { vector: unit(3) } });
  const found = await store.query({ indexName, queryVector: unit(3), topK: 3 });
  expect(found[0]).toMatchObject({ id: 'c', metadata: { user: 2 } });
  expect(found.slice(1).map(({ metadata }) => metadata?.user)).toEqual([3, 3]);
  await store.deleteVector({ indexName, id: 'a' });
  await store.deleteVectors({ indexName, ids: ['b', 'none'] });
  expect(await store.describeIndex({ indexName })).toMatchObject({ count: 1 });
  const update = { metadata: {} };
  await expect(store.updateVector({ indexName, id: 'a', filter: {}, update } as never)).rejects.toThrow(
    'mutually exclusive',
  );
  await expect(store.updateVector({ indexName, update } as never)).rejects.toThrow('Either id or filter');
  await expect(store.updateVector({ indexName, filter: {}, update })).rejects.toThrow('empty filter');
  await expect(store.deleteVectors({ indexName, filter: {} })).rejects.toThrow('empty filter');
  await expect(store.deleteVectors({ indexName, ids: [] })).rejects.toThrow('empty ids array');
  await expect(store.deleteVectors({ indexName })).rejects.toThrow('Either filter or ids must be provided');
  await expect(store.deleteVectors({ indexName, ids: ['c'], filter: { a: 1 } })).rejects.toThrow('mutually exclusive');
});

test('it shares a file with other vaults, and closes its part alone', async () => {
  using kv = new KVault(tempFile());
  const store = new VaultVector({ id: 'shared', path: kv });
  await store.createIndex({ indexName: 'docs', dimension: 4 });
  kv.set('a', 1);
  store.close();
  expect(kv.get('a')).toBe(1);
});
