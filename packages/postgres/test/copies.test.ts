// What `kohakuvault copy` uses: entries as they are stored, by COPY where the connection has it.
import { PGlite } from '@electric-sql/pglite';
import { connect, type Store } from '@kohakuvault/postgres';
import { storedEntries } from '@kohakuvault/postgres/internal';
import { afterAll, describe, expect, test } from 'vitest';
import { aServer, hasServer, stopServer } from './support/places.ts';

const STORES: Record<string, () => Promise<{ store: Store; end: () => Promise<void> }>> = {
  PGlite: async () => {
    const database = new PGlite();
    return { store: await connect(database), end: () => database.close() };
  },
  ...(hasServer && {
    PostgreSQL: async () => {
      const { url, schema, dropSchema } = await aServer();
      return { store: await connect(url, { schema, partitions: 3 }), end: dropSchema };
    },
  }),
};

afterAll(stopServer);

for (const [name, make] of Object.entries(STORES)) {
  describe(`entries as they are stored, on ${name}`, () => {
    test('are added, also where a key is there already, and read in their order', async () => {
      const { store, end } = await make();
      const kv = await store.kvault<Buffer, 'bytes', false>('kv', { autoPack: false, keyEncoding: 'bytes' });
      const stored = kv[storedEntries];
      // Every byte, in keys and in values; more entries than a page has; and an empty value.
      const entries = Array.from({ length: 5_000 }, (_, n) => ({
        key: Buffer.from([n >> 8, n & 0xff, 0]),
        value: Buffer.alloc(n % 50, n & 0xff),
      }));
      const [first, ...others] = entries;
      await kv.set(entries[77]?.key as Buffer, Buffer.from('was there'));
      await stored.add(others);
      await stored.add([first as (typeof entries)[0]]);
      const long = Buffer.alloc(600_000, 'long');
      await kv.set(Buffer.from([0xff, 0xff]), long);
      const read: { key: Buffer; value: Buffer | undefined }[] = [];
      for await (const entry of stored.rows()) read.push(entry);
      expect(read).toEqual([...entries, { key: Buffer.from([0xff, 0xff]), value: undefined }]);
      await store.close();
      await end();
    });
  });
}
