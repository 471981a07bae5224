import { finished } from 'node:stream/promises';
import { PGlite } from '@electric-sql/pglite';
import { type CommitTransaction, connect, KohakuVaultError, type Store } from '@kohakuvault/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rejects } from './support/contract.ts';
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
  }),
};

afterAll(stopServer);

for (const [name, make] of Object.entries(STORES)) {
  describe(`transactions on ${name}`, () => {
    let store: Store;
    let end: () => Promise<void>;
    beforeAll(async () => {
      ({ store, end } = await make());
      await store.kvault('kv');
      await store.kvault('log');
    });
    afterAll(async () => {
      await store.close();
      await end();
    });

    test('keep all of a body, or nothing', async () => {
      const [kv, log] = [await store.kvault('kv'), await store.kvault('log')];
      const result = await store.transaction(async (tx) => {
        await tx.kvault('kv').set('a', 1);
        await tx.kvault('log').set('1', 'a is set');
        expect(await tx.kvault('kv').get('a')).toBe(1);
        return 'done';
      });
      expect(result).toBe('done');
      expect([await kv.get('a'), await log.get('1')]).toEqual([1, 'a is set']);
      const failed = store.transaction(async (tx) => {
        await tx.kvault('kv').set('a', 2);
        await tx.kvault('log').clear();
        throw new RangeError('undo');
      });
      await expect(failed).rejects.toThrow(new RangeError('undo'));
      expect([await kv.get('a'), await log.get('1')]).toEqual([1, 'a is set']);
    });

    test('leave no parts of a long value that a short one replaces', async () => {
      const kv = await store.kvault('short', { maxBlobBytes: 100 });
      const table = `${store.schema}.kohakuvault_parts_short`;
      const parts = () =>
        store.transaction((tx) => tx.query(`SELECT key FROM ${table}`), { isolation: 'repeatable read' });
      const long = Buffer.alloc(300_000);
      const replacing: (() => Promise<unknown>)[] = [
        () => kv.set('a', 1),
        () => kv.setMany([['a', 2]]),
        () => store.transaction((tx) => tx.kvault('short', { maxBlobBytes: 100 }).set('a', 3)),
        () => kv.pop('a'),
      ];
      for (const replace of replacing) {
        await kv.set('a', long);
        expect(await parts()).toHaveLength(2);
        await replace();
        expect(await parts()).toEqual([]);
      }
      expect(await kv.get('a')).toBeUndefined();
      await kv.dropTable();
    });

    test('of a stored file have what onCommit writes, or neither', async () => {
      const kv = await store.kvault('files', { maxBlobBytes: 1_000 });
      const log = await store.kvault('log');
      for (const length of [10, 5_000]) {
        const bytes = Buffer.alloc(length, length);
        await kv.putFile('a', bytes, {
          onCommit: async ({ key, size }, tx) => await tx.kvault('log').set('file', `${key} ${size}`),
        });
        expect(await log.get('file')).toBe(`a ${length}`);
        const refused = kv.putFile('a', Buffer.alloc(length + 1), {
          onCommit: async (_, tx) => {
            await tx.kvault('log').set('file', 'never');
            throw new RangeError('mine');
          },
        });
        await expect(refused).rejects.toThrow(new RangeError('mine'));
        expect([await log.get('file'), await kv.sizeOf('a')]).toEqual([`a ${length}`, length]);
        const stream = kv.createWriteStream('b', { onCommit: ({ size }, tx) => tx.kvault('log').set('stream', size) });
        stream.end(bytes);
        await finished(stream);
        expect([await log.get('stream'), await kv.sizeOf('b')]).toEqual([length, length]);
        await store.transaction(async (tx) => {
          const onCommit = async (_: unknown, inner: CommitTransaction) =>
            await inner.kvault('log').set('file', 'nested');
          await tx.kvault('files', { maxBlobBytes: 1_000 }).putFile('c', bytes, { onCommit });
        });
        expect(await log.get('file')).toBe('nested');
      }
      await rejects('KV_INVALID_ARGUMENT', () => kv.putFile('a', Buffer.alloc(1), { onCommit: 1 as never }));
      await kv.dropTable();
    });

    test('inside others are savepoints', async () => {
      const kv = await store.kvault('kv');
      await store.transaction(async (tx) => {
        await tx.kvault().set('outer', 1);
        await tx.transaction(async (inner) => {
          await inner.kvault().set('inner', 1);
          const failed = inner.transaction(async (innermost) => {
            await innermost.kvault().deleteMany(['outer', 'inner']);
            throw new RangeError('undo the innermost');
          });
          await expect(failed).rejects.toThrow('undo the innermost');
        });
        expect(await tx.kvault().getMany(['outer', 'inner'])).toEqual([1, 1]);
      });
      expect(await kv.getMany(['outer', 'inner'])).toEqual([1, 1]);
    });

    test('cover statements of the user, whose errors stay as they are', async () => {
      await store.transaction((tx) => tx.query('CREATE TABLE IF NOT EXISTS own (n int PRIMARY KEY)'));
      const failed = store.transaction(async (tx) => {
        await tx.kvault().set('own', 1);
        await tx.query('INSERT INTO own VALUES ($1)', [1]);
        await tx.query('INSERT INTO own VALUES ($1)', [1]);
      });
      await expect(failed).rejects.toMatchObject({ code: '23505' });
      await expect(failed).rejects.not.toBeInstanceOf(KohakuVaultError);
      expect(await (await store.kvault()).has('own')).toBe(false);
      const rows = await store.transaction((tx) => tx.query<{ n: number }>('SELECT n FROM own'));
      expect(rows).toEqual([]);
    });

    test('are over once a statement has failed, unless it was in a transaction of its own', async () => {
      const kv = await store.kvault('kv');
      const wrong = (tx: { query(text: string): Promise<unknown> }) => tx.query('SELECT 1 / 0').catch(() => {});
      const failed = store.transaction(async (tx) => {
        await tx.kvault().set('poisoned', 1);
        await wrong(tx);
        const error = await rejects('KV_ERROR', () => tx.kvault().get('a'));
        expect(error.message).toContain('division by zero');
      });
      await expect(failed).rejects.toMatchObject({ code: '22012' });
      expect(await kv.has('poisoned')).toBe(false);
      await store.transaction(async (tx) => {
        await tx.kvault().set('kept', 1);
        await tx.transaction(wrong).catch(() => {});
        await tx.kvault().set('kept too', 1);
      });
      expect(await kv.getMany(['kept', 'kept too'])).toEqual([1, 1]);
    });

    test('refuse calls that would not belong to them', async () => {
      const kv = await store.kvault('kv');
      await store.transaction(async (tx) => {
        await rejects('KV_INVALID_ARGUMENT', () => kv.get('a'));
        await rejects('KV_INVALID_ARGUMENT', () => store.transaction(async () => {}));
        await tx.transaction(async () => {
          await rejects('KV_INVALID_ARGUMENT', () => tx.kvault().set('b', 1));
        });
      });
      const ended = await store.transaction(async (tx) => tx.kvault());
      await rejects('KV_CLOSED', () => ended.get('a'));
      await rejects('KV_INVALID_ARGUMENT', () => store.transaction(async () => {}, { isolation: 'none' as never }));
    });

    test('take calls that are made at the same time, one after another', async () => {
      await store.transaction(async (tx) => {
        const kv = tx.kvault();
        const long = 'x'.repeat(300_000);
        await Promise.all([
          kv.set('p1', 1),
          kv.set('p2', long),
          tx.transaction((inner) => inner.kvault().set('p3', 3)),
          kv.set('p4', 4),
        ]);
      });
      const kv = await store.kvault();
      expect(await kv.count('p')).toBe(4);
      expect(await kv.getMany(['p1', 'p3', 'p4'])).toEqual([1, 3, 4]);
    });

    test('store streams with everything else', async () => {
      const kv = await store.kvault();
      const long = Buffer.alloc(1_000_000, 'film');
      const put = store.transaction(async (tx) => {
        await tx.kvault().putFile('film', long);
        await tx.kvault().set('film:meta', { size: long.length });
        throw new RangeError('undo');
      });
      await expect(put).rejects.toThrow('undo');
      expect(await kv.count('film')).toBe(0);
      await store.transaction(async (tx) => {
        await tx.kvault().putFile('film', long);
        await tx.kvault().set('film:meta', { size: long.length });
      });
      expect((await kv.get('film')).equals(long)).toBe(true);
    });

    test('snapshot sees one state and writes nothing', async () => {
      await rejects('KV_READONLY', () => store.snapshot((tx) => tx.kvault().set('a', 5)));
      await store.snapshot(async (tx) => {
        const before = await tx.kvault().size();
        expect(await tx.kvault().size()).toBe(before);
      });
    });

    test('vaults tells what there is', async () => {
      const vault = await store.kvault('gone', { valueEncoding: 'json', partitions: 3 });
      await vault.set('a', 1);
      const names = async () => (await store.vaults()).map(({ name }) => name);
      expect(await names()).toEqual(['gone', 'kv', 'log']);
      expect((await store.vaults())[0]).toEqual({
        name: 'gone',
        kind: 'kvault',
        layout: 2,
        partitions: 3,
        encoding: 'json',
        settings: {},
      });
      await vault.dropTable();
      expect(await names()).toEqual(['kv', 'log']);
      await rejects('KV_CLOSED', () => vault.get('a'));
      expect(await (await store.kvault('gone')).size()).toBe(0);
      for (const name of ['', 'kohakuvault_x', 'x'.repeat(41), 'a\0b']) {
        await rejects('KV_INVALID_ARGUMENT', () => store.kvault(name), JSON.stringify(name));
      }
      for (const odd of ['select', 'With "quotes" and spaces', 'ünïcode', "it's"]) {
        const vault = await store.kvault(odd);
        await vault.set('long', 'x'.repeat(300_000));
        await vault.set('long', 'short');
        expect(await vault.get('long'), odd).toBe('short');
      }
    });
  });
}

