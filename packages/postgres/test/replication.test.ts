// Three servers: reads from a replica, and what is left when the first one dies and another takes its place.
import { connect, KohakuVaultError } from '@kohakuvault/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rejects } from './support/contract.ts';
import { findServer, LocalServer } from './support/local-server.ts';

const programs = findServer();

describe.runIf(programs !== undefined)('replication', () => {
  let primary: LocalServer;
  let standbys: LocalServer[];

  beforeAll(async () => {
    primary = await LocalServer.start(programs as string);
    standbys = [await primary.standby('one'), await primary.standby('two')];
    // A commit is acknowledged when one of them has it too.
    await ask(primary, "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (one, two)'");
    await ask(primary, 'SELECT pg_reload_conf()');
  });
  afterAll(async () => {
    for (const server of [primary, ...standbys]) await server[Symbol.asyncDispose]();
  });

  /** Runs a statement of the test on a server. Returns the first cell of its answer. */
  async function ask(server: LocalServer, statement: string): Promise<unknown> {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    try {
      const { rows } = await client.query({ text: statement, rowMode: 'array' });
      return (rows[0] as unknown[] | undefined)?.[0];
    } finally {
      await client.end();
    }
  }

  /** Waits until a server has replayed what another has written until now. */
  async function caughtUp(server: LocalServer): Promise<void> {
    const place = await ask(primary, 'SELECT pg_current_wal_lsn()::text');
    while (!(await ask(server, `SELECT pg_last_wal_replay_lsn() >= '${place}'`))) {}
  }

  test('a replica is read like the first server, and refuses writes', async () => {
    const [replica] = standbys as [LocalServer];
    await using store = await connect(primary.url);
    const kv = await store.kvault();
    const long = Buffer.alloc(700_000, 'long');
    await kv.update({ a: { n: 1 }, b: 'text' });
    await kv.putFile('film', long);
    await (await (await store.columns()).ensure('n', 'f64')).extend([1, 2, 3]);
    await caughtUp(replica);
    await using reading = await connect(replica.url);
    const copy = await reading.kvault();
    expect(await copy.getMany(['a', 'b'])).toEqual([{ n: 1 }, 'text']);
    expect(((await copy.get('film')) as Buffer).equals(long)).toBe(true);
    expect(await (await (await reading.columns()).column('n')).slice()).toEqual(Float64Array.of(1, 2, 3));
    await reading.snapshot(async (tx) => expect(await tx.kvault().size()).toBe(3));
    await rejects('KV_READONLY', () => copy.set('a', 2));
    await rejects('KV_READONLY', () => copy.putFile('film', long));
    await rejects('KV_READONLY', () => reading.kvault('new'));
  });

  test('nothing that was acknowledged is lost when a replica takes the place of the first server', async () => {
    const store = await connect(primary.url, { retries: 0 });
    const kv = await store.kvault();
    const acknowledged = new Map<string, number>();
    const write = async (writer: number) => {
      for (let n = 0; ; n++) {
        const key = `w${writer}:${n}`;
        try {
          if (n % 3 === 0) await store.transaction(async (tx) => tx.kvault().set(key, n));
          else await kv.set(key, n);
          acknowledged.set(key, n);
        } catch (error) {
          expect(error).toBeInstanceOf(KohakuVaultError);
          expect((error as KohakuVaultError).code).toBe('KV_UNAVAILABLE');
          return;
        }
      }
    };
    const writers = [0, 1, 2, 3].map(write);
    while (acknowledged.size < 200) await kv.has('w0:0');
    await primary.kill();
    await Promise.all(writers);
    await store.close();

    // As an operator does: the one that has received most becomes the first.
    const received = await Promise.all(standbys.map((one) => ask(one, 'SELECT pg_last_wal_receive_lsn()::text')));
    const [one, two] = standbys as [LocalServer, LocalServer];
    const isFirst = await ask(one, `SELECT '${received[0]}'::pg_lsn >= '${received[1]}'::pg_lsn`);
    const next = isFirst ? one : two;
    await ask(next, 'SELECT pg_promote()');
    await using after = await connect(next.url);
    const found = await after.kvault();
    const keys = [...acknowledged.keys()];
    expect(await found.getMany(keys)).toEqual(keys.map((key) => acknowledged.get(key)));
    // Nobody follows it, so its commits wait for nobody.
    await ask(next, "ALTER SYSTEM SET synchronous_standby_names = ''");
    await ask(next, 'SELECT pg_reload_conf()');
    await found.set('after', 'the failover');
    expect(await found.get('after')).toBe('the failover');
  });
});
