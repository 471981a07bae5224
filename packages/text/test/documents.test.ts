import { existsSync } from 'node:fs';
import { DocumentVault, type DocumentVaultOptions } from '@kohakuvault/text';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { embedWith } from './support/embed.ts';

const DIMENSIONS = 64;
const embed = embedWith(DIMENSIONS);

function vaultOf<V>(options: Partial<DocumentVaultOptions> = {}, file = tempFile()): DocumentVault<V> {
  const vault = new DocumentVault<V>(file, {
    embed,
    dimensions: DIMENSIONS,
    chunk: { size: 80, overlap: 20 },
    ...options,
  });
  onTestFinished(() => vault.close());
  return vault;
}

/** Counts what the tables of a vault hold: documents, chunks, texts, vectors. */
function counts({ database }: DocumentVault): number[] {
  return ['documents', 'documents_chunks', 'documents_text_content', 'documents_text_values'].map((table) =>
    Number(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get()),
  );
}

async function codeOfRejected(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'it was not rejected',
    (error: { code?: string }) => error.code,
  );
}

const LOCKS =
  'A writer takes the write lock. Others wait for the lock until it is free. Readers never wait for a writer.';
const FISH = 'Salmon swim up the river. They lay their eggs there. The young fish swim to the sea.';

test('a question finds the chunk that answers it, with its document, place and neighbors', async () => {
  const vault = vaultOf<{ title: string }>();
  await vault.add({ id: 'locks', text: LOCKS, value: { title: 'Locks' } });
  await vault.add([{ id: 'fish', text: FISH, value: { title: 'Fish' } }]);
  const [found] = await vault.search('where do salmon lay eggs?');
  expect(found?.document).toEqual({ id: 'fish', value: { title: 'Fish' } });
  expect(found?.text).toBe(FISH.slice(found?.start, found?.end));
  expect(found?.text).toContain('eggs');
  expect(found?.neighbors.length).toBeGreaterThan(0);
  for (const neighbor of found?.neighbors ?? []) expect(FISH).toContain(neighbor);
  for (const mode of ['text', 'vector', 'hybrid'] as const) {
    expect((await vault.search('the young fish', { mode, k: 1 }))[0]?.document.id).toBe('fish');
  }
});

test('documents are got, changed and deleted with all their chunks', async () => {
  const vault = vaultOf<number>();
  await vault.add([
    { id: 'a', text: LOCKS, value: 1, fields: { year: 2020, big: 2n ** 60n, open: true, name: null } },
    { id: 'b', text: '' },
  ]);
  expect(vault.get('a')).toEqual({
    id: 'a',
    text: LOCKS,
    value: 1,
    fields: { year: 2020, big: 2n ** 60n, open: true, name: null },
  });
  expect(vault.get('b')).toEqual({ id: 'b', text: '', value: null, fields: {} });
  expect([vault.size, vault.ids(), vault.has('a'), vault.has('c'), vault.get('c')]).toEqual([
    2,
    ['a', 'b'],
    true,
    false,
    undefined,
  ]);
  expect(await vault.update('a', { value: 2 })).toBe(true);
  expect(await vault.update('b', { text: FISH, fields: { year: 1 } })).toBe(true);
  expect(await vault.update('c', { text: FISH })).toBe(false);
  expect(vault.get('b')).toEqual({ id: 'b', text: FISH, value: null, fields: { year: 1 } });
  expect(vault.get('a')?.value).toBe(2);
  expect([vault.delete('a'), vault.delete('a')]).toEqual([true, false]);
  expect((await vault.search('lock', { mode: 'text' })).length).toBe(0);
  expect([vault.delete('b'), counts(vault)]).toEqual([true, [0, 0, 0, 0]]);
});

test('all of an add is stored, or nothing', async () => {
  const vault = vaultOf();
  await vault.add({ id: 'a', text: LOCKS });
  const before = counts(vault);
  for (const documents of [
    [
      { id: 'b', text: FISH },
      { id: 'a', text: FISH },
    ],
    [
      { id: 'b', text: FISH },
      { id: 'b', text: FISH },
    ],
    [
      { id: 'b', text: FISH },
      { id: 'c', text: 5 },
    ],
    [{ id: 'b', text: FISH, value: () => 1 }],
    [{ id: 'b', text: FISH, fields: { 'a b': 1 } }],
    [{ id: 'b', text: FISH, fields: { a: [1] } }],
    'text',
    null,
  ]) {
    expect(await codeOfRejected(vault.add(documents as never))).toBe('KV_INVALID_ARGUMENT');
  }
  expect(counts(vault)).toEqual(before);
});

