// Tables of an earlier layout get what they lack when a vault is opened, once.
import { PGlite } from '@electric-sql/pglite';
import { connect, type Store } from '@kohakuvault/postgres';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { next } from '../../../tools/testing/src/items.ts';
import { rejects } from './support/contract.ts';
import { aServer, hasServer, stopServer } from './support/places.ts';

afterAll(stopServer);

const STORES: Record<string, () => Promise<Store>> = {
  PGlite: async () => {
    const database = new PGlite();
    onTestFinished(() => database.close());
    return await connect(database);
  },
  ...(hasServer && {
    'PostgreSQL, 3 partitions': async () => {
      const { url, schema, dropSchema } = await aServer();
      onTestFinished(dropSchema);
      return await connect(url, { schema, partitions: 3 });
    },
  }),
};

for (const [name, make] of Object.entries(STORES)) {
  test(`entries that expire, and columns that are followed, on ${name}`, async () => {
    await using store = await make();
    await makeEarlier(store);
    const kv = await store.kvault<number>('kv');
    expect(await kv.get('before')).toBe(1);
    await kv.set('a', 2, { expiresAt: 1 });
    expect([await kv.has('a'), await kv.size()]).toEqual([false, 1]);
    const column = await (await store.columns()).column('n', 'f64');
    const items = column.follow({ from: 0 });
    await column.append(3);
    expect(await next(items, 3)).toEqual([1, 2, 3]);
    await items.return();
    expect(await layouts(store)).toEqual([2, 2]);
    // What was brought to this layout is opened as it is.
    expect(await (await store.kvault('kv')).size()).toBe(1);
  });

  test(`by any number of programs at once, and in a transaction, on ${name}`, async () => {
    await using store = await make();
    await makeEarlier(store);
    const opened = await Promise.all(Array.from({ length: 6 }, () => store.kvault<number>('kv')));
    expect(await Promise.all(opened.map((kv) => kv.get('before')))).toEqual([1, 1, 1, 1, 1, 1]);
    await store.transaction(async (tx) => {
      expect(await (await tx.columns().column('n', 'f64')).append(3)).toBe(3);
    });
    expect(await layouts(store)).toEqual([2, 2]);
  });
}

const testOnServer = hasServer ? test : undefined;
testOnServer?.('a connection that may not change tables is told who may', async () => {
  const { url, schema, dropSchema } = await aServer();
  onTestFinished(dropSchema);
  await using store = await connect(url, { schema });
  await makeEarlier(store);
  const role = `${schema}_reader`;
  await store.transaction(async (tx) => {
    await tx.query(`CREATE ROLE ${role}`);
    await tx.query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
    await tx.query(`GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`);
  });
  const as = new URL(url);
  as.searchParams.set('options', `-c role=${role}`);
  await using reader = await connect(as, { schema });
  const error = await rejects('KV_IO', () => reader.kvault('kv'));
  expect(error.message).toContain('open the vault once as their owner');
  expect(await layouts(store)).toEqual([1, 1]);
});

/** Makes a vault and a column, and takes from their tables what an earlier layout has not had. */
async function makeEarlier(store: Store): Promise<void> {
  await (await store.kvault('kv')).set('before', 1);
  await (await (await store.columns()).createColumn('n', 'f64')).extend([1, 2]);
  const { schema } = store;
  await store.transaction(async (tx) => {
    await tx.query(`ALTER TABLE ${schema}.kv DROP COLUMN expires_at`);
    await tx.query(`ALTER TABLE ${schema}.columns DROP COLUMN followed`);
    await tx.query(`UPDATE ${schema}.kohakuvault_vaults SET layout = 1`);
  });
}

async function layouts(store: Store): Promise<number[]> {
  return (await store.vaults()).map(({ layout }) => layout);
}
