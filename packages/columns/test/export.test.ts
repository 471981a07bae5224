// Several columns as the bytes of one file. The command line's tests read such files back.
import { setImmediate as immediate } from 'node:timers/promises';
import type { ExportOptions } from '@kohakuvault/columns';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { otherConnection } from './support/other-connection.ts';
import { vaultOn } from './support/vault-on.ts';

const csv = { format: 'csv' } as const;

function textOf(parts: Iterable<Buffer>): string {
  return Buffer.concat([...parts]).toString();
}

function filled(rows = 3) {
  const vault = vaultOn(tempFile());
  vault.createColumn('step', 'i64').extend(Array.from({ length: rows }, (_, row) => BigInt(row)));
  vault.createColumn('loss', 'f32').extend(Array.from({ length: rows }, (_, row) => row / 10));
  vault.createColumn('what', 'str:utf8').extend(Array.from({ length: rows }, (_, row) => `a,${row}`));
  vault.createColumn('at', 'vec:u8:2').extend(Array.from({ length: rows }, (_, row) => [row % 256, 7]));
  vault.createColumn('document', 'msgpack').extend(Array.from({ length: rows }, (_, row) => ({ row })));
  return vault;
}

test('CSV has a column of cells for each column, in the order of the names', () => {
  expect(textOf(filled().exportColumns(['what', 'at', 'step', 'loss', 'document'], csv))).toBe(
    'what,at[0],at[1],step,loss,document\r\n' +
      '"a,0",0,7,0,0,"{""row"":0}"\r\n' +
      '"a,1",1,7,1,0.1,"{""row"":1}"\r\n' +
      '"a,2",2,7,2,0.2,"{""row"":2}"\r\n',
  );
  expect(textOf(filled(0).exportColumns(['step', 'loss'], csv))).toBe('step,loss\r\n');
});

test('large columns come in parts of whole rows, and pending elements are among them', () => {
  const ROWS = 150_000;
  const vault = filled(ROWS);
  vault.enableCache();
  vault.column('step', 'i64').append(-1n);
  vault.column('loss', 'f32').append(-1);
  const progress: number[] = [];
  const parts = [...vault.exportColumns(['step', 'loss'], { ...csv, onProgress: (rows) => progress.push(rows) })];
  expect(parts.length).toBeGreaterThan(3);
  for (const part of parts) expect(part.subarray(-2).toString()).toBe('\r\n');
  const lines = textOf(parts).split('\r\n');
  expect([lines.length, lines[1], lines[100_001], lines.at(-2)]).toEqual([ROWS + 3, '0,0', '100000,10000', '-1,-1']);
  expect(progress.at(-1)).toBe(ROWS + 1);
});

describe('refuses', () => {
  test.each<[string, unknown, unknown, string]>([
    ['no names', [], csv, 'expects an array of column names, got an array of 0'],
    ['a name alone', 'step', csv, 'expects an array of column names, got "step"'],
    ['a name that is not text', [5], csv, 'the column name is 5'],
    ['a name twice', ['step', 'loss', 'step'], csv, 'expects each name once, got "step" twice'],
    ['no options', ['step'], undefined, 'expects options with a format, "csv" or "arrow"; got undefined'],
    ['no format', ['step'], {}, 'expects format to be "csv" or "arrow", got undefined'],
    ['another format', ['step'], { format: 'npy' }, 'expects format to be "csv" or "arrow", got "npy"'],
    ['another option', ['step'], { ...csv, fill: 0 }, 'exportColumns has no option fill'],
  ])('%s', (_, names, options, message) => {
    expect(thrownBy(() => filled().exportColumns(names as string[], options as ExportOptions))).toMatchObject({
      code: 'KV_INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    });
  });

  test('an unknown column, unequal lengths, and what Arrow cannot hold, before it returns', () => {
    const vault = filled();
    expect(thrownBy(() => vault.exportColumns(['step', 'none'], csv))).toMatchObject({ code: 'KV_NOT_FOUND' });
    vault.column('loss', 'f32').append(1);
    expect(thrownBy(() => vault.exportColumns(['step', 'loss', 'what'], csv))).toMatchObject({
      code: 'KV_INVALID_ARGUMENT',
      message:
        'columns side by side must have equal lengths, but step has 3, loss has 4, what has 3; export them one by ' +
        'one, or shorten them with truncate()',
    });
    vault.createColumn('shapes', 'vec:f32').extend([[1], [2, 3], [4]]);
    expect(thrownBy(() => vault.exportColumns(['step', 'shapes'], { format: 'arrow' }))).toMatchObject({
      code: 'KV_INVALID_ARGUMENT',
      message: expect.stringContaining('whose elements differ in shape; export to .csv'),
    });
  });
});

test('inside snapshot it is one state, and outside it says so if a column becomes shorter', async () => {
  const ROWS = 150_000;
  const vault = filled(ROWS);
  const file = vault.database.name;
  const other = otherConnection(file);
  const whole = textOf(vault.exportColumns(['step', 'loss'], csv));
  const inside = vault.snapshot(() => {
    const parts = vault.exportColumns(['step', 'loss'], csv);
    const first = [parts.next().value, parts.next().value] as Buffer[];
    other.transaction(() => {
      for (const name of ['step', 'loss']) other.column(name).truncate(10);
    });
    return textOf([...first, ...parts]);
  });
  expect(inside === whole).toBe(true);

  const grown = filled(ROWS);
  const foreign = otherConnection(grown.database.name);
  const parts = grown.exportColumns(['step', 'loss'], csv);
  const some = [parts.next().value, parts.next().value] as Buffer[];
  foreign.column('step', 'i64').append(5n);
  await immediate();
  expect(textOf([...some, ...parts]) === whole).toBe(true);

  const shrinking = grown.exportColumns(['loss', 'what'], csv);
  expect([shrinking.next().done, shrinking.next().done]).toEqual([false, false]);
  foreign.column('what').truncate(70_000);
  await immediate();
  expect(thrownBy(() => [...shrinking])).toMatchObject({
    code: 'KV_STALE',
    message: 'column "what" became shorter while it was exported; export inside snapshot() to read one state',
  });
});

test('a vault that was closed meanwhile ends it', () => {
  const vault = filled(150_000);
  const parts = vault.exportColumns(['step'], csv);
  parts.next();
  vault.close();
  expect(thrownBy(() => [...parts])).toMatchObject({ message: expect.stringContaining('closed') });
});
