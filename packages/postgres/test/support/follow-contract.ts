import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AsyncColumn, AsyncColumns, AsyncFollowing } from '@kohakuvault/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { next } from '../../../../tools/testing/src/items.ts';
import { rejects } from './contract.ts';
import type { LivingPlace } from './living-places.ts';
import { kill, message, start } from './peers.ts';

/** Registers the tests of `follow` that columns pass wherever they are. */
export function testFollowing(make: () => Promise<LivingPlace>, isShared: boolean): void {
  let place: LivingPlace;
  let columns: AsyncColumns;
  let count = 0;
  beforeAll(async () => {
    place = await make();
    columns = await place.columns();
  });
  afterAll(async () => await place?.close());

  const nameOf = () => `f${count++}`;
  const fresh = (given: number[] = []): Promise<AsyncColumn<'f64'>> => named(nameOf(), given);
  const named = async (name: string, given: number[] = []) => {
    const column = await columns.createColumn(name, 'f64');
    await column.extend(given);
    return column;
  };

  test('gives what this column appends after the call, however it does that', async () => {
    const column = await fresh([1, 2, 3]);
    const items = column.follow();
    await column.append(4);
    expect(await next(items, 1)).toEqual([4]);
    const waiting = next(items, 6);
    await column.extend([5, 6]);
    await column.push(7);
    await column.insert(99, 8);
    await column.extend(Float64Array.of(9, 10));
    expect(await waiting).toEqual([5, 6, 7, 8, 9, 10]);
    expect(await items.return()).toEqual({ done: true, value: undefined });
  });

  test.each([
    ['from an index', 2, [2, 3]],
    ['from the beginning', 0, [0, 1, 2, 3]],
    ['from so many before the end', -1, [3]],
    ['from more before the end than there are', -9, [0, 1, 2, 3]],
    ['from the length', 4, []],
    ['from an index beyond the end', 5, undefined],
  ])('%s', async (_, from, expected) => {
    const column = await fresh([0, 1, 2, 3]);
    const items = column.follow({ from });
    await items.begun;
    expect(await items.position()).toBe(from < -4 ? 0 : from < 0 ? 4 + from : from);
    const before = expected ? [...expected, 4, 5] : [5];
    await column.extend([4, 5, 6]);
    expect(await next(items, before.length)).toEqual(before);
    expect(await items.position()).toBe(6);
    await items.return();
  });

  test('gives elements of every kind, and many of them', async () => {
    const texts = await columns.createColumn(nameOf(), 'str:utf8');
    const records = await columns.createColumn<{ n: number }>(nameOf(), 'msgpack');
    const vectors = await columns.createColumn(nameOf(), 'vec:f32:2');
    const numbers = await columns.createColumn(nameOf(), 'i64');
    const [someTexts, someRecords, someVectors, someNumbers] = [
      texts.follow(),
      records.follow(),
      vectors.follow(),
      numbers.follow(),
    ];
    const lines = Array.from({ length: 10_000 }, (_, nth) => `line ${nth}${'ä'.repeat(nth % 9)}`);
    await texts.extend(lines);
    await records.push({ n: 1 }, { n: 2 });
    await vectors.append([1, 2]);
    await numbers.extend([2n ** 60n, -1n]);
    expect(await next(someTexts, 10_000)).toEqual(lines);
    expect(await next(someRecords, 2)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(await next(someVectors, 1)).toEqual([Float32Array.of(1, 2)]);
    expect(await next(someNumbers, 2)).toEqual([2n ** 60n, -1n]);
    await Promise.all([someTexts, someRecords, someVectors, someNumbers].map((items) => items.return()));
  });

  test('gives each element once, in the order of the column, while many append', async () => {
    const name = nameOf();
    const column = await named(name);
    const items = column.follow({ from: 0 });
    await items.begun;
    const write = async (writer: number) => {
      const own = await (await place.columns()).column(name, 'f64');
      for (let nth = 0; nth < 20; nth++) {
        if (nth % 5 === 0) await own.extend([writer, writer]);
        else await own.append(writer);
      }
    };
    const found = next(items, 96);
    await Promise.all([0, 1, 2, 3].map(write));
    expect(Float64Array.from(await found)).toEqual(await column.slice());
    await items.return();
  });

  test('goes on at its position', async () => {
    const name = nameOf();
    const column = await named(name, [0, 1, 2]);
    const first = column.follow({ from: -2 });
    expect(await next(first, 1)).toEqual([1]);
    const from = await first.position();
    await first.return();
    await column.extend([3, 4]);
    const again = await (await place.columns()).column(name, 'f64');
    const second = again.follow({ from });
    expect([from, await next(second, 3), await second.position()]).toEqual([2, [2, 3, 4], 5]);
    await second.return();
  });

  test('goes on at the new end of a column that becomes shorter', async () => {
    const column = await fresh([1, 2, 3]);
    const items = column.follow();
    let waiting = next(items, 1);
    await column.truncate(1);
    await until(items, 1);
    await column.append(9);
    expect(await waiting).toEqual([9]);
    waiting = next(items, 2);
    await column.clear();
    await until(items, 0);
    await column.extend([7, 8]);
    expect(await waiting).toEqual([7, 8]);
    // Elements that were not read yet are gone as well.
    await column.extend([10, 11, 12]);
    const late = column.follow({ from: 3 });
    await late.begun;
    await column.truncate(2);
    const rest = next(late, 1);
    await until(late, 2);
    await column.append(13);
    expect(await rest).toEqual([13]);
    await Promise.all([items.return(), late.return()]);
  });

  test('gives no element of a transaction that is rolled back', async () => {
    const name = nameOf();
    const column = await named(name);
    const items = column.follow();
    await items.begun;
    await place.rollBackAppend(name, -1);
    await column.append(1);
    await place.rollBackAppend(name, -1);
    await column.append(2);
    expect(await next(items, 2)).toEqual([1, 2]);
    await items.return();
  });

  test('ends by a signal, by break, by return, and with its vault', async () => {
    const name = nameOf();
    const column = await named(name, [1]);
    const ending = new AbortController();
    const aborted = column.follow({ signal: ending.signal });
    await aborted.begun;
    const waiting = aborted.next();
    ending.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    const early = column.follow({ signal: AbortSignal.abort(new Error('before')) });
    await expect(early.next()).rejects.toThrow('before');
    const between = new AbortController();
    const some = column.follow({ from: 0, signal: between.signal });
    await column.append(2);
    expect(await next(some, 1)).toEqual([1]);
    between.abort(new Error('between'));
    await expect(some.next()).rejects.toThrow('between');
    const returned = column.follow();
    await returned.begun;
    const pending = returned.next();
    await returned.return();
    expect([(await pending).done, (await returned.next()).done]).toEqual([true, true]);
    for await (const _ of column.follow({ from: 0 })) break;
    {
      await using disposed = column.follow({ from: 0 });
      expect(await next(disposed, 1)).toEqual([1]);
    }
    const other = await place.columns();
    const closed = (await other.column(name, 'f64')).follow();
    await closed.begun;
    const open = closed.next();
    await other.close();
    expect((await open).done).toBe(true);
    expect(await column.length()).toBe(2);
  });

  test('of a column that is deleted ends with an error', async () => {
    const name = nameOf();
    const column = await named(name);
    const items = column.follow();
    await items.begun;
    const waiting = items.next();
    await columns.deleteColumn(name);
    await rejects('KV_NOT_FOUND', () => waiting);
    await rejects('KV_NOT_FOUND', () => column.follow().next());
  });

  test('needs options that make sense', async () => {
    const column = await fresh([1]);
    for (const options of [{ from: 0.5 }, { from: '1' }, { form: 0 }, { signal: 5 }, 7]) {
      const items = column.follow(options as never);
      await rejects('KV_INVALID_ARGUMENT', () => items.begun, JSON.stringify(options));
      await rejects('KV_INVALID_ARGUMENT', () => items.position(), JSON.stringify(options));
      await rejects('KV_INVALID_ARGUMENT', () => items.next(), JSON.stringify(options));
    }
  });

  if (!isShared) return;
  describe('other processes', () => {
    test('append, and are killed in the middle of that', async () => {
      const name = nameOf();
      const column = await named(name);
      const items = column.follow({ from: 0 });
      const writers = [
        start([...place.peer, name, 'append', '100000']),
        start([...place.peer, name, 'extend', '100000']),
      ];
      const found = await next(items, 150);
      await Promise.all(writers.map(kill));
      const third = start([...place.peer, name, 'append', '20']);
      await once(third, 'exit');
      await column.append(-1);
      while (found.at(-1) !== -1) found.push(...(await next(items, 1)));
      expect(Float64Array.from(found)).toEqual(await column.slice());
      // What one call adds is there as a whole or not at all.
      expect(found.slice(-21)).toEqual([...Array.from({ length: 20 }, (_, nth) => nth), -1]);
      await items.return();
    });

    test('follow, are killed, and another one goes on', async () => {
      const name = nameOf();
      const column = await named(name, [1, 2]);
      const follower = start([...place.peer, name, 'follow']);
      const seen: number[] = [];
      let position = 0;
      while (seen.length < 4) {
        const told = (await message(follower)) as { value: number; position: number } | string;
        if (typeof told === 'string') continue;
        seen.push(told.value);
        ({ position } = told);
        if (seen.length === 2) await column.extend([3, 4]);
      }
      await kill(follower);
      await column.extend([5, 6]);
      const items = column.follow({ from: position });
      expect([...seen, ...(await next(items, 2))]).toEqual([1, 2, 3, 4, 5, 6]);
      await items.return();
    });
  });
}

/** Waits until an iteration has noticed that its column ends at an index. */
async function until(items: AsyncFollowing<unknown>, position: number): Promise<void> {
  while ((await items.position()) !== position) await sleep(10);
}
