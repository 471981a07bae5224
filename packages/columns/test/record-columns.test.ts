// Columns of records: documents whose keys are stored once in the file.
import { ColumnVault, CorruptData, InvalidArgument } from '@kohakuvault/columns';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

const row = (nth: number) => ({ id: nth, name: `user ${nth}`, at: new Date(nth), inner: { deep: nth / 3 } });
const rows = (count: number, from = 0) => Array.from({ length: count }, (_, nth) => row(from + nth));

function opened(file: string, options: object = {}): ColumnVault {
  const vault = new ColumnVault(file, options);
  onTestFinished(() => vault.close());
  return vault;
}

describe.each(['msgpack', 'cbor'] as const)('%s', (dtype) => {
  test('every method of a column', () => {
    const file = tempFile();
    const vault = opened(file);
    const column = vault.createColumn<ReturnType<typeof row>>('rows', dtype, { records: true });
    expect(column.dtype).toBe(dtype);
    expect(column.append(row(0))).toBe(1);
    column.push(row(1), row(2));
    column.extend(rows(20, 3));
    column.extend(new Set(rows(2, 23)));
    column.set(1, row(50));
    column.setSlice(2, [row(51), row(52)]);
    const expected = [row(0), row(50), row(51), row(52), ...rows(21, 4)];
    for (const reader of [column, opened(file, { readonly: true }).column('rows')]) {
      expect(reader.length).toBe(25);
      expect(reader.at(1)).toEqual(row(50));
      expect(reader.slice()).toEqual(expected);
      expect(reader.slice(0, 10, 3)).toEqual([expected[0], expected[3], expected[6], expected[9]]);
      expect([...reader]).toEqual(expected);
    }
    vault.enableCache();
    column.append(row(99));
    expect(column.at(-1)).toEqual(row(99));
    vault.disableCache();
    expect(vault.listColumns()).toEqual([{ name: 'rows', dtype, records: true, length: 26 }]);
    vault.renameColumn('rows', 'renamed');
    expect(vault.column('renamed', dtype).at(-1)).toEqual(row(99));
  });

  test('values that the library would change come back exactly, and others are refused', () => {
    const column = opened(tempFile()).createColumn<unknown>('any', dtype, { records: true });
    const values = [-0, new Map([[1, { a: 1 }]]), 2n ** 70n, [undefined], Buffer.from([0x89, 0x4b]), null];
    column.extend(values);
    expect(column.slice()).toEqual(values);
    expect(() => column.append(() => 1)).toThrow(InvalidArgument);
    expect(() => column.extend([1, Symbol('s')])).toThrow(/^column "any": the value: /);
    expect(() => column.extend(1 as never)).toThrow('expected an array or another iterable');
    expect(column.length).toBe(values.length);
  });

  test('takes fewer bytes, and a rollback undoes the structures', () => {
    const file = tempFile();
    const vault = opened(file);
    const plain = vault.createColumn<object>('plain', dtype);
    const records = vault.createColumn<object>('records', dtype, { records: true });
    const stop = new Error('stop');
    expect(() =>
      vault.transaction(() => {
        records.extend(rows(10));
        throw stop;
      }),
    ).toThrow(stop);
    for (const column of [plain, records]) column.extend(rows(500).map(({ at: _, ...rest }) => rest));
    expect(records.slice()).toEqual(plain.slice());
    const used = (name: string) =>
      vault.database
        .prepare('SELECT sum(bytes_used) FROM col_chunks JOIN col_meta USING (col_id) WHERE name = ?')
        .pluck()
        .get(`${name}_data`) as number;
    expect(used('records')).toBeLessThan(used('plain') * 0.7);
  });

  test('a schema is checked', () => {
    const schema = { type: 'object', properties: { id: { type: 'number' } }, required: ['id'] };
    const column = opened(tempFile()).createColumn<unknown>('rows', dtype, { records: true, schema });
    column.append({ id: 1 });
    expect(() => column.append({ id: 'one' })).toThrow('violates the schema');
    expect(() => column.extend([{ id: 2 }, {}])).toThrow('violates the schema');
    expect(column.slice()).toEqual([{ id: 1 }]);
  });

  test('ensure, and a column that was made otherwise', () => {
    const vault = opened(tempFile());
    vault.ensure('rows', dtype, { records: true }).append({ a: 1 });
    expect(vault.ensure('rows', dtype, { records: true }).length).toBe(1);
    expect(vault.ensure('rows', dtype).at(0)).toEqual({ a: 1 });
    expect(() => vault.ensure('rows', dtype, { records: false })).toThrow('was created with records');
    vault.createColumn('plain', dtype);
    expect(() => vault.ensure('plain', dtype, { records: true })).toThrow('was created without records');
    expect(() => vault.column('rows', dtype === 'cbor' ? 'msgpack' : 'cbor')).toThrow(InvalidArgument);
  });

  test('a file of strangers', () => {
    const file = tempFile();
    const writer = new ColumnVault(file);
    writer.createColumn<object>('rows', dtype, { records: true }).extend(rows(5));
    writer.close();
    const reader = opened(file, { untrusted: true });
    expect(reader.column('rows').slice()).toEqual(rows(5));
    reader.close();
    const again = new ColumnVault(file);
    again.database.exec('DROP TABLE kohakuvault_structures');
    again.close();
    expect(() => opened(file, { untrusted: true }).column('rows').slice()).toThrow(CorruptData);
  });
});

test('records are for documents', () => {
  const vault = opened(tempFile());
  for (const dtype of ['f64', 'str', 'msgpack:100', 'vec:f32:3'] as const) {
    expect(() => vault.createColumn('x', dtype, { records: true })).toThrow("records are for columns of 'msgpack'");
  }
  expect(() => vault.createColumn('x', 'msgpack', { records: 1 as never })).toThrow(InvalidArgument);
  expect(vault.listColumns()).toEqual([]);
});
