// Renaming columns, and what other Column objects see of it.
import { type Column, ColumnVault, type DType } from '@kohakuvault/columns';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { otherConnection } from './support/other-connection.ts';
import { vaultOn } from './support/vault-on.ts';

const KINDS: [DType, (number: number) => unknown][] = [
  ['f64', (number) => number],
  ['str:utf8', (number) => `text ${number}`],
];

describe.each(KINDS)('renameColumn of %s', (dtype, value) => {
  const values = [1, 2, 3].map(value);

  function filled() {
    const file = tempFile();
    const vault = vaultOn(file);
    const column: Column = vault.createColumn('a', dtype);
    column.extend(values);
    return { file, vault, column };
  }

  const contentOf = (vault: ColumnVault, name: string) => [...(vault.column(name) as Column)];

  test('keeps the elements and the place in the list, and the old name becomes free', () => {
    const { file, vault, column } = filled();
    vault.createColumn('z', 'f64');
    expect([...column.slice()]).toEqual(values);
    vault.renameColumn('a', 'b');
    expect(vault.listColumns()).toEqual([
      { name: 'b', dtype, length: 3 },
      { name: 'z', dtype: 'f64', length: 0 },
    ]);
    expect([vault.has('a'), contentOf(vault, 'b')]).toEqual([false, values]);
    const other: Column = vault.createColumn('a', dtype);
    other.append(value(9));
    expect([[...column], [...other]]).toEqual([[value(9)], [value(9)]]);
    vault.close();
    expect([contentOf(otherConnection(file), 'b'), contentOf(otherConnection(file), 'a')]).toEqual([
      values,
      [value(9)],
    ]);
  });

  test('columns that were opened before report it, on every connection, and lose nothing', () => {
    const { file, vault, column } = filled();
    using sibling = new ColumnVault(vault);
    const beside: Column = sibling.column('a');
    const other = otherConnection(file);
    const elsewhere: Column = other.column('a');
    expect([column, beside, elsewhere].map((each) => each.at(0))).toEqual([values[0], values[0], values[0]]);
    column.enableCache();
    vault.renameColumn('a', 'b');
    for (const each of [column, beside, elsewhere]) {
      for (const use of [() => each.append(value(4)), () => each.set(0, value(4)), () => each.clear()]) {
        expect(thrownBy(use)).toMatchObject({
          code: 'KV_NOT_FOUND',
          message: 'column "a" no longer exists: it was deleted or renamed; call column() with a name of listColumns()',
        });
      }
    }
    expect([contentOf(sibling, 'b'), contentOf(other, 'b')]).toEqual([values, values]);
  });

  test('writes pending elements with it, under whichever cache, and inside lockCache too', () => {
    for (const enable of [
      (vault: ColumnVault) => vault.enableCache(),
      (_: ColumnVault, column: Column) => column.enableCache(),
    ]) {
      const { file, vault, column } = filled();
      enable(vault, column);
      column.append(value(4));
      vault.lockCache(() => vault.renameColumn('a', 'b'));
      const all = [...values, value(4)];
      expect([contentOf(vault, 'b'), contentOf(otherConnection(file), 'b')]).toEqual([all, all]);
      expect(vault.flushCache()).toBe(0);
    }
  });

  test('a rollback takes the name back, and pending elements are pending again', () => {
    const { file, vault, column } = filled();
    vault.enableCache();
    column.append(value(4));
    const all = [...values, value(4)];
    expect(() =>
      vault.transaction(() => {
        vault.renameColumn('a', 'b');
        expect(contentOf(vault, 'b')).toEqual(all);
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect([vault.has('b'), [...column], contentOf(otherConnection(file), 'a')]).toEqual([false, all, values]);
    expect(vault.flushCache()).toBe(1);
    expect(contentOf(otherConnection(file), 'a')).toEqual(all);
  });

  test('two columns swap their names in one transaction', () => {
    const { vault, column } = filled();
    (vault.createColumn('b', dtype) as Column).append(value(7));
    expect([column.at(0), contentOf(vault, 'b')]).toEqual([values[0], [value(7)]]);
    vault.transaction(() => {
      vault.renameColumn('a', 'c');
      vault.renameColumn('b', 'a');
      vault.renameColumn('c', 'b');
    });
    expect([[...column], column.at(0), contentOf(vault, 'b')]).toEqual([[value(7)], value(7), values]);
  });

  test('refuses a name that is taken or impossible, and then has written nothing', () => {
    const { file, vault, column } = filled();
    vault.createColumn('taken', 'str:utf8');
    vault.enableCache();
    column.append(value(4));
    for (const to of ['taken', 'taken_idx', 'taken_data', '', 'a\0', '\ud800', 5, undefined]) {
      expect(thrownBy(() => vault.renameColumn('a', to as string)).code, `${to}`).toBe('KV_INVALID_ARGUMENT');
    }
    expect(thrownBy(() => vault.renameColumn('none', 'b'))).toMatchObject({
      code: 'KV_NOT_FOUND',
      message: 'there is no column "none"; createColumn() or ensure() creates it',
    });
    expect(thrownBy(() => vault.renameColumn('taken_data', 'b')).code).toBe('KV_NOT_FOUND');
    expect([[...column], contentOf(otherConnection(file), 'a')]).toEqual([[...values, value(4)], values]);
    vault.renameColumn('a', 'a');
    expect(contentOf(otherConnection(file), 'a')).toEqual([...values, value(4)]);
  });

  test('to a name that only its own rows seem to take', () => {
    const { file, vault } = filled();
    for (const [from, to] of [
      ['a', 'a_data'],
      ['a_data', 'a_idx'],
      ['a_idx', 'a'],
    ] as const) {
      vault.renameColumn(from, to);
      expect(vault.listColumns().map(({ name }) => name)).toEqual([to]);
      expect(contentOf(otherConnection(file), to)).toEqual(values);
    }
  });
});

test('elements that another connection holds pending stay pending, and its flush names the column', () => {
  const file = tempFile();
  const vault = vaultOn(file);
  vault.createColumn('a', 'f64');
  const other = otherConnection(file);
  other.enableCache();
  other.column('a', 'f64').append(1);
  vault.renameColumn('a', 'b');
  expect(thrownBy(() => other.flushCache())).toMatchObject({ code: 'KV_NOT_FOUND' });
  vault.renameColumn('b', 'a');
  expect(other.flushCache()).toBe(1);
  expect([...vault.column('a', 'f64')]).toEqual([1]);
});
