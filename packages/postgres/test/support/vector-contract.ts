import { afterAll, beforeAll, expect, test } from 'vitest';
import { collect, rejects } from './contract.ts';
import type { AnyVectors, Place, SharedVectorsOptions } from './places.ts';

const FIELDS = { year: 'i64', group: 'str' } as const;

/** Registers the tests that vectors pass wherever they are stored. */
export function testAsyncVectors(make: () => Promise<Place>): void {
  let place: Place;
  let count = 0;
  beforeAll(async () => {
    place = await make();
  });
  afterAll(async () => await place?.close());

  const fresh = (options?: Partial<SharedVectorsOptions>): Promise<AnyVectors> =>
    (place.vectors as NonNullable<Place['vectors']>)(`v${count++}`, { dimensions: 2, metric: 'l2', ...options });
  /** Vectors on a line: that of the number n is at n. */
  const line = async (many: number, options?: Partial<SharedVectorsOptions>) => {
    const vectors = await fresh({ fields: FIELDS, ...options });
    await vectors.insertMany(
      Array.from({ length: many }, (_, n) => [[n, 0], n, { id: n + 1, year: 2_000 + n, group: `g${n % 3}` }] as const),
    );
    return vectors;
  };
  const valuesOf = (found: readonly { value: unknown }[]) => found.map(({ value }) => value);

  test('vectors are inserted, changed and deleted', async () => {
    const vectors = await fresh({ fields: FIELDS });
    const id = await vectors.insert([1, 0], { a: 1 }, { year: 2_020 });
    expect(typeof id).toBe('bigint');
    expect(
      await vectors.insertMany([
        [[0, 1], 'b', { id: 7 }],
        [[1, 1], 'c', { id: 8n, group: 'x' }],
      ]),
    ).toEqual([7n, 8n]);
    expect(await vectors.insertMany([])).toEqual([]);
    await rejects('KV_INVALID_ARGUMENT', () => vectors.insert([1, 0], 'again', { id: 7 }));
    await rejects('KV_INVALID_ARGUMENT', () =>
      vectors.insertMany([
        [[1, 0], 'new', { id: 9 }],
        [[1, 0], 'taken', { id: 7 }],
      ]),
    );
    expect([await vectors.has(7), await vectors.has(9)]).toEqual([true, false]);
    expect(await vectors.getById(id)).toEqual({ vector: Float32Array.of(1, 0), value: { a: 1 } });
    expect([await vectors.fields(id), await vectors.fields(8), await vectors.fields(99)]).toEqual([
      { year: 2_020n },
      { group: 'x' },
      undefined,
    ]);
    expect(await vectors.update(7, { value: 'B', fields: { year: 1 } })).toBe(true);
    expect(await vectors.update(99, { value: 'B' })).toBe(false);
    expect(await vectors.upsert([0, 2], 'BB', { id: 7 })).toBe(7n);
    expect([await vectors.fields(7), (await vectors.getById(7))?.value]).toEqual([{}, 'BB']);
    expect(await vectors.get([0, 2])).toBe('BB');
    expect(await vectors.size()).toBe(3);
    expect(await vectors.info()).toMatchObject({
      dimensions: 2,
      metric: 'l2',
      vectorType: 'f32',
      count: 3,
      fields: FIELDS,
    });
    expect([await vectors.delete(7), await vectors.delete(7), await vectors.deleteMany([8, 99])]).toEqual([
      true,
      false,
      1,
    ]);
    await vectors.clear();
    expect(await vectors.search([1, 0])).toEqual([]);
  });

  test('searches have conditions, pages and filters', async () => {
    const vectors = await line(300);
    expect(await collect(vectors.keys())).toEqual(Array.from({ length: 300 }, (_, n) => BigInt(n + 1)));
    expect(await collect(vectors.values({ reverse: true, limit: 280 }))).toEqual(
      Array.from({ length: 280 }, (_, n) => 299 - n),
    );
    expect(await vectors.search([10.4, 0], 3)).toEqual([
      { id: 11n, distance: expect.closeTo(0.4, 4), value: 10 },
      { id: 12n, distance: expect.closeTo(0.6, 4), value: 11 },
      { id: 10n, distance: expect.closeTo(1.4, 4), value: 9 },
    ]);
    const found = async (options: object) => valuesOf(await vectors.search([10.4, 0], options));
    expect(await found({ k: 2, offset: 1 })).toEqual([11, 9]);
    expect(await found({ k: 2, where: { year: { $gt: 2_020 } } })).toEqual([21, 22]);
    expect(await found({ filter: [1, 2n, 500] })).toEqual([1, 0]);
    expect(await found({ maxDistance: 0.7 })).toEqual([10, 11]);
    expect(await found({ k: 3, filter: (_: bigint, value: number) => value > 200 })).toEqual([201, 202, 203]);
    expect(await found({ k: 2, offset: 1, filter: (id: bigint) => id % 2n === 0n })).toEqual([9, 13]);
    await expect(
      vectors.search([1, 0], {
        filter: () => {
          throw new RangeError('mine');
        },
      }),
    ).rejects.toThrow('mine');
    await expect(vectors.search([1, 0], { signal: AbortSignal.abort(new RangeError('stop')) })).rejects.toThrow('stop');
    expect(
      (
        await vectors.searchMany(
          [
            [0, 0],
            [50.2, 0],
          ],
          2,
        )
      ).map(valuesOf),
    ).toEqual([
      [0, 1],
      [50, 51],
    ]);
    expect(await vectors.searchMany([])).toEqual([]);
    await rejects('KV_INVALID_ARGUMENT', () => vectors.searchMany([[0, 0], [1]]));
    await rejects('KV_INVALID_ARGUMENT', () => vectors.search([1, 0], { distinctBy: 'none' }));
    await rejects('KV_INVALID_ARGUMENT', () => vectors.search([1, 0], { near: 1 } as never));
  });

  test('results are the nearest of their groups', async () => {
    const vectors = await line(300);
    expect(valuesOf(await vectors.search([10.4, 0], { distinctBy: 'group', k: 5 }))).toEqual([10, 11, 9]);
    expect(valuesOf(await vectors.search([10.4, 0], { distinctBy: 'year', k: 3, offset: 1 }))).toEqual([11, 9, 12]);
    const options = { distinctBy: 'group', k: 3, filter: (_: unknown, value: number) => value !== 10 } as const;
    expect(valuesOf(await vectors.search([10.4, 0], options))).toEqual([11, 9, 12].map((n) => (n === 12 ? 13 : n)));
    await vectors.insertMany([
      [[10.4, 0], 'none'],
      [[10.4, 0], 'neither'],
    ]);
    expect(valuesOf(await vectors.search([10.4, 0], { distinctBy: 'group', k: 3 }))).toEqual(['neither', 'none', 10]);
  });

  test('results differ from each other', async () => {
    const vectors = await fresh({ dimensions: 3, metric: 'cosine' });
    await vectors.insertMany([
      [[1, 0.1, 0], 'a'],
      [[1, 0.11, 0], 'almost a'],
      [[1, 0, 0.4], 'b'],
      [[0, 1, 0], 'far'],
    ]);
    const mmr = { fetchK: 4, lambda: 0.3 };
    const diverse = valuesOf(await vectors.search([1, 0.1, 0], { k: 2, mmr }));
    expect(diverse[0]).toBe('a');
    expect(diverse[1]).not.toBe('almost a');
    expect(valuesOf(await vectors.search([1, 0.1, 0], { k: 2, mmr: { lambda: 1 } }))).toEqual(['a', 'almost a']);
    await rejects('KV_INVALID_ARGUMENT', () => vectors.search([1, 0, 0], { k: 5, mmr: { fetchK: 2 } }));
  });

  test('ids are text of the user', async () => {
    const vectors = await fresh({ ids: 'str', fields: FIELDS });
    expect(await vectors.insert([1, 0], 1, { id: 'page/1' })).toBe('page/1');
    expect(
      await vectors.insertMany([
        [[2, 0], 2, { id: 'ä' }],
        [[3, 0], 3, { id: 'a"b\\c', year: 5 }],
      ]),
    ).toEqual(['ä', 'a"b\\c']);
    await rejects('KV_INVALID_ARGUMENT', () => vectors.insert([1, 0], 1));
    await rejects('KV_INVALID_ARGUMENT', () => vectors.insert([1, 0], 1, { id: 5 }));
    await rejects('KV_INVALID_ARGUMENT', () => vectors.insert([1, 0], 1, { id: 'ä' }));
    expect(await vectors.search([2.9, 0], 2)).toMatchObject([
      { id: 'a"b\\c', value: 3 },
      { id: 'ä', value: 2 },
    ]);
    expect(valuesOf(await vectors.search([0, 0], { filter: ['ä', 'none'] }))).toEqual([2]);
    expect(await collect(vectors.keys())).toEqual(['page/1', 'ä', 'a"b\\c']);
    expect(await collect(vectors.keys({ gt: 'page/1', reverse: true }))).toEqual(['a"b\\c', 'ä']);
    await rejects('KV_INVALID_ARGUMENT', () => collect(vectors.keys({ gt: 'none' })));
    expect(await vectors.upsert([9, 0], 9, { id: 'page/1' })).toBe('page/1');
    expect(await vectors.upsert([10, 0], 10, { id: 'new' })).toBe('new');
    expect(await collect(vectors.keys())).toEqual(['page/1', 'ä', 'a"b\\c', 'new']);
    expect([await vectors.fields('a"b\\c'), await vectors.has('x'), await vectors.update('ä', { value: 22 })]).toEqual([
      { year: 5n },
      false,
      true,
    ]);
    expect([await vectors.delete('ä'), await vectors.deleteMany(['new', 'x'])]).toEqual([true, 1]);
    expect(await collect(vectors.values())).toEqual([9, 3]);
    expect((await vectors.info()).ids).toBe('str');
    const open = place.vectors as NonNullable<Place['vectors']>;
    const again = await open(vectors.table, { dimensions: 2, metric: 'l2', ids: 'str' });
    await rejects('KV_INVALID_ARGUMENT', () => open(vectors.table, { dimensions: 2, metric: 'l2' }));
    expect((await again.getById('page/1'))?.value).toBe(9);
  });

  test('fields are computed of values', async () => {
    const vectors = await fresh({ fields: FIELDS, fieldsOf: (value: { year: number }) => ({ year: value.year }) });
    const id = await vectors.insert([1, 0], { year: 2_001 });
    await vectors.insert([2, 0], { year: 2_002 }, { year: 1, group: 'given' });
    expect(await vectors.fields(id)).toEqual({ year: 2_001n });
    await vectors.update(id, { value: { year: 2_003 } });
    expect(valuesOf(await vectors.search([0, 0], { where: { year: { $gte: 2_000 } } }))).toEqual([{ year: 2_003 }]);
  });

  test('an index finds nearly all', async () => {
    const vectors = await line(300);
    await vectors.createIndex();
    const near = await vectors.search([100, 0], { k: 10, mode: 'approximate', oversample: 20 });
    expect(near.length).toBe(10);
    expect(near[0]?.value).toBe(100);
    expect([await vectors.dropIndex(), await vectors.dropIndex()]).toEqual([true, false]);
    await vectors.close();
    await rejects('KV_CLOSED', () => vectors.search([1, 0]));
    await rejects('KV_CLOSED', () => vectors.insert([1, 0], 1));
  });
}
