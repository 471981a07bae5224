// NumPy reads packed records with a structured dtype, and RecordPacker reads what NumPy writes.
import { readFileSync, writeFileSync } from 'node:fs';
import { RecordPacker } from '@kohakuvault/packer';
import { expect, test } from 'vitest';
import { tempFile } from '../../../testing/src/temp.ts';
import { program, runPython } from '../../src/kit.ts';

const FIELDS = {
  id: 'u32',
  at: 'f64',
  small: 'i8',
  big: 'u64',
  half: 'f32',
  name: 'str:6:utf8',
  raw: 'bytes:2',
  place: 'vec:i16:3',
  grid: 'vec:u8:2:2',
} as const;

const NUMPY = [
  ['id', '<u4'],
  ['at', '<f8'],
  ['small', 'i1'],
  ['big', '<u8'],
  ['half', '<f4'],
  ['name', 'S6'],
  ['raw', 'V2'],
  ['place', '<i2', [3]],
  ['grid', 'u1', [2, 2]],
];

const RECORDS = [1, 2, 3].map((id) => ({
  id,
  at: id / 4,
  small: -id,
  big: 2n ** 63n + BigInt(id),
  half: id / 2,
  name: `n-${id}`,
  raw: Buffer.of(id, 255),
  place: Int16Array.of(id, -id, 300),
  grid: { data: Uint8Array.of(id, 2, 3, 4), shape: [2, 2], dtype: 'u8' as const },
}));

export function recordsOfOurs(python: string): void {
  test('NumPy reads records as a structured array, and what it writes is read as it was', () => {
    const packer = new RecordPacker(FIELDS);
    const file = tempFile('records.bin');
    writeFileSync(file, packer.packMany(RECORDS));
    const read = JSON.parse(runPython(python, program('read_records.py'), [file, JSON.stringify(NUMPY)]));
    expect(read.size).toBe(packer.elemSize);
    expect(read.rows[1]).toEqual([
      ...['2', '0.5', '-2', '9223372036854775810', '1.0', "b'n-2'", "b'\\x02\\xff'", '[2, -2, 300]'],
      '[[2, 2], [3, 4]]',
    ]);
    expect(packer.unpackMany(readFileSync(file))).toEqual(RECORDS.toReversed());
  });
}
