// The defects of the Python package's columns, and what happens here instead.
import { type Column, ColumnVault, type DType } from '@kohakuvault/columns';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

const TINY = { minChunkBytes: 64, maxChunkBytes: 256 };
const text = (length: number, letter: string) => letter.repeat(length);

describe('defects of the Python package', () => {
  test('setting one element of variable size does not change others, wherever the chunks of the index end', () => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'str:utf8', TINY);
    const values = Array.from({ length: 200 }, (_, index) => `${index}`);
    column.extend(values);
    for (let index = 0; index < 200; index++) {
      const value = text(1 + (index % 9), 'x');
      values[index] = value;
      column.set(index, value);
      expect(column.slice()).toEqual(values);
    }
  });

  test('setting a range over several chunks changes no other elements, and does not break later appends', () => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'str:utf8', TINY);
    const values = Array.from({ length: 60 }, (_, index) => text(20, String.fromCharCode(97 + (index % 26))));
    for (const value of values) column.append(value);
    for (const size of [3, 20, 70]) {
      const range = Array.from({ length: 30 }, (_, index) => text(size, `${index % 10}`));
      column.setSlice(15, range);
      values.splice(15, 30, ...range);
      column.append('end');
      values.push('end');
      expect(column.slice()).toEqual(values);
    }
    const bad = [text(5, 'y'), 7];
    expect(thrownBy(() => column.setSlice(0, bad as string[]))).toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
    expect(column.slice()).toEqual(values);
  });

  test('vectors of another shape are refused, and the error names the first one', () => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'vec:f32:2');
    const rows = [
      [1, 2],
      [3, 4, 5],
    ];
    expect(thrownBy(() => column.extend(rows)).message).toContain('[1]: the vector has the shape [3]; expected [2]');
    expect(thrownBy(() => column.extend({ data: new Float32Array(6), shape: [2, 3], dtype: 'f32' })).message).toContain(
      'shape [2, 3]',
    );
    expect(column.length).toBe(0);
  });

  test.each(['i64', 'bytes'] as DType[])('pending elements of %s are read and set like committed ones', (dtype) => {
    using vault = new ColumnVault(tempFile());
    const column: Column = vault.createColumn('a', dtype);
    const value = (number: number) => (dtype === 'i64' ? BigInt(number) : Buffer.alloc(number, number));
    column.append(value(1));
    column.enableCache();
    column.extend([2, 3].map(value));
    column.set(1, value(20));
    expect([...column.slice()]).toEqual([1, 20, 3].map(value));
    column.flushCache();
    expect([...column.slice()]).toEqual([1, 20, 3].map(value));
  });

  test.each(['i64', 'bytes'] as DType[])('two objects that append to one column of %s lose nothing', (dtype) => {
    const file = tempFile();
    using one = new ColumnVault(file);
    const first: Column = one.createColumn('a', dtype, TINY);
    using two = new ColumnVault(one);
    const second: Column = two.column('a');
    const value = (number: number) => (dtype === 'i64' ? BigInt(number) : Buffer.from(`${number}`));
    for (let index = 0; index < 100; index += 2) {
      first.append(value(index));
      second.append(value(index + 1));
    }
    expect([...first.slice()]).toEqual(Array.from({ length: 100 }, (_, index) => value(index)));
  });

  test.each(['i64', 'bytes'] as DType[])('an insertion into %s that fails half way changes nothing', (dtype) => {
    using vault = new ColumnVault(tempFile());
    const column: Column = vault.createColumn('a', dtype, TINY);
    const value = (number: number) => (dtype === 'i64' ? BigInt(number) : Buffer.from(`${number}`));
    const values = Array.from({ length: 200 }, (_, index) => value(index));
    column.extend(values);
    // The change of the length, which comes last, fails.
    vault.database.exec(
      `CREATE TRIGGER fails BEFORE UPDATE OF length ON col_meta
        BEGIN SELECT raise(ABORT, 'the disk is full, say'); END`,
    );
    for (const change of [
      () => column.insert(0, value(7)),
      () => column.remove(0),
      () => column.append(value(7)),
      () => column.clear(),
      () => column.removeRange(50, 100),
    ]) {
      expect(thrownBy(change).message).toContain('the disk is full, say');
      expect([...column.slice()]).toEqual(values);
    }
    vault.database.exec('DROP TRIGGER fails');
    column.insert(0, value(7));
    expect([...column.slice()]).toEqual([value(7), ...values]);
  });

  test('clear, and removals that empty the last chunk, leave no chunk after the end', () => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'i64', TINY);
    const chunks = vault.database.prepare('SELECT count(*) FROM col_chunks').pluck();
    column.extend(new BigInt64Array(100));
    column.removeRange(32, 100);
    expect(chunks.get()).toBe(1);
    column.append(1n);
    column.pop();
    expect([chunks.get(), column.append(2n), column.at(-1)]).toEqual([1, 33, 2n]);
    column.clear();
    expect([chunks.get(), column.append(3n), column.slice()]).toEqual([0, 1, BigInt64Array.of(3n)]);
  });

  test.each([true, false])('an element above the chunk limit is stored, cached: %s', (cached) => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'bytes', TINY);
    if (cached) column.enableCache();
    const values = [Buffer.from('a'), Buffer.alloc(2_000, 1), Buffer.from('b')];
    column.extend(values);
    column.flushCache();
    expect(column.slice()).toEqual(values);
    column.set(0, Buffer.alloc(3_000, 2));
    expect(column.slice()).toEqual([Buffer.alloc(3_000, 2), ...values.slice(1)]);
  });

  test('small elements start a new chunk when the last one is full', () => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'bytes', TINY);
    for (let index = 0; index < 100; index++) column.append(Buffer.alloc(10, index));
    const longest = vault.database.prepare('SELECT max(length(data)), max(actual_size) FROM col_chunks').raw().get();
    expect(longest).toEqual([252, 252]);
    expect(column.at(99)).toEqual(Buffer.alloc(10, 99));
  });

  test('a column of variable-size elements is deleted whole, and two other columns are not mistaken for one', () => {
    using vault = new ColumnVault(tempFile());
    vault.createColumn('x', 'bytes').append(Buffer.from('1'));
    expect([vault.deleteColumn('x'), vault.listColumns()]).toEqual([true, []]);
    expect(
      vault.database
        .prepare('SELECT (SELECT count(*) FROM col_chunks) + (SELECT count(*) FROM col_meta)')
        .pluck()
        .get(),
    ).toBe(0);
    // Python creates such columns; here the second one is refused.
    const insert = vault.database.prepare(
      "INSERT INTO col_meta (name, dtype, elem_size, length, chunk_bytes) VALUES (?, 'i64', 8, 0, 131072)",
    );
    insert.run('x_data');
    insert.run('x_idx');
    expect(vault.listColumns().map(({ name }) => name)).toEqual(['x_data', 'x_idx']);
    expect(thrownBy(() => vault.column('x'))).toMatchObject({ code: 'KV_NOT_FOUND' });
    expect(vault.column('x_data', 'i64').append(1n)).toBe(1);
  });

  test('a column that cannot be created leaves nothing behind', () => {
    using vault = new ColumnVault(tempFile());
    vault.database.exec(
      "CREATE TRIGGER fails BEFORE INSERT ON col_meta WHEN new.name = 'b_idx' BEGIN SELECT raise(ABORT, 'no'); END",
    );
    expect(() => vault.createColumn('b', 'bytes')).toThrow('no');
    expect(thrownBy(() => vault.createColumn('c', 'bytes', { minChunkBytes: 9, maxChunkBytes: 8 }))).toMatchObject({
      code: 'KV_INVALID_ARGUMENT',
    });
    expect(vault.database.prepare('SELECT count(*) FROM col_meta').pluck().get()).toBe(0);
  });

  test("a vault's cache applies to all columns, later ones too, and close flushes it", () => {
    const file = tempFile();
    const vault = new ColumnVault(file);
    vault.enableCache();
    vault.createColumn('a', 'bytes').append(Buffer.from('1'));
    vault.createColumn('b', 'i64').append(1);
    vault.close();
    using again = new ColumnVault(file);
    expect([again.column('a').slice(), again.column('b').slice()]).toEqual([[Buffer.from('1')], BigInt64Array.of(1n)]);
  });

  test('a refused batch leaves nothing that a later append could uncover', () => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'msgpack');
    column.append(1);
    function* values() {
      yield 2;
      yield () => 3;
    }
    expect(thrownBy(() => column.extend(values())).message).toContain('[1]');
    column.append(4);
    column.extend(new Set([5, 6]));
    expect(column.slice()).toEqual([1, 4, 5, 6]);
  });

  test('elements of variable size can be removed while others are pending', () => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'str:utf8');
    column.extend(['a', 'b', 'c']);
    column.enableCache();
    column.extend(['d', 'e']);
    expect([column.remove(1), column.remove(2), column.remove(-1)]).toEqual(['b', 'd', 'e']);
    column.flushCache();
    expect(column.slice()).toEqual(['a', 'c']);
  });

  test('an element that outgrows its chunk does not change its neighbors', () => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'bytes', TINY);
    for (let size = 1; size <= 3 * 256; size += 37) {
      column.clear();
      const values = Array.from({ length: 6 }, (_, index) => Buffer.alloc(40, index));
      for (const value of values) column.append(value);
      values[2] = Buffer.alloc(size, 9);
      column.set(2, values[2]);
      expect(column.slice()).toEqual(values);
    }
  });
});
