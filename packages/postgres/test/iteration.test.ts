// Iterations over more than a page: by statements on PGlite, and by COPY on a server.
import { PGlite } from '@electric-sql/pglite';
import { connect, type PostgresKVault, type Store } from '@kohakuvault/postgres';
import pg from 'pg';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collect } from './support/contract.ts';
import { aServer, hasServer, stopServer } from './support/places.ts';

const STORES: Record<string, () => Promise<{ store: Store; end: () => Promise<void> }>> = {
  PGlite: async () => {
    const database = new PGlite();
    return { store: await connect(database), end: () => database.close() };
  },
  ...(hasServer && {
    PostgreSQL: async () => {
      const { url, schema, dropSchema } = await aServer();
      return { store: await connect(url, { schema }), end: dropSchema };
    },
    'a driver that has no COPY': async () => {
      const { url, schema, dropSchema } = await aServer();
      class Plain extends pg.Client {
        constructor(config?: pg.ClientConfig) {
          super(config);
          Object.assign((this as unknown as { connection: object }).connection, { sendCopyFromChunk: undefined });
        }
      }
      const pool = new pg.Pool({ connectionString: url, Client: Plain } as pg.PoolConfig);
      const store = await connect(pool, { schema });
      return { store, end: () => pool.end().then(dropSchema) };
    },
    'PostgreSQL, 16 partitions': async () => {
      const { url, schema, dropSchema } = await aServer();
      return { store: await connect(url, { schema, partitions: 16 }), end: dropSchema };
    },
  }),
};

const ENTRIES = 6_000;
const keyAt = (n: number) => `k'\\ä${String(n).padStart(5, '0')}`;
const ALL = Array.from({ length: ENTRIES }, (_, n) => [keyAt(n), { n }] as const);

afterAll(stopServer);

for (const [name, make] of Object.entries(STORES)) {
  describe(`on ${name}`, () => {
    let store: Store;
    let end: () => Promise<void>;
    let kv: PostgresKVault;

    beforeEach(async () => {
      ({ store, end } = await make());
      kv = await store.kvault();
      await kv.setMany(ALL);
    });
    afterEach(async () => {
      await store.close();
      await end();
    });

    test('every entry comes once, in both orders, from any range', async () => {
      expect(await collect(kv)).toEqual(ALL);
      expect(await collect(kv.entries({ reverse: true }))).toEqual(ALL.toReversed());
      expect(await collect(kv.keys())).toEqual(ALL.map(([key]) => key));
      expect(await collect(kv.values())).toEqual(ALL.map(([, value]) => value));
      for (const limit of [0, 1, 127, 128, 129, 1_152, 1_153, ENTRIES, ENTRIES + 1]) {
        expect(await collect(kv.keys({ limit })), `${limit}`).toEqual(ALL.slice(0, limit).map(([key]) => key));
      }
      const some = { gt: keyAt(10), lte: keyAt(5_000) };
      expect(await collect(kv.entries(some))).toEqual(ALL.slice(11, 5_001));
      expect(await collect(kv.entries({ ...some, reverse: true, limit: 3_000 }))).toEqual(
        ALL.slice(2_001, 5_001).toReversed(),
      );
      expect(await collect(kv.keys({ prefix: keyAt(1).slice(0, -4) }))).toHaveLength(ENTRIES);
      const sub = kv.sub('sub');
      await sub.setMany(ALL);
      expect(await collect(sub)).toEqual(ALL);
      expect(await collect(sub.keys({ reverse: true }))).toEqual(ALL.map(([key]) => key).toReversed());
    });

    test('values in parts and values that expire have their places', async () => {
      const long = Buffer.alloc(300_000, 'long');
      await kv.set(keyAt(3_000), long);
      await kv.set(keyAt(3_001), '', { ttl: 3_600_000 });
      await kv.set(keyAt(3_002), 'gone', { expiresAt: Date.now() - 1 });
      const expected = [...ALL.slice(2_990, 3_000), [keyAt(3_000), long], [keyAt(3_001), ''], ...ALL.slice(3_003)];
      expect(await collect(kv.entries({ gte: keyAt(2_990) }))).toEqual(expected);
    });

    test('in a transaction they see what it has written, page after page', async () => {
      await store.transaction(async (tx) => {
        const inside = tx.kvault();
        let seen = 0;
        for await (const [key, value] of inside) {
          expect([key, value]).toEqual(seen === 3_000 ? [keyAt(3_000), 'written'] : ALL[seen]);
          // Its page is the next one, which a loop outside of a transaction has read by now.
          if (seen === 200) await inside.set(keyAt(3_000), 'written');
          seen++;
        }
        expect(seen).toBe(ENTRIES);
      });
    });

    test('a loop may end early, and write', async () => {
      let seen = 0;
      for await (const key of kv.keys()) {
        if (seen % 1_000 === 0) await kv.delete(key);
        if (++seen === 2_500) break;
      }
      expect(await kv.size()).toBe(ENTRIES - 3);
      for await (const _ of kv.values()) break;
    });

    test('a vault that was closed ends them with an error', async () => {
      const other = await store.kvault();
      const entries = other.entries();
      await entries.next();
      await other.close();
      await expect(entries.next()).rejects.toMatchObject({ code: 'KV_CLOSED' });
    });

    test('values with structures that others have added are read', async () => {
      const options = { valueEncoding: 'msgpack' } as const;
      const [one, other] = [await store.kvault('packed', options), await store.kvault('packed', options)];
      const values = Array.from({ length: 500 }, (_, n) => ({ id: n, name: `name ${n}` }));
      await one.setMany(values.map((value) => [String(value.id).padStart(3, '0'), value] as const));
      expect(await collect(other.values())).toEqual(values);
    });
  });
}