describe.runIf(hasServer)('several connections', () => {
  let store: Store;
  let other: Store;
  let dropSchema: () => Promise<void>;
  beforeAll(async () => {
    const server = await aServer();
    dropSchema = server.dropSchema;
    store = await connect(server.url, { schema: server.schema, backoffBase: 1, retries: 30 });
    other = await connect(server.url, { schema: server.schema, backoffBase: 1, retries: 30 });
  });
  afterAll(async () => {
    await store.close();
    await other.close();
    await dropSchema();
  });

  test('open a new vault at the same time', async () => {
    const opened = await Promise.all([store, other, store, other].map((one) => one.kvault('new', { partitions: 4 })));
    await Promise.all(opened.map((vault, n) => vault.set(`k${n}`, n)));
    expect(await opened[0]?.size()).toBe(4);
  });

  test('count in serializable transactions, which run again when they conflict', async () => {
    const kv = await store.kvault('counters');
    await kv.set('n', 0);
    let runs = 0;
    let reads = 0;
    let haveTwoRead = () => {};
    const twoHaveRead = new Promise<void>((resolve) => {
      haveTwoRead = resolve;
    });
    const increment = (one: Store) =>
      one.transaction(async (tx) => {
        runs++;
        const vault = tx.kvault('counters');
        const n = await vault.get('n');
        if (++reads === 2) haveTwoRead();
        // Two have read the same number, so one of them must run again.
        await twoHaveRead;
        await vault.set('n', n + 1);
      });
    await Promise.all(Array.from({ length: 40 }, (_, n) => increment(n % 2 ? store : other)));
    expect(await kv.get('n')).toBe(40);
    expect(runs).toBeGreaterThan(40);
  });

  test('that give up report the conflict', async () => {
    const impatient = await connect((await aServer()).url, { schema: store.schema, retries: 0 });
    const kv = await store.kvault('counters');
    const failed = impatient.transaction(
      async (tx) => {
        const vault = tx.kvault('counters');
        await vault.get('n');
        await kv.set('n', 1_000);
        await vault.set('n', 1);
      },
      { isolation: 'repeatable read' },
    );
    await rejects('KV_CONFLICT', () => failed);
    expect(await kv.get('n')).toBe(1_000);
    await impatient.close();
  });

  test('that lock each other go on', async () => {
    const kv = await store.kvault('counters');
    await kv.setMany([
      ['x', 0],
      ['y', 0],
    ]);
    const both = (one: Store, keys: string[]) =>
      one.transaction(
        async (tx) => {
          for (const key of keys) await tx.kvault('counters').set(key, keys.join());
        },
        { isolation: 'repeatable read' },
      );
    await Promise.all([both(store, ['x', 'y']), both(other, ['y', 'x'])]);
    expect(await kv.get('x')).toBe(await kv.get('y'));
  });

  test('see what a writer has replaced, and never half of it', async () => {
    const [writer, reader] = [await store.kvault('long'), await other.kvault('long')];
    const values = [Buffer.alloc(600_000, 'a'), Buffer.alloc(900_000, 'b'), Buffer.alloc(10, 'c')];
    await writer.set('v', values[0]);
    let writing = true;
    const write = async () => {
      for (let n = 0; n < 30; n++) await writer.set('v', values[n % 3]);
      writing = false;
    };
    const read = async () => {
      while (writing) {
        const value = (await reader.get('v')) as Buffer;
        expect(values.some((one) => one.equals(value))).toBe(true);
        expect(values.map((one) => one.length)).toContain(await reader.sizeOf('v'));
      }
    };
    await Promise.all([write(), read()]);
  });
});
