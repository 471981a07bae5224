// Columns in fewer bytes: what is stored, what it costs, and what others see of it.
import { type Column, ColumnVault, type Compression, type DType } from '@kohakuvault/columns';
import { columnInspector } from '@kohakuvault/columns/inspect';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { vaultOn } from './support/vault-on.ts';

const COUNT = 100_000;
const Half = (globalThis as unknown as { Float16Array?: Float32ArrayConstructor }).Float16Array ?? Float32Array;

const KINDS: [DType, Compression, (nth: number) => unknown, least: number][] = [
  ['i64', 'delta', (nth) => 1_700_000_000_000n + BigInt(nth) * 500n, 100],
  ['f64', 'delta', (nth) => (2_000 + (nth % 37)) / 100, 8],
  ['f32', 'delta', (nth) => Math.fround((nth % 1_000) / 10), 2],
  ['u8', 'delta', (nth) => nth & 3, 3],
  ['bool', 'delta', (nth) => nth % 3 === 0, 6],
  ['f16', 'delta', (nth) => (nth >> 6) / 1024, 2],
  ['vec:f16:2', 'zstd', (nth) => new Half([nth % 5, 0]), 10],
  ['f64', 'zstd', (nth) => nth % 50, 20],
  ['str:utf8', 'zstd', (nth) => `2026-01-01 INFO worker ${nth % 7} has finished step ${nth}`, 5],
  ['msgpack', 'zstd', (nth) => ({ worker: nth % 7, state: 'finished' }), 8],
  ['vec:f32:4', 'zstd', (nth) => Float32Array.of(nth % 5, 0, 0, 1), 10],
];

describe.each(KINDS)('%s, %s', (dtype, compression, element, least) => {
  const elements = Array.from({ length: COUNT }, (_, nth) => element(nth));

  test('elements are stored in fewer bytes, and read as they were', () => {
    const file = tempFile();
    const vault = new ColumnVault(file);
    const column = vault.createColumn('a', dtype, { compression }) as unknown as Column;
    column.extend(elements as never);
    column.append(element(0) as never);
    const all = [...elements, element(0)];
    const check = (of: Column) => {
      expect([of.length, of.at(0), of.at(-1), of.at(COUNT >> 1)]).toEqual([COUNT + 1, all[0], all[0], all[COUNT >> 1]]);
      expect(Array.from(of.slice(1_000, 1_010) as Iterable<unknown>)).toEqual(all.slice(1_000, 1_010));
      expect(Array.from(of.take([COUNT, 5, 70_000, 5]) as Iterable<unknown>)).toEqual(
        [COUNT, 5, 70_000, 5].map((nth) => all[nth]),
      );
      expect([...of]).toEqual(all);
    };
    check(column);
    // What was added last is packed too.
    column.compact();
    expect(column.bytes / column.stats().liveBytes).toBeGreaterThan(least);
    vault.close();
    const again = vaultOn(file);
    expect(again.listColumns()).toEqual([{ name: 'a', dtype, length: COUNT + 1, compression }]);
    check(again.column('a') as Column);
    expect((again.ensure('a', dtype, { compression }) as unknown as Column).length).toBe(COUNT + 1);
    const values = again.database.prepare("SELECT count(*) FROM kohakuvault_column('a') WHERE value IS NOT NULL");
    expect(values.pluck().get()).toBe(COUNT + 1);
  });

  test('SQL reads the same', () => {
    const vault = vaultOn(tempFile());
    const plain = vault.createColumn('plain', dtype, { layout: '1.x' }) as unknown as Column;
    const packed = vault.createColumn('packed', dtype, { compression }) as unknown as Column;
    for (const column of [plain, packed]) column.extend(elements.slice(0, 30_000) as never);
    const different = (where: string) =>
      vault.database
        .prepare(
          `SELECT count(*) FROM kohakuvault_column('plain') p JOIN kohakuvault_column('packed') c USING (i)
            WHERE p.value IS NOT c.value AND ${where}`,
        )
        .pluck()
        .get();
    expect(different('true')).toBe(0);
    const sql = 'SELECT i, value FROM kohakuvault_column(?) WHERE i > 29000 ORDER BY i DESC LIMIT 100';
    const rows = (name: string) => vault.database.prepare(sql).all(name);
    expect(rows('packed')).toEqual(rows('plain'));
  });

  test('the inspector finds nothing wrong, and then the damage', async () => {
    const file = tempFile();
    const vault = vaultOn(file);
    (vault.createColumn('a', dtype, { compression }) as unknown as Column).extend(elements as never);
    const problems = async () => {
      const found: string[] = [];
      for await (const { problems } of columnInspector.verify(vault)) found.push(...problems);
      return found;
    };
    expect(await problems()).toEqual([]);
    const database = new Database(file);
    database.exec('UPDATE kvault_col_data SET payload = substr(payload, 1, 20) WHERE block_id = 1');
    database.close();
    expect(await problems()).not.toEqual([]);
    const column = vault.column('a') as Column;
    const error = thrownBy(() => column.at(0));
    expect([error?.code, error?.message]).toEqual(['KV_CORRUPT', expect.stringMatching(/^column "a": chunk 0/)]);
    const read = vault.database.prepare("SELECT value FROM kohakuvault_column('a')").pluck();
    expect(() => read.get()).toThrow(/^column "a" is damaged: chunk 0/);
  });
});

