// What texts do, in a file and on a server: the same tests for all.
import { PGlite } from '@electric-sql/pglite';
import { connect } from '@kohakuvault/postgres';
import { afterAll, describe, expect, test } from 'vitest';
import { rejects } from './support/contract.ts';
import { placesAndThreads, stopServer } from './support/places.ts';
import { testAsyncTexts } from './support/text-contract.ts';

afterAll(stopServer);

for (const [name, make] of Object.entries(placesAndThreads())) describe(name, () => testAsyncTexts(make));

test('a server without pg_trgm has no trigrams, and says what to do', async () => {
  await using database = new PGlite();
  await using store = await connect(database);
  const { message } = await rejects('KV_RUNTIME_UNSUPPORTED', () => store.texts('parts', { tokenizer: 'trigram' }));
  expect(message).toMatch(/pg_trgm.*install it/);
  expect(await store.vaults()).toEqual([]);
  expect(await (await store.texts('parts')).count('word')).toBe(0);
});
