// Files that the Python package wrote: every column can be read, and changed further.
import type { Column } from '@kohakuvault/columns';
import { describe, expect, test } from 'vitest';
import { difference } from '../../packer/test/support/same.ts';
import { columnsOf, copyOf, expectedValue, FILES, writable } from './support/python-columns.ts';
import { vaultOn } from './support/vault-on.ts';

const COLUMNS = FILES.flatMap((file) => columnsOf(file).map((column) => ({ file, ...column })));

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

describe.each(FILES)('%s', (file) => {
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

test('the columns of Python 1.x are not changed, and ours are separate', () => {
  const vault = vaultOn(copyOf('mixed-1.1.0'));
  const blocks = () => vault.database.prepare('SELECT count(*), sum(used_bytes) FROM kvault_col_blocks').raw().get();
  const before = blocks();
  expect(vault.listColumns()).toEqual([]);
  vault.createColumn('ids', 'i64').extend([1, 2]);
  expect([...vault.column('ids')]).toEqual([1n, 2n]);
  expect(blocks()).toEqual(before);
});
