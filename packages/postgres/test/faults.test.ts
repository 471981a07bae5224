// What happens when connections end, the server is killed, or it is too busy.
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { connect, KohakuVaultError, type Store } from '@kohakuvault/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect, rejects } from './support/contract.ts';
import { findServer, LocalServer } from './support/local-server.ts';

const programs = findServer();
const LONG = Buffer.alloc(3_000_000, 'long value');

describe.runIf(programs !== undefined)('faults', () => {
  let server: LocalServer;
  let store: Store;
  /** A connection of the test, which sees and ends the others. */
  let admin: pg.Client;

  beforeAll(async () => {
    server = await LocalServer.start(programs as string);
    store = await connect(server.url, { retries: 12, backoffBase: 5 });
    await store.kvault();
    await watch();
  });
  afterAll(async () => {
    await store.close();
    await admin.end();
    await server[Symbol.asyncDispose]();
  });

  async function watch(): Promise<void> {
    admin = new pg.Client({ connectionString: server.url });
    admin.on('error', () => {});
    await admin.connect();
  }

  async function crash(): Promise<void> {
    await server.kill();
    await server.restart();
    await watch();
  }

  const endConnections = () =>
    admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kohakuvault'");

  /** Waits until a connection of ours waits for a lock. */
  async function blocked(): Promise<void> {
    for (;;) {
      const { rowCount } = await admin.query(
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'kohakuvault' AND wait_event_type = 'Lock'",
      );
      if (rowCount) return;
    }
  }

  async function withLockedRow(key: string, body: () => Promise<void>): Promise<void> {
    // Not by the admin: what that sees of the others would be one state until the end of its transaction.
    const locker = new pg.Client({ connectionString: server.url });
    await locker.connect();
    await locker.query('BEGIN');
    await locker.query('UPDATE kv SET key = key WHERE key = $1', [Buffer.from(key)]);
    try {
      await body();
    } finally {
      await locker.end();
    }
  }

  const countOf = async (table: string) => Number((await admin.query(`SELECT count(*) FROM ${table}`)).rows[0].count);

  test('connections that end while nobody uses them are replaced', async () => {
    const kv = await store.kvault();
    await kv.set('a', 1);
    await Promise.all(Array.from({ length: 8 }, () => kv.get('a')));
    await endConnections();
    expect(await kv.get('a')).toBe(1);
    await kv.set('a', 2);
    expect(await kv.get('a')).toBe(2);
  });

  test('a transaction whose connection ends in the middle runs again', async () => {
    const kv = await store.kvault();
    await kv.set('n', 0);
    let runs = 0;
    await store.transaction(async (tx) => {
      runs++;
      const vault = tx.kvault();
      await vault.set('n', (await vault.get('n')) + 1);
      if (runs === 1) await endConnections();
      await vault.set('m', runs);
    });
    expect(runs).toBe(2);
    expect(await kv.getMany(['n', 'm'])).toEqual([1, 2]);
  });

  test('a write whose answer is lost is reported, since it may be done or not', async () => {
    const kv = await store.kvault();
    await kv.set('a', 'old');
    await withLockedRow('a', async () => {
      const written = rejects('KV_UNAVAILABLE', () => kv.set('a', 'new'));
      await blocked();
      await endConnections();
      expect((await written).message).toContain('may be done or not');
    });
    expect(await kv.get('a')).toBe('old');
  });

  test('a server that is killed is found again, with all that was acknowledged', async () => {
    const kv = await store.kvault();
    const acknowledged: number[] = [];
    let isEnding = false;
    const write = async (from: number) => {
      for (let n = from; !isEnding; n += 4) {
        try {
          await kv.set(`w${n}`, n);
          acknowledged.push(n);
        } catch (error) {
          expect(error).toBeInstanceOf(KohakuVaultError);
          expect((error as KohakuVaultError).code).toBe('KV_UNAVAILABLE');
        }
      }
    };
    const writers = [0, 1, 2, 3].map(write);
    for (let round = 0; round < 2; round++) {
      const before = acknowledged.length;
      while (acknowledged.length < before + 50) await kv.get('a').catch(() => {});
      await crash();
    }
    isEnding = true;
    await Promise.all(writers);
    const found = await kv.getMany(acknowledged.map((n) => `w${n}`));
    expect(found).toEqual(acknowledged);
  });

  test('an upload that a crash ends leaves the old value and no parts', async () => {
    const kv = await store.kvault();
    await kv.putFile('film', Buffer.from('old'));
    const source = async function* () {
      yield LONG;
      yield LONG;
      await crash();
      yield LONG;
    };
    // The server is back when the next part comes, so the upload goes on.
    expect(await kv.putFile('film', source())).toBe(3 * LONG.length);
    expect(((await kv.get('film')) as Buffer).equals(Buffer.concat([LONG, LONG, LONG]))).toBe(true);
    const dying = async function* () {
      yield LONG;
      await endConnections();
      throw new RangeError('the source failed');
    };
    await expect(kv.putFile('film', dying())).rejects.toThrow('the source failed');
    expect(((await kv.get('film')) as Buffer).length).toBe(3 * LONG.length);
    await kv.set('film', 'short');
    expect([await countOf('kohakuvault_parts_kv'), await countOf('kohakuvault_uploads')]).toEqual([0, 0]);
  });

  test('the parts of an upload whose program has died are removed later', async () => {
    const kv = await store.kvault();
    const stream = kv.createWriteStream('dead');
    stream.on('error', () => {});
    await new Promise((resolve) => stream.write(LONG, resolve));
    expect(await countOf('kohakuvault_parts_kv')).toBeGreaterThan(0);
    await store.kvault();
    expect(await countOf('kohakuvault_uploads')).toBe(1);
    await admin.query("UPDATE kohakuvault_uploads SET touched = touched - interval '2 hours'");
    await store.kvault();
    expect([await countOf('kohakuvault_parts_kv'), await countOf('kohakuvault_uploads')]).toEqual([0, 0]);
    const ended = once(stream, 'error');
    stream.end();
    expect((await ended)[0]).toMatchObject({ code: 'KV_STALE' });
    expect(await kv.has('dead')).toBe(false);
  });

  test('a stream out goes on after a crash, and ends when its value is replaced', async () => {
    const kv = await store.kvault();
    await kv.putFile('film', Readable.from([LONG, LONG, LONG]));
    const chunks: Buffer[] = [];
    for await (const chunk of kv.createReadStream('film')) {
      if (chunks.length === 0) await crash();
      chunks.push(chunk);
    }
    expect(Buffer.concat(chunks).equals(Buffer.concat([LONG, LONG, LONG]))).toBe(true);
    const stream = kv.createReadStream('film');
    await once(stream, 'readable');
    await kv.delete('film');
    await rejects('KV_STALE', () => buffer(stream));
  });

  test('a server that is away is KV_UNAVAILABLE when the tries are used up', async () => {
    const impatient = await connect(server.url, { retries: 1, backoffBase: 1, applicationName: 'impatient' });
    const kv = await impatient.kvault();
    await server.kill();
    await rejects('KV_UNAVAILABLE', () => kv.get('a'));
    await rejects('KV_UNAVAILABLE', () => kv.set('a', 1));
    await rejects('KV_UNAVAILABLE', () => impatient.transaction(async () => {}));
    await rejects('KV_UNAVAILABLE', () => buffer(kv.createReadStream('a')));
    await rejects('KV_UNAVAILABLE', () => connect(server.url, { retries: 0 }));
    await server.restart();
    await watch();
    expect(await kv.has('none')).toBe(false);
    await impatient.close();
    await rejects('KV_CLOSED', () => kv.get('a'));
  });

  test('a pool without a free connection is KV_BUSY', async () => {
    const small = await connect(server.url, { max: 1, connectionTimeout: 500, retries: 0 });
    const kv = await small.kvault();
    const begun = deferred();
    const end = deferred();
    const held = small.transaction(async (tx) => {
      await tx.kvault().get('a');
      begun.resolve();
      await end.promise;
    });
    await begun.promise;
    await rejects('KV_BUSY', () => kv.get('a'));
    end.resolve();
    await held;
    expect(await kv.has('none')).toBe(false);
    await small.close();
  });

  test('a statement that is canceled, or takes too long, is KV_TIMEOUT', async () => {
    const kv = await store.kvault();
    await kv.set('a', 'old');
    const hasty = await connect(server.url, { statementTimeout: 100, applicationName: 'hasty' });
    const hastyKv = await hasty.kvault();
    await withLockedRow('a', async () => {
      await rejects('KV_TIMEOUT', () => hastyKv.set('a', 'new'));
      const canceled = rejects('KV_TIMEOUT', () => kv.set('a', 'new'));
      await blocked();
      await admin.query("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'kohakuvault'");
      await canceled;
    });
    expect(await kv.get('a')).toBe('old');
    await hastyKv.set('a', 'new');
    expect(await kv.get('a')).toBe('new');
    await hasty.close();
  });

  test('an iteration goes on after its connection has ended, and after a crash', async () => {
    const kv = await store.kvault<number>('iterated');
    const all = Array.from({ length: 20_000 }, (_, n) => [String(n).padStart(6, '0'), n] as const);
    await kv.setMany(all);
    const seen: (readonly [string, number])[] = [];
    for await (const entry of kv) {
      seen.push(entry);
      if (seen.length === 3_000 || seen.length === 9_000) await endConnections();
      if (seen.length === 14_000) await crash();
    }
    expect(seen).toEqual(all);
  });

  test('a page that takes too long is KV_TIMEOUT, and a loop that has ended waits for none', async () => {
    const kv = await store.kvault<number>('slow');
    await kv.setMany(Array.from({ length: 10_000 }, (_, n) => [String(n).padStart(6, '0'), n] as const));
    // The driver's own limit, which it ends when the answer has come.
    const pool = new pg.Pool({ connectionString: server.url, query_timeout: 5_000, statement_timeout: 1_000 });
    pool.on('error', () => {});
    const hasty = await connect(pool, { retries: 0 });
    const hastyKv = await hasty.kvault<number>('slow');
    expect((await collect(hastyKv)).length).toBe(10_000);
    const locker = new pg.Client({ connectionString: server.url });
    await locker.connect();
    /** Waits until a connection has a COPY of the third page or a later one in this state. */
    const until = async (state: string, isThere: boolean) => {
      const copies = `SELECT FROM pg_stat_activity WHERE state = '${state}' AND query LIKE 'COPY%LIMIT 4000)%' AND pid <> pg_backend_pid()`;
      while (((await admin.query(copies)).rowCount ?? 0) > 0 !== isThere);
    };
    const lock = () => locker.query('BEGIN; LOCK TABLE slow IN ACCESS EXCLUSIVE MODE');
    await rejects('KV_TIMEOUT', async () => {
      let seen = 0;
      for await (const _ of hastyKv.values()) if (++seen === 128) await lock();
    });
    await locker.query('ROLLBACK');
    let seen = 0;
    for await (const _ of hastyKv.values()) {
      seen++;
      if (seen === 1_000) {
        await until('idle', true);
        await lock();
      }
      if (seen === 2_000) break;
    }
    // The page that was read ahead fails, and nobody asks for it.
    await until('active', false);
    await locker.query('ROLLBACK');
    expect((await collect(hastyKv)).length).toBe(10_000);
    await locker.end();
    await hasty.close();
    await pool.end();
  });

  test('what the server says about rights and tables becomes errors of ours', async () => {
    const kv = await store.kvault('changed');
    await kv.set('a', 1);
    await admin.query('DROP TABLE changed CASCADE');
    await rejects('KV_CORRUPT', () => kv.get('a'));
    await admin.query(
      'CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA public TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader',
    );
    const reader = await connect(server.url.replace('tester', 'reader'));
    const readonly = await reader.kvault();
    expect(await readonly.get('a')).toBe('new');
    await rejects('KV_IO', () => readonly.set('a', 1));
    await rejects('KV_IO', () => reader.kvault('another'));
    await reader.close();
    await rejects('KV_IO', () => connect(server.url.replace('tester', 'nobody')));
    await rejects('KV_IO', () => connect(server.url.replace(/postgres$/, 'none')));
  });

  test('a server that cannot write any more is KV_IO, and leaves the old value and no parts', async () => {
    const kv = await store.kvault('full');
    await kv.set('a', 'old');
    await server.kill();
    // Enough for the log of changes, whose files have 16 MiB.
    server.fileLimit = (20 * 1024 * 1024) / 512;
    await server.restart();
    await watch();
    const many = Array.from({ length: 16 }, () => LONG);
    await rejects('KV_IO', () => kv.putFile('a', Readable.from(many)));
    await rejects('KV_IO', () => kv.set('a', Buffer.concat(many)));
    const more = many.map((value, n) => [`more:${n}`, value] as const);
    await rejects('KV_IO', () => kv.setMany(more));
    const inTransaction = store.transaction(async (tx) => {
      await tx.kvault('full').set('b', 1);
      await tx.kvault('full').setMany(more);
    });
    await rejects('KV_IO', () => inTransaction);
    expect(await kv.toArray()).toEqual([['a', 'old']]);
    expect([await countOf('kohakuvault_parts_full'), await countOf('kohakuvault_uploads')]).toEqual([0, 0]);
    await kv.set('a', 'new');
    expect(await kv.get('a')).toBe('new');
    await server.kill();
    server.fileLimit = 'unlimited';
    await server.restart();
    await watch();
    await kv.setMany(more);
    expect(await kv.count('more:')).toBe(16);
  });

  test('a pool of the user stays open, and its own settings hold', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 2 });
    pool.on('error', () => {});
    const own = await connect(pool, { prepare: false });
    const kv = await own.kvault();
    await kv.set('own', 1);
    await own.close();
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await rejects('KV_INVALID_ARGUMENT', () => connect(pool, { max: 5 }));
    await rejects('KV_INVALID_ARGUMENT', () => connect('mysql://localhost'));
    await rejects('KV_INVALID_ARGUMENT', () => connect({} as never));
    await pool.end();
  });
});

/** Returns a promise, and what resolves it. */
function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
