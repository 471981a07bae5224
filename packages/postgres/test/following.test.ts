// What is special about following columns on a server.
import { createHash } from 'node:crypto';
import { PGlite } from '@electric-sql/pglite';
import { type AsyncColumn, connect, type Store } from '@kohakuvault/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { next } from '../../../tools/testing/src/items.ts';
import { rejects } from './support/contract.ts';
import { aServer, hasServer, stopServer } from './support/places.ts';

afterAll(stopServer);

test('a transaction follows nothing', async () => {
  await using database = new PGlite();
  await using store = await connect(database);
  await (await store.columns()).createColumn('n', 'f64');
  await store.transaction(async (tx) => {
    const items = (await tx.columns().column('n', 'f64')).follow();
    await rejects('KV_INVALID_ARGUMENT', () => items.begun);
    await rejects('KV_INVALID_ARGUMENT', () => items.next());
  });
});

describe.runIf(hasServer)('on a server', () => {
  let url: string;
  let schema: string;
  let store: Store;
  let count = 0;
  let dropSchema: () => Promise<void>;
  beforeAll(async () => {
    ({ url, schema, dropSchema } = await aServer());
    store = await connect(url, { schema });
  });
  afterAll(async () => {
    await store?.close();
    await dropSchema?.();
  });

  const fresh = async (given: number[] = []): Promise<AsyncColumn<'f64'>> => {
    const column = await (await store.columns()).createColumn(`n${count++}`, 'f64');
    await column.extend(given);
    return column;
  };
  const client = async (): Promise<pg.Client> => {
    const made = new pg.Client(url);
    await made.connect();
    onTestFinished(() => made.end());
    return made;
  };

  test('those who append tell of it only while somebody follows', async () => {
    const column = await fresh();
    const other = await fresh();
    const listening = await client();
    const told: (string | undefined)[] = [];
    let tell = () => {};
    listening.on('notification', ({ payload }) => {
      told.push(payload);
      tell();
    });
    const channel = `kohakuvault_${createHash('md5').update(schema).digest('hex').slice(0, 20)}`;
    await listening.query(`LISTEN ${channel}`);
    const until = async (last: string) => {
      await listening.query(`SELECT pg_notify('${channel}', '${last}')`);
      while (told.at(-1) !== last) {
        await new Promise<void>((resolve) => {
          tell = resolve;
        });
      }
      return told.splice(0).length - 1;
    };
    await column.append(1);
    expect(await until('nobody followed')).toBe(0);
    const items = column.follow();
    await items.begun;
    await column.append(2);
    await column.extend([3, 4]);
    await other.append(5);
    expect(await until('somebody followed')).toBe(2);
    await items.return();
  });

  test('it goes on when all connections have ended, with each element once', async () => {
    const column = await fresh([1]);
    const items = column.follow({ from: 0 });
    expect(await next(items, 1)).toEqual([1]);
    const others = await client();
    for (let nth = 0; nth < 3; nth++) {
      const waiting = next(items, 2);
      await others.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kohakuvault' AND pid <> pg_backend_pid()",
      );
      await column.extend([10 * nth, 10 * nth + 1]);
      expect(await waiting).toEqual([10 * nth, 10 * nth + 1]);
    }
    await items.return();
    expect(await column.length()).toBe(7);
  });

  test('a long transaction that has appended is waited for by no follower', async () => {
    const column = await fresh([1]);
    let goOn = () => {};
    const mayEnd = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let tell = () => {};
    const hasAppended = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const long = store.transaction(async (tx) => {
      await (await tx.columns().column(column.name, 'f64')).append(2);
      tell();
      await mayEnd;
    });
    await hasAppended;
    const items = column.follow({ from: 0 });
    expect(await next(items, 1)).toEqual([1]);
    const waiting = next(items, 1);
    goOn();
    await long;
    expect(await waiting).toEqual([2]);
    await items.return();
  });

  test('who may only read follows too', async () => {
    const column = await fresh([1]);
    const role = `${schema}_follower`;
    await store.transaction(async (tx) => {
      await tx.query(`CREATE ROLE ${role}`);
      await tx.query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
      await tx.query(`GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${role}`);
    });
    const as = new URL(url);
    as.searchParams.set('options', `-c role=${role}`);
    await using reader = await connect(as, { schema });
    const items = (await (await reader.columns()).column(column.name, 'f64')).follow({ from: 0 });
    expect(await next(items, 1)).toEqual([1]);
    await column.append(2);
    expect(await next(items, 1)).toEqual([2]);
    await items.return();
  });
});
