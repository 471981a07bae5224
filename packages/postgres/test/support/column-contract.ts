import type { AsyncColumns } from '@kohakuvault/postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collect, rejects } from './contract.ts';
import type { Place } from './places.ts';

/** Registers the tests that columns pass wherever they are stored. */
export function testAsyncColumns(make: () => Promise<Place>): void {
  let place: Place;
  let count = 0;
  beforeAll(async () => {
    place = await make();
  });
  afterAll(async () => await place?.close());
  const fresh = (): Promise<AsyncColumns> => place.columns(`c${count++}`);

  test('columns are created, found, renamed and deleted', async () => {
    const columns = await fresh();
    const loss = await columns.createColumn('loss', 'f64');
    await rejects('KV_INVALID_ARGUMENT', () => columns.createColumn('loss', 'f64'));
    await rejects('KV_INVALID_ARGUMENT', () => columns.ensure('loss', 'i64'));
    await rejects('KV_NOT_FOUND', () => columns.column('none'));
    expect(await loss.extend([1, 2, 3])).toBe(3);
    expect((await columns.listColumns()).map(({ name, dtype, length }) => [name, dtype, length])).toEqual([
      ['loss', 'f64', 3],
    ]);
    await columns.renameColumn('loss', 'losses');
    expect([await columns.has('loss'), await columns.has('losses')]).toEqual([false, true]);
    expect(await (await columns.column('losses', 'f64')).slice()).toEqual(Float64Array.of(1, 2, 3));
    expect([await columns.deleteColumn('losses'), await columns.deleteColumn('losses')]).toEqual([true, false]);
    await columns.close();
    await rejects('KV_CLOSED', () => columns.has('loss'));
  });

  test('elements are read and changed', async () => {
    const columns = await fresh();
    const texts = await columns.ensure('text', 'str:utf8');
    expect(await texts.push('a', 'bb', 'ccc')).toBe(3);
    expect(await texts.append('dddd')).toBe(4);
    expect([await texts.at(-1), await texts.at(4), await texts.length()]).toEqual(['dddd', undefined, 4]);
    await texts.set(1, 'long '.repeat(10));
    await texts.insert(0, 'first');
    expect(await texts.remove(1)).toBe('a');
    expect(await texts.pop()).toBe('dddd');
    expect(await texts.slice(0, 2)).toEqual(['first', 'long '.repeat(10)]);
    expect(await texts.take([-1, 0])).toEqual(['ccc', 'first']);
    expect([await texts.indexOf('ccc'), await texts.includes('x')]).toEqual([2, false]);
    await (await texts.reverse()).setSlice(1, ['y']);
    expect(await collect(texts)).toEqual(['ccc', 'y', 'first']);
    expect(await texts.removeRange(0, 2)).toBe(2);
    expect(await texts.truncate(0)).toBe(1);
    await rejects('KV_INVALID_ARGUMENT', () => texts.truncate(5));
    await rejects('KV_INVALID_ARGUMENT', () => texts.append(5 as never));
    await texts.clear();
    await texts.compact();
    expect(await texts.bytes()).toBe(0);
  });

  test('elements come in batches, and are found by what they are', async () => {
    const columns = await fresh();
    const numbers = await columns.ensure('n', 'i64');
    await numbers.extend(Array.from({ length: 10 }, (_, n) => BigInt(n)));
    const of = async (options?: object) =>
      (await collect(numbers.batches(options))).map((batch) => Array.from(batch, Number));
    expect(await of({ size: 4 })).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    expect(await of({ bytes: 24, start: -5, end: 9 })).toEqual([[5, 6, 7], [8]]);
    expect(await of()).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]);
    await rejects('KV_INVALID_ARGUMENT', () => of({ size: 1, bytes: 1 }));
    expect(await numbers.findIndex((value) => value > 6n)).toBe(7);
    expect(await numbers.findIndex((value, index) => value === 2n && index === 2, { start: 1 })).toBe(2);
    expect(await numbers.findIndex({ gte: 4n })).toBe(4);
    expect(await numbers.findIndex({ gt: 9n })).toBe(-1);
    const texts = await columns.ensure('t', 'str:utf8');
    await texts.extend(['a', 'bb', 'ccc', 'dddd', 'e']);
    expect(await collect(texts.batches({ bytes: 4 }))).toEqual([['a', 'bb'], ['ccc'], ['dddd'], ['e']]);
    expect(await texts.findIndex((value) => value.length === 3)).toBe(2);
  });

  test('elements are copied into arrays', async () => {
    const columns = await fresh();
    const numbers = await columns.ensure('n', 'f64');
    await numbers.extend(Array.from({ length: 100 }, (_, n) => n / 2));
    const target = new Float64Array(10).fill(-1);
    expect([await numbers.readInto(target), target[0], target[9]]).toEqual([10, 0, 4.5]);
    expect([await numbers.readInto(target, 97), ...target.subarray(0, 4)]).toEqual([3, 48.5, 49, 49.5, 1.5]);
    expect([await numbers.readInto(target, -2), target[1]]).toEqual([2, 49.5]);
    expect([await numbers.readInto(target, -1_000), target[0], target[9]]).toEqual([10, 0, 4.5]);
    expect([await numbers.readInto(target, 200), await numbers.readInto(new Float64Array(0))]).toEqual([0, 0]);
    const part = new Float64Array(target.buffer, 16, 2);
    expect([await numbers.readInto(part, 50), ...target.subarray(1, 5)]).toEqual([2, 0.5, 25, 25.5, 2]);
    for (const [dtype, values, into, expected] of [
      ['i64', [1n, -2n], new BigInt64Array(2), [1n, -2n]],
      ['bool', [true, false], new Uint8Array(3), [1, 0, 0]],
      ['vec:f32:2', [Float32Array.of(1, 2), Float32Array.of(3, 4)], new Float32Array(5).fill(9), [1, 2, 3, 4, 9]],
      ['bytes:3', [Buffer.from('abc'), Buffer.from('def')], new Uint8Array(4), [97, 98, 99, 0]],
    ] as const) {
      const column = await columns.ensure(dtype.replaceAll(':', '_'), dtype);
      await column.extend(values as never);
      const wanted = dtype === 'bytes:3' ? 1 : 2;
      expect([await column.readInto(into), Array.from(into as ArrayLike<unknown>)], dtype).toEqual([wanted, expected]);
    }
    const texts = await columns.ensure('t', 'str:utf8');
    await rejects('KV_INVALID_ARGUMENT', () => texts.readInto(new Uint8Array(1)));
    await rejects('KV_INVALID_ARGUMENT', () => numbers.readInto(new Float32Array(1)));
    await rejects('KV_INVALID_ARGUMENT', () => numbers.readInto([] as never));
    await rejects('KV_INVALID_ARGUMENT', () => numbers.readInto(target, 0.5));
    structuredClone(target.buffer, { transfer: [target.buffer] });
    await rejects('KV_INVALID_ARGUMENT', () => numbers.readInto(target));
  });

  test('elements become vectors of Arrow', async () => {
    const columns = await fresh();
    for (const [dtype, values, shown] of [
      ['f64', [0.5, 1, 2], [0.5, 1, 2]],
      ['u64', [1n, 2n ** 63n], [1n, 2n ** 63n]],
      ['bool', [true, false, true], [true, false, true]],
      ['str:utf8', ['a', '', 'ä😀'], ['a', '', 'ä😀']],
      ['str:utf16le', ['a', 'ä😀'], ['a', 'ä😀']],
      ['msgpack', [{ a: 1 }, [2]], ['{"a":1}', '[2]']],
    ] as const) {
      const column = await columns.ensure(dtype.replaceAll(':', '_'), dtype);
      await column.extend(values as never);
      expect([...(await column.toArrow<Iterable<unknown>>())], dtype).toEqual(shown);
      expect([...(await column.toArrow<Iterable<unknown>>({ start: -1 }))], dtype).toEqual(shown.slice(-1));
      expect([...(await column.toArrow<Iterable<unknown>>({ start: 0, end: 1 }))], dtype).toEqual(shown.slice(0, 1));
      expect([...(await column.toArrow<Iterable<unknown>>({ start: 9 }))], dtype).toEqual([]);
    }
    const points = await columns.ensure('points', 'vec:f32:2');
    await points.extend([Float32Array.of(1, 2), Float32Array.of(3, 4)]);
    const vector = await points.toArrow<Iterable<Iterable<number>>>();
    expect([...vector].map((point) => [...point])).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const frame = await columns.frame('run', { step: 'i64', name: 'str:utf8', point: 'vec:f32:2' });
    const rows = [
      { step: 1n, name: 'a', point: Float32Array.of(1, 2) },
      { step: 2n, name: 'ä😀', point: Float32Array.of(3, 4) },
    ];
    await frame.extend(rows);
    type Table = Iterable<{ step: bigint; name: string; point: Iterable<number> }> & { numRows: number };
    const shown = (table: Table) => [...table].map(({ step, name, point }) => ({ step, name, point: [...point] }));
    const wanted = rows.map((row) => ({ ...row, point: [...row.point] }));
    expect(shown(await frame.toArrow<Table>())).toEqual(wanted);
    expect(shown(await frame.toArrow<Table>({ start: -1 }))).toEqual(wanted.slice(1));
    expect((await frame.toArrow<Table>({ start: 1, end: 1 })).numRows).toBe(0);
    await rejects('KV_INVALID_ARGUMENT', () => frame.toArrow({ arrow: {} }));
    await rejects('KV_INVALID_ARGUMENT', () => points.toArrow({ arrow: {} }));
    await rejects('KV_INVALID_ARGUMENT', () => points.toArrow({ from: 1 } as never));
    await rejects('KV_INVALID_ARGUMENT', async () => (await columns.ensure('any', 'vec:f32')).toArrow());
  });

  test('numbers have statistics', async () => {
    const columns = await fresh();
    const numbers = await columns.ensure('n', 'f64');
    await numbers.extend([3, 1, Number.NaN, 2, 4]);
    expect([await numbers.min(), await numbers.max(), await numbers.sum(), await numbers.mean()]).toEqual([
      1, 4, 10, 2.5,
    ]);
    expect(await numbers.variance({ sample: true })).toBeCloseTo(5 / 3);
    expect(await numbers.quantile([0, 0.5, 1], { start: 3 })).toEqual([2, 3, 4]);
    expect(await numbers.summary({ end: 2 })).toMatchObject({ count: 2, nan: 0, min: 1, max: 3, sum: 4 });
    expect(Array.from((await numbers.histogram(3, { min: 1, max: 4 })).counts, Number)).toEqual([1, 1, 2]);
    expect((await numbers.downsample(2)).indexes.length).toBe(2);
    const sorted = await columns.ensure('sorted', 'u8');
    await sorted.extend([1, 2, 2, 3]);
    expect([await sorted.lowerBound(2), await sorted.upperBound(2), await sorted.lowerBound(9, { start: 1 })]).toEqual([
      1, 3, 4,
    ]);
    const flags = await columns.ensure('flags', 'bool');
    await flags.extend([true, false, true]);
    expect([await flags.sum(), await flags.max()]).toEqual([2, true]);
    await rejects('KV_INVALID_ARGUMENT', async () => (await columns.ensure('text', 'str:utf8')).min());
  });

  test('frames grow in all columns or in none', async () => {
    const columns = await fresh();
    await rejects('KV_NOT_FOUND', () => columns.frame('run'));
    const run = await columns.frame('run', { step: 'i64', loss: 'f64', note: 'str:utf8' });
    expect(await run.append({ step: 1n, loss: 0.5, note: 'a' })).toBe(1);
    expect(
      await run.extend([
        { step: 2n, loss: 0.25, note: 'b' },
        { step: 3n, loss: 0.125, note: 'c' },
      ]),
    ).toBe(3);
    expect(await run.extend({ step: [4n], loss: [0.1], note: ['d'] })).toBe(4);
    const refused = {
      'a row without a column': () => run.append({ step: 5n, loss: 1 } as never),
      'a row with another column': () => run.append({ step: 5n, loss: 1, note: 'e', more: 1 } as never),
      'a wrong element': () => run.extend([{ step: 5n, loss: 1, note: 5 as never }]),
      'columns of other lengths': () => run.extend({ step: [5n, 6n], loss: [1], note: ['e'] }),
    };
    for (const [what, call] of Object.entries(refused)) await rejects('KV_INVALID_ARGUMENT', call, what);
    expect([await run.length(), await run.columns.step.length(), await run.columns.note.length()]).toEqual([4, 4, 4]);
    expect(await run.at(-1)).toEqual({ step: 4n, loss: 0.1, note: 'd' });
    expect(await run.at(4)).toBeUndefined();
    expect(await run.slice(1, 3)).toEqual({
      step: BigInt64Array.of(2n, 3n),
      loss: Float64Array.of(0.25, 0.125),
      note: ['b', 'c'],
    });
    expect((await run.take([3, 0])).note).toEqual(['d', 'a']);
    expect((await collect(run.rows({ start: -2 }))).map(({ step }) => step)).toEqual([3n, 4n]);
    expect(await collect(run)).toHaveLength(4);
    expect(Array.from(await run.where({ loss: { lt: 0.2 }, note: (note) => note !== 'd' }))).toEqual([2]);
    await rejects('KV_INVALID_ARGUMENT', () => run.where({ none: { lt: 1 } } as never));
    expect(await run.truncate(2)).toBe(2);
    await rejects('KV_INVALID_ARGUMENT', () => columns.frame('run', { step: 'i64' }));
    await rejects('KV_INVALID_ARGUMENT', () => columns.frame('a.b', { step: 'i64' }));
    const again = await columns.frame('run');
    expect(Object.keys(again.columns)).toEqual(['step', 'loss', 'note']);
    await again.columns.note?.append('torn');
    await rejects('KV_INVALID_ARGUMENT', () => run.append({ step: 5n, loss: 1, note: 'e' }));
    await rejects('KV_INVALID_ARGUMENT', () => columns.frame('run'));
    expect([await columns.deleteFrame('run'), await columns.deleteFrame('run')]).toEqual([true, false]);
    expect(await columns.listColumns()).toEqual([]);
  });
}
