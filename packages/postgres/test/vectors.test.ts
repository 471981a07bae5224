// Vectors on a server find what those in a file find.
import { PGlite } from '@electric-sql/pglite';
import { vector as pgvector } from '@electric-sql/pglite-pgvector';
import { connect, type PostgresVectors, type Store } from '@kohakuvault/postgres';
import { storedAs, storedVectors } from '@kohakuvault/postgres/internal';
import { VectorKVault } from '@kohakuvault/vector';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect, rejects } from './support/contract.ts';
import { aServer, hasServer, stopServer } from './support/places.ts';
import { randomFrom } from './support/random.ts';
import { SEED } from './support/seed.ts';

const FIELDS = { year: 'i64', score: 'f64', author: 'str', read: 'bool' } as const;
const ROWS = 300;

afterAll(stopServer);

/** Stores with pgvector: PGlite, and a real server if it has the extension. */
const STORES: Record<string, (partitions: number) => Promise<{ store: Store; end: () => Promise<void> } | undefined>> =
  {
    PGlite: async (partitions) => {
      const database = new PGlite({ extensions: { vector: pgvector } });
      return { store: await connect(database, { partitions }), end: () => database.close() };
    },
    ...(process.env.KOHAKUVAULT_PGVECTOR && {
      PostgreSQL: async (partitions) => {
        const { url, schema, dropSchema } = await aServer();
        return { store: await connect(url, { schema, partitions }), end: dropSchema };
      },
    }),
  };

