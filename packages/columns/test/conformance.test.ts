// Files that the Python package wrote: every column can be read, and changed further.
import { type Column, ColumnVault } from '@kohakuvault/columns';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { difference } from '../../packer/test/support/same.ts';
import { BLOCK_FILES, columnsOf, copyOf, expectedValue, FILES, writable } from './support/python-columns.ts';
import { vaultOn } from './support/vault-on.ts';

const ALL_FILES = [...FILES, ...BLOCK_FILES];
const COLUMNS = ALL_FILES.flatMap((file) => columnsOf(file).map((column) => ({ file, ...column })));

function same(found: ArrayLike<unknown>, wanted: readonly unknown[], what: string): void {
  expect(found.length, what).toBe(wanted.length);
  for (const [index, value] of wanted.entries()) {
    expect(difference(found[index], value), `${what}, element ${index}`).toBeUndefined();
  }
}

/** Reads a column in every possible way. */
function reads(column: Column<never>, wanted: readonly unknown[]): void {
  expect(column.length).toBe(wanted.length);
  same(
    Array.from(wanted, (_, index) => column.at(index)),
    wanted,
    'at',
  );
  same(
    Array.from(wanted, (_, index) => column.at(index - wanted.length)),
    wanted,
    'at, from the end',
  );
  same(column.slice() as ArrayLike<unknown>, wanted, 'slice');
  same([...column], wanted, 'iteration');
  const middle = Math.floor(wanted.length / 3);
  same(column.slice(middle, -middle) as ArrayLike<unknown>, wanted.slice(middle, -middle || undefined), 'a part');
}

describe.each(ALL_FILES)('%s', (file) => {
  test('its columns are listed, one of variable-size elements as one', () => {
    const listed = vaultOn(copyOf(file)).listColumns();
    const expected = columnsOf(file).map(({ name, dtype, values }) => ({ name, dtype, length: values.length }));
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    // Dtypes have their canonical spelling here: str is str:utf8.
    const plain = listed.map(({ dtype, ...rest }) => ({ ...rest, dtype: spelt(dtype) }));
    expect(plain.sort(byName)).toEqual(expected.map((each) => ({ ...each, dtype: spelt(each.dtype) })).sort(byName));
  });

  test('columns do not change while others are cleared and deleted', () => {
    const vault = vaultOn(copyOf(file));
    for (const [index, { name }] of columnsOf(file).entries()) {
      if (index % 2 === 0) continue;
      vault.column(name).clear();
      expect(vault.column(name).length).toBe(0);
      expect(vault.deleteColumn(name)).toBe(true);
      expect(vault.has(name)).toBe(false);
    }
    for (const [index, { name, dtype, values }] of columnsOf(file).entries()) {
      if (index % 2 === 1) continue;
      const wanted = values.map((value) => expectedValue(dtype, value));
      same(vault.column(name).slice() as ArrayLike<unknown>, wanted, name);
    }
    expect(vault.database.pragma('foreign_key_check')).toEqual([]);
  });
});

function spelt(dtype: string): string {
  return dtype.replace(/^str(:\d+)?$/, '$&:utf8');
}

describe.each(COLUMNS)('$file, $name: $dtype', ({ file, name, dtype, values }) => {
  const wanted = values.map((value) => expectedValue(dtype, value));

  test('every element is read as it was stored', () => {
    reads(vaultOn(copyOf(file)).column(name) as Column<never>, wanted);
  });
});

describe.each(COLUMNS.filter(({ values }) => values.length > 0))(
  '$file, $name: $dtype',
  ({ file, name, dtype, values }) => {
    test('can be changed further', () => {
      const path = copyOf(file);
      const vault = vaultOn(path);
      const column = vault.column(name) as Column<never>;
      const model = values.map((value) => expectedValue(dtype, value));
      const written = writable(dtype, values).map((each) => expectedValue(dtype, each));
      const value = (turn: number) => written[(turn * 7) % written.length] as never;
      const longest = model.reduce((best: number, _, index) => Math.max(best, index), 0);

      column.append(value(0));
      model.push(value(0));
      column.extend([value(1), value(2), value(3)]);
      model.push(value(1), value(2), value(3));
      for (const at of [0, longest, Math.floor(longest / 2)]) {
        column.set(at, value(at + 4));
        model[at] = value(at + 4);
        column.insert(at, value(at + 5));
        model.splice(at, 0, value(at + 5));
      }
      column.setSlice(1, [value(6), value(7)]);
      model.splice(1, 2, value(6), value(7));
      expect(difference(column.remove(2), model.splice(2, 1)[0])).toBeUndefined();
      column.removeRange(-3, -1);
      model.splice(-3, 2);
      reads(column, model);

      column.compact();
      reads(column, model);
      vault.close();
      const again = vaultOn(path);
      reads(again.column(name) as Column<never>, model);
      expect(again.database.pragma('integrity_check', { simple: true })).toBe('ok');
    });
  },
);

