// NumPy reads the columns that the command line exports, and the command line imports what NumPy saves.
import { execFileSync } from 'node:child_process';
import { ColumnVault } from '@kohakuvault/columns';
import type { DType } from '@kohakuvault/packer';
import { expect, test } from 'vitest';
import { COMMAND_LINE } from '../../../../packages/umbrella/test/support/command-line.ts';
import { tempFile } from '../../../testing/src/temp.ts';
import { program, runPython } from '../../src/kit.ts';

const COLUMNS: [dtype: string, numpy: string, shape: number[], values: unknown, shown: string[]][] = [
  ['f64', 'float64', [3], [0.1, -0, Number.POSITIVE_INFINITY], ['0.1', '-0.0', 'inf']],
  ['f32', 'float32', [2], [0.5, 1024.5], ['0.5', '1024.5']],
  ['i64', 'int64', [2], [-(2n ** 63n), 2n ** 63n - 1n], ['-9223372036854775808', '9223372036854775807']],
  ['u16', 'uint16', [2], [0, 65_535], ['0', '65535']],
  ['i8', 'int8', [2], [-128, 127], ['-128', '127']],
  ['vec:f32:3', 'float32', [2, 3], [[1, 2, 3], [4, 5, 6]], ['1.0', '2.0', '3.0', '4.0', '5.0', '6.0']],
  ['vec:u8:1:2', 'uint8', [1, 1, 2], [{ data: Uint8Array.of(7, 8), shape: [1, 2], dtype: 'u8' }], ['7', '8']],
  ['u64', 'uint64', [0], [], []],
]; // biome-ignore format: a table

function kohakuvault(...words: string[]): void {
  execFileSync(process.execPath, [...COMMAND_LINE, ...words, '--quiet']);
}

export function arraysOfOurs(python: string): void {
  test('NumPy reads what is exported, and what it saves is imported as it was', () => {
    const [file, copy] = [tempFile('arrays.db'), tempFile('copy.db')];
    {
      using vault = new ColumnVault(file);
      for (const [dtype, , , values] of COLUMNS)
        vault.ensure(dtype, dtype as DType).extend(values as Iterable<unknown>);
    }
    const paths = COLUMNS.map(([dtype]) => {
      const path = tempFile(`${dtype.replaceAll(':', '-')}.npy`);
      kohakuvault('export', file, path, '--column', dtype);
      return path;
    });
    const read = runPython(python, program('read_arrays.py'), paths).trim().split('\n');
    expect(read.map((line) => JSON.parse(line))).toEqual(
      COLUMNS.map(([, dtype, shape, , values]) => ({ dtype, shape, values })),
    );
    for (const [index, [dtype]] of COLUMNS.entries()) kohakuvault('import', copy, paths[index] as string, '-c', dtype);
    using ours = new ColumnVault(file);
    using back = new ColumnVault(copy);
    for (const { name } of ours.listColumns()) expect([...back.column(name)], name).toEqual([...ours.column(name)]);
  });
}
