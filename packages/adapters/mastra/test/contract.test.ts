// What Mastra asks of vector stores: the points of the suite in `stores/_test-utils/src/domains/vector` of its repository
// (its files as of commits 2b450b85, 0860f4d0, 4ab172d4, 20514909, 49a0a52d and 09f2cb2a), which is not on npm. In words of
// our own, and only what `vault-vector.test.ts` does not show.
import { VaultVector } from '@kohakuvault/mastra';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';

const indexName = 'contract';
const DIMENSIONS = 32;

/** A vector that differs from all others. */
function vectorOf(seed: number): number[] {
  return Array.from({ length: DIMENSIONS }, (_, index) => Math.sin(seed * 13 + index * 7 + 1));
}

async function open(): Promise<VaultVector> {
  const store = new VaultVector({ id: 'contract', path: tempFile() });
  onTestFinished(() => store.close());
  await store.createIndex({ indexName, dimension: DIMENSIONS });
  return store;
}

const countOf = async (store: VaultVector) => (await store.describeIndex({ indexName })).count;

test('ids are made for vectors that have none, and vectors need no metadata', async () => {
  const store = await open();
  const ids = await store.upsert({ indexName, vectors: [vectorOf(1), vectorOf(2)] });
  expect(ids.map((id) => typeof id)).toEqual(['string', 'string']);
  const found = await store.query({ indexName, queryVector: vectorOf(2) });
  expect(found[0]).toMatchObject({ id: ids[1], score: expect.any(Number), metadata: {} });
  await store.upsert({ indexName, vectors: [vectorOf(3)], metadata: [null as never] });
  expect(await countOf(store)).toBe(3);
});

test('results are sorted by score, and no more than were asked for', async () => {
  const store = await open();
  const vectors = Array.from({ length: 5 }, (_, nth) => vectorOf(nth));
  await store.upsert({ indexName, vectors, metadata: vectors.map((_, nth) => ({ nth })) });
  const found = await store.query({ indexName, queryVector: vectorOf(2), topK: 1_000 });
  expect(found.length).toBe(5);
  expect(found[0]?.metadata).toEqual({ nth: 2 });
  const scores = found.map(({ score }) => score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  expect(await store.query({ indexName, queryVector: vectorOf(2), topK: 3 })).toHaveLength(3);
  expect(await store.query({ indexName, queryVector: vectorOf(2), topK: 1 })).toHaveLength(1);
});

test('an empty index has nothing to find, to count and to delete', async () => {
  const store = await open();
  expect(await store.query({ indexName, queryVector: vectorOf(1), topK: 10 })).toEqual([]);
  expect(await countOf(store)).toBe(0);
  await store.deleteVectors({ indexName, ids: ['none'] });
  await store.deleteVectors({ indexName, filter: { name: 'none' } });
});

test('a thousand vectors are written, found and deleted', async () => {
  const store = await open();
  const vectors = Array.from({ length: 1_000 }, (_, nth) => vectorOf(nth));
  const metadata = vectors.map((_, nth) => ({ batch: 'large', nth }));
  expect(await store.upsert({ indexName, vectors, metadata })).toHaveLength(1_000);
  expect(await store.query({ indexName, queryVector: vectorOf(500), topK: 500 })).toHaveLength(500);
  await store.deleteVectors({ indexName, filter: { batch: 'large', nth: { $lt: 500 } } });
  expect(await countOf(store)).toBe(500);
});

test('calls at the same time do not disturb each other', async () => {
  const store = await open();
  const upsert = (nth: number) => store.upsert({ indexName, vectors: [vectorOf(nth)], metadata: [{ nth }] });
  await Promise.all(Array.from({ length: 10 }, (_, nth) => upsert(nth)));
  expect(await countOf(store)).toBe(10);
  const query = (nth: number) => store.query({ indexName, queryVector: vectorOf(nth), topK: 1 });
  const found = await Promise.all(Array.from({ length: 10 }, (_, nth) => query(nth)));
  expect(found.map(([best]) => best?.metadata?.nth)).toEqual(Array.from({ length: 10 }, (_, nth) => nth));
  await Promise.all([upsert(20), query(1), upsert(21), query(2)]);
  expect(await countOf(store)).toBe(12);
});

test('vectors with numbers that are none are refused, and those with extreme numbers are stored', async () => {
  const store = await open();
  const filled = (value: unknown) => new Array(DIMENSIONS).fill(value) as number[];
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 'text', null, undefined]) {
    await expect(store.upsert({ indexName, vectors: [filled(bad)] })).rejects.toMatchObject({
      code: 'KV_INVALID_ARGUMENT',
    });
  }
  expect(await countOf(store)).toBe(0);
  await store.upsert({ indexName, vectors: [filled(1e-10), [1000, 0.001, -1000, ...filled(0).slice(3)]] });
  expect(await store.query({ indexName, queryVector: vectorOf(1) })).toHaveLength(2);
});

