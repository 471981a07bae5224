// A call about one key meets one partition of the entries, and one of their parts, by the server's own counters.
import { connect, type PostgresKVault, type Store } from '@kohakuvault/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aServer, hasServer, stopServer } from './support/places.ts';

describe.runIf(hasServer)('partitions', () => {
  let store: Store;
  let vault: PostgresKVault;
  let dropSchema: () => Promise<void>;

  beforeAll(async () => {
    const server = await aServer();
    dropSchema = server.dropSchema;
    // One connection, whose counters the server can be told to publish.
    store = await connect(server.url, { schema: server.schema, partitions: 16, max: 1 });
    vault = await store.kvault();
  });
  afterAll(async () => {
    await store.close();
    await dropSchema();
    await stopServer();
  });

  /** Returns how often each partition has been read or written so far. */
  async function counters(): Promise<Map<string, number>> {
    return await store.transaction(
      async (tx) => {
        await tx.query('SELECT pg_stat_force_next_flush()');
        await tx.query('SELECT pg_stat_clear_snapshot()');
        const rows = await tx.query<{ relname: string; met: string }>(
          `SELECT relname, coalesce(idx_scan, 0) + seq_scan + n_tup_ins + n_tup_upd + n_tup_del AS met
            FROM pg_stat_user_tables WHERE schemaname = $1 AND relname ~ '^kohakuvault_[pq][0-9]+_'`,
          [store.schema],
        );
        return new Map(rows.map(({ relname, met }) => [relname, Number(met)]));
      },
      { isolation: 'repeatable read' },
    );
  }

  /** Returns the partitions that the calls of a body meet. */
  async function metBy(body: () => Promise<void>): Promise<string[]> {
    // The counters are published at the end of the next transaction.
    await counters();
    const before = await counters();
    await body();
    await counters();
    const after = await counters();
    return [...after].filter(([name, met]) => met > (before.get(name) ?? 0)).map(([name]) => name);
  }

  test('are met one at a time by calls about one key', async () => {
    const long = Buffer.alloc(600_000, 'long');
    const met = await metBy(async () => {
      for (let round = 0; round < 10; round++) {
        await vault.set('key', { round });
        await vault.get('key');
        await vault.has('key');
        await vault.sizeOf('key');
        await vault.setDefault('key', 1);
        await vault.pop('key');
        await vault.setMany([['key', 2]]);
        await vault.set('key', long);
        await vault.get('key');
        await vault.putFile('key', long);
        await vault.delete('key');
      }
    });
    const [values, parts, ...others] = met.sort();
    expect(others).toEqual([]);
    expect(parts).toBe(values?.replace('_p', '_q'));
  });

  test('are met one at a time by calls about one document', async () => {
    const texts = await store.texts('texts');
    const met = await metBy(async () => {
      for (let round = 0; round < 10; round++) {
        await texts.insert('a fox', round, { id: 5 });
        await texts.update(5, { texts: 'a hen', value: round });
        await texts.getById(5);
        await texts.has(5);
        await texts.delete(5);
      }
    });
    expect(met).toHaveLength(1);
  });

  test.runIf(process.env.KOHAKUVAULT_PGVECTOR)('are met one at a time by calls about one vector', async () => {
    for (const [name, ids, id] of [
      ['numbers', 'i64', 5],
      ['named', 'str', 'five'],
    ] as const) {
      const vectors = await store.vectors<number>(name, { dimensions: 2, ids } as never);
      const met = await metBy(async () => {
        for (let round = 0; round < 10; round++) {
          await vectors.insert([1, 0], round, { id } as never);
          await vectors.upsert([0, 1], round, { id } as never);
          await vectors.update(id as never, { value: 1 });
          await vectors.getById(id as never);
          await vectors.delete(id as never);
        }
      });
      expect(met, name).toHaveLength(1);
    }
  });

  test('hold keys of all kinds, in one order', async () => {
    const entries = Array.from({ length: 500 }, (_, n) => [`k${String(n).padStart(3, '0')}`, n] as const);
    const met = await metBy(async () => {
      await vault.setMany(entries);
    });
    expect(met).toHaveLength(16);
    const values: number[] = [];
    for await (const value of vault.values({ prefix: 'k', reverse: true })) values.push(value);
    expect(values).toEqual(Array.from({ length: 500 }, (_, n) => 499 - n));
    await vault.rename('k000', 'moved');
    expect(await vault.count('k')).toBe(499);
  });
});
