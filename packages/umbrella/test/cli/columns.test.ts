import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ColumnVault } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../../../tools/testing/src/temp.ts';
import { json, output, run } from '../support/command-line.ts';
import { recorded } from '../support/recorded.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');

const COLUMNS: [name: string, dtype: string, values: unknown][] = [
  ['f64', 'f64', Float64Array.from({ length: 100_000 }, (_, index) => 1 / (index + 1))],
  ['f32', 'f32', [0.1, 1e-7, Number.NaN, Number.NEGATIVE_INFINITY, -0, 16_777_217]],
  ['i64', 'i64', [1n, -5n, 2n ** 62n]],
  ['u64', 'u64', [2n ** 64n - 1n, 0n]],
  ['i8', 'i8', [-128, 127]],
  ['f16', 'f16', [0.1, 65_504, Number.NaN, Number.NEGATIVE_INFINITY, -0, 2 ** -24]],
  ['bool', 'bool', Uint8Array.from({ length: 70_003 }, (_, index) => Number(index % 3 === 0))],
  ['flags', 'vec:bool:3', [[true, false, true], [false, false, true], [true, true, false]]],
  ['halves', 'vec:f16:2', [[1, 0.5], [-2, 1e-7]]],
  ['truths', 'vec:bool', [[true], [[false, true]]]],
  ['vectors', 'vec:f32:4', [[1, 2, 3, 4], [5, 6, 7, 8.5]]],
  ['images', 'vec:u8:2:3', [{ data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3], dtype: 'u8' }]],
  ['shapes', 'vec:f32', [[1, 2], [3]]],
  ['words', 'str', ['', 'a,b', 'q"q', 'two\r\nlines', ' space ', '数据', 'x']],
  ['names', 'str:8:utf8', ['ab', 'c']],
  ['raw', 'bytes', [Buffer.from([0, 255]), Buffer.alloc(0)]],
  ['fixed', 'bytes:4', [Buffer.from('abcd'), Buffer.from('wxyz')]],
  ['documents', 'msgpack', [{ a: 1, b: [null, true] }, 'x', 2n ** 60n]],
  ['empty', 'f64', []],
]; // biome-ignore format: a table

function filled(): string {
  const file = join(tempFolder(), 'columns.db');
  using vault = new ColumnVault(file);
  for (const [name, dtype, values] of COLUMNS) vault.ensure(name, dtype as 'f64').extend(values as number[]);
  return file;
}

/** The dtype and the elements of a column. */
function column(file: string, name: string): unknown {
  using vault = new ColumnVault(file, { readonly: true });
  const found = vault.column(name);
  return { dtype: found.dtype, elements: Array.from(found) };
}

describe('a column comes back unchanged', () => {
  // Each name starts two processes. Together they cover every kind of element in every format that accepts it.
  test.each([
    ['npy', ['u64', 'images', 'bool', 'halves']],
    ['csv', ['f64', 'i64', 'images', 'shapes', 'words', 'raw', 'bool', 'f16', 'flags', 'truths']],
    ['arrow', ['f64', 'images', 'fixed', 'documents', 'empty', 'bool', 'f16', 'flags', 'halves']],
  ] as const)('by way of .%s', async (format, names) => {
    const file = filled();
    const copy = join(dirname(file), 'copy.db');
    for (const name of names) {
      const exported = join(dirname(file), `${name}.${format}`);
      await output(['export', file, exported, '--column', name]);
      const [, dtype = ''] = COLUMNS.find(([one]) => one === name) ?? [];
      // Types that the format lacks come back as text or bytes.
      const told = format === 'csv' || name === 'documents' ? ['--dtype', dtype] : [];
      await output(['import', copy, exported, '--column', name, ...told]);
      // For 100,000 elements, `toEqual` would take longer than all other steps.
      expect(isDeepStrictEqual(column(copy, name), column(file, name)), name).toBe(true);
    }
    expect(await json(['verify', copy])).toMatchObject({ ok: true });
  });
});