test('a vector of zeros has no cosine, so it is refused, and changes nothing', async () => {
  const store = await open();
  const zeros = new Array(DIMENSIONS).fill(0) as number[];
  await expect(store.upsert({ indexName, vectors: [vectorOf(1), zeros] })).rejects.toThrow('all zeros');
  expect(await countOf(store)).toBe(0);
});

test('metadata of a megabyte are stored; functions and symbols are refused and change nothing', async () => {
  const store = await open();
  await store.upsert({ indexName, vectors: [vectorOf(1)], metadata: [{ long: 'x'.repeat(1024 * 1024) }] });
  for (const bad of [{ call: () => 1 }, { symbol: Symbol('s') }]) {
    await expect(store.upsert({ indexName, vectors: [vectorOf(2)], metadata: [bad] })).rejects.toMatchObject({
      code: 'KV_INVALID_ARGUMENT',
    });
  }
  expect(await countOf(store)).toBe(1);
});

test('an index is deleted once', async () => {
  const store = await open();
  await store.deleteIndex({ indexName });
  expect(await store.listIndexes()).toEqual([]);
  await expect(store.deleteIndex({ indexName })).rejects.toMatchObject({ code: 'KV_NOT_FOUND' });
});

test('filters that make no sense are refused', async () => {
  const store = await open();
  const ask = (filter: object) => store.query({ indexName, queryVector: vectorOf(1), filter: filter as never });
  const refused: [filter: object, message: RegExp][] = [
    [{ $unheardOf: 1 }, /unknown operator/],
    [{ price: { $unheardOf: 1 } }, /unknown operator/],
    [{ price: { $gt: [10, 20] } }, /expected a number/],
    [{ price: { $lte: { from: 1 } } }, /expected a number/],
    [{ $and: 'text' }, /expected a list/],
    [{ $or: {} }, /expected a list/],
  ];
  for (const [filter, message] of refused) await expect(ask(filter)).rejects.toThrow(message);
  let deep: object = { a: 1 };
  for (let level = 0; level < 100; level++) deep = { $and: [deep, { b: { $gte: 0 } }] };
  expect(await ask(deep)).toEqual([]);
});

const SHOP = [
  { name: 'lamp', price: 10, stars: 4.5, kind: 'light', tags: ['new', 'sale'], here: true },
  { name: 'cable', price: 25, stars: 3.8, kind: 'light', tags: ['top'], here: true },
  { name: 'chair', price: 50, stars: 4.9, kind: 'home', tags: ['fine', 'sale'], here: false },
  { name: 'table', price: 100, stars: 4.2, kind: 'home', tags: ['fine'], here: true },
  {
    name: 'novel',
    price: 30,
    stars: 4.1,
    kind: 'book',
    tags: ['sale'],
    here: false,
    about: 'a journey',
    votes: [
      { by: 'ann', score: 3 },
      { by: 'bob', score: 5 },
    ],
  },
  {
    name: 'sofa',
    price: 200,
    stars: 4.95,
    kind: 'home',
    tags: ['fine', 'rare'],
    here: true,
    votes: [
      { by: 'cleo', score: 5 },
      { by: 'dan', score: 4 },
      { by: 'eve', score: 5 },
    ],
  },
];

