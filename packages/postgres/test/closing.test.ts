// A store that closes waits for nobody: what waits for functions, models and streams of the caller is refused.
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { PGlite } from '@electric-sql/pglite';
import { vector as pgvector } from '@electric-sql/pglite-pgvector';
import { connect, type Store } from '@kohakuvault/postgres';
import { afterAll, describe, expect, test } from 'vitest';
import { promised } from '../../../tools/testing/src/promised.ts';
import { embedWith } from '../../text/test/support/embed.ts';
import { rejects } from './support/contract.ts';
import { aServer, hasServer, stopServer } from './support/places.ts';

/** A place, whose data another store sees after the first has closed. */
interface Opened {
  readonly again: () => Promise<Store>;
  readonly end: () => Promise<void>;
}

const PLACES: Record<string, () => Promise<Opened>> = {
  PGlite: async () => {
    const database = new PGlite({ extensions: { vector: pgvector } });
    return { again: () => connect(database), end: () => database.close() };
  },
  ...(hasServer && {
    PostgreSQL: async () => {
      const { url, schema, dropSchema } = await aServer();
      return { again: () => connect(url, { schema, max: 3 }), end: dropSchema };
    },
  }),
};

afterAll(stopServer);

const never = () => new Promise<never>(() => {});
const bytes = Buffer.alloc(3_000_000, 'some bytes of a long value');