test('.npy files are as NumPy writes them', async () => {
  const file = filled();
  const header = `{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }`;
  const target = join(dirname(file), 'out.npy');
  await output(['export', file, target, '-c', 'i64']);
  const bytes = readFileSync(target);
  expect(bytes.subarray(0, 10).toString('latin1')).toBe('\x93NUMPY\x01\x00v\x00');
  expect(bytes.subarray(10, 128).toString('latin1')).toBe(`${header.padEnd(117)}\n`);
  expect(bytes.length).toBe(128 + 3 * 8);
  const copy = join(dirname(file), 'copy.db');
  await output(['import', copy, join(FIXTURES, 'big-endian.npy'), '-c', 'a']);
  await output(['import', copy, join(FIXTURES, 'three-dimensions.npy'), '-c', 'b']);
  expect(column(copy, 'a')).toEqual({ dtype: 'i32', elements: [0, 1, 2, 3, 4] });
  await output(['import', copy, join(FIXTURES, 'half.npy'), '-c', 'half']);
  expect(column(copy, 'half')).toMatchObject({ dtype: 'f16' });
  expect(column(copy, 'b')).toMatchObject({ dtype: 'vec:u16:3:4', elements: [{ shape: [3, 4] }, { shape: [3, 4] }] });
});

test('CSV files are as spreadsheets and pandas read them', async () => {
  const file = filled();
  const csv = async (name: string) => await output(['export', file, '-', '--format', 'csv', '-c', name]);
  expect(await csv('words')).toBe('words\r\n""\r\n"a,b"\r\n"q""q"\r\n"two\r\nlines"\r\n" space "\r\n数据\r\nx\r\n');
  expect(await csv('f32')).toBe('f32\r\n0.1\r\n1e-7\r\nnan\r\n-inf\r\n-0\r\n16777216\r\n');
  expect(await csv('flags')).toBe(
    'flags[0],flags[1],flags[2]\r\ntrue,false,true\r\nfalse,false,true\r\ntrue,true,false\r\n',
  );
  expect(await csv('vectors')).toBe('vectors[0],vectors[1],vectors[2],vectors[3]\r\n1,2,3,4\r\n5,6,7,8.5\r\n');
  expect(await csv('documents')).toBe(
    'documents\r\n"{""a"":1,""b"":[null,true]}"\r\n"""x"""\r\n1152921504606846976\r\n',
  );
  const many = join(dirname(file), 'many.csv');
  writeFileSync(many, '\ufeffid,score,name\n1,0.5,a\n\n2,-1e3,"b\nc"\n');
  const copy = join(dirname(file), 'copy.db');
  await output(['import', copy, many, '-c', 'score', '--dtype', 'f32']);
  await output(['import', copy, many, '-c', 'name', '--dtype', 'str']);
  const truths = join(dirname(file), 'truths.csv');
  writeFileSync(truths, 'a\nTrue\n0\nf\n1\n');
  await output(['import', copy, truths, '-c', 'truths', '--dtype', 'bool']);
  expect(column(copy, 'truths')).toMatchObject({ elements: [true, false, false, true] });
  expect(column(copy, 'score')).toMatchObject({ elements: [0.5, -1000] });
  expect(column(copy, 'name')).toMatchObject({ elements: ['a', 'b\nc'] });
});

test('several columns are exported side by side, and each of them is imported again', async () => {
  const file = filled();
  const names = ['u64', 'i8', 'vectors', 'names', 'raw', 'fixed'];
  for (const format of ['csv', 'arrow']) {
    const target = join(dirname(file), `several.${format}`);
    const copy = join(dirname(file), `${format}.db`);
    const words = names.flatMap((name) => ['--column', name]);
    expect(await json(['export', file, target, ...words])).toEqual({ exported: 2, target });
    for (const name of names.filter((each) => format === 'arrow' || each !== 'vectors')) {
      const [, dtype = ''] = COLUMNS.find(([one]) => one === name) ?? [];
      await output(['import', copy, target, '-c', name, '--dtype', dtype]);
      expect(column(copy, name), `${name} from ${format}`).toEqual(column(file, name));
    }
  }
});

