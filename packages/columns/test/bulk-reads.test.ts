// Reading many elements at once: at chosen places, in batches, as bytes, and into memory of the caller.
import { type Column, ColumnVault, type DType, InvalidArgument } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { FIXED, VARIABLE } from './support/arbitrary.ts';

const TINY = { minChunkBytes: 32, maxChunkBytes: 256 };
const ALL = { ...FIXED, ...VARIABLE };
const seed = Date.now();
console.log(`seed ${seed}`);

/** Some elements of a dtype, of which the last are pending in the cache. */
function filled(dtype: DType, residentBytes: number) {
  const vault = new ColumnVault(tempFile(), { residentBytes });
  const column: Column = vault.createColumn('a', dtype, TINY);
  const values = fc.sample(ALL[dtype] as fc.Arbitrary<unknown>, { seed, numRuns: 300 });
  column.extend(values.slice(0, 250));
  column.enableCache();
  column.extend(values.slice(250));
  expect(vault.database.prepare('SELECT max(length) FROM col_meta').pluck().get()).toBe(250);
  return { vault, column, values, [Symbol.dispose]: () => vault.close() };
}

describe.each(Object.keys(ALL) as DType[])('%s', (dtype) => {
  test.each([0, 1_000, 1_000_000])('elements at any places, with %i bytes of memory for them', (residentBytes) => {
    using v = filled(dtype, residentBytes);
    const places = fc.sample(fc.integer({ min: -300, max: 299 }), { seed, numRuns: 500 });
    const expected = places.map((place) => v.values.at(place));
    expect([...v.column.take(places)]).toEqual(expected);
    expect([...v.column.take(Int32Array.from(places))]).toEqual(expected);
    expect([...v.column.take(new Set(places))]).toEqual([...new Set(places)].map((place) => v.values.at(place)));
    expect([...v.column.take([])]).toEqual([]);
    // Without pending elements, others do the work.
    v.column.flushCache();
    expect([...v.column.take(places)]).toEqual(expected);
    expect([...v.column.take(places.toSorted((a, b) => a - b))]).toHaveLength(500);
  });

  test('batches have all elements in order, and no more than was asked for', () => {
    using v = filled(dtype, 1_000);
    for (const size of [1, 7, 299, 300, 10_000]) {
      const batches = [...v.column.batches({ size })].map((batch) => [...batch]);
      expect(batches.flat()).toEqual(v.values);
      expect(batches.every((batch) => batch.length === size || batch === batches.at(-1))).toBe(true);
    }
    for (const bytes of [1, 100, 1_000, 1_000_000]) {
      let at = 0;
      for (const batch of v.column.batches({ bytes })) {
        expect([...batch]).toEqual(v.values.slice(at, at + batch.length));
        if (batch.length > 1) expect(v.column.buffers(at, at + batch.length).data.length).toBeLessThanOrEqual(bytes);
        at += batch.length;
      }
      expect(at).toBe(300);
    }
    const some = [...v.column.batches({ size: 50, start: -120, end: -10 })].map((batch) => [...batch]);
    expect(some.flat()).toEqual(v.values.slice(-120, -10));
    expect([...v.column.batches({ start: 20, end: 10 })]).toEqual([]);
  });

  test('buffers are the bytes of the elements', () => {
    using v = filled(dtype, 1_000);
    for (const [start, end] of [
      [0, 300],
      [100, 200],
      [240, 270],
      [-20, undefined],
      [50, 50],
    ] as const) {
      const { data, offsets } = v.column.buffers(start, end);
      const encoded = v.values.slice(start, end).map((_, nth) => {
        const at = (start < 0 ? start + 300 : start) + nth;
        return v.column.buffers(at, at + 1).data;
      });
      expect(data.equals(Buffer.concat(encoded))).toBe(true);
      expect(offsets !== undefined).toBe(dtype in VARIABLE);
      if (offsets) {
        let bytes = 0;
        expect([...offsets]).toEqual([0, ...encoded.map((one) => (bytes += one.length))]);
      }
      // It is memory of the caller's own.
      data.fill(0);
    }
    expect([...v.column.slice()]).toEqual(v.values);
  });
});

