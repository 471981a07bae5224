import { type Column, ColumnVault, type DType } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

const invalid = (call: () => unknown) => {
  const error = thrownBy(call);
  expect(error.code, error.message).toBe('KV_INVALID_ARGUMENT');
  return error.message;
};

describe('names and dtypes', () => {
  test('a taken name, a bad dtype, an impossible name', () => {
    using vault = new ColumnVault(tempFile());
    vault.createColumn('a', 'f64');
    expect(invalid(() => vault.createColumn('a', 'f64'))).toContain('column "a" exists already');
    expect(invalid(() => vault.createColumn('b', 'float' as DType))).toContain('unknown dtype "float"');
    for (const name of ['', 'a\0b', '\ud800', 7, undefined]) {
      expect(invalid(() => vault.createColumn(name as string, 'f64'))).toContain('the column name is');
      expect(invalid(() => vault.column(name as string))).toContain('the column name is');
    }
    for (const dtype of ['bytes:1000000001', 'bytes:2147483648'] as const) {
      expect(invalid(() => vault.createColumn('large', dtype))).toContain('a file holds at most 1000000000 in one');
    }
    expect(thrownBy(() => vault.column('c'))).toMatchObject({ code: 'KV_NOT_FOUND' });
    expect(invalid(() => vault.column('a', 'vec:f33' as DType))).toContain('unknown element type');
    expect(vault.listColumns().map(({ name }) => name)).toEqual(['a']);
  });

  test('names may contain quotes, SQL or emoji', () => {
    using vault = new ColumnVault(tempFile());
    for (const name of ['a"b', "a'b", 'x; DROP TABLE col_meta', '🦊', ' ', 'A', 'a'])
      vault.createColumn(name, 'u8').append(1);
    expect(vault.listColumns().map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  test('names that Python would mistake for a column of variable-size elements', () => {
    using vault = new ColumnVault(tempFile());
    vault.createColumn('x', 'bytes');
    for (const name of ['x_data', 'x_idx']) {
      expect(invalid(() => vault.createColumn(name, 'f64'))).toContain('part of column "x"');
      expect(thrownBy(() => vault.column(name))).toMatchObject({ code: 'KV_NOT_FOUND' });
      expect([vault.has(name), vault.deleteColumn(name)]).toEqual([false, false]);
    }
    expect(invalid(() => vault.createColumn('x', 'f64'))).toContain('exists already');
    vault.createColumn('y_data', 'f64');
    expect(invalid(() => vault.createColumn('y_idx', 'f64'))).toContain('cannot exist beside "y_data"');
    expect(invalid(() => vault.createColumn('y', 'bytes'))).toContain('cannot exist beside "y_data"');
    expect(vault.listColumns().map(({ name }) => name)).toEqual(['x', 'y_data']);
  });

  test('options are checked, and a misspelled one is reported', () => {
    using vault = new ColumnVault(tempFile());
    const create = (options: object) => invalid(() => vault.createColumn('a', 'f64', options));
    expect(create({ minChunkByte: 1 })).toContain('did you mean minChunkBytes?');
    expect(create({ minChunkBytes: 0 })).toContain('to be a whole number from 1');
    expect(create({ minChunkBytes: 200, maxChunkBytes: 100 })).toContain('expected at most maxChunkBytes, 100');
    expect(create({ int64: 'float' })).toContain("to be 'bigint' or 'number'");
    expect(invalid(() => new ColumnVault(tempFile(), { maxChunkBytes: -1 }))).toContain('expects maxChunkBytes to be');
    expect(invalid(() => new ColumnVault(tempFile(), { residentByte: 1 } as object))).toContain('residentBytes?');
  });

  test('a file with other tables of the same names is not changed', () => {
    const file = tempFile();
    new Database(file).exec('CREATE TABLE col_meta (name)').close();
    expect(invalid(() => new ColumnVault(file))).toContain('it lacks col_id');
  });
});

describe('values and indexes', () => {
  const refused: [DType, unknown[], string][] = [
    ['f64', [1, 'x'], '[1]: "x" is not an f64'],
    ['i64', [1n, 2, 0.5], '[2]: 0.5 does not fit i64'],
    ['u8', [255, 256], '[1]: 256 does not fit u8'],
    ['bytes:2', [Buffer.from('a'), Buffer.from('abc')], '[1]: the value has 3 bytes'],
    ['str:2:utf8', ['ab', 'abc'], '[1]'],
    ['vec:f32:2', [[1, 2], [3]], '[1]: the vector has the shape [1]; expected [2]'],
    ['msgpack:4', [1, { a: 1n << 70n }], '[1]'],
  ];

  test.each(refused)('%s refuses a wrong value, names its position, and writes nothing', (dtype, values, message) => {
    using vault = new ColumnVault(tempFile());
    const column: Column = vault.createColumn('a', dtype);
    column.append(values[0]);
    const bad = values.at(-1);
    for (const cached of [false, true]) {
      if (cached) vault.enableCache();
      const { length } = column;
      expect(invalid(() => column.extend(values))).toContain(message);
      expect(invalid(() => column.push(...values))).toContain('column "a"');
      expect(invalid(() => column.append(bad))).toContain('column "a"');
      expect(invalid(() => column.set(0, bad))).toContain('column "a"');
      expect(invalid(() => column.insert(0, bad))).toContain('column "a"');
      expect(invalid(() => column.setSlice(0, [bad]))).toContain('column "a"');
      expect(column.length).toBe(length);
    }
  });

  test('an iterator that fails changes nothing', () => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'f64');
    function* failing() {
      yield 1;
      throw new Error('mine');
    }
    expect(() => column.extend(failing())).toThrow('mine');
    expect(column.length).toBe(0);
    expect(invalid(() => column.extend(5 as never))).toContain('expected an array');
    expect(invalid(() => column.extend('123' as never))).toContain('expected an array');
  });

  test('indexes out of range, and indexes that are not whole numbers', () => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('a', 'f64');
    column.extend([1, 2, 3]);
    const before = column.slice();
    expect([column.at(3), column.at(-4), column.at(-3)]).toEqual([undefined, undefined, 1]);
    expect(invalid(() => column.set(3, 1))).toContain('there is no element 3; expected -3 to 2');
    expect(invalid(() => column.remove(-4))).toContain('there is no element -4');
    expect(invalid(() => column.setSlice(2, [1, 2]))).toContain('2 elements from 2 on do not fit');
    for (const index of [1.5, Number.NaN, '1', undefined, 2 ** 60]) {
      expect(invalid(() => column.at(index as number))).toContain('expected a whole number');
      expect(invalid(() => column.set(index as number, 1))).toContain('expected a whole number');
      expect(invalid(() => column.remove(index as number))).toContain('expected a whole number');
    }
    for (const step of [0, 0.5, Number.NaN]) expect(invalid(() => column.slice(0, 1, step))).toContain('the step is');
    expect(invalid(() => column.slice(0.5))).toContain('expected a whole number');
    expect(invalid(() => column.slice(0, '1' as never))).toContain('expected a whole number');
    expect(column.slice()).toEqual(before);
    expect(invalid(() => vault.createColumn('e', 'f64').remove(0))).toContain('the column is empty');
  });

  test('readInto and sliceTensor say what they expect', () => {
    using vault = new ColumnVault(tempFile());
    const numbers = vault.createColumn('n', 'f64');
    expect(invalid(() => numbers.readInto(new Float32Array(1)))).toContain('expected a Float64Array');
    expect(invalid(() => numbers.readInto([] as never))).toContain('expected a Float64Array');
    expect(invalid(() => numbers.sliceTensor())).toContain('has no shape');
    expect(invalid(() => vault.createColumn('b', 'bytes').readInto(new Uint8Array(1)))).toContain('use slice');
  });

  test('bodies must be functions, and transactions refuse promises', () => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('n', 'f64');
    expect(invalid(() => vault.cache({} as never))).toContain('expects a function');
    expect(invalid(() => column.cache(undefined as never))).toContain('expects a function');
    expect(invalid(() => vault.lockCache(1 as never))).toContain('expects a function');
    // @ts-expect-error: a promise
    expect(invalid(() => vault.transaction(async () => 1))).toContain('promise');
    expect(invalid(() => vault.enableCache({ capByte: 1 } as never))).toContain('did you mean capBytes?');
  });
});
