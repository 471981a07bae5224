import { KVaultRecordManager, KVaultStore, VaultVectorStore } from '@kohakuvault/langchain';
import { Document } from '@langchain/core/documents';
import { Embeddings } from '@langchain/core/embeddings';
import { index } from '@langchain/core/indexing';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';

/** A model that knows how many letters of each kind a text has. */
class Letters extends Embeddings {
  constructor() {
    super({});
  }
  async embedDocuments(texts: string[]): Promise<number[][]> {
    return texts.map((text) => [...'abcdefgh'].map((letter) => text.split(letter).length - 1 + 0.01));
  }
  async embedQuery(text: string): Promise<number[]> {
    return (await this.embedDocuments([text]))[0] as number[];
  }
}

function open(options: Partial<ConstructorParameters<typeof VaultVectorStore>[1]> = {}): VaultVectorStore {
  const store = new VaultVectorStore(new Letters(), { path: tempFile(), ...options });
  onTestFinished(() => store.close());
  return store;
}

const DOCUMENTS = [
  new Document({ pageContent: 'aaa', metadata: { source: 'one', page: 1, tags: ['x', 'y'] } }),
  new Document({ pageContent: 'aab', metadata: { source: 'one', page: 2, at: new Date(5) } }),
  new Document({ pageContent: 'bbb', metadata: { source: 'two', page: 1, tags: ['y'] } }),
  new Document({ pageContent: 'hhh', metadata: { source: 'two', page: 2 } }),
];
const texts = (documents: { pageContent: string }[]) => documents.map(({ pageContent }) => pageContent);

test('documents are found by likeness, with their metadata as they were', async () => {
  const store = open();
  const ids = await store.addDocuments(DOCUMENTS);
  expect(new Set(ids).size).toBe(4);
  const [[first, score] = [], [second] = []] = await store.similaritySearchWithScore('aaa', 2);
  expect(first?.pageContent).toBe('aaa');
  expect(score).toBeCloseTo(1);
  expect(second?.metadata.at).toEqual(new Date(5));
  expect(texts(await store.asRetriever(1).invoke('hh'))).toEqual(['hhh']);
});

test.each([{}, { fields: { source: 'str', page: 'i64' } as const }])('filters, with options %o', async (options) => {
  const store = open(options);
  await store.addDocuments(DOCUMENTS);
  const search = async (filter: object) => texts(await store.similaritySearch('aaa', 10, filter));
  expect(await search({ source: 'two' })).toEqual(['bbb', 'hhh']);
  expect(await search({ source: 'one', page: { $gte: 2 } })).toEqual(['aab']);
  expect(await search({ tags: 'y' })).toEqual(['aaa', 'bbb']);
  expect(await search({ $or: [{ page: 2, source: 'two' }, { tags: 'x' }] })).toEqual(['aaa', 'hhh']);
  expect(await search({ source: { $ne: 'one' }, tags: { $exists: true } })).toEqual(['bbb']);
  expect(await search(({ metadata }: Document) => metadata.page === 1)).toEqual(['aaa', 'bbb']);
  await expect(search({ page: { $like: 1 } })).rejects.toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
  await store.delete({ filter: { source: 'one' } });
  expect(await search({})).toEqual(['bbb', 'hhh']);
  await store.delete({ filter: { page: 1, source: 'two', tags: 'y' } });
  expect(await search({})).toEqual(['hhh']);
});

test('a filter is applied before k documents are chosen', async () => {
  const store = open();
  await store.addDocuments(
    Array.from({ length: 300 }, (_, n) => new Document({ pageContent: 'a'.repeat(n + 1), metadata: { n } })),
  );
  expect(await store.similaritySearch('b', 3, { n: { $gte: 297 } })).toHaveLength(3);
});

test('documents replace those with their ids, and are deleted by ids', async () => {
  const store = open();
  await store.addDocuments(DOCUMENTS.slice(0, 2), { ids: ['1', '2'] });
  await store.addDocuments([
    new Document({ pageContent: 'ccc', id: '1' }),
    new Document({ pageContent: 'ddd', id: '3' }),
  ]);
  expect(texts(await store.similaritySearch('ccc', 10)).sort()).toEqual(['aab', 'ccc', 'ddd']);
  await store.delete({ ids: ['1', 'none'] });
  expect((await store.similaritySearch('ccc', 10)).map(({ id }) => id).sort()).toEqual(['2', '3']);
  await expect(store.delete({})).rejects.toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
  await expect(store.addVectors([[1]], [])).rejects.toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
});

test('an upsert that is refused changes nothing', async () => {
  const store = open();
  await store.addDocuments(DOCUMENTS.slice(0, 1), { ids: ['1'] });
  const bad = store.addVectors(
    [
      [1, 0, 0, 0, 0, 0, 0, 0],
      [Number.NaN, 0, 0, 0, 0, 0, 0, 0],
    ],
    DOCUMENTS.slice(1, 3),
    {
      ids: ['1', '2'],
    },
  );
  await expect(bad).rejects.toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
  expect(texts(await store.similaritySearch('aaa', 10))).toEqual(['aaa']);
});