for (const [name, make] of Object.entries(PLACES)) {
  describe(`a store on ${name} that closes`, () => {
    test('refuses transactions whose body has not ended, also in each other, and rolls them back', async () => {
      const { again, end } = await make();
      const refused: Promise<unknown>[] = [];
      {
        await using store = await again();
        const kv = await store.kvault('kv');
        await kv.set('a', 0);
        const waiting = promised();
        const body = store.transaction(async (tx) => {
          await tx.kvault('kv').set('a', 1);
          await tx.transaction(async (inner) => {
            await inner.kvault('kv').set('b', 1);
            waiting.resolve();
            await never();
          });
        });
        refused.push(rejects('KV_CLOSED', () => body));
        await waiting.promise;
        const closed = store.close();
        refused.push(rejects('KV_CLOSED', () => store.transaction(never)));
        await closed;
        expect(store.open).toBe(false);
        await rejects('KV_CLOSED', () => kv.get('a'));
      }
      await Promise.all(refused);
      await using store = await again();
      expect(await (await store.kvault('kv')).getMany(['a', 'b'])).toEqual([0, undefined]);
      await store.close();
      await end();
    });

    test('can be closed by the body of a transaction', async () => {
      const { again, end } = await make();
      const store = await again();
      const kv = await store.kvault('kv');
      const closing = promised();
      const body = store.transaction(async (tx) => {
        await tx.kvault('kv').set('a', 1);
        await store.close().then(closing.resolve);
      });
      await rejects('KV_CLOSED', () => body);
      await closing.promise;
      expect(store.open).toBe(false);
      await rejects('KV_CLOSED', () => kv.get('a'));
      await end();
    });

    test('refuses streams, and leaves nothing of them', async () => {
      const { again, end } = await make();
      const refused: Promise<unknown>[] = [];
      let schema: string;
      {
        await using store = await again();
        ({ schema } = store);
        const kv = await store.kvault('kv', { maxBlobBytes: 100_000 });
        await kv.set('key', bytes);
        const [waiting, full] = [promised(), promised()];
        async function* silent() {
          yield bytes;
          waiting.resolve();
          await never();
        }
        const target = new Writable({ highWaterMark: 1, write: () => full.resolve() });
        const [written, read] = [kv.createWriteStream('written'), kv.createReadStream('key')];
        await new Promise((resolve) => written.write(bytes, resolve));
        for (const stream of [written, read]) refused.push(rejects('KV_CLOSED', () => finished(stream)));
        refused.push(
          rejects('KV_CLOSED', () => kv.putFile('put', silent())),
          rejects('KV_CLOSED', () => kv.getToFile('key', target)),
          rejects('KV_CLOSED', () => kv.putFile('key', [bytes.subarray(1)], { onCommit: never })),
        );
        await Promise.all([waiting.promise, full.promise]);
      }
      await Promise.all(refused);
      await using store = await again();
      const kv = await store.kvault('kv', { maxBlobBytes: 100_000 });
      expect([await kv.size(), (await kv.get('key')).equals(bytes)]).toEqual([1, true]);
      const left = await store.snapshot((tx) =>
        tx.query(
          `SELECT key FROM ${schema}.kohakuvault_uploads UNION ALL SELECT DISTINCT key FROM ${schema}.kohakuvault_parts_kv`,
        ),
      );
      expect(left).toHaveLength(1);
      await store.close();
      await end();
    });

    const hasDocuments = name === 'PGlite' || Boolean(process.env.KOHAKUVAULT_PGVECTOR);
    test.runIf(hasDocuments)('refuses calls that wait for a model, also in a transaction', async () => {
      const { again, end } = await make();
      const made = embedWith(4);
      let calls = 0;
      const [four, five] = [promised(), promised()];
      const silent = async () => {
        calls++;
        if (calls === 4) four.resolve();
        if (calls === 5) five.resolve();
        return await never();
      };
      const options = { embed: made, dimensions: 4 };
      const refused: Promise<unknown>[] = [];
      {
        await using store = await again();
        await (await store.documents('notes', options)).add({ id: 'a', text: 'A writer waits.' });
        const vault = await store.documents('notes', { ...options, embed: silent });
        const closed = await store.documents('notes', { ...options, embed: silent });
        refused.push(
          rejects('KV_CLOSED', () => vault.add({ id: 'b', text: 'no' })),
          rejects('KV_CLOSED', () => vault.search('writer')),
          rejects('KV_CLOSED', () => vault.reembed({ embed: silent, dimensions: 4, model: 'next' })),
          rejects('KV_CLOSED', () => closed.update('a', { text: 'no' })),
        );
        await four.promise;
        // A vault that closes refuses them too.
        await closed.close();
        await refused.at(-1);
        const body = store.transaction(async (tx) => {
          await tx.documents('notes', options).add({ id: 'c', text: 'no' });
          await tx.documents('notes', { ...options, embed: silent }).add({ id: 'd', text: 'no' });
        });
        refused.push(rejects('KV_CLOSED', () => body));
        await five.promise;
      }
      await Promise.all(refused);
      await using store = await again();
      const vault = await store.documents('notes', options);
      expect([await vault.ids(), (await vault.get('a'))?.text]).toEqual([['a'], 'A writer waits.']);
      expect(await vault.model()).toBe('');
      await vault.reembed({ embed: made, dimensions: 4, model: 'next' });
      expect((await vault.search('writer')).length).toBe(1);
      await store.close();
      await end();
    });
  });

  test(`a call that a body has not awaited ends with its transaction, not after it, on ${name}`, async () => {
    const { again, end } = await make();
    const store = await again();
    const kv = await store.kvault('kv', { maxBlobBytes: 1_000 });
    const reason = new Error('undo');
    const left: Promise<unknown>[] = [];
    const undone = store.transaction(async (tx) => {
      const inside = tx.kvault('kv', { maxBlobBytes: 1_000 });
      await inside.size();
      left.push(inside.set('long', bytes).catch(() => {}));
      left.push(tx.transaction(never).catch(() => {}));
      await new Promise(setImmediate);
      throw reason;
    });
    await expect(undone).rejects.toBe(reason);
    await Promise.all(left);
    const parts = await store.snapshot((tx) => tx.query(`SELECT key FROM ${store.schema}.kohakuvault_parts_kv`));
    expect([await kv.size(), parts]).toEqual([0, []]);
    await store.close();
    await end();
  });
}