test('a file may have columns of both layouts, also of one name', () => {
  const path = copyOf('mixed-1.1.0');
  const vault = vaultOn(path);
  const blocks = () => vault.database.prepare('SELECT count(*), sum(used_bytes) FROM kvault_col_blocks').raw().get();
  const before = blocks();
  const all = vault.listColumns().length;
  expect(vault.layout).toBe('1.x');
  const ids = [...vault.column('ids', 'i64')];
  vault.createColumn('ids', 'i64', { layout: '0.7' }).extend([1, 2]);
  expect([...vault.column('ids', 'i64', { layout: '0.7' })]).toEqual([1n, 2n]);
  expect([...vault.column('ids', 'i64')]).toEqual(ids);
  expect(vault.listColumns().length).toBe(all);
  expect(thrownBy(() => vault.createColumn('ids', 'i64')).message).toContain('exists already');
  vault.createColumn('only', 'i64', { layout: '0.7' });
  expect(vault.column('only').length).toBe(0);
  expect(thrownBy(() => vault.createColumn('only', 'i64')).message).toContain('exists already, in the layout 0.7');
  expect(thrownBy(() => vault.renameColumn('log', 'only')).message).toContain('exists already, in the layout 0.7');
  expect(vault.listColumns().length).toBe(all + 1);
  expect(blocks()).toEqual(before);
  expect(thrownBy(() => vault.convertColumns('0.7')).message).toContain('columns of both layouts have the names "ids"');
  vault.close();
  // What is there decides, and what is asked for only if both are.
  const again = new ColumnVault(path, { layout: '1.x' });
  expect(again.layout).toBe('1.x');
  expect([...again.column('ids', 'i64')]).toEqual(ids);
  again.close();
  expect([...vaultOn(path).column('ids', 'i64')]).toEqual([1n, 2n]);
});

test.each(['str:shift_jis', 'str:utf16', 'vec:c8:2'])(
  'a column of Python 1.x with the dtype %s is listed and refused',
  (dtype) => {
    const vault = vaultOn(copyOf('mixed-1.1.0'));
    vault.database
      .prepare('INSERT INTO kvault_col_columns (name, dtype, elem_size, length, block_bytes) VALUES (?, ?, 0, 0, 1024)')
      .run('odd', dtype);
    expect(vault.listColumns().map(({ name }) => name)).toContain('odd');
    const error = thrownBy(() => vault.column('odd'));
    expect(error).toMatchObject({ code: 'KV_CORRUPT' });
    expect(error.message).toContain(JSON.stringify(dtype));
    expect(thrownBy(() => vault.convertColumns('0.7')).message).toContain(JSON.stringify(dtype));
  },
);

describe('convertColumns', () => {
  test.each(ALL_FILES)('%s, to the other layout and back', (file) => {
    const path = copyOf(file);
    const vault = new ColumnVault(path);
    const { layout } = vault;
    const other = layout === '0.7' ? '1.x' : '0.7';
    const columns = columnsOf(file);
    const done: string[] = [];
    expect(vault.convertColumns(other, ({ name, done: many, length }) => many === length && done.push(name))).toBe(
      columns.length,
    );
    expect(done.length).toBe(columns.filter(({ values }) => values.length > 0).length);
    expect([vault.layout, vault.convertColumns(other)]).toEqual([other, 0]);
    for (const { name, dtype, values } of columns) {
      same(
        vault.column(name).slice() as ArrayLike<unknown>,
        values.map((value) => expectedValue(dtype, value)),
        name,
      );
    }
    vault.close();
    const again = vaultOn(path);
    expect(again.layout).toBe(other);
    expect(again.convertColumns(layout)).toBe(columns.length);
    for (const { name, dtype, values } of columns) {
      const wanted = values.map((value) => expectedValue(dtype, value));
      reads(again.column(name) as Column<never>, wanted);
    }
    expect(again.database.pragma('integrity_check', { simple: true })).toBe('ok');
  });

  test('is undone by a rollback, and refused while another vault has the columns open', () => {
    const path = copyOf('columns-0.7.1');
    const vault = vaultOn(path);
    const before = vault.listColumns();
    expect(() =>
      vault.transaction(() => {
        vault.convertColumns('1.x');
        throw new Error('undone');
      }),
    ).toThrow();
    expect(vault.listColumns()).toEqual(before);
    const second = vaultOn(path);
    expect(thrownBy(() => vault.convertColumns('1.x')).message).toContain('another vault has the columns open');
    second.close();
  });
});
