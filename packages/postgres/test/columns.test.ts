// Columns on a server do what those in a file do.
import { PGlite } from '@electric-sql/pglite';
import { ColumnVault } from '@kohakuvault/columns';
import { connect, KohakuVaultError, type Store } from '@kohakuvault/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rejects } from './support/contract.ts';
import { aServer, hasServer, stopServer } from './support/places.ts';
import { randomFrom } from './support/random.ts';
import { SEED } from './support/seed.ts';

const STORES: Record<string, () => Promise<{ store: Store; end: () => Promise<void> }>> = {
  PGlite: async () => {
    const database = new PGlite();
    return { store: await connect(database), end: () => database.close() };
  },
  ...(hasServer && {
    'PostgreSQL, 5 partitions': async () => {
      const { url, schema, dropSchema } = await aServer();
      return { store: await connect(url, { schema, partitions: 5 }), end: dropSchema };
    },
  }),
};

afterAll(stopServer);

/** Elements of some dtypes, by number. */
const ELEMENTS: Record<string, (n: number) => unknown> = {
  i64: (n) => BigInt(n) * 7n,
  f64: (n) => n / 3,
  u8: (n) => n & 0xff,
  'vec:f32:3': (n) => Float32Array.of(n, n + 0.5, -n),
  'bytes:5': (n) => Buffer.from(String(n).padEnd(5).slice(0, 5)),
  'str:utf8': (n) => `text ${n}${'ä'.repeat(n % 7)}`,
  msgpack: (n) => ({ n, list: [n, null] }),
  bytes: (n) => Buffer.alloc(n % 50, n),
};