test('columns that do not fit side by side are refused, and so is an option that is given twice', async () => {
  const file = filled();
  const target = join(dirname(file), 'out');
  const refused: [string[], number, string][] = [
    [['out.csv', '-c', 'f64', '-c', 'i8'], 1, 'must have equal lengths, but f64 has 100000, i8 has 2'],
    [['out.npy', '-c', 'u64', '-c', 'i8'], 2, '.npy holds one column, got u64, i8; export to .csv or .arrow'],
    [['out.csv', '-c', 'u64', '-c', 'u64'], 2, '--column u64 is given twice'],
    [['out.csv', '-c', 'u64', '-c', 'i9'], 1, 'there is no column i9; did you mean i8?'],
    [['out.csv', '-c', 'u64', '-f', 'csv', '--format', 'npy'], 2, '--format is given twice: csv and npy'],
  ];
  for (const [[name = '', ...words], status, message] of refused) {
    const ended = await run(['export', file, join(dirname(target), name), ...words]);
    expect([ended.status, ended.stdout]).toEqual([status, '']);
    expect(ended.stderr).toContain(message);
    expect(existsSync(join(dirname(target), name))).toBe(false);
  }
  const copy = join(dirname(file), 'copy.db');
  const csv = join(dirname(file), 'a.csv');
  await output(['export', file, csv, '-c', 'u64']);
  const twice = await run(['import', copy, csv, '-c', 'u64', '-c', 'b', '--dtype', 'u64']);
  expect([twice.status, existsSync(copy)]).toEqual([2, false]);
  expect(twice.stderr).toContain('-c is given twice: u64 and b');
});

test("PyArrow's files are read, and types without a dtype are refused by name", async () => {
  const copy = join(tempFolder(), 'copy.db');
  const table = join(FIXTURES, 'table.arrow');
  for (const name of ['n', 'e', 'lt', 'bl']) await output(['import', copy, table, '-c', name]);
  expect(column(copy, 'n')).toEqual({ dtype: 'f64', elements: [1.5, 2.5, 3.5] });
  // It comes after a column with a dictionary.
  expect(column(copy, 'bl')).toEqual({ dtype: 'bool', elements: [true, false, true] });
  expect(column(copy, 'lt')).toEqual({ dtype: 'str:utf8', elements: ['a', '', 'ccc'] });
  expect(column(copy, 'e')).toMatchObject({ dtype: 'vec:f32:2', elements: [{ 0: 1, 1: 2 }, {}, { 0: 5, 1: 6 }] });
  const refused: [string, string][] = [
    ['name', 'has nulls'],
    ['nul', 'has nulls'],
    ['lst', "has Arrow's type list"],
    ['d', "has Arrow's type a dictionary"],
    ['missing', 'has no column missing; it has name, lst, st, n, e, lt, d, nul, bl'],
  ];
  for (const [name, message] of refused) {
    const { status, stderr } = await run(['import', copy, table, '-c', name]);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
  }
  const { stderr } = await run(['import', copy, join(FIXTURES, 'compressed.arrow'), '-c', 'lst']);
  expect(stderr).toContain("has Arrow's type list");
  expect((await run(['import', copy, join(FIXTURES, 'compressed.arrow'), '-c', 'n', '--append'])).stderr).toContain(
    'is compressed',
  );
});

test('impossible requests are refused, and change nothing', async () => {
  const file = filled();
  const before = await json(['inspect', file]);
  const folder = dirname(file);
  const cut = join(folder, 'cut.npy');
  copyFileSync(join(FIXTURES, 'three-dimensions.npy'), cut);
  truncateSync(cut, 150);
  const cutArrow = join(folder, 'cut.arrow');
  copyFileSync(join(FIXTURES, 'table.arrow'), cutArrow);
  truncateSync(cutArrow, 1_000);
  const wrong = join(folder, 'wrong.csv');
  writeFileSync(wrong, 'x\n1\n2\nthree\n');
  const cases: [string[], number, string][] = [
    [['import', file, join(FIXTURES, 'fortran.npy'), '-c', 'new'], 1, 'Fortran order'],
    [['import', file, wrong, '-c', 'new', '--dtype', 'bool'], 1, 'line 3 of'],
    [['import', file, cut, '-c', 'new'], 3, 'is cut off'],
    [['import', file, cutArrow, '-c', 'n'], 3, 'is cut off'],
    [['import', file, wrong, '-c', 'new'], 1, 'give --dtype'],
    [['import', file, wrong, '-c', 'new', '--dtype', 'f64'], 1, 'line 4 of'],
    [['import', file, wrong, '-c', 'new', '--dtype', 'f46'], 1, 'f46'],
    [['import', file, join(FIXTURES, 'big-endian.npy'), '-c', 'f64'], 1, 'has 100000 elements; --append'],
    [['export', file, join(folder, 'x.npy'), '-c', 'words'], 1, 'holds numbers of one shape'],
    [['export', file, join(folder, 'x.npy'), '-c', 'word'], 1, 'there is no column word; did you mean words?'],
    [['export', file, join(folder, 'x.ndjson'), '-c', 'words'], 2, 'columns go to and come from npy, csv, arrow'],
  ];
  for (const [words, status, message] of cases) {
    const ended = await run(words);
    expect({ words, status: ended.status }).toEqual({ words, status });
    expect(ended.stderr).toContain(message);
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
  }
  expect(await json(['inspect', file])).toEqual(before);
  expect(existsSync(join(folder, 'x.npy'))).toBe(false);
});