test('what the model throws is passed on, and wrong vectors are refused', async () => {
  const reason = new Error('the model is gone');
  let answer: (texts: string[]) => never[] | Float32Array[] = () => {
    throw reason;
  };
  const vault = vaultOf({ embed: async (texts) => answer(texts) });
  await expect(vault.add({ id: 'a', text: FISH })).rejects.toBe(reason);
  for (const wrong of [[], [new Float32Array(3)], 'vectors', [undefined]]) {
    answer = () => wrong as never;
    expect(await codeOfRejected(vault.add({ id: 'a', text: 'short' }))).toBe('KV_INVALID_ARGUMENT');
  }
  expect(counts(vault)).toEqual([0, 0, 0, 0]);
});

test('an id that was taken while the model was working is refused', async () => {
  const vault = vaultOf();
  const results = await Promise.allSettled([1, 2].map(() => vault.add({ id: 'a', text: FISH })));
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(vault.get('a')?.text).toBe(FISH);
});

test('where limits a search by fields, and distinct to one chunk of each document', async () => {
  const vault = vaultOf<null>({ fields: { year: 'i64', author: 'str', score: 'f64', public: 'bool' } });
  for (let year = 2000; year < 2020; year++) {
    await vault.add({
      id: `${year}`,
      text: `${FISH} ${FISH}`,
      fields: {
        year,
        author: year % 2 ? 'ada' : 'bob',
        score: year / 2,
        ...(year > 2010 && { public: year % 3 === 0 }),
      },
    });
  }
  const ids = async (where: object, more: object = {}) =>
    (await vault.search('young fish', { k: 100, where: where as never, distinct: true, ...more }))
      .map(({ document }) => Number(document.id))
      .toSorted();
  const years = (test: (year: number) => boolean) => Array.from({ length: 20 }, (_, at) => 2000 + at).filter(test);
  expect(await ids({ year: { $gte: 2015 } })).toEqual(years((year) => year >= 2015));
  expect(await ids({ year: { $gt: 2003, $lt: 2006 }, author: 'ada' })).toEqual([2005]);
  expect(await ids({ author: { $in: ['ada', 'eve'] } })).toEqual(years((year) => year % 2 === 1));
  expect(await ids({ author: { $nin: ['ada'] } })).toEqual(years((year) => year % 2 === 0));
  expect(await ids({ author: { $ne: 'ada' } })).toEqual(years((year) => year % 2 === 0));
  expect(await ids({ public: true })).toEqual([2013, 2016, 2019]);
  expect(await ids({ public: { $exists: false } })).toEqual(years((year) => year <= 2010));
  expect(await ids({ public: null })).toEqual(years((year) => year <= 2010));
  expect(await ids({ $or: [{ year: 2001 }, { year: { $eq: 2002 } }] })).toEqual([2001, 2002]);
  expect(await ids({ $and: [{ year: { $lte: 2002 } }, { author: 'bob' }] })).toEqual([2000, 2002]);
  expect(await ids({ $not: { year: { $gt: 2001 } } })).toEqual([2000, 2001]);
  expect(await ids({ score: { $lt: 1001 } })).toEqual([2000, 2001]);
  expect(await ids({})).toHaveLength(20);
  for (const mode of ['text', 'vector'] as const) expect(await ids({ year: 2004 }, { mode })).toEqual([2004]);
  for (const where of [
    { month: 1 },
    { year: '2000' },
    { year: { $near: 1 } },
    { $or: {} },
    { author: { $in: 'ada' } },
    5,
  ]) {
    expect(await codeOfRejected(vault.search('fish', { where: where as never }))).toBe('KV_INVALID_ARGUMENT');
  }
});

test('a new model takes over when all its vectors are made, and the old one is searched until then', async () => {
  const vault = vaultOf<null>({ model: 'old' });
  await vault.add(Array.from({ length: 90 }, (_, number) => ({ id: `${number}`, text: `${FISH} number ${number}` })));
  const steps: number[] = [];
  let searchedMeanwhile = 0;
  let isDone = false;
  await vault.reembed({
    embed: async (texts) => {
      if (steps.length === 1) await vault.add({ id: 'late', text: LOCKS });
      if (steps.length === 2) vault.delete('3');
      if (!isDone) searchedMeanwhile = (await vault.search('young fish')).length;
      return embedWith(16)(texts);
    },
    dimensions: 16,
    model: 'new',
    onProgress: ({ done, total }) => {
      expect(done).toBeLessThanOrEqual(total + 10);
      steps.push(done);
    },
  });
  isDone = true;
  expect([vault.model, searchedMeanwhile, steps.length > 2]).toEqual(['new', 10, true]);
  expect((await vault.search('write lock', 1))[0]?.document.id).toBe('late');
  expect((await vault.search('write lock', { k: 1, mode: 'vector' }))[0]?.document.id).toBe('late');
  await vault.add({ id: 'after', text: LOCKS });
  const { database, path } = vault;
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE name GLOB '*_vectors*' AND sql LIKE '%vec0%'")
    .pluck()
    .all();
  expect(tables).toEqual(['documents_vectors_2']);
  const missing = database.prepare(
    'SELECT count(*) FROM documents_chunks WHERE vector NOT IN (SELECT rowid FROM documents_vectors_2_rowids)',
  );
  expect(missing.pluck().get()).toBe(0);
  vault.close();
  expect(codeOf(() => new DocumentVault(path, { embed, dimensions: DIMENSIONS, model: 'old' }))).toBe(
    'KV_INVALID_ARGUMENT',
  );
  vaultOf({ model: 'new', dimensions: 16, embed: embedWith(16) }, path);
});

