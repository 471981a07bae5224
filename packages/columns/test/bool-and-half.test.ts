// Columns of truth values and of floats of 16 bits, in both layouts.
import { ColumnVault, type Layout } from '@kohakuvault/columns';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { vaultOn } from './support/vault-on.ts';

const { Float16Array } = globalThis as unknown as { Float16Array?: Float32ArrayConstructor };
const Half = Float16Array ?? Float32Array;

describe.each(['0.7', '1.x'] as const)('layout %s', (layout: Layout) => {
  const opened = () => vaultOn(tempFile(), { layout });

  test('truth values take a byte each, and come back as booleans', () => {
    const vault = opened();
    const column = vault.createColumn('seen', 'bool');
    column.extend([true, false, true]);
    column.extend(Uint8Array.of(0, 1));
    column.append(false);
    column.set(1, 1);
    column.insert(0, false);
    expect([column.bytes, column.length]).toEqual([7, 7]);
    const all = [false, true, true, true, false, true, false];
    expect([...column]).toEqual(all);
    expect(column.slice()).toEqual(all);
    expect(column.slice(-2, undefined)).toEqual([true, false]);
    expect(column.slice(0, 7, 2)).toEqual([false, true, false, false]);
    expect(column.take([6, 1, 1])).toEqual([false, true, true]);
    expect([...column.batches({ size: 4 })]).toEqual([all.slice(0, 4), all.slice(4)]);
    expect([column.at(0), column.at(-2), column.at(9)]).toEqual([false, true, undefined]);
    expect(column.pop()).toBe(false);
    expect([column.indexOf(true), column.indexOf(false, 1), column.includes(false)]).toEqual([1, 4, true]);
    const numbers = new Uint8Array(4);
    expect([column.readInto(numbers, 2), [...numbers]]).toEqual([4, [1, 1, 0, 1]]);
    expect(thrownBy(() => column.append(2 as never)).message).toContain('column "seen": bool: 2 is not a bool');
    expect(thrownBy(() => column.readInto(new Float64Array(4))).message).toContain('expected a Uint8Array');
    expect(column.length).toBe(6);
  });

  test('statistics count truth values as 0 and 1', () => {
    const vault = opened();
    const column = vault.createColumn('seen', 'bool');
    const values = Array.from({ length: 100_000 }, (_, index) => index % 4 === 1);
    column.extend(values);
    expect([column.sum(), column.mean(), column.min(), column.max()]).toEqual([25_000, 0.25, false, true]);
    expect(column.summary()).toMatchObject({ count: 100_000, nan: 0, min: false, max: true, sum: 25_000 });
    expect(column.variance()).toBeCloseTo(0.1875, 12);
    expect(column.quantile([0, 0.5, 1])).toEqual([0, 0, 1]);
    expect([...column.histogram([0, 1, 2]).counts]).toEqual([75_000, 25_000]);
    expect([column.findIndex({ gt: 0 }), column.findIndex({ lt: 1 }, { start: 1 })]).toEqual([1, 2]);
    expect(column.findIndex({ gt: 1 })).toBe(-1);
    const sorted = vault.createColumn('sorted', 'bool');
    sorted.extend([...values].sort());
    expect([sorted.lowerBound(1), sorted.upperBound(1)]).toEqual([75_000, 100_000]);
    expect(vault.createColumn('none', 'bool').min()).toBeUndefined();
  });

  test('any byte but 0 is true', () => {
    const vault = opened();
    const column = vault.createColumn('seen', 'bool');
    column.extend([true, true, false]);
    const [table, data] = layout === '1.x' ? ['kvault_col_data', 'payload'] : ['col_chunks', 'data'];
    const bytes = vault.database.prepare<[], Buffer>(`SELECT ${data} FROM ${table}`).pluck().get() as Buffer;
    bytes[0] = 7;
    vault.database.prepare(`UPDATE ${table} SET ${data} = ?`).run(bytes);
    expect([...column]).toEqual([true, true, false]);
    expect([column.sum(), column.max(), column.findIndex({ gte: 1 })]).toEqual([2, true, 0]);
  });

  test('floats of 16 bits', () => {
    const vault = opened();
    const column = vault.createColumn('half', 'f16');
    column.extend([1, 0.1, -2]);
    column.extend(Float64Array.of(65_504, Number.NaN));
    column.append(0.5);
    const nearest = 0.0999755859375;
    const all = [1, nearest, -2, 65_504, Number.NaN, 0.5];
    expect([...column]).toEqual(all);
    expect(column.slice()).toEqual(Half.from(all));
    expect(column.slice()).toBeInstanceOf(Half);
    expect([column.bytes, column.at(1), column.at(-1)]).toEqual([12, nearest, 0.5]);
    expect([...column.take([5, 0])]).toEqual([0.5, 1]);
    const into = new Half(3);
    expect([column.readInto(into, 1), [...into]]).toEqual([3, [nearest, -2, 65_504]]);
    expect([column.indexOf(0.1), column.indexOf(Number.NaN), column.includes(Number.NaN)]).toEqual([1, -1, true]);
    column.set(0, -0);
    expect(column.indexOf(0)).toBe(0);
    expect(column.summary()).toMatchObject({ count: 5, nan: 1, min: -2, max: 65_504, sum: 65_502.5 + nearest });
    expect(thrownBy(() => column.append(65_520)).message).toContain('beyond the largest f16');
    vault.enableCache();
    column.append(0.1);
    column.append(3);
    expect(thrownBy(() => column.append(1e9)).message).toContain('beyond the largest f16');
    expect([...column.slice(-2)]).toEqual([nearest, 3]);
    vault.flushCache();
    expect([...column.slice(-2)]).toEqual([nearest, 3]);
  });

  test('statistics of floats of 16 bits are those of the numbers', () => {
    const vault = opened();
    const column = vault.createColumn('half', 'f16');
    const values = Array.from({ length: 50_000 }, (_, index) => ((index * 7919) % 4001) / 8 - 250);
    column.extend(values);
    const numbers = vault.createColumn('numbers', 'f64');
    numbers.extend(column.slice() as Float32Array);
    const { variance, ...summary } = column.summary();
    const { variance: expected, ...others } = numbers.summary();
    expect(summary).toEqual(others);
    expect(variance).toBeCloseTo(expected as number, 8);
    const wanted = [0, 0.1, 0.5, 0.999, 1];
    expect(column.quantile(wanted)).toEqual(numbers.quantile(wanted));
    expect(column.histogram(10)).toEqual(numbers.histogram(10));
    expect(column.downsample(100)).toEqual(numbers.downsample(100));
    for (const range of [
      { gt: 249.9 },
      { gte: -0.01, lt: 0.01 },
      { lte: -250 },
      { gt: 1e9 },
      { gt: 12.125, lt: 12.25 },
    ]) {
      expect(column.findIndex(range), JSON.stringify(range)).toBe(numbers.findIndex(range));
    }
  });

  test('vectors of both', () => {
    const vault = opened();
    const flags = vault.createColumn('flags', 'vec:bool:3');
    flags.extend([[true, false, true], Uint8Array.of(0, 1, 0)]);
    expect(flags.bytes).toBe(layout === '1.x' ? 6 : 8);
    expect([...flags]).toEqual([Uint8Array.of(1, 0, 1), Uint8Array.of(0, 1, 0)]);
    expect(flags.sliceTensor()).toEqual({ data: Uint8Array.of(1, 0, 1, 0, 1, 0), shape: [2, 3], dtype: 'bool' });
    const halves = vault.createColumn('halves', 'vec:f16:2');
    halves.extend({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2], dtype: 'f32' });
    expect(halves.at(1)).toEqual(Half.of(3, 4));
    const into = new Half(4);
    expect([halves.readInto(into), [...into]]).toEqual([2, [1, 2, 3, 4]]);
    const any = vault.createColumn('any', 'vec:f16');
    any.extend([[1], [[2, 3]]]);
    expect(any.at(1)).toEqual({ data: Half.of(2, 3), shape: [1, 2], dtype: 'f16' });
    const bools = vault.createColumn('bools', 'vec:bool');
    bools.append([[true], [false]]);
    expect(bools.at(0)).toEqual({ data: Uint8Array.of(1, 0), shape: [2, 1], dtype: 'bool' });
  });

  test('a frame has them', () => {
    const vault = opened();
    const log = vault.frame('log', { step: 'i64', good: 'bool', loss: 'f16' });
    log.append({ step: 1n, good: true, loss: 0.5 });
    log.extend({ step: BigInt64Array.of(2n, 3n), good: Uint8Array.of(0, 1), loss: Float64Array.of(1, 2) });
    expect([...log]).toEqual([
      { step: 1n, good: true, loss: 0.5 },
      { step: 2n, good: false, loss: 1 },
      { step: 3n, good: true, loss: 2 },
    ]);
    expect([...log.where({ good: (good) => good, loss: { gt: 1 } })]).toEqual([2]);
    expect([...log.where({ good: { gte: 1 } })]).toEqual([0, 2]);
  });
});

test('columns go into the other layout and back', () => {
  const file = tempFile();
  const vault = new ColumnVault(file);
  vault.createColumn('a', 'bool').extend([true, false]);
  vault.createColumn('b', 'f16').extend([1, 2]);
  vault.createColumn('c', 'vec:f16:2').extend([[1, 2]]);
  for (const layout of ['1.x', '0.7'] as const) {
    expect(vault.convertColumns(layout)).toBe(3);
    expect([[...vault.column('a')], [...vault.column('b')]]).toEqual([
      [true, false],
      [1, 2],
    ]);
    expect([...vault.column('c', 'vec:f16:2')].map((vector) => [...vector])).toEqual([[1, 2]]);
  }
  vault.close();
});