for (const [name, make] of Object.entries(STORES)) {
  describe(`vectors on ${name}, with the seed ${SEED}`, () => {
    let store: Store;
    let end: () => Promise<void>;
    beforeAll(async () => {
      ({ store, end } = (await make(3)) as { store: Store; end: () => Promise<void> });
    });
    afterAll(async () => {
      await store.close();
      await end();
    });

    const TYPES = [
      ['f32', ['cosine', 'l2', 'l1', 'dot']],
      ['int8', ['cosine', 'l2', 'l1', 'dot']],
      ['bit', ['hamming']],
    ] as const;

    test('many are inserted, copied and read as they were', async () => {
      const random = randomFrom(SEED);
      for (const [vectorType] of TYPES) {
        for (const ids of ['i64', 'str'] as const) {
          const options = { dimensions: 24, vectorType, fields: FIELDS, ids } as const;
          using local = new VectorKVault<string, 'auto', typeof FIELDS, typeof ids>(':memory:', options);
          const remote = await store.vectors<string, 'auto', typeof FIELDS, typeof ids>(
            `m_${vectorType}_${ids}`,
            options,
          );
          const element = () => (vectorType === 'f32' ? random() - 0.5 : Math.floor(random() * 2));
          const rows = Array.from({ length: ROWS }, (_, n) => {
            const fields = { year: n % 7 === 0 ? null : -n, score: n / 7, author: `it's \\ ä ${n}`, read: n % 2 === 0 };
            const id = ids === 'str' ? `id '\\ ${n}` : n + 1;
            return [Array.from({ length: 24 }, () => element() || 1), `value ${n}`, { ...fields, id }] as const;
          });
          expect(await remote.insertMany(rows as never)).toEqual(local.insertMany(rows as never));
          await rejects('KV_INVALID_ARGUMENT', () => remote.insertMany(rows as never));
          expect(await remote.size()).toBe(ROWS);
          expect(await collect(remote)).toEqual([...local]);
          expect(await collect(remote.keys({ reverse: true, limit: 200 }))).toEqual([
            ...local.keys({ reverse: true, limit: 200 }),
          ]);
          expect(await collect(remote.values())).toEqual([...local.values()]);
          const stored = await collect(remote[storedVectors].rows());
          for (const { id, fields } of stored) expect(fields).toEqual(local.fields(id as never));
          const other = await store.vectors(`c_${vectorType}_${ids}`, { ...options, ...storedAs('auto') } as never);
          await other[storedVectors].add(stored.slice(3));
          await other[storedVectors].add(stored);
          await other[storedVectors].put(stored.slice(0, 2));
          expect((await collect(other[storedVectors].rows())).length).toBe(ROWS);
          const found = await other[storedVectors].rowsOf(stored.map(({ id }) => id));
          const inOrder = new Map(found.map((row) => [row.id, row]));
          expect(stored.map(({ id }) => inOrder.get(id))).toEqual(stored);
        }
      }
    });

    test('have the distances, the order and the conditions of local ones', async () => {
      const random = randomFrom(SEED);
      const whole = (most: number) => Math.floor(random() * most);
      for (const [vectorType, metrics] of TYPES) {
        for (const metric of metrics) {
          const options = { dimensions: 16, vectorType, metric, fields: FIELDS };
          const table = `v_${vectorType}_${metric}`;
          using local = new VectorKVault<string, 'auto', typeof FIELDS>(':memory:', { ...options, table });
          const remote = await store.vectors<string, 'auto', typeof FIELDS>(table, options);
          const element = () =>
            vectorType === 'f32' ? random() * 2 - 1 : vectorType === 'bit' ? whole(2) : whole(255) - 127;
          const aVector = () => Array.from({ length: 16 }, element);
          const rows = Array.from({ length: ROWS }, (_, n) => {
            const fields = {
              id: n + 1,
              year: random() < 0.8 ? 2_000 + whole(20) : null,
              score: random() < 0.8 ? whole(100) / 7 : null,
              author: random() < 0.8 ? (['Ada', 'Grace', 'ä', 'B'][whole(4)] as string) : null,
              read: random() < 0.8 ? random() < 0.5 : null,
            };
            return [aVector(), `value ${n}`, fields] as const;
          });
          expect(await remote.insertMany(rows)).toEqual(local.insertMany(rows));
          const conditions = [
            undefined,
            { year: { $gte: 2_010 } },
            { author: 'Ada', read: true },
            { author: { $ne: 'Ada' } },
            { $or: [{ score: { $lt: 3 } }, { read: { $exists: false } }] },
            { $not: { year: { $in: [2_001, 2_002] }, author: { $gt: 'B' } } },
            { author: { $nin: ['Ada', 'ä'] }, score: { $gt: 1, $lte: 10 } },
            { author: { $in: [] } },
            { $and: [] },
          ];
          for (const where of conditions) {
            const query = aVector();
            const given = { k: 20, offset: whole(3), ...(where && { where }) };
            const [expected, found] = [local.search(query, given), await remote.search(query, given)];
            const what = `${vectorType} ${metric} ${JSON.stringify(where)}`;
            expect(
              found.map(({ distance }) => distance),
              what,
            ).toEqual(expected.map(({ distance }) => expect.closeTo(distance, 3)));
            // Where distances are equal but for rounding, the order may differ.
            const certain = (one: typeof found) =>
              one.filter(({ distance }, nth) =>
                one.every((other, at) => at === nth || Math.abs(other.distance - distance) > 1e-4),
              );
            expect(
              certain(found).map(({ id, value }) => [id, value]),
              what,
            ).toEqual(certain(expected as typeof found).map(({ id, value }) => [id, value]));
          }
          const near = local.search(rows[0]?.[0] as number[], 10);
          const maxDistance = (near[5]?.distance ?? 0) + 1e-3;
          const filter = [1, 2, 3, 4, 5n, 999];
          expect((await remote.search(rows[0]?.[0] as number[], { k: 50, filter })).map(({ id }) => id).sort()).toEqual(
            local
              .search(rows[0]?.[0] as number[], { k: 50, filter })
              .map(({ id }) => id)
              .sort(),
          );
          if (metric !== 'dot') {
            expect((await remote.search(rows[0]?.[0] as number[], { k: 50, maxDistance })).length).toBe(
              local.search(rows[0]?.[0] as number[], { k: 50, maxDistance }).length,
            );
          }
          expect(await remote.fields(7)).toEqual(local.fields(7));
          const [ours, theirs] = [await remote.getById(7), local.getById(7)];
          expect(ours?.value).toBe(theirs?.value);
          expect(Array.from(ours?.vector ?? [])).toEqual(
            Array.from(theirs?.vector ?? [], (one) => expect.closeTo(one, 5)),
          );
        }
      }
    });

    async function filled(table: string): Promise<PostgresVectors<string, 'auto', typeof FIELDS>> {
      const vectors = await store.vectors<string, 'auto', typeof FIELDS>(table, { dimensions: 3, fields: FIELDS });
      await vectors.insertMany([
        [[1, 0, 0], 'east', { id: 1, year: 2_020, author: 'Ada' }],
        [[0, 1, 0], 'north', { id: 2, read: true }],
        [[0, 0, 1], 'up', { id: 3 }],
      ]);
      return vectors;
    }

    test('are changed and deleted', async () => {
      const vectors = await filled('changes');
      expect(await vectors.get([0.9, 0.1, 0])).toBe('east');
      const id = await vectors.insert(Float32Array.of(1, 1, 0), 'between');
      expect(id).toBeGreaterThan(3n);
      expect(await vectors.insert([1, 1, 1], 'later')).toBeGreaterThan(id);
      await rejects('KV_INVALID_ARGUMENT', () => vectors.insert([1, 0, 0], 'again', { id: 1 }));
      await rejects('KV_INVALID_ARGUMENT', () =>
        vectors.insertMany([
          [[1, 0, 0], 'new', { id: 50 }],
          [[1, 0, 0], 'taken', { id: 1 }],
        ]),
      );
      expect([await vectors.has(50), await vectors.has(1)]).toEqual([false, true]);
      expect(await vectors.update(1, { value: 'East', fields: { year: 2_021, author: null } })).toBe(true);
      expect(await vectors.fields(1)).toEqual({ year: 2_021n });
      expect(await vectors.update(1, { vector: [0, 0, 2] })).toBe(true);
      expect(await vectors.getById(1)).toEqual({ vector: Float32Array.of(0, 0, 1), value: 'East' });
      expect(await vectors.update(99, { value: 'none' })).toBe(false);
      expect(await vectors.upsert([1, 0, 0], 'east again', { id: 1 })).toBe(1n);
      expect([await vectors.fields(1), await vectors.get([1, 0, 0])]).toEqual([{}, 'east again']);
      const ids: bigint[] = [];
      for await (const one of vectors.keys({ lte: 3, reverse: true })) ids.push(one);
      expect(ids).toEqual([3n, 2n, 1n]);
      const values: string[] = [];
      for await (const value of vectors.values({ limit: 2 })) values.push(value);
      expect(values).toEqual(['east again', 'north']);
      for await (const [one, vector] of vectors) expect([one, vector.length]).toEqual([1n, 3].with(0, one));
      expect([await vectors.delete(2), await vectors.delete(2)]).toEqual([true, false]);
      expect(await vectors.deleteMany([1, 3, 999])).toBe(2);
      expect(await vectors.size()).toBe(2);
      await vectors.clear();
      expect(await vectors.search([1, 0, 0])).toEqual([]);
      await vectors.dropTable();
      await rejects('KV_CLOSED', () => vectors.size());
    });

    test('are found by an index', async () => {
      const random = randomFrom(SEED);
      const vectors = await store.vectors('indexed', { dimensions: 8, fields: { group: 'i64' } });
      const aVector = () => Array.from({ length: 8 }, () => random() - 0.5);
      await vectors.insertMany(Array.from({ length: 500 }, (_, n) => [aVector(), n, { group: n % 10 }] as const));
      expect(await vectors.dropIndex()).toBe(false);
      await vectors.createIndex({ m: 8, efConstruction: 32 });
      await vectors.createIndex();
      let found = 0;
      for (let turn = 0; turn < 10; turn++) {
        const query = aVector();
        const where = { group: { $lt: 5 } };
        const exact = await vectors.search(query, { k: 10, where });
        const near = await vectors.search(query, { k: 10, where, mode: 'approximate' });
        expect(near).toHaveLength(10);
        found += near.filter(({ id }) => exact.some((one) => one.id === id)).length;
      }
      expect(found).toBeGreaterThan(90);
      expect(await vectors.dropIndex()).toBe(true);
      const long = await store.vectors('long', { dimensions: 2_100, metric: 'l2' });
      await long.insertMany([
        [Array.from({ length: 2_100 }, () => 1), 'ones'],
        [Array.from({ length: 2_100 }, () => 0.5), 'halves'],
      ]);
      await long.createIndex();
      const query = Array.from({ length: 2_100 }, () => 0.6);
      expect((await long.search(query, { k: 1, mode: 'approximate' }))[0]?.value).toBe('halves');
    });

    test('are refused when they do not fit', async () => {
      const vectors = await filled('refused');
      const wrong: Record<string, () => unknown> = {
        'too short': () => vectors.insert([1, 2], 'x'),
        zeros: () => vectors.insert([0, 0, 0], 'x'),
        'not finite': () => vectors.insert([1, Number.NaN, 0], 'x'),
        'a function as the value': () => vectors.insert([1, 0, 0], (() => 1) as never),
        'an unknown field': () => vectors.insert([1, 0, 0], 'x', { yaer: 1 } as never),
        'a field of another type': () => vectors.insert([1, 0, 0], 'x', { year: 'then' } as never),
        'a wrong id': () => vectors.insert([1, 0, 0], 'x', { id: 1.5 }),
        'a wrong query': () => vectors.search([1, 2]),
        'a wrong condition': () => vectors.search([1, 0, 0], { where: { year: { $near: 1 } } as never }),
        'a wrong metric': () => vectors.search([1, 0, 0], { metric: 'hamming' }),
        'another metric than the index': () => vectors.search([1, 0, 0], { metric: 'l2', mode: 'approximate' }),
        'a wrong option': () => vectors.search([1, 0, 0], { limit: 5 } as never),
        'a wrong index': () => vectors.createIndex({ m: 60, efConstruction: 64 }),
        'other dimensions': () => store.vectors('refused', { dimensions: 4 }),
        'another type': () => store.vectors('refused', { dimensions: 3, vectorType: 'int8' }),
        'other fields': () => store.vectors('refused', { dimensions: 3, fields: { month: 'i64' } }),
        'no dimensions': () => store.vectors('refused', {} as never),
        'another kind': () => store.kvault('refused'),
      };
      for (const [what, call] of Object.entries(wrong)) await rejects('KV_INVALID_ARGUMENT', call, what);
      expect(await vectors.size()).toBe(3);
      const again = await store.vectors('refused', { dimensions: 3 });
      expect(await again.search([1, 0, 0], { k: 1, where: { author: 'Ada' } })).toMatchObject([
        { id: 1n, value: 'east' },
      ]);
    });

    test('belong to transactions', async () => {
      const vectors = await filled('tx');
      const failed = store.transaction(async (tx) => {
        await tx.vectors('tx', { dimensions: 3 }).insert([1, 0, 0], 'lost');
        await tx.kvault('log').set('a', 1);
        throw new RangeError('undo');
      });
      await expect(failed).rejects.toThrow('undo');
      expect(await vectors.size()).toBe(3);
      await store.transaction(async (tx) => {
        const own = tx.vectors('tx', { dimensions: 3 });
        await own.insert([1, 0, 0], 'kept');
        expect(await own.size()).toBe(4);
      });
      expect(await vectors.size()).toBe(4);
    });
  });
}

describe.runIf(hasServer && !process.env.KOHAKUVAULT_PGVECTOR)('a server without pgvector', () => {
  test('is told so', async () => {
    const { url, schema, dropSchema } = await aServer();
    await using store = await connect(url, { schema });
    const error = await rejects('KV_RUNTIME_UNSUPPORTED', () => store.vectors('v', { dimensions: 3 }));
    expect(error.message).toContain('pgvector');
    expect(await store.vaults()).toEqual([]);
    await dropSchema();
  });
});
