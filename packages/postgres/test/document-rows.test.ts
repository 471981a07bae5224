// Documents as they are stored, which the command line copies between a file and a server.
import { PGlite } from '@electric-sql/pglite';
import { vector as pgvector } from '@electric-sql/pglite-pgvector';
import { connect, type Store } from '@kohakuvault/postgres';
import { DocumentVault } from '@kohakuvault/text';
import { storedDocuments } from '@kohakuvault/text/internal';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { embedWith } from '../../text/test/support/embed.ts';
import { collect, rejects } from './support/contract.ts';
import { aServer, hasServer, stopServer } from './support/places.ts';

afterAll(stopServer);

const PLACES: Record<string, () => Promise<Store>> = {
  async PGlite() {
    const database = new PGlite({ extensions: { vector: pgvector } });
    const store = await connect(database);
    onTestFinished(async () => {
      await store.close();
      await database.close();
    });
    return store;
  },
  ...(hasServer &&
    process.env.KOHAKUVAULT_PGVECTOR && {
      async 'PostgreSQL, 4 partitions'() {
        const { url, schema, dropSchema } = await aServer();
        const store = await connect(url, { schema, partitions: 4 });
        onTestFinished(async () => {
          await store.close();
          await dropSchema();
        });
        return store;
      },
    }),
};

const OPTIONS = { embed: embedWith(8), dimensions: 8, model: 'eight', chunk: { size: 30, overlap: 10 } };
const FIELDS = { year: 2020, big: 2n ** 60n, part: 0.1, whole: 1e21, open: true, none: null, name: 'a "b" \\ ä' };

function local(options: object = {}): DocumentVault {
  const vault = new DocumentVault(':memory:', { ...OPTIONS, ...options });
  onTestFinished(() => vault.close());
  return vault;
}

async function filled(): Promise<DocumentVault> {
  const vault = local();
  await vault.add([
    {
      id: 'locks',
      text: 'A writer takes the lock. Others wait. 😀 Readers never do.',
      value: { a: 1 },
      fields: FIELDS,
    },
    { id: 'zero', text: '', value: new Map([[1n, Buffer.from('x')]]) },
    { id: 'fish', text: 'Salmon swim up the river. They lay their eggs there.', fields: { year: 2019 } },
    ...Array.from({ length: 300 }, (_, n) => ({ id: `n${n}`, text: `The number ${n} is ${n % 7}.`, value: n })),
  ]);
  return vault;
}

for (const [name, make] of Object.entries(PLACES)) {
  describe(name, () => {
    test('are the same there, and back in a file, without a call of the model', async () => {
      const source = await filled();
      const store = await make();
      const never = () => {
        throw new Error('a model was called');
      };
      const there = await store.documents('docs', { ...OPTIONS, embed: never });
      const rows = await collect(source[storedDocuments].rows());
      await there[storedDocuments].put(rows);
      const back = local({ embed: never });
      await back[storedDocuments].put(await collect(there[storedDocuments].rows()));
      expect(await collect(back[storedDocuments].rows())).toEqual(rows);
      expect([await there.ids(), back.ids()]).toEqual([source.ids(), source.ids()]);
      expect(await there.get('locks')).toEqual(source.get('locks'));
      expect(back.get('zero')).toEqual(source.get('zero'));

      const asked = await store.documents('docs', OPTIONS);
      for (const mode of ['text', 'vector', 'hybrid'] as const) {
        const options = { k: 5, mode, where: { year: { $gte: 2019 } } };
        const wanted = await source.search('who waits for the river?', options);
        expect(wanted.length, mode).toBeGreaterThan(0);
        const found = await asked.search('who waits for the river?', options);
        const shown = (all: typeof wanted) =>
          all.map(({ score, ...rest }) => ({ ...rest, score: score.toPrecision(6) }));
        expect(shown(found), mode).toEqual(shown(wanted));
      }
    });

    test('take the place of those with their ids, and are deleted', async () => {
      const source = await filled();
      const store = await make();
      const there = (await store.documents('docs', OPTIONS))[storedDocuments];
      const rows = await collect(source[storedDocuments].rows());
      await there.put(rows);
      await source.update('locks', { text: 'Short.', value: 'other', fields: { year: 1 } });
      const changed = await source[storedDocuments].rowsOf(['locks', 'nobody']);
      expect(changed.map(({ id, chunks }) => [id, chunks.length])).toEqual([['locks', 1]]);
      await there.put(changed);
      expect(await there.rowsOf(['nobody', 'locks'])).toMatchObject(changed);
      expect((await collect(there.rows())).map(({ id }) => id)).toEqual(source.ids());
      await there.deleteMany(['locks', 'nobody', 'zero']);
      const back = local();
      await back[storedDocuments].put(rows);
      await back[storedDocuments].put(changed);
      await back[storedDocuments].deleteMany(['zero', 'nobody']);
      source.delete('zero');
      expect(await collect(back[storedDocuments].rows())).toEqual(await collect(source[storedDocuments].rows()));
      expect((await collect(there.rows())).map(({ id }) => id)).toEqual(source.ids().slice(1));
    });

    test('are refused if the server cannot have them, all of them', async () => {
      const source = await filled();
      await source.add({ id: 'a\0b', text: 'x' });
      const store = await make();
      const there = await store.documents('docs', OPTIONS);
      const rows = await collect(source[storedDocuments].rows());
      const { message } = await rejects('KV_INVALID_ARGUMENT', () => there[storedDocuments].put(rows));
      expect([message, await there.size()]).toEqual([expect.stringContaining('NUL'), 0]);
      // A vector of another model is no vector of this one.
      const other = await store.documents('other', { ...OPTIONS, embed: embedWith(3), dimensions: 3 });
      await rejects('KV_INVALID_ARGUMENT', () => other[storedDocuments].put(rows.slice(0, 1)));
      expect(await other.size()).toBe(0);
      const file = local({ embed: embedWith(3), dimensions: 3 });
      await rejects('KV_INVALID_ARGUMENT', () => file[storedDocuments].put(rows.slice(0, 1)));
      expect(file.size).toBe(0);
    });

    test('are not read with the vectors of a model that another one has replaced', async () => {
      const store = await make();
      const there = await store.documents('docs', OPTIONS);
      await there.add({ id: 'a', text: 'x' });
      const other = await store.documents('docs', OPTIONS);
      await other.reembed({ embed: embedWith(3), dimensions: 3, model: 'three' });
      const { message } = await rejects('KV_INVALID_ARGUMENT', () => collect(there[storedDocuments].rows()));
      expect(message).toContain('another model');
      expect((await collect(other[storedDocuments].rows()))[0]?.chunks[0]?.vector.length).toBe(3);
    });
  });
}