test('bytes of one size are read into memory of the caller', () => {
  using v = filled('bytes:5', 1_000);
  const target = new Uint8Array(23).fill(9);
  expect(v.column.readInto(target, 248)).toBe(4);
  expect([...target]).toEqual([...Buffer.concat(v.values.slice(248, 252) as Buffer[]), 9, 9, 9]);
  expect(v.column.readInto(Buffer.alloc(5), 300)).toBe(0);
  expect(thrownBy(() => v.column.readInto(new Uint16Array(8)))).toMatchObject({
    code: 'KV_INVALID_ARGUMENT',
    message: 'readInto: the target is a Uint16Array; expected a Uint8Array',
  });
});

describe('what cannot be an index is refused, and names its position', () => {
  test.each([
    [[0, 3], 'take: the index at position 1 is 3; expected whole numbers from -3 to 2'],
    [[-4], 'take: the index at position 0 is -4; expected whole numbers from -3 to 2'],
    [[0.5], 'take: the index at position 0 is 0.5; expected whole numbers from -3 to 2'],
    [Float64Array.of(1, Number.NaN), 'the index at position 1 is NaN'],
    [[Number.POSITIVE_INFINITY], 'the index at position 0 is Infinity'],
    [[1, '2'], 'whole numbers, got "2" at position 1'],
    [[1n], 'whole numbers, got 1n at position 0'],
    // biome-ignore lint/suspicious/noSparseArray: A hole is not an index.
    [[1, , 2], 'got undefined at position 1'],
    [BigInt64Array.of(1n), 'got bigints; convert them with Number'],
    [5, 'take expects indexes as an array, a typed array or another iterable of whole numbers, got 5'],
    [undefined, 'got undefined'],
    [{ length: 1, 0: 0 }, 'got an object'],
  ])('%o', (indexes, message) => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'f64');
    column.extend([1, 2, 3]);
    const error = thrownBy(() => column.take(indexes as number[]));
    expect(error).toBeInstanceOf(InvalidArgument);
    expect(error.message).toContain(message);
  });

  test('in an empty column', () => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'f64');
    expect(thrownBy(() => column.take([0])).message).toContain('the column is empty');
  });
});

test('batches check what they are given when they are called', () => {
  using vault = new ColumnVault(tempFile());
  const column = vault.createColumn('a', 'f64');
  for (const options of [
    { size: 0 },
    { bytes: 1.5 },
    { start: 0.5 },
    { end: 'x' },
    { sizes: 1 },
    { size: 1, bytes: 1 },
    7,
  ]) {
    expect(thrownBy(() => column.batches(options as { size: number }))).toBeInstanceOf(InvalidArgument);
  }
});

test('batches are read when they are asked for; inside a snapshot they are of one state', () => {
  const file = tempFile();
  using vault = new ColumnVault(file);
  const column = vault.createColumn('a', 'i32', TINY);
  column.extend(Array.from({ length: 1_000 }, (_, index) => index));
  const batches = column.batches({ size: 400 });
  expect([...(batches.next().value as Int32Array)][0]).toBe(0);
  column.set(400, -1);
  column.append(1_000);
  expect((batches.next().value as Int32Array)[0]).toBe(-1);
  expect((batches.next().value as Int32Array).length).toBe(201);
  expect(batches.next().done).toBe(true);

  const database = new Database(file);
  using other = new ColumnVault(database);
  const lengths = vault.snapshot(() => {
    const found: number[] = [];
    for (const batch of column.batches({ size: 400 })) {
      found.push(batch.length);
      other.column('a').append(5);
    }
    return found;
  });
  expect(lengths).toEqual([400, 400, 201]);
  other.close();
  database.close();
});

test('a rollback takes back what take has seen', () => {
  using vault = new ColumnVault(tempFile());
  const column = vault.createColumn('a', 'f64', TINY);
  column.extend([1, 2, 3]);
  const { database } = vault;
  database.exec('BEGIN');
  column.set(1, 20);
  database.exec('SAVEPOINT inner');
  column.extend([4, 5]);
  column.set(0, 10);
  expect([...column.take([0, 1, -1])]).toEqual([10, 20, 5]);
  database.exec('ROLLBACK TO inner');
  expect([...column.take([0, 1, -1])]).toEqual([1, 20, 3]);
  database.exec('ROLLBACK');
  expect([...column.take([0, 1, -1])]).toEqual([1, 2, 3]);
});
