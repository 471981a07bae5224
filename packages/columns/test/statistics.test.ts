// Statistics and search: what they return, of which elements, and what they refuse.
import { type Column, ColumnVault, type DType, InvalidArgument } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { FIXED } from './support/arbitrary.ts';
import { plainHistogram, plainly, plainQuantile, plainTriangles } from './support/plain-statistics.ts';

const TINY = { minChunkBytes: 64, maxChunkBytes: 2_048 };
const NUMBERS = ['i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64', 'f32', 'f64'] as const;
const QS = [0, 0.01, 0.25, 1 / 3, 0.5, 0.9, 1];
const seed = Date.now();
console.log(`seed ${seed}`);

type Numbers = (number | bigint)[];

function valuesOf(dtype: DType, count: number): Numbers {
  const finite = dtype === 'f64' ? fc.double({ min: -1e9, max: 1e9 }) : fc.float({ min: -1e9, max: 1e9 });
  const arbitrary = dtype.startsWith('f') ? finite : (FIXED[dtype] as fc.Arbitrary<number>);
  return fc.sample(arbitrary as fc.Arbitrary<number>, { seed, numRuns: count });
}

/** Compares all statistics of a column, and of ranges of it, with those of an array. */
function compare(column: Column, array: Numbers): void {
  const isBig = column.dtype === 'i64' || column.dtype === 'u64';
  for (const [start, end] of [
    [undefined, undefined],
    [3, -5],
    [-7, undefined],
    [20, 10],
  ] as const) {
    const range = { start, end };
    const some = array.slice(start, end);
    const plain = plainly(some);
    const summary = column.summary(range);
    expect([summary.count, summary.nan]).toEqual([plain.count, plain.nan]);
    const extreme = (nth: number) => (plain.count === 0 ? undefined : plain.sorted.at(nth));
    const shown = (value: unknown) => (value === undefined ? undefined : Number(value) + 0);
    expect([shown(summary.min), shown(summary.max)]).toEqual([shown(extreme(0)), shown(extreme(-1))]);
    expect([column.min(range), column.max(range)]).toEqual([summary.min, summary.max]);
    expect(column.sum(range)).toEqual(summary.sum);
    if (isBig) expect(summary.sum).toBe(plain.count === 0 ? 0n : plain.sum);
    else close(summary.sum as number, plain.sum as number, plain);
    expect([column.mean(range), column.variance(range)]).toEqual([summary.mean, summary.variance]);
    if (plain.count > 0) {
      close(summary.mean as number, plain.mean, plain);
      const variance = plain.squares / plain.count;
      expect(Math.abs((summary.variance as number) - variance)).toBeLessThanOrEqual(1e-9 * variance + Number.MIN_VALUE);
    } else expect([summary.mean, summary.variance]).toEqual([undefined, undefined]);
    const sample = column.variance({ ...range, sample: true });
    if (plain.count < 2) expect(sample).toBe(undefined);
    else {
      const squares = (summary.variance as number) * plain.count;
      expect(Math.abs((sample as number) * (plain.count - 1) - squares)).toBeLessThanOrEqual(1e-9 * squares + 1e-300);
    }
    for (const [nth, found] of column.quantile(QS, range).entries()) {
      const expected = plainQuantile(plain, QS[nth] as number);
      if (expected === undefined) expect(found).toBe(undefined);
      else close(found as number, expected, plain);
    }
    const histogram = column.histogram(7, range);
    expect([...histogram.counts]).toEqual(plainHistogram(some, histogram.edges));
    expect(histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(plain.count);
    const middle = some.find((value) => !Number.isNaN(value)) ?? 0;
    const first = some.findIndex((value) => value >= middle);
    const offset = start === undefined ? 0 : start < 0 ? Math.max(0, start + array.length) : start;
    expect(column.findIndex({ gte: middle }, range)).toBe(first < 0 ? -1 : offset + first);
    expect(column.findIndex((value) => (value as number) >= middle, range)).toBe(first < 0 ? -1 : offset + first);
    const within = some.findIndex((value) => value > middle && Number(value) < 1e6);
    expect(column.findIndex({ gt: middle, lt: 1e6 }, range)).toBe(within < 0 ? -1 : offset + within);
  }
}

/** Compares what both add up in another order, or with bigints. */
function close(found: number, expected: number, { sorted }: { sorted: number[] }): void {
  const most = sorted.reduce((sum, value) => sum + Math.abs(value), 0);
  expect(Math.abs(found - expected), `${found} ${expected}`).toBeLessThanOrEqual(1e-9 * most + Number.MIN_VALUE);
}

describe.each(NUMBERS)('%s', (dtype) => {
  test.each([0, 1_000, 1_000_000])('the statistics are those of an array, with %i bytes of memory', (residentBytes) => {
    using vault = new ColumnVault(tempFile(), { residentBytes });
    const column: Column = vault.createColumn('a', dtype, TINY);
    const array: Numbers = [];
    compare(column, array);
    const values = valuesOf(dtype, 1_500);
    if (dtype.startsWith('f')) values.splice(5, 3, Number.NaN, Number.NaN, -0);
    array.push(...values.slice(0, 1));
    column.extend(array);
    compare(column, array);
    array.push(...values.slice(1, 1_200));
    column.extend(values.slice(1, 1_200));
    compare(column, array);
    // Elements that are pending in a cache count too.
    column.enableCache();
    array.push(...values.slice(1_200));
    column.extend(values.slice(1_200));
    compare(column, array);
    column.set(-1, values[0]);
    column.set(3, values[1]);
    array[array.length - 1] = values[0] as number;
    array[3] = values[1] as number;
    compare(column, array);
  });

  test('sorted elements are found by halves', () => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', dtype, TINY) as Column;
    const sorted = valuesOf(dtype, 400)
      .filter((value) => !Number.isNaN(value))
      .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    column.extend(sorted);
    for (const value of [...sorted.filter((_, nth) => nth % 29 === 0), 0, 0.5, -1e300, 2n ** 70n]) {
      const lower = sorted.findIndex((one) => one >= value);
      const upper = sorted.findIndex((one) => one > value);
      expect(column.lowerBound(value)).toBe(lower < 0 ? sorted.length : lower);
      expect(column.upperBound(value)).toBe(upper < 0 ? sorted.length : upper);
      expect(column.lowerBound(value, { start: 5, end: 5 })).toBe(5);
    }
  });
});