test('results that differ from each other', async () => {
  const store = open();
  await store.addDocuments([...DOCUMENTS, new Document({ pageContent: 'aaaa' })]);
  const found = await store.maxMarginalRelevanceSearch('aab', { k: 2, lambda: 0.1 });
  expect(texts(found)[0]).toBe('aab');
  expect(texts(found)[1]).toMatch(/bbb|hhh/);
});

test('the file outlives the store, and another model is refused', async () => {
  const path = tempFile();
  const first = await VaultVectorStore.fromTexts(['aaa', 'bbb'], [{ n: 1 }, { n: 2 }], new Letters(), { path });
  first.close();
  const again = open({ path });
  await again.delete({ filter: { n: 2 } });
  expect(texts(await again.similaritySearch('a', 5))).toEqual(['aaa']);
  const other = open({ path });
  await expect(other.similaritySearchVectorWithScore([1, 2], 1)).rejects.toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
});

test('a store of values of any kind', async () => {
  const store = new KVaultStore<unknown>(tempFile());
  onTestFinished(() => store.close());
  const bytes = Uint8Array.of(1, 2);
  await store.mset([
    ['a:1', { at: new Date(1) }],
    ['a:2', bytes],
    ['b', 'text'],
  ]);
  expect(await store.mget(['b', 'none', 'a:1'])).toEqual(['text', undefined, { at: new Date(1) }]);
  expect(Buffer.from((await store.mget(['a:2']))[0] as Uint8Array)).toEqual(Buffer.from(bytes));
  const keys: unknown[] = [];
  for await (const key of store.yieldKeys('a:')) keys.push(key);
  expect(keys).toEqual(['a:1', 'a:2']);
  await store.mdelete(['a:1', 'none']);
  expect(await store.mget(['a:1'])).toEqual([undefined]);
});

test('index writes no document twice, and deletes those that are gone', async () => {
  const path = tempFile();
  const vectorStore = open({ path });
  const records = new KVaultRecordManager(path, { namespace: 'docs' });
  onTestFinished(() => records.close());
  await records.createSchema();
  const options = { cleanup: 'full' as const, sourceIdKey: 'source' };
  const write = (docsSource: Document[]) => index({ docsSource, recordManager: records, vectorStore, options });
  expect(await write(DOCUMENTS)).toMatchObject({ numAdded: 4, numDeleted: 0, numSkipped: 0 });
  expect(await write(DOCUMENTS)).toMatchObject({ numAdded: 0, numDeleted: 0, numSkipped: 4 });
  expect(await write(DOCUMENTS.slice(0, 2))).toMatchObject({ numAdded: 0, numDeleted: 2, numSkipped: 2 });
  expect(texts(await vectorStore.similaritySearch('hhh', 10)).sort()).toEqual(['aaa', 'aab']);
});

test('records by time and group', async () => {
  const records = new KVaultRecordManager(tempFile(), { namespace: 'a' });
  using other = { records: new KVaultRecordManager(records.vault, { namespace: 'b' }), [Symbol.dispose]() {} };
  onTestFinished(() => records.close());
  const before = await records.getTime();
  await records.update(['1', '2'], { groupIds: ['g', null] });
  const between = await records.getTime();
  await records.update(['3', '1'], { groupIds: ['h', 'h'] });
  await other.records.update(['x']);
  expect(await records.exists(['1', 'x', '3'])).toEqual([true, false, true]);
  expect(await records.listKeys()).toEqual(['2', '1', '3']);
  expect(await records.listKeys({ before: between })).toEqual(['2']);
  expect(await records.listKeys({ after: between })).toEqual(['1', '3']);
  expect(await records.listKeys({ groupIds: ['h'], limit: 1 })).toEqual(['1']);
  expect(await records.listKeys({ groupIds: ['h', 'g', 'h'] })).toEqual(['1', '3']);
  expect(await records.listKeys({ groupIds: ['h', null] })).toEqual(['2', '1', '3']);
  expect(await records.listKeys({ groupIds: ['h'], before: between })).toEqual([]);
  // A group is not the beginning of another, whatever it contains.
  await records.update(['4', '5'], { groupIds: ['h"', 'h\0'] });
  expect(await records.listKeys({ groupIds: ['h'] })).toEqual(['1', '3']);
  expect(await records.listKeys({ groupIds: ['h\0'] })).toEqual(['5']);
  await records.deleteKeys(['4', '5']);
  expect(await records.listKeys({ before })).toEqual([]);
  await records.deleteKeys(['1', 'none']);
  expect(await records.listKeys()).toEqual(['2', '3']);
  expect(await other.records.listKeys()).toEqual(['x']);
  await expect(records.update(['1'], { timeAtLeast: Date.now() + 60_000 })).rejects.toThrow('clock');
  await expect(records.update(['1'], { groupIds: [] })).rejects.toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
});