for (const [name, make] of Object.entries(STORES)) {
  describe(`columns on ${name}`, () => {
    let store: Store;
    let end: () => Promise<void>;
    beforeAll(async () => {
      ({ store, end } = await make());
    });
    afterAll(async () => {
      await store.close();
      await end();
    });

    test('are created, found, listed, renamed and deleted', async () => {
      const columns = await store.columns('catalog');
      const loss = await columns.createColumn('loss', 'f64');
      expect([loss.name, loss.dtype, await loss.length(), await loss.bytes()]).toEqual(['loss', 'f64', 0, 0]);
      await rejects('KV_INVALID_ARGUMENT', () => columns.createColumn('loss', 'f64'));
      await rejects('KV_INVALID_ARGUMENT', () => columns.ensure('loss', 'i64'));
      await rejects('KV_INVALID_ARGUMENT', () => columns.column('loss', 'i64'));
      await rejects('KV_INVALID_ARGUMENT', () => columns.createColumn('', 'i64'));
      await rejects('KV_INVALID_ARGUMENT', () => columns.createColumn('x', 'i65' as never));
      await rejects('KV_NOT_FOUND', () => columns.column('none'));
      await (await columns.ensure('loss', 'f64')).extend([1, 2, 3]);
      await columns.ensure('name', 'str:utf8');
      expect(await columns.listColumns()).toEqual([
        { name: 'loss', dtype: 'f64', length: 3 },
        { name: 'name', dtype: 'str:utf8', length: 0 },
      ]);
      await columns.renameColumn('loss', 'losses');
      await rejects('KV_NOT_FOUND', () => columns.renameColumn('loss', 'x'));
      await rejects('KV_INVALID_ARGUMENT', () => columns.renameColumn('losses', 'name'));
      expect(await (await columns.column('losses')).slice()).toEqual(Float64Array.of(1, 2, 3));
      await rejects('KV_NOT_FOUND', () => loss.at(0));
      expect([await columns.deleteColumn('losses'), await columns.deleteColumn('losses')]).toEqual([true, false]);
      expect([await columns.has('losses'), await columns.has('name')]).toEqual([false, true]);
      await rejects('KV_INVALID_ARGUMENT', () => store.kvault('catalog'));
      await columns.dropTables();
      await rejects('KV_CLOSED', () => columns.has('name'));
      expect((await store.vaults()).map((vault) => vault.name)).toEqual([]);
    });

    test(`do what local ones do, with the seed ${SEED}`, async () => {
      const random = randomFrom(SEED);
      const columns = await store.columns();
      using local = new ColumnVault(':memory:');
      for (const [dtype, element] of Object.entries(ELEMENTS)) {
        const twin = local.createColumn(dtype, dtype as 'msgpack');
        const column = await columns.createColumn(dtype, dtype as 'msgpack');
        const whole = (most: number) => Math.floor(random() * most);
        const index = () => whole(twin.length * 2 + 4) - twin.length - 2;
        const value = () => element(whole(1_000)) as never;
        const values = (most: number) => Array.from({ length: whole(most) }, value);
        for (let step = 0; step < 40; step++) {
          const [i, j, v, vs] = [index(), index(), value(), values(step % 10 === 0 ? 3_000 : 8)];
          const calls: Record<string, (one: typeof twin | typeof column) => unknown> = {
            append: (one) => one.append(v),
            extend: (one) => one.extend(vs as never),
            at: (one) => one.at(i),
            set: (one) => one.set(i, v),
            slice: (one) => one.slice(i, j),
            'slice with a step': (one) => one.slice(i, j, [2, -1, -3][step % 3]),
            setSlice: (one) => one.setSlice(i, vs.slice(0, 4) as never),
            take: (one) => one.take([i, j, 0]),
            insert: (one) => one.insert(i, v),
            remove: (one) => one.remove(i),
            removeRange: (one) => one.removeRange(i, j),
            truncate: (one) => one.truncate(Math.abs(i)),
            pop: (one) => one.pop(),
            indexOf: (one) => one.indexOf(v, i),
            includes: (one) => one.includes(v),
            reverse: (one) => step % 20 === 0 && Promise.resolve(one.reverse()).then(() => 'reversed'),
            compact: (one) => Promise.resolve(one.compact()).then(() => 'compacted'),
          };
          const names = Object.keys(calls);
          const chosen =
            random() < 0.4 ? (['append', 'extend'][step % 2] as string) : (names[whole(names.length)] as string);
          const call = calls[chosen] as (one: unknown) => unknown;
          const expected = await outcomeOf(() => call(twin));
          expect(await outcomeOf(() => call(column)), `${dtype}, step ${step}, ${chosen} ${i} ${j}`).toEqual(expected);
          expect(await column.length(), `${dtype}, step ${step}, ${chosen}`).toBe(twin.length);
        }
        expect(await column.bytes(), dtype).toBe(twin.bytes);
        const all: unknown[] = [];
        for await (const one of column) all.push(one);
        expect(all, dtype).toEqual([...twin]);
      }
    });

    test('take many elements, and give ranges of them', async () => {
      const columns = await store.columns('many');
      const numbers = await columns.createColumn('n', 'f64');
      const given = Float64Array.from({ length: 200_000 }, (_, n) => n);
      expect(await numbers.extend(given)).toBe(200_000);
      expect(await numbers.slice(99_990, 100_010)).toEqual(given.slice(99_990, 100_010));
      expect([await numbers.at(-1), await numbers.at(150_000)]).toEqual([199_999, 150_000]);
      await numbers.set(100_000, -1);
      expect(await numbers.at(100_000)).toBe(-1);
      await numbers.removeRange(10, 190_000);
      expect(Array.from((await numbers.slice(8, 12)) as Float64Array)).toEqual([8, 9, 190_000, 190_001]);
      for (let n = 0; n < 20; n++) await numbers.append(n);
      expect((await numbers.stats()).chunks).toBeLessThan(10);
      const vectors = await columns.createColumn('v', 'vec:f32:4');
      await vectors.extend([
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ] as never);
      expect((await vectors.sliceTensor()).shape).toEqual([2, 4]);
    });

    test('have the statistics of local ones', async () => {
      const columns = await store.columns('statistics');
      using local = new ColumnVault(':memory:');
      const random = randomFrom(SEED);
      for (const dtype of ['f64', 'f32', 'i64', 'u8'] as const) {
        const element = () =>
          dtype === 'i64'
            ? BigInt(Math.floor(random() * 1e6))
            : dtype === 'u8'
              ? Math.floor(random() * 256)
              : random() < 0.01
                ? Number.NaN
                : random() * 100;
        const twin = local.createColumn(dtype, dtype);
        const column = await columns.createColumn(dtype, dtype);
        const values = Array.from({ length: 5_000 }, element) as never;
        twin.extend(values);
        await column.extend(values);
        for (const range of [undefined, { start: 100, end: -100 }, { start: 4_990 }, { start: 10, end: 10 }]) {
          const calls: Record<string, (one: typeof twin | typeof column) => unknown> = {
            min: (one) => one.min(range),
            max: (one) => one.max(range),
            sum: (one) => one.sum(range),
            mean: (one) => one.mean(range),
            variance: (one) => one.variance({ ...range, sample: true }),
            summary: (one) => one.summary(range),
            quantile: (one) => one.quantile([0, 0.25, 0.5, 1], range),
            histogram: (one) => one.histogram(5, { ...range, min: 0, max: 50 }),
            findIndex: (one) => one.findIndex({ gte: dtype === 'i64' ? 900_000n : 90 } as never, range),
            downsample: (one) => one.downsample(20, { ...range, method: 'minmax' }),
          };
          for (const [what, call] of Object.entries(calls)) {
            expect(await outcomeOf(() => call(column)), `${dtype} ${what} ${JSON.stringify(range)}`).toEqual(
              await outcomeOf(() => call(twin)),
            );
          }
        }
      }
      const sorted = await columns.createColumn('sorted', 'f64');
      await sorted.extend([1, 2, 2, 3]);
      expect([
        await sorted.lowerBound(2),
        await sorted.upperBound(2),
        await sorted.lowerBound(9, { start: 1 }),
      ]).toEqual([1, 3, 4]);
      const text = await columns.createColumn('text', 'str:utf8');
      await rejects('KV_INVALID_ARGUMENT', () => text.min());
      await rejects('KV_INVALID_ARGUMENT', () => sorted.min({ from: 1 } as never));
    });

    test('belong to transactions', async () => {
      const columns = await store.columns('tx');
      const loss = await columns.createColumn('loss', 'f64');
      const failed = store.transaction(async (tx) => {
        await (await tx.columns('tx').column('loss', 'f64')).extend([1, 2, 3]);
        await tx.kvault('log').set('last', 3);
        throw new RangeError('undo');
      });
      await expect(failed).rejects.toThrow('undo');
      expect(await loss.length()).toBe(0);
      await store.transaction(async (tx) => {
        const own = await tx.columns('tx').column('loss', 'f64');
        await own.extend([1, 2, 3]);
        expect(await own.at(-1)).toBe(3);
      });
      expect(await loss.length()).toBe(3);
    });

    test('lose no element of concurrent writers', async () => {
      const columns = await store.columns('writers');
      const shared = await columns.createColumn('n', 'i64');
      const write = async (writer: number) => {
        for (let n = 0; n < 25; n++) {
          if (n % 5 === 0) await shared.extend([BigInt(writer), BigInt(writer)]);
          else await shared.append(BigInt(writer));
        }
      };
      await Promise.all([0, 1, 2, 3].map(write));
      const counts = [0, 0, 0, 0];
      for await (const writer of shared) counts[Number(writer)] = (counts[Number(writer)] as number) + 1;
      expect(counts).toEqual([30, 30, 30, 30]);
    });
  });
}

async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    return { result: await call() };
  } catch (error) {
    if (error instanceof KohakuVaultError) return { code: error.code };
    throw error;
  }
}