describe('downsample', () => {
  const wave = Array.from({ length: 5_000 }, (_, nth) => Math.sin(nth / 50) * nth + ((nth * 7919) % 13));

  test.each([3, 10, 100, 4_999])('lttb chooses %i elements as the plain algorithm does', (points) => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'f64', TINY);
    column.extend(wave);
    const { indexes, values } = column.downsample(points);
    expect([...indexes]).toEqual(plainTriangles(wave, points));
    expect([...values]).toEqual([...column.take(indexes)]);
  });

  test('minmax keeps each peak, mean averages', () => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'f64', TINY);
    column.extend(wave);
    column.set(2_345, 1e9);
    column.set(2_346, -1e9);
    const peaks = column.downsample(50, { method: 'minmax' });
    expect(peaks.indexes.length).toBeLessThanOrEqual(50);
    expect([...peaks.values]).toContain(1e9);
    expect([...peaks.values]).toContain(-1e9);
    expect([...peaks.values]).toEqual([...column.take(peaks.indexes)]);
    expect([...peaks.indexes]).toEqual([...peaks.indexes].sort((a, b) => a - b));
    const means = column.downsample(5, { method: 'mean', start: 1_000, end: 1_010 });
    const [one, two] = [wave[1_000], wave[1_001]] as [number, number];
    expect([means.indexes[0], means.values[0], means.values.length]).toEqual([1_000.5, (one + two) / 2, 5]);
  });

  test.each(['lttb', 'minmax', 'mean'] as const)('%s of few elements, of none, and without NaN', (method) => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'f64', TINY);
    expect(column.downsample(10, { method })).toEqual({ indexes: new Float64Array(), values: new Float64Array() });
    column.extend([3, Number.NaN, 1]);
    expect([...column.downsample(10, { method }).indexes]).toEqual([0, 2]);
    column.clear();
    column.extend(Array.from({ length: 1_000 }, (_, nth) => (nth < 400 || nth > 700 ? Number.NaN : nth)));
    for (const points of [2, 3, 20]) {
      const { indexes, values } = column.downsample(points, { method });
      expect(indexes.length).toBeGreaterThan(0);
      expect(indexes.length).toBeLessThanOrEqual(points);
      expect([...values].every((value) => value >= 400 && value <= 700)).toBe(true);
    }
    column.clear();
    column.extend(new Array(100).fill(Number.NaN));
    expect(column.downsample(10, { method }).indexes.length).toBe(0);
  });
});

