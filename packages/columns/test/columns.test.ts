import { type Column, ColumnVault, type DType } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

function open(file = tempFile()): ColumnVault {
  const vault = new ColumnVault(file);
  onTestFinished(() => vault.close());
  return vault;
}

describe('a vault of columns', () => {
  test('creates columns, finds them and lists them in the order of creation', () => {
    const file = tempFile();
    const vault = open(file);
    vault.createColumn('temperature', 'f64').extend([20.5, 21]);
    vault.createColumn('id', 'i64');
    expect(vault.listColumns()).toEqual([
      { name: 'temperature', dtype: 'f64', length: 2 },
      { name: 'id', dtype: 'i64', length: 0 },
    ]);
    expect([vault.has('id'), vault.has('ID')]).toEqual([true, false]);
    vault.close();
    const again = open(file);
    expect(again.column('temperature').slice()).toEqual(Float64Array.of(20.5, 21));
    expect(again.column('temperature', 'f64').dtype).toBe('f64');
  });

  test('ensure creates a column once, and refuses another dtype', () => {
    const vault = open();
    vault.ensure('a', 'f64').append(1);
    expect(vault.ensure('a', 'f64').append(2)).toBe(2);
    expect(thrownBy(() => vault.ensure('a', 'i64'))).toMatchObject({
      code: 'KV_INVALID_ARGUMENT',
      message: 'column "a" has the dtype f64; expected i64',
    });
  });

  test('deleteColumn frees the space, and a new column of the same name is empty', () => {
    const vault = open();
    const first = vault.createColumn('a', 'f64');
    first.extend(new Float64Array(50_000));
    expect(vault.deleteColumn('a')).toBe(true);
    expect(vault.deleteColumn('a')).toBe(false);
    expect(vault.database.prepare('SELECT count(*) FROM col_chunks').pluck().get()).toBe(0);
    expect(thrownBy(() => first.length)).toMatchObject({ code: 'KV_NOT_FOUND' });
    vault.createColumn('a', 'i64').append(7);
    expect(vault.column('a').slice()).toEqual(BigInt64Array.of(7n));
    expect(thrownBy(() => first.at(0)).message).toContain('was recreated as i64; call column() again');
  });

  test('shares its connection with a KVault: one transaction covers both', () => {
    const vault = open();
    using kv = new KVault(vault);
    const column = vault.createColumn('a', 'f64');
    expect(() =>
      kv.transaction(() => {
        kv.set('count', column.append(1));
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect([column.length, kv.get('count')]).toEqual([0, undefined]);
    vault.transaction(() => kv.set('count', column.append(1)));
    expect([column.length, kv.get('count')]).toEqual([1, 1]);
  });

  test('two vaults on one connection see each other at once', () => {
    const vault = open();
    using other = new ColumnVault(vault);
    const mine = vault.createColumn('a', 'f64');
    const theirs = other.column('a', 'f64');
    mine.extend([1, 2, 3]);
    expect(theirs.slice()).toEqual(Float64Array.of(1, 2, 3));
    theirs.set(0, 9);
    theirs.insert(1, 5);
    expect(mine.slice()).toEqual(Float64Array.of(9, 5, 2, 3));
  });

  test('a readonly vault reads, and refuses to write', () => {
    const file = tempFile();
    open(file).createColumn('a', 'f64').extend([1, 2]);
    using vault = new ColumnVault(file, { readonly: true });
    const column = vault.column('a', 'f64');
    expect([column.at(1), column.slice(), [...column]]).toEqual([2, Float64Array.of(1, 2), [1, 2]]);
    for (const write of [
      () => column.append(1),
      () => column.set(0, 1),
      () => column.clear(),
      () => vault.createColumn('b', 'f64'),
      () => vault.cache(() => column.append(1)),
    ]) {
      expect(thrownBy(write)).toMatchObject({ code: 'KV_READONLY' });
    }
  });

  test('a readonly file without columns has none', () => {
    const file = tempFile();
    new Database(file).exec('CREATE TABLE t (x)').close();
    using vault = new ColumnVault(file, { readonly: true });
    expect(vault.listColumns()).toEqual([]);
    expect(thrownBy(() => vault.column('a'))).toMatchObject({ code: 'KV_NOT_FOUND' });
  });

  test('tables whose creation was rolled back are created again', () => {
    const database = new Database(tempFile());
    database.exec('BEGIN');
    using vault = new ColumnVault(database);
    vault.createColumn('a', 'f64').append(1);
    database.exec('ROLLBACK');
    expect(vault.listColumns()).toEqual([]);
    expect(vault.createColumn('a', 'f64').append(2)).toBe(1);
    expect(vault.column('a').at(0)).toBe(2);
    vault.close();
    database.close();
  });

  test('everything after close is KV_CLOSED, and close may be called again', () => {
    const vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'f64');
    column.append(1);
    expect(column.at(0)).toBe(1);
    vault.close();
    vault.close();
    for (const use of [
      () => column.length,
      () => column.at(0),
      () => column.slice(),
      () => column.append(1),
      () => [...column],
      () => column.flushCache(),
      () => vault.listColumns(),
      () => vault.column('a'),
      () => vault.enableCache(),
      () => vault.transaction(() => 1),
    ]) {
      expect(thrownBy(use)).toMatchObject({ code: 'KV_CLOSED' });
    }
  });
});

describe('a column is like an array', () => {
  test.each([
    ['f64', [1.5, -0, Number.NaN, Infinity]],
    ['i64', [1n, -(2n ** 63n), 2n ** 63n - 1n]],
    ['u8', [0, 255]],
    ['str:8:utf8', ['', 'höhle']],
    ['bytes:3', [Buffer.from('abc'), Buffer.from('\0\0\0')]],
    ['vec:f32:2', [Float32Array.of(1, 2), Float32Array.of(-1, 0.5)]],
    ['msgpack:32', [{ a: 1 }, [null, 'x']]],
  ] as [DType, unknown[]][])('%s is read as it was written', (dtype, values) => {
    const file = tempFile();
    const column: Column = open(file).createColumn('a', dtype);
    column.extend(values);
    expect([...column]).toEqual(values);
    using elsewhere = new ColumnVault(new Database(file));
    expect([...elsewhere.column('a').slice()]).toEqual(values);
    elsewhere.database.close();
  });

  test('typed arrays, tensors and ranges are written and read whole', () => {
    const vault = open();
    const numbers = vault.createColumn('n', 'f32');
    expect(numbers.extend(Float32Array.of(1, 2, 3, 4))).toBe(4);
    expect(numbers.extend(Int16Array.of(5, 6))).toBe(6);
    const target = new Float32Array(3);
    expect([numbers.readInto(target, 2), target]).toEqual([3, Float32Array.of(3, 4, 5)]);
    expect(numbers.readInto(target, 5)).toBe(1);
    const vectors = vault.createColumn('v', 'vec:f32:2');
    vectors.extend({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2], dtype: 'f32' });
    vectors.append([5, 6]);
    expect(vectors.sliceTensor(1)).toEqual({ data: Float32Array.of(3, 4, 5, 6), shape: [2, 2], dtype: 'f32' });
    const flat = new Float32Array(5);
    expect([vectors.readInto(flat), flat]).toEqual([2, Float32Array.of(1, 2, 3, 4, 0)]);
  });

  test('results have memory of their own', () => {
    const vault = open();
    const bytes = vault.createColumn('b', 'bytes:2');
    bytes.append(Buffer.from('ab'));
    bytes.at(0)?.write('zz');
    expect(bytes.at(0)?.toString()).toBe('ab');
    const numbers = vault.createColumn('n', 'f64');
    numbers.extend([1, 2]);
    numbers.slice()[0] = 9;
    numbers.slice(0, 1)[0] = 9;
    const source = Float64Array.of(3);
    vault.cache(() => {
      numbers.extend(source);
      source[0] = 9;
    });
    expect(numbers.slice()).toEqual(Float64Array.of(1, 2, 3));
    const vectors = vault.createColumn('v', 'vec:f32:2');
    vectors.append([1, 2]);
    vectors.at(0)?.fill(9);
    expect(vectors.at(0)).toEqual(Float32Array.of(1, 2));
  });

  test("int64: 'number' reads numbers, and refuses one that is not safe", () => {
    const vault = open();
    const column = vault.createColumn('a', 'i64', { int64: 'number' });
    column.extend([1, 2n ** 60n]);
    expect([column.at(0), column.slice(0, 1)]).toEqual([1, Float64Array.of(1)]);
    expect(thrownBy(() => column.at(1))).toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
    expect(vault.column('a', 'i64').at(1)).toBe(2n ** 60n);
  });

  test('a schema is checked before anything is written', () => {
    const vault = open();
    const schema = { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } };
    const column = vault.createColumn('a', 'msgpack:64');
    column.append({ id: 'x' });
    expect(thrownBy(() => vault.column('a', 'msgpack:64', { schema }))).toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
  });

  test('searches as Array does: NaN is included, but has no index', () => {
    const vault = open();
    const column = vault.createColumn('a', 'f64');
    column.extend(Float64Array.from({ length: 10_000 }, (_, index) => index));
    column.append(Number.NaN);
    expect([column.indexOf(9_999), column.indexOf(0.5), column.indexOf(-0), column.indexOf('x' as never)]).toEqual([
      9_999, -1, 0, -1,
    ]);
    expect([column.includes(Number.NaN), column.indexOf(Number.NaN), column.includes(3, 4)]).toEqual([true, -1, false]);
    const text = vault.createColumn('t', 'str:8:utf8');
    text.extend(['a', 'b']);
    expect([text.indexOf('b'), text.includes('c')]).toEqual([1, false]);
  });

  test('iteration sees changes to elements not reached yet, and can be stopped', () => {
    const column = open().createColumn('a', 'i32');
    column.extend([1, 2, 3, 4]);
    const seen: number[] = [];
    for (const value of column) {
      seen.push(value);
      if (value === 1) column.set(2, 30);
      if (value === 2) column.pop();
      if (value === 30) column.append(5);
      if (value === 5) break;
    }
    expect(seen).toEqual([1, 2, 30, 5]);
  });

  test('loops over long elements read a few at a time, and searches find distant ones', () => {
    const column = open().createColumn('a', 'bytes', { maxChunkBytes: 1024 });
    const long = 1_200_000;
    const values = Array.from({ length: 82 }, (_, index) => Buffer.alloc(index < 60 ? 10 : long, index));
    column.extend(values);
    let index = 0;
    for (const value of column) if (!value.equals(values[index++] as Buffer)) throw new Error(`element ${index - 1}`);
    expect([index, column.indexOf(Buffer.alloc(long, 81)), column.includes(Buffer.alloc(long))]).toEqual([
      82,
      81,
      false,
    ]);
    expect(
      column
        .reverse()
        .at(0)
        ?.equals(values[81] as Buffer),
    ).toBe(true);
  });

  test('an element above the chunk limit gets a chunk of its own', () => {
    const vault = open();
    const column = vault.createColumn('a', 'bytes:1000', { minChunkBytes: 10, maxChunkBytes: 100 });
    column.extend([Buffer.alloc(1000, 1), Buffer.alloc(1000, 2)]);
    expect(column.remove(0)).toEqual(Buffer.alloc(1000, 1));
    expect([column.at(0), column.stats().chunks]).toEqual([Buffer.alloc(1000, 2), 1]);
  });

  test('chunks grow from the smallest to the largest size, and compact shrinks them', () => {
    const vault = open();
    const column = vault.createColumn('a', 'i64', { minChunkBytes: 64, maxChunkBytes: 256 });
    const sizes = () =>
      vault.database.prepare('SELECT actual_size, length(data) FROM col_chunks ORDER BY chunk_idx').raw().all();
    const grown = [8, 9, 17, 33].map((length) => {
      column.extend(new BigInt64Array(length - column.length));
      return sizes();
    });
    expect(grown).toEqual([
      [[64, 64]],
      [[128, 128]],
      [[256, 256]],
      [
        [256, 256],
        [256, 256],
      ],
    ]);
    column.removeRange(4, 33);
    expect([sizes(), column.stats()]).toEqual([[[256, 256]], { chunks: 1, liveBytes: 32, deadBytes: 192 }]);
    column.compact();
    expect([sizes(), column.stats()]).toEqual([[[64, 64]], { chunks: 1, liveBytes: 32, deadBytes: 0 }]);
    column.clear();
    expect([sizes(), column.bytes]).toEqual([[], 0]);
  });

  test('chunks of fixed-size elements are short, unless a limit is given', () => {
    const vault = open();
    const longest = (name: string, dtype: DType, options?: { maxChunkBytes?: number; minChunkBytes?: number }) => {
      vault.createColumn(name, dtype, options);
      return vault.database
        .prepare("SELECT max(max_chunk_bytes) FROM col_meta WHERE name IN (?, ? || '_data')")
        .pluck()
        .get(name, name);
    };
    expect([
      longest('a', 'f64'),
      longest('b', 'bytes:13'),
      longest('c', 'vec:f32:100000'),
      longest('d', 'f64', { maxChunkBytes: 1_000_000 }),
      longest('e', 'f64', { minChunkBytes: 1_000_000 }),
      longest('f', 'str:utf8'),
    ]).toEqual([262_144, 262_132, 400_001, 1_000_000, 1_000_000, 4_194_300]);
    vault.close();
    const given = new ColumnVault(tempFile(), { maxChunkBytes: 2_000_000 });
    onTestFinished(() => given.close());
    given.createColumn('a', 'f64').extend(new Float64Array(250_001));
    expect(given.column('a').stats().chunks).toBe(2);
  });
});
