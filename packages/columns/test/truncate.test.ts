// Shortening a column from its end.
import { type Column, ColumnVault, type DType } from '@kohakuvault/columns';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { otherConnection } from './support/other-connection.ts';
import { vaultOn } from './support/vault-on.ts';

/** Limits so small that a column has many chunks. */
const CHUNKS = { minChunkBytes: 32, maxChunkBytes: 64 };

const KINDS: [DType, (number: number) => unknown][] = [
  ['f64', (number) => number],
  ['i64', (number) => BigInt(number)],
  ['u8', (number) => number % 256],
  ['bytes:5', (number) => Buffer.from(`${number}`.padEnd(5, '.'))],
  ['vec:f32:2', (number) => Float32Array.of(number, -number)],
  ['str:utf8', (number) => `${number}`.repeat(number % 9)],
  ['bytes', (number) => Buffer.alloc(number % 50, number)],
  ['msgpack', (number) => ({ number })],
];

describe.each(KINDS)('truncate of %s', (dtype, value) => {
  const values = Array.from({ length: 300 }, (_, number) => value(number));

  function filled(file = tempFile()): { vault: ColumnVault; column: Column; file: string } {
    const vault = vaultOn(file);
    const column: Column = vault.createColumn('a', dtype, CHUNKS);
    column.extend(values);
    return { vault, column, file };
  }

  test('keeps the first elements, frees the chunks of the others, and the column grows on from there', () => {
    const { vault, column, file } = filled();
    const chunks = () => vault.database.prepare('SELECT count(*) FROM col_chunks').pluck().get() as number;
    const before = chunks();
    expect([...column.slice()]).toEqual(values);
    expect(column.truncate(300)).toBe(0);
    expect(column.truncate(41)).toBe(259);
    expect([column.length, column.at(40), column.at(41), column.at(-1)]).toEqual([
      41,
      values[40],
      undefined,
      values[40],
    ]);
    expect([...column]).toEqual(values.slice(0, 41));
    expect(chunks()).toBeLessThan(before / 2);
    column.extend(values.slice(100, 150));
    const expected = [...values.slice(0, 41), ...values.slice(100, 150)];
    expect([...column.slice()]).toEqual(expected);
    vault.close();
    const again: Column = vaultOn(file).column('a');
    expect([...again.slice()]).toEqual(expected);
    expect(again.truncate(0)).toBe(91);
    expect([again.length, again.at(0), again.stats().liveBytes]).toEqual([0, undefined, 0]);
  });

  test('also drops pending elements, and a rollback restores them', () => {
    const { vault, column, file } = filled();
    vault.enableCache();
    column.extend(values.slice(0, 10));
    expect(column.truncate(305)).toBe(5);
    expect([...column.slice(300)]).toEqual(values.slice(0, 5));
    expect(() =>
      vault.transaction(() => {
        expect(column.truncate(20)).toBe(285);
        expect([...column]).toEqual(values.slice(0, 20));
        throw new Error('mine');
      }),
    ).toThrow('mine');
    const whole = [...values, ...values.slice(0, 5)];
    expect([column.length, ...column.slice()]).toEqual([305, ...whole]);
    expect(column.truncate(200)).toBe(105);
    vault.flushCache();
    expect([...(otherConnection(file).column('a') as Column).slice()]).toEqual(values.slice(0, 200));
  });

  test('begins with the length that another connection left', () => {
    const { column, file } = filled();
    expect(column.length).toBe(300);
    const other = otherConnection(file);
    (other.column('a') as Column).extend(values.slice(0, 3));
    expect(column.truncate(301)).toBe(2);
    expect([...(other.column('a') as Column)]).toEqual([...values, ...values.slice(0, 1)]);
  });

  test('refuses to make a column longer, and a length that cannot be', () => {
    const { vault, column } = filled();
    vault.enableCache();
    column.append(values[0]);
    expect(thrownBy(() => column.truncate(302))).toMatchObject({
      code: 'KV_INVALID_ARGUMENT',
      message: 'truncate: column "a" has 301 elements; expected at most that, got 302; use extend to make it longer',
    });
    for (const length of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', 1n, undefined, null]) {
      expect(thrownBy(() => column.truncate(length as number))).toMatchObject({
        code: 'KV_INVALID_ARGUMENT',
        message: expect.stringContaining('expected a whole number, at least 0'),
      });
    }
    expect([...column]).toEqual([...values, values[0]]);
  });
});

test('a readonly or closed vault does not truncate', () => {
  const file = tempFile();
  const vault = vaultOn(file);
  vault.createColumn('a', 'f64').extend([1, 2]);
  using reader = new ColumnVault(file, { readonly: true });
  expect(thrownBy(() => reader.column('a').truncate(1))).toMatchObject({ code: 'KV_READONLY' });
  const column = vault.column('a', 'f64');
  vault.close();
  expect(thrownBy(() => column.truncate(1))).toMatchObject({ message: expect.stringContaining('closed') });
});
