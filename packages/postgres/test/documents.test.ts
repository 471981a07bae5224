// What documents for questions do, in a file and on a server: the same tests for all. Then what only a server does.
import { PGlite } from '@electric-sql/pglite';
import { vector as pgvector } from '@electric-sql/pglite-pgvector';
import { connect } from '@kohakuvault/postgres';
import { afterAll, describe, expect, test } from 'vitest';
import { embedWith } from '../../text/test/support/embed.ts';
import { rejects } from './support/contract.ts';
import { testAsyncDocuments } from './support/document-contract.ts';
import { aServer, hasServer, placesAndThreads, stopServer } from './support/places.ts';

afterAll(stopServer);

const hasPgvector = hasServer && Boolean(process.env.KOHAKUVAULT_PGVECTOR);

for (const [name, make] of Object.entries(placesAndThreads())) {
  if (name.startsWith('PostgreSQL') && !hasPgvector) continue;
  describe(name, () => testAsyncDocuments(make));
}

const options = { embed: embedWith(4), dimensions: 4, chunk: { size: 20, overlap: 5 } };
const TEXT = 'A writer waits. A reader does not wait. Others do.';

test('documents belong to a transaction, and go with all they have', async () => {
  await using database = new PGlite({ extensions: { vector: pgvector } });
  await using store = await connect(database);
  const vault = await store.documents<number>('notes', options);
  await vault.add({ id: 'a', text: TEXT, value: 1 });
  const reason = new Error('undo');
  const undone = store.transaction(async (tx) => {
    const inside = tx.documents<number>('notes', options);
    await inside.add({ id: 'b', text: TEXT, value: 2 });
    await inside.update('a', { text: 'short' });
    expect([await inside.ids(), (await inside.search('short', { mode: 'text' })).length]).toEqual([['a', 'b'], 1]);
    await rejects('KV_INVALID_ARGUMENT', () => inside.reembed({ embed: embedWith(3), dimensions: 3 }));
    throw reason;
  });
  await expect(undone).rejects.toBe(reason);
  expect([await vault.ids(), (await vault.get('a'))?.text]).toEqual([['a'], TEXT]);
  await store.transaction((tx) => tx.documents<number>('notes', options).add({ id: 'b', text: TEXT, value: 2 }));
  const count = async (table: string) => {
    const { rows } = await database.query<{ count: number }>(`SELECT count(*)::int4 AS count FROM "${table}"`);
    return rows[0]?.count;
  };
  const chunks = await count('kohakuvault_chunks_notes');
  expect([await count('kohakuvault_v1_notes'), chunks]).toEqual([chunks, 6]);
  // Whoever deletes a document, its chunks and vectors go with it.
  await database.query("DELETE FROM notes WHERE id = 'a'");
  expect([await count('kohakuvault_v1_notes'), await count('kohakuvault_chunks_notes')]).toEqual([3, 3]);
  expect(await store.vaults()).toMatchObject([{ name: 'notes', kind: 'documents' }]);
  await rejects('KV_INVALID_ARGUMENT', () => store.texts('notes'));
  await rejects('KV_INVALID_ARGUMENT', () => store.documents('notes', { ...options, tokenizer: 'porter' }));
  await vault.dropTable();
  const { rows } = await database.query("SELECT relname FROM pg_class WHERE relname LIKE '%notes%'");
  expect([rows, await store.vaults()]).toEqual([[], []]);
});

test('what was made with a model that another one has replaced is refused', async () => {
  await using database = new PGlite({ extensions: { vector: pgvector } });
  await using store = await connect(database);
  const vault = await store.documents('notes', options);
  await vault.add({ id: 'a', text: TEXT });
  const other = await store.documents('notes', {
    ...options,
    embed: async (texts) => {
      await vault.reembed({ embed: embedWith(6), dimensions: 6, model: 'new' });
      return embedWith(4)(texts);
    },
  });
  const { message } = await rejects('KV_INVALID_ARGUMENT', () => other.add({ id: 'b', text: TEXT }));
  expect(message).toContain('another model');
  await rejects('KV_INVALID_ARGUMENT', () => other.search('reader'));
  expect([await vault.ids(), (await vault.search('reader', { mode: 'vector', k: 1 })).length]).toEqual([['a'], 1]);
});

test.runIf(hasPgvector)(
  'programs write while another model takes over, and no chunk lacks its vector',
  async () => {
    const { url, schema, dropSchema } = await aServer();
    {
      await using store = await connect(url, { schema });
      await using others = await connect(url, { schema });
      const vault = await store.documents('notes', options);
      await vault.add(Array.from({ length: 40 }, (_, n) => ({ id: `${n}`, text: `${TEXT} ${n}` })));
      const refusals: string[] = [];
      const write = async (writer: number) => {
        const theirs = await others.documents('notes', options);
        for (let n = 0; n < 15; n++) {
          try {
            await theirs.add({ id: `w${writer}-${n}`, text: TEXT });
            if (n % 3 === 1) await theirs.update(`${writer}`, { text: `${TEXT} again ${n}` });
            if (n % 3 === 2) await theirs.delete(`w${writer}-${n - 1}`);
          } catch (error) {
            refusals.push((error as { code: string }).code);
            return;
          }
        }
      };
      const writers = Array.from({ length: 4 }, (_, writer) => write(writer));
      await vault.reembed({ embed: embedWith(6), dimensions: 6, model: 'new' });
      await Promise.all(writers);
      expect(new Set(refusals).size === 0 || String([...new Set(refusals)]) === 'KV_INVALID_ARGUMENT').toBe(true);
      const lacking = await store.snapshot((tx) =>
        tx.query<{ count: number }>(
          `SELECT count(*)::int4 AS count FROM "${schema}"."kohakuvault_chunks_notes" AS c FULL JOIN ` +
            `"${schema}"."kohakuvault_v2_notes" AS v USING (document, place) WHERE c.id IS DISTINCT FROM v.id`,
        ),
      );
      expect(lacking).toEqual([{ count: 0 }]);
      expect(await vault.model()).toBe('new');
    }
    await dropSchema();
  },
  60_000,
);

test('a server cannot keep some ids and texts', async () => {
  await using database = new PGlite({ extensions: { vector: pgvector } });
  await using store = await connect(database);
  const vault = await store.documents('notes', options);
  for (const document of [
    { id: 'a\0', text: TEXT },
    { id: 'a'.repeat(3_000), text: TEXT },
    { id: 'a', text: 'a\0b' },
    { id: 'a', text: TEXT, fields: { name: 'a\0b' } },
  ]) {
    await rejects('KV_INVALID_ARGUMENT', () => vault.add(document), JSON.stringify(document).slice(0, 40));
  }
  await vault.add({ id: 'half \ud800', text: 'half \ud800', fields: { name: '\udfff' } });
  expect(await vault.get('half \ud800')).toEqual({
    id: 'half \ufffd',
    text: 'half \ufffd',
    value: null,
    fields: { name: '\ufffd' },
  });
  expect(await vault.has('half \ufffd')).toBe(true);
});

test('a server without pgvector has no documents, and says so', async () => {
  await using database = new PGlite();
  await using store = await connect(database);
  await rejects('KV_RUNTIME_UNSUPPORTED', () => store.documents('notes', options));
  expect(await store.vaults()).toEqual([]);
});