test('a reembed that was ended goes on where it was, and another model begins again', async () => {
  const vault = vaultOf<null>();
  await vault.add(Array.from({ length: 120 }, (_, number) => ({ id: `${number}`, text: `text ${number}` })));
  const controller = new AbortController();
  const embedded: number[] = [];
  const options = (model: string) => ({
    embed: (texts: string[]) => {
      embedded.push(texts.length);
      return embedWith(8)(texts);
    },
    dimensions: 8,
    model,
  });
  const reason = new Error('enough');
  const ended = vault.reembed({
    ...options('a'),
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  });
  await expect(ended).rejects.toBe(reason);
  expect((await vault.search('text 5', { mode: 'vector' })).length).toBe(10);
  await vault.reembed(options('a'));
  expect(embedded).toEqual([64, 56]);
  const again = new AbortController();
  await expect(
    vault.reembed({ ...options('b'), signal: again.signal, onProgress: () => again.abort(reason) }),
  ).rejects.toBe(reason);
  await vault.reembed(options('c'));
  expect([vault.model, embedded]).toEqual(['c', [64, 56, 64, 64, 56]]);
});

test('an aborted signal ends the wait for a model', async () => {
  let hangs = false;
  const vault = vaultOf({ embed: async (texts) => (hangs ? new Promise<never>(() => {}) : embed(texts)) });
  await vault.add({ id: 'a', text: FISH });
  hangs = true;
  const reason = new Error('enough');
  const search = new AbortController();
  const searching = vault.search('fish', { signal: search.signal });
  search.abort(reason);
  await expect(searching).rejects.toBe(reason);
  const other = new AbortController();
  const embedding = vault.reembed({ embed: () => new Promise(() => {}), dimensions: 3, signal: other.signal });
  other.abort(reason);
  await expect(embedding).rejects.toBe(reason);
  hangs = false;
  expect((await vault.search('fish', { signal: new AbortController().signal })).length).toBeGreaterThan(0);
  await vault.reembed({ embed: embedWith(3), dimensions: 3 });
  expect((await vault.search('fish', { mode: 'vector', k: 1 })).length).toBe(1);
});

test('a vault that another program has re-embedded says so', async () => {
  const vault = vaultOf();
  await vault.add({ id: 'a', text: FISH });
  const other = new Database(vault.path);
  other.exec('UPDATE documents_models SET number = 7');
  other.close();
  for (const call of [vault.search('fish'), vault.add({ id: 'b', text: FISH })]) {
    expect(await codeOfRejected(call)).toBe('KV_INVALID_ARGUMENT');
  }
});

test('the vault is read by a readonly one, and closed with everything it has', async () => {
  const vault = vaultOf<null>();
  await vault.add({ id: 'a', text: FISH });
  const reader = vaultOf<null>({ readonly: true }, vault.path);
  expect((await reader.search('salmon'))[0]?.document.id).toBe('a');
  expect(await codeOfRejected(reader.add({ id: 'b', text: FISH }))).toBe('KV_READONLY');
  reader.close();
  expect(await codeOfRejected(reader.search('salmon'))).toBe('KV_CLOSED');
  vault.close();
  expect(codeOf(() => vault.get('a'))).toBe('KV_CLOSED');
  // The connection of its own is closed, too.
  expect(existsSync(`${vault.path}-wal`)).toBe(false);
});

test('wrong options are refused', () => {
  const file = tempFile();
  const make = DocumentVault as unknown as new (...given: unknown[]) => DocumentVault;
  for (const options of [
    undefined,
    { embed },
    { dimensions: 4 },
    { embed: 'model', dimensions: 4 },
    { embed, dimensions: 0 },
    { embed, dimensions: 4, chunk: { size: 10, overlap: 10 } },
    { embed, dimensions: 4, fields: { a: 'int' } },
    { embed, dimensions: 4, fields: { '1': 'i64' } },
  ]) {
    expect(codeOf(() => new make(file, options))).toBe('KV_INVALID_ARGUMENT');
  }
  const database = new Database(file);
  expect(database.prepare("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'documents%'").pluck().get()).toBe(0);
  database.exec('CREATE TABLE documents (other)');
  database.close();
  expect(codeOf(() => new DocumentVault(file, { embed, dimensions: 4 }))).toBe('KV_INVALID_ARGUMENT');
});