test('columns of the Python package', async () => {
  for (const name of ['mixed-0.8.6.db', 'mixed-1.1.0.db']) {
    const file = recorded(name);
    const csv = await output(['export', file, '-', '-f', 'csv', '-c', 'ids']);
    using vault = new ColumnVault(file);
    expect(csv.trim().split('\r\n')).toEqual(['ids', ...Array.from(vault.column('ids', 'i64'), String)]);
  }
});

describe('convert', () => {
  test('moves the columns into the other tables, or into another file', async () => {
    const file = recorded('mixed-0.8.6.db');
    const contentOf = (path: string) => {
      using vault = new ColumnVault(path);
      return { layout: vault.layout, columns: vault.listColumns().map(({ name }) => [name, [...vault.column(name)]]) };
    };
    const { columns } = contentOf(file);
    const other = join(tempFolder(), 'other.db');
    expect(await output(['convert', file, '--layout', '1.x', '--output', other])).toBe(
      `converted ${columns.length} columns to 1.x\n`,
    );
    expect(contentOf(other)).toEqual({ layout: '1.x', columns });
    expect(contentOf(file)).toEqual({ layout: '0.7', columns });
    expect(await json(['convert', file, '--layout', '1.x'])).toEqual({ file, layout: '1.x', columns: columns.length });
    expect(contentOf(file)).toEqual({ layout: '1.x', columns });
    expect(await output(['convert', file, '--layout', '1.x'])).toBe('nothing to convert\n');
    expect(await output(['convert', file, '--layout', '0.7'])).toContain('converted');
    expect(contentOf(file)).toEqual({ layout: '0.7', columns });
    expect((await run(['verify', file])).status).toBe(0);
    expect((await run(['verify', other])).status).toBe(0);
  });

  test('what cannot be converted stays, and leaves no other file', async () => {
    const file = recorded('mixed-1.1.0.db');
    const database = new Database(file);
    database.exec(
      "INSERT INTO kvault_col_columns (name, dtype, elem_size, block_bytes) VALUES ('odd', 'str:utf7', 0, 9)",
    );
    database.close();
    const other = join(tempFolder(), 'other.db');
    const refused = await run(['convert', file, '--layout', '0.7', '--output', other]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('str:utf7');
    expect(existsSync(other)).toBe(false);
    expect((await run(['convert', file, '--layout', '0.7'])).status).toBe(1);
    expect(await run(['convert', file, '--layout', '2'])).toMatchObject({ status: 2 });
    expect(await run(['convert', file])).toMatchObject({ status: 2 });
    expect((await run(['convert', file, '--layout', '0.7', '--output', file])).stderr).toContain('exists already');
  });
});

test('append to a column, and compact it', async () => {
  const file = filled();
  const array = join(FIXTURES, 'big-endian.npy');
  expect(await json(['import', file, array, '-c', 'f64', '--append'])).toEqual({ imported: 5, into: 'f64' });
  {
    using vault = new ColumnVault(file);
    expect(vault.column('f64').slice(-5)).toEqual(Float64Array.of(0, 1, 2, 3, 4));
    vault.column('f64').clear();
  }
  const { before, after } = await json<{ before: number; after: number }>(['compact', file]);
  expect(after).toBeLessThan(before);
  expect(column(file, 'words')).toMatchObject({ elements: { length: 7 } });
});