test('sums of 64-bit integers are exact beyond 64 bits', () => {
  using vault = new ColumnVault(tempFile());
  const signed = vault.createColumn('signed', 'i64');
  const unsigned = vault.createColumn('unsigned', 'u64');
  signed.extend(new BigInt64Array(10_000).fill(2n ** 63n - 1n));
  unsigned.extend(new BigUint64Array(10_000).fill(2n ** 64n - 1n));
  expect(signed.sum()).toBe(10_000n * (2n ** 63n - 1n));
  expect(unsigned.sum()).toBe(10_000n * (2n ** 64n - 1n));
  const asNumbers = vault.column('signed', 'i64', { int64: 'number' });
  expect(thrownBy(() => asNumbers.sum()).message).toContain('is not a safe integer and cannot be returned as a number');
  signed.clear();
  signed.extend([5n, -7n]);
  expect([asNumbers.sum(), asNumbers.min(), asNumbers.max()]).toEqual([-2, -7, 5]);
});

test('sums of floats do not lose small numbers beside large ones, and infinities stay', () => {
  using vault = new ColumnVault(tempFile());
  const column = vault.createColumn('a', 'f64');
  column.extend(new Float64Array(1_000_000).fill(0.1));
  expect(Math.abs((column.sum() as number) - 100_000)).toBeLessThan(1e-8);
  column.extend([Number.POSITIVE_INFINITY]);
  expect([column.sum(), column.max(), column.mean()]).toEqual(new Array(3).fill(Number.POSITIVE_INFINITY));
  column.extend([Number.NEGATIVE_INFINITY]);
  expect([column.sum(), column.min()]).toEqual([Number.NaN, Number.NEGATIVE_INFINITY]);
  expect(column.quantile([0, 1])).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
});

test('bounds of a search are those of the element type', () => {
  using vault = new ColumnVault(tempFile());
  const bytes = vault.createColumn('u8', 'u8');
  bytes.extend([0, 255, 7]);
  expect(bytes.findIndex({ gt: 6.5, lt: 7.5 })).toBe(2);
  expect(bytes.findIndex({ gt: 7, lt: 8 })).toBe(-1);
  expect(bytes.findIndex({ gte: 1e300 })).toBe(-1);
  expect(bytes.findIndex({ lte: -1 })).toBe(-1);
  expect(bytes.findIndex({ gt: Number.NEGATIVE_INFINITY })).toBe(0);
  expect(bytes.findIndex({ lte: Number.NEGATIVE_INFINITY })).toBe(-1);
  expect(bytes.findIndex({ gte: 254n, lte: 10n ** 30n })).toBe(1);
  const floats = vault.createColumn('f32', 'f32');
  floats.extend([0.1, -0.1, 3e38, Number.POSITIVE_INFINITY, -0]);
  // 0.1 is not a 32-bit float; the one closest to it is greater.
  expect(floats.findIndex({ gt: 0.1, lt: 1 })).toBe(0);
  expect(floats.findIndex({ lt: -0.1 })).toBe(1);
  expect(floats.findIndex({ gt: 3.4e38 })).toBe(3);
  expect(floats.findIndex({ gte: 0, lte: 0 })).toBe(4);
  expect(floats.findIndex({ gt: 0, lt: Math.fround(0.1) })).toBe(-1);
  expect(floats.findIndex({ gt: Number.POSITIVE_INFINITY })).toBe(-1);
});