const ASKED: [filter: object, names: string[]][] = [
  [{ price: { $gte: 20, $lte: 80 } }, ['cable', 'chair', 'novel']],
  [{ here: { $ne: true } }, ['chair', 'novel']],
  [{ price: { $in: [10, 25, 50] } }, ['lamp', 'cable', 'chair']],
  [{ kind: { $in: ['light', 'home'] }, price: { $lt: 100 } }, ['lamp', 'cable', 'chair']],
  [{ kind: { $ne: 'home' }, about: { $exists: false } }, ['lamp', 'cable']],
  [{ $nor: [{ price: { $lt: 20 } }, { price: { $gt: 100 } }] }, ['cable', 'chair', 'table', 'novel']],
  [{ $nor: [{ $or: [{ kind: 'light' }, { price: { $gt: 150 } }] }] }, ['chair', 'table', 'novel']],
  [{ $nor: [{ $and: [{ kind: 'light' }, { here: true }] }] }, ['chair', 'table', 'novel', 'sofa']],
  [{ kind: { $not: { $in: ['light', 'book'] } } }, ['chair', 'table', 'sofa']],
  [{ $not: { $and: [{ price: { $gt: 20 } }, { stars: { $gte: 4.5 } }] } }, ['lamp', 'cable', 'table', 'novel']],
  [{ $not: { $or: [{ kind: 'light' }, { here: false }] } }, ['table', 'sofa']],
  [{ here: { $not: { $eq: false } } }, ['lamp', 'cable', 'table', 'sofa']],
  [{ price: { $not: { $gte: 20, $lte: 80 } } }, ['lamp', 'table', 'sofa']],
  [{ $or: [{ price: { $not: { $gt: 25 } } }, { stars: { $not: { $lt: 4.5 } } }] }, ['lamp', 'cable', 'chair', 'sofa']],
  [{ about: { $not: { $exists: true } } }, ['lamp', 'cable', 'chair', 'table', 'sofa']],
  [{ tags: { $not: { $all: ['fine'] } } }, ['lamp', 'cable', 'novel']],
  [{ name: { $regex: '^(lamp|c)' } }, ['lamp', 'cable', 'chair']],
  [{ kind: { $regex: '(?i)LIGHT' } }, ['lamp', 'cable']],
  [{ votes: { $elemMatch: { score: { $gte: 5 } } } }, ['novel', 'sofa']],
  [{ votes: { $elemMatch: { score: { $gte: 4 }, by: { $in: ['cleo', 'ann'] } } } }, ['sofa']],
  [{ votes: { $elemMatch: { score: { $gte: 3, $lte: 3 } } } }, ['novel']],
  [{ votes: { $elemMatch: { score: { $gt: 10 } } } }, []],
  [{ votes: { $size: 3 } }, ['sofa']],
  [{ $and: [{ kind: { $in: ['light', 'home'] } }], price: { $gte: 50 } }, ['chair', 'table', 'sofa']],
];

describe('filters', () => {
  test.each(ASKED)('%j', async (filter, names) => {
    const store = await open();
    await store.upsert({ indexName, vectors: SHOP.map((_, nth) => vectorOf(nth)), metadata: SHOP });
    const found = await store.query({ indexName, queryVector: vectorOf(0), topK: 10, filter: filter as never });
    expect(found.map(({ metadata }) => metadata?.name).sort()).toEqual(names.sort());
  });
});

test('the memory of agents: threads and resources are kept apart', async () => {
  const store = await open();
  const metadata = [1, 2, 3, 4].map((nth) => ({
    thread_id: `thread ${Math.ceil(nth / 2)}`,
    resource_id: `resource ${nth % 2}`,
    nth,
  }));
  await store.upsert({ indexName, vectors: metadata.map(({ nth }) => vectorOf(nth)), metadata });
  const ask = async (filter: object) =>
    (await store.query({ indexName, queryVector: vectorOf(1), topK: 10, filter }))
      .map((each) => each.metadata?.nth)
      .sort();
  expect(await ask({ thread_id: 'thread 1' })).toEqual([1, 2]);
  expect(await ask({ resource_id: 'resource 0' })).toEqual([2, 4]);
  expect(await ask({ thread_id: 'thread 2', resource_id: 'resource 1' })).toEqual([3]);
  expect(await ask({ thread_id: 'none' })).toEqual([]);
});

test('a document is indexed again in place of its old parts, and others stay', async () => {
  const store = await open();
  const parts = (source: string, seeds: number[]) => ({
    indexName,
    vectors: seeds.map(vectorOf),
    metadata: seeds.map((part) => ({ source, part })),
  });
  await store.upsert(parts('guide', [1, 2, 3]));
  await store.upsert(parts('other', [4]));
  await store.deleteVectors({ indexName, filter: { source: 'guide' } });
  expect(await countOf(store)).toBe(1);
  await store.upsert(parts('guide', [5, 6]));
  const found = await store.query({ indexName, queryVector: vectorOf(5), filter: { source: 'guide' } });
  expect(found.map(({ metadata }) => metadata?.part).sort()).toEqual([5, 6]);
  expect(await countOf(store)).toBe(3);
});

test('an update by a filter changes those vectors alone', async () => {
  const store = await open();
  const metadata = [
    { team: 'a', stage: 1 },
    { team: 'a', stage: 2 },
    { team: 'b', stage: 1 },
  ];
  await store.upsert({ indexName, vectors: metadata.map((_, nth) => vectorOf(nth)), metadata });
  const filter = { $and: [{ team: 'a' }, { stage: 1 }] };
  await store.updateVector({ indexName, filter, update: { metadata: { team: 'a', stage: 1, marked: true } } });
  await store.updateVector({ indexName, filter: { team: 'none' }, update: { metadata: { marked: true } } });
  const marked = await store.query({ indexName, queryVector: vectorOf(0), filter: { marked: true } });
  expect(marked.map((each) => each.metadata)).toEqual([{ team: 'a', stage: 1, marked: true }]);
});