test('statistics of compressed numbers', () => {
  const vault = vaultOn(tempFile());
  const column = vault.createColumn('a', 'f64', { compression: 'delta' });
  column.extend(Float64Array.from({ length: COUNT }, (_, nth) => nth / 4));
  expect([column.min(), column.max(), column.sum()]).toEqual([0, (COUNT - 1) / 4, ((COUNT - 1) * COUNT) / 8]);
  expect([column.findIndex({ gte: 12_345 }), column.lowerBound(12_345)]).toEqual([49_380, 49_380]);
  expect(column.readInto(new Float64Array(10), 50)).toBe(10);
});

test.each(['f64', 'f32'] as const)('every bit of %s comes back, among decimal numbers and others', (dtype) => {
  const vault = vaultOn(tempFile());
  const odd = [Number.NaN, -0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MIN_VALUE, 1e300, Math.PI];
  for (const every of [1, 2, 20, 1_000]) {
    const array = dtype === 'f64' ? Float64Array : Float32Array;
    const numbers = new array(40_000);
    for (let nth = 0; nth < numbers.length; nth++) {
      numbers[nth] = nth % every === 0 ? (odd[(nth / every) % odd.length] as number) : (nth % 777) / 100;
    }
    // Not all NaN are alike.
    new Uint8Array(numbers.buffer).fill(0xff, 80, 80 + array.BYTES_PER_ELEMENT);
    const column = vault.createColumn(`${every}`, dtype, { compression: 'delta' });
    column.extend(numbers as never);
    column.compact();
    expect(Buffer.from(column.slice().buffer).equals(Buffer.from(numbers.buffer))).toBe(true);
    if (every > 100) expect(column.bytes / column.stats().liveBytes).toBeGreaterThan(2.5);
  }
});

test('what cannot be compressed is refused, with what to do', () => {
  const vault = vaultOn(tempFile());
  const refused = (work: () => unknown) => {
    const error = thrownBy(work);
    return [error?.code, error?.message];
  };
  expect(refused(() => vault.createColumn('a', 'str:utf8', { compression: 'delta' }))).toEqual([
    'KV_INVALID_ARGUMENT',
    "column \"a\": compression 'delta' is for numbers; this is str:utf8; use 'zstd'",
  ]);
  expect(refused(() => vault.createColumn('a', 'f64', { compression: 'gzip' as never }))[0]).toBe(
    'KV_INVALID_ARGUMENT',
  );
  expect(refused(() => vault.createColumn('a', 'f64', { compression: 'delta', layout: '0.7' }))[1]).toMatch(
    /only the layout 1.x has compressed columns/,
  );
  expect(vault.listColumns()).toEqual([]);
  vault.createColumn('plain', 'f64').append(1);
  expect(refused(() => vault.createColumn('plain', 'f64', { compression: 'delta' }))[1]).toMatch(/exists already/);
  expect(refused(() => vault.ensure('plain', 'f64', { compression: 'delta' }))[1]).toMatch(/has no compression/);
  vault.createColumn('packed', 'f64', { compression: 'delta' }).append(1);
  expect(refused(() => vault.createColumn('packed', 'f64'))[1]).toMatch(/exists already/);
  expect(refused(() => vault.ensure('packed', 'f64', { compression: 'zstd' }))[1]).toMatch(
    /has the compression 'delta'/,
  );
  expect(vault.ensure('packed', 'f64').length).toBe(1);
  expect(refused(() => vault.convertColumns('0.7'))[1]).toMatch(/column "packed" is compressed/);
  expect(vault.convertColumns('1.x')).toBe(1);
  expect([vault.column('plain').at(0), vault.column('packed').at(0)]).toEqual([1, 1]);
});

test('pending elements, and a transaction that is undone', () => {
  const vault = vaultOn(tempFile());
  const column = vault.createColumn('a', 'i32', { compression: 'delta' });
  vault.cache(() => {
    for (let nth = 0; nth < 100_000; nth++) column.append(nth);
    expect([column.length, column.at(99_999)]).toEqual([100_000, 99_999]);
  });
  expect(() =>
    vault.transaction(() => {
      column.set(5, -5);
      column.truncate(50);
      expect([column.at(5), column.length]).toEqual([-5, 50]);
      throw new Error('undo');
    }),
  ).toThrow('undo');
  expect([column.at(5), column.length, column.sum()]).toEqual([5, 100_000, (99_999 * 100_000) / 2]);
  column.set(5, -5);
  expect([column.at(5), column.at(4), column.at(6)]).toEqual([-5, 4, 6]);
  column.insert(50_000, 7);
  expect([column.at(50_000), column.at(50_001), column.length]).toEqual([7, 50_000, 100_001]);
  column.compact();
  expect(column.at(100_000)).toBe(99_999);
});

test('releases that do not know a compression refuse the column', () => {
  const file = tempFile();
  const vault = new ColumnVault(file);
  vault.createColumn('a', 'f64', { compression: 'delta' }).append(1);
  vault.createColumn('b', 'f64').append(2);
  vault.close();
  const database = new Database(file);
  database.exec("UPDATE kvault_col_columns SET dtype = 'lzma:f64'");
  database.close();
  const again = vaultOn(file);
  expect(thrownBy(() => again.column('a'))?.message).toMatch(
    /has the dtype "lzma:f64", which this release does not know/,
  );
  expect(again.column('b').at(0)).toBe(2);
  const other = new Database(file);
  onTestFinished(() => void other.close());
  expect(other.pragma('integrity_check', { simple: true })).toBe('ok');
});
