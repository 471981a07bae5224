// Each defect of the Python package's columns, and what happens here instead. The numbers are those of the format's
// list.
import { type Column, ColumnVault, type DType } from '@kohakuvault/columns';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

const TINY = { minChunkBytes: 64, maxChunkBytes: 256 };
const text = (length: number, letter: string) => letter.repeat(length);

describe('defects of the Python package', () => {
  test('C1: setting one element of varying size leaves all others, wherever the index is cut', () => {
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

  test('C2: setting a range over several chunks touches nothing beside it, and does not break later appends', () => {
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

  test('C3: vectors of another shape are refused, with the place of the first', () => {
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

  test.each(['i64', 'bytes'] as DType[])('C4: pending elements of %s are read and set like others', (dtype) => {
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

  test.each(['i64', 'bytes'] as DType[])('C5: two handles that append to one column of %s lose nothing', (dtype) => {
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

  test.each(['i64', 'bytes'] as DType[])('C6: an insertion into %s that fails half way has not happened', (dtype) => {
    using vault = new ColumnVault(tempFile());
    const column: Column = vault.createColumn('a', dtype, TINY);
    const value = (number: number) => (dtype === 'i64' ? BigInt(number) : Buffer.from(`${number}`));
    const values = Array.from({ length: 200 }, (_, index) => value(index));
    column.extend(values);
    // Whatever changes the length last of all is made to fail.
    vault.database.exec(
      "CREATE TRIGGER fails BEFORE UPDATE OF length ON col_meta BEGIN SELECT raise(ABORT, 'the disk is full, say'); END",
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

  test('C7: after clear, and after removals that empty the last chunk, no chunk is left behind the end', () => {
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

  test.each([true, false])('C8: an element longer than a chunk may be is kept, cached: %s', (cached) => {
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

  test('C9: small elements begin a new chunk when one is full', () => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'bytes', TINY);
    for (let index = 0; index < 100; index++) column.append(Buffer.alloc(10, index));
    const longest = vault.database.prepare('SELECT max(length(data)), max(actual_size) FROM col_chunks').raw().get();
    expect(longest).toEqual([252, 252]);
    expect(column.at(99)).toEqual(Buffer.alloc(10, 99));
  });

  test('C10: a column of varying size is deleted whole, and two plain ones are not taken for one', () => {
    using vault = new ColumnVault(tempFile());
    vault.createColumn('x', 'bytes').append(Buffer.from('1'));
    expect([vault.deleteColumn('x'), vault.listColumns()]).toEqual([true, []]);
    expect(
      vault.database
        .prepare('SELECT (SELECT count(*) FROM col_chunks) + (SELECT count(*) FROM col_meta)')
        .pluck()
        .get(),
    ).toBe(0);
    // As Python would have made them: here the second is refused.
    const insert = vault.database.prepare(
      "INSERT INTO col_meta (name, dtype, elem_size, length, chunk_bytes) VALUES (?, 'i64', 8, 0, 131072)",
    );
    insert.run('x_data');
    insert.run('x_idx');
    expect(vault.listColumns().map(({ name }) => name)).toEqual(['x_data', 'x_idx']);
    expect(thrownBy(() => vault.column('x'))).toMatchObject({ code: 'KV_NOT_FOUND' });
    expect(vault.column('x_data', 'i64').append(1n)).toBe(1);
  });

  test('C11: a column that cannot be made leaves nothing behind', () => {
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

  test("C12: a vault's cache covers every kind of column, also those made later, and close writes it", () => {
    const file = tempFile();
    const vault = new ColumnVault(file);
    vault.enableCache();
    vault.createColumn('a', 'bytes').append(Buffer.from('1'));
    vault.createColumn('b', 'i64').append(1);
    vault.close();
    using again = new ColumnVault(file);
    expect([again.column('a').slice(), again.column('b').slice()]).toEqual([[Buffer.from('1')], BigInt64Array.of(1n)]);
  });

  test('C13: a batch that is refused leaves nothing that a later append could uncover', () => {
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

  test('C14: removing elements of varying size while others are pending', () => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'str:utf8');
    column.extend(['a', 'b', 'c']);
    column.enableCache();
    column.extend(['d', 'e']);
    expect([column.remove(1), column.remove(2), column.remove(-1)]).toEqual(['b', 'd', 'e']);
    column.flushCache();
    expect(column.slice()).toEqual(['a', 'c']);
  });

  test('C15: an element that grows until its chunk would be too long keeps its neighbours', () => {
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