describe('other writers, and changes that are undone', () => {
  const array = Array.from({ length: 500 }, (_, nth) => nth * 1.5 - 100);

  test("another connection's commits, and a rollback of the user's savepoint", () => {
    const file = tempFile();
    using vault = new ColumnVault(file);
    const column = vault.createColumn('a', 'f64', TINY) as Column;
    column.extend(array);
    compare(column, array);
    const { database } = vault;
    database.exec('BEGIN; SAVEPOINT inner');
    column.setSlice(0, new Float64Array(100).fill(-1e6));
    column.extend([1e6]);
    compare(column, [...new Array(100).fill(-1e6), ...array.slice(100), 1e6]);
    database.exec('ROLLBACK TO inner');
    compare(column, array);
    database.exec('COMMIT');
    const others = new Database(file);
    using other = new ColumnVault(others);
    other.column('a', 'f64').set(7, 1e7);
    const changed = array.with(7, 1e7);
    vault.transaction(() => compare(column, changed));
    expect(() =>
      vault.transaction(() => {
        column.truncate(100);
        compare(column, changed.slice(0, 100));
        throw new Error('undone');
      }),
    ).toThrow('undone');
    compare(column, changed);
    other.close();
    others.close();
  });
});

describe('what is refused', () => {
  const refused: [string, (column: Column) => unknown, string][] = [
    ['a range', (column) => column.sum({ start: 0.5 }), 'sum expects start to be a whole number, got 0.5'],
    ['an option', (column) => column.mean({ form: 1 } as never), 'mean has no option form'],
    [
      'a quantile',
      (column) => column.quantile(1.5),
      'quantile expects a number from 0 to 1, or an array of them, got 1.5',
    ],
    ['quantiles', (column) => column.quantile([0.5, Number.NaN]), 'quantile expects a number from 0 to 1'],
    ['bins', (column) => column.histogram(0), 'histogram expects a number of bins from 1 to'],
    ['edges', (column) => column.histogram([1, 1]), 'each greater than the one before; edge 1 is 1'],
    ['one edge', (column) => column.histogram([1]), 'there are 1'],
    ['an empty width', (column) => column.histogram(3, { min: 5, max: 5 }), 'bins cannot go from 5 to 5'],
    ['an infinite width', (column) => column.histogram(3), 'bins cannot go from 1 to Infinity'],
    ['bins without width', (column) => column.histogram(9, { min: 0, max: Number.MIN_VALUE }), 'ask for fewer bins'],
    ['points', (column) => column.downsample(1), 'downsample expects a number of points from 2 to'],
    ['a method', (column) => column.downsample(9, { method: 'x' as 'lttb' }), "'lttb' or 'minmax' or 'mean'"],
    ['no bounds', (column) => column.findIndex({}), 'without bounds; give gt, gte, lt or lte'],
    ['two bounds', (column) => column.findIndex({ gt: 1, gte: 1 }), 'both gt and gte are given'],
    ['a bound', (column) => column.findIndex({ gt: 'x' as never }), 'findIndex expects gt to be a number or a bigint'],
    ['no range', (column) => column.findIndex(undefined as never), 'findIndex expects'],
    ['a value', (column) => column.lowerBound('x' as never), 'lowerBound expects a number or a bigint, got "x"'],
  ];

  test.each(refused)('%s', (_, act, message) => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'f64') as Column;
    column.extend([1, Number.POSITIVE_INFINITY]);
    const error = thrownBy(() => act(column));
    expect(error).toBeInstanceOf(InvalidArgument);
    expect(error.message).toContain(message);
  });

  test.each(['str:utf8', 'bytes:4', 'vec:f32:2', 'msgpack'] as const)('elements of %s', (dtype) => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', dtype) as Column;
    for (const act of [() => column.sum(), () => column.quantile(0.5), () => column.findIndex({ gt: 1 })]) {
      expect(thrownBy(act).message).toContain(`has elements of ${dtype}; expected a column of numbers`);
    }
    expect(column.findIndex(() => true)).toBe(-1);
  });
});

test('a closed vault, a deleted column', () => {
  const vault = new ColumnVault(tempFile());
  const column = vault.createColumn('a', 'f64');
  column.append(1);
  vault.deleteColumn('a');
  expect(thrownBy(() => column.sum())).toMatchObject({ code: 'KV_NOT_FOUND' });
  vault.close();
  for (const act of [() => column.sum(), () => column.take([0]), () => column.batches(), () => column.buffers()]) {
    expect(thrownBy(act)).toMatchObject({ code: 'KV_CLOSED' });
  }
});
