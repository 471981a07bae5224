import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { encodeValue } from '@kohakuvault/packer/value';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../../../tools/testing/src/temp.ts';
import { FlatBuilder } from '../../../columns/src/export/arrow/flat-builder.ts';
import { runHere } from '../support/in-process.ts';

/** Makes a vault with an empty column of each kind that accepts numbers. */
function vault(): string {
  const file = join(tempFolder(), 'vault.db');
  using columns = new ColumnVault(file);
  columns.createColumn('numbers', 'f64');
  columns.createColumn('vectors', 'vec:f64:3');
  columns.createColumn('any', 'vec:f64');
  columns.createColumn('text', 'str');
  columns.createColumn('documents', 'msgpack');
  return file;
}

/** Returns all columns and keys of a file. */
async function state(file: string): Promise<unknown> {
  const { stdout } = await runHere(['inspect', file, '--json']);
  const { kv, columns, vectors } = JSON.parse(stdout) as Record<string, unknown>;
  return { kv, columns, vectors };
}

/** Checks that an import is refused, and that nothing is stored. */
async function refused(words: string[], status: number, message: string | RegExp): Promise<void> {
  const file = words[1] as string;
  const before = existsSync(file) ? await state(file) : undefined;
  const ended = await runHere(words);
  expect(ended).toMatchObject({ status, stdout: '' });
  expect(ended.stderr).toMatch(message);
  expect(ended.stderr).not.toContain('a defect');
  if (before) expect(await state(file)).toEqual(before);
}

function saved(name: string, ...bytes: (Uint8Array | string)[]): string {
  const file = join(tempFolder(), name);
  writeFileSync(
    file,
    Buffer.concat(bytes.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))),
  );
  return file;
}

function npy(header: string, data: Uint8Array = Buffer.alloc(0)): string {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  return saved('array.npy', '\x93NUMPY\x01\x00', length, header, data);
}

const shaped = (shape: string, count = 24) =>
  npy(`{'descr': '<f8', 'fortran_order': False, 'shape': ${shape}, }\n`, Buffer.from(new Float64Array(count).buffer));

describe('an array of NumPy is stored as its header says, or refused', () => {
  test.each([
    ['(99999999999999999999, 0)', /has the shape \(99999999999999999999, 0\)/],
    ['(1000000000, 0)', /rows of shape \(0\), which have no numbers to store/],
    ['(0, 0)', /no numbers to store/],
    ['(3 3,)', /has the shape|does not hold a plain array/],
    ['(3)', /has the shape \(3\)/],
    ['(,)', /has the shape/],
    ['(3,,)', /has the shape/],
    ['(-3,)', /does not hold a plain array/],
    ['(3.0,)', /does not hold a plain array/],
    ['(9007199254740993,)', /has the shape/],
    ['(94906267, 94906267)', /has the shape/],
    [`(${'1, '.repeat(65)})`, /has the shape/],
    ['(25,)', /its shape needs/],
    ['()', /holds a single number/],
  ])('the shape %s', async (shape, message) => {
    for (const column of ['numbers', 'new', 'any']) {
      const ended = await runHere(['import', vault(), shaped(shape), '-c', column]);
      expect(ended.stderr).toMatch(message);
      expect([1, 3]).toContain(ended.status);
    }
  });

  test('rows are stored only as elements of their shape, and counted correctly', async () => {
    const source = shaped('(8, 3)');
    const file = vault();
    await refused(['import', file, source, '-c', 'numbers'], 1, /rows of shape \(3\), but .* has the dtype f64/);
    await refused(['import', file, source, '-c', 'new', '--dtype', 'f64'], 1, /rows of shape \(3\)/);
    await refused(['import', file, source, '-c', 'new', '--dtype', 'vec:f64:4'], 1, /rows of shape \(3\)/);
    await refused(['import', file, source, '-c', 'text'], 1, /rows of shape \(3\)/);
    await refused(['import', file, source, '-c', 'documents'], 1, /rows of shape \(3\)/);
    await refused(
      ['import', file, shaped('(24,)'), '-c', 'vectors'],
      1,
      /holds numbers, but .* has the dtype vec:f64:3/,
    );
    await refused(['import', file, shaped('(24,)'), '-c', 'text'], 1, /str/);
    for (const name of ['vectors', 'new']) {
      const { stderr, status } = await runHere(['import', file, source, '-c', name]);
      expect({ stderr, status }).toEqual({ stderr: `imported 8 elements into ${name}\n`, status: 0 });
    }
    using columns = new ColumnVault(file, { readonly: true });
    expect(['vectors', 'new'].map((name) => columns.column(name).length)).toEqual([8, 8]);
    expect(columns.column('new').dtype).toBe('vec:f64:3');
    expect((await runHere(['import', file, shaped('(0, 3)', 0), '-c', 'none'])).stderr).toContain('imported 0');
  });

  test.each([
    ["{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'shape': (4,), }", /does not hold a plain array/],
    ["{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'more': 'x', }", /does not hold a plain array/],
    ["{'descr': '<f8', 'fortran_order': False}", /does not hold a plain array/],
    ["{'descr': '<f8', 'fortran_order': 'True', 'shape': }", /does not hold a plain array/],
    ["# {'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", /does not hold a plain array/],
    ["{'descr': 'xf8', 'fortran_order': False, 'shape': (3,), }", /NumPy's type xf8/],
    ["{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", /NumPy's type \|O/],
    ["{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,), }", /does not hold a plain array/],
    ['', /does not hold a plain array/],
    ['\xff\xfe\x00', /does not hold a plain array/],
    [`{${"'a': 'b', ".repeat(5_000)}}`, /does not hold a plain array/],
  ])('the header %.80s', async (header, message) => {
    await refused(['import', vault(), npy(header, Buffer.alloc(64)), '-c', 'numbers'], 1, message);
  });

  test('vectors of impossible shapes', async () => {
    const words = (shape: string) => ['import', vault(), shaped(shape), '--vectors', 'docs'];
    await refused(words('(1000000000, 0)'), 1, /dimensions/);
    await refused(words('(24,)'), 1, /expected rows of/);
    await refused(words('(2, 3, 4)'), 1, /expected rows of/);
    await refused(words('(99999999999999999999, 0)'), 1, /has the shape/);
  });
});

describe('hostile files are refused without reporting a defect', () => {
  test('a .npy header that claims 4 GB, and other truncated files', async () => {
    const file = vault();
    const long = saved('long.npy', '\x93NUMPY\x02\x00', Buffer.from([0xff, 0xff, 0xff, 0xff]), "{'descr'");
    await refused(['import', file, long, '-c', 'numbers'], 3, /its header has 4294967295 bytes, and the file 20/);
    const sparse = saved('sparse.npy', '\x93NUMPY\x02\x00', Buffer.from([0xf0, 0xff, 0xff, 0xff]));
    const handle = openSync(sparse, 'r+');
    ftruncateSync(handle, 2 ** 32 + 100);
    closeSync(handle);
    await refused(['import', file, sparse, '-c', 'numbers'], 3, /its header has 4294967280 bytes/);
    for (const [bytes, status] of [
      ['', 1],
      ['\x93NUMPY', 1],
      ['\x93NUMPY\x01\x00\x05', 1],
      ['\x93NUMPY\x02\x00\x05\x00', 3],
      ['\x93NUMPY\x09\x00\x00\x00', 1],
    ] as const) {
      await refused(['import', file, saved('short.npy', bytes), '-c', 'numbers'], status, /./);
    }
    await refused(['import', file, tempFolder(), '-c', 'numbers', '--format', 'npy'], 1, /is not a regular file/);
    await refused(['import', file, '/dev/zero', '-c', 'numbers', '--format', 'arrow'], 1, /is not a regular file/);
    await refused(['import', file, '/dev/zero', '--format', 'ndjson'], 1, /line 1 of \/dev\/zero has more than/);
    await refused(['import', file, '/dev/zero', '-c', 'text', '--format', 'csv'], 1, /a row of more than/);
  });

  test('documents in Arrow that are not JSON, with their place', async () => {
    const file = vault();
    const good = join(dirname(file), 'text.arrow');
    {
      using columns = new ColumnVault(file);
      columns.createColumn('json', 'str').extend(['{"a": 1}', '[2]', '{"a": ']);
    }
    expect((await runHere(['export', file, good, '-c', 'json'])).status).toBe(0);
    await refused(['import', file, good, '-c', 'documents'], 1, /element 2 of .*text\.arrow is not JSON/);
    await refused(['import', file, good, '-c', 'numbers'], 1, /f64/);
  });

  test('offsets in Arrow that descend, are negative or lie outside the data', async () => {
    const file = vault();
    const good = join(dirname(file), 'text.arrow');
    {
      using columns = new ColumnVault(file);
      columns.createColumn('words', 'str').extend(['one', 'two', 'three']);
    }
    await runHere(['export', file, good, '-c', 'words']);
    const bytes = readFileSync(good);
    // Four 32-bit bounds: 0, 3, 6, 11.
    const at = bytes.indexOf(Buffer.from(Int32Array.of(0, 3, 6, 11).buffer));
    expect(at).toBeGreaterThan(0);
    for (const [bound, value] of [
      [0, -1],
      [1, -3],
      [1, 7],
      [2, 2],
      [3, 12],
      [3, 2 ** 31 - 1],
      [3, -(2 ** 31)],
    ] as const) {
      const hostile = Buffer.from(bytes);
      hostile.writeInt32LE(value, at + bound * 4);
      await refused(['import', file, saved('hostile.arrow', hostile), '-c', 'text'], 3, /ends at byte/);
    }
  });

  test('metadata of Arrow whose tables share targets many times', async () => {
    const builder = new FlatBuilder();
    const name = builder.string('column');
    const type = builder.table([{ slot: 0, kind: 'int32', value: 2 }]);
    // Each of 100 fields contains the previous one twice: 2^100 if they are counted one by one.
    let field = builder.table([
      { slot: 0, kind: 'offset', value: name },
      { slot: 2, kind: 'int8', value: 13 },
    ]);
    for (let depth = 0; depth < 100; depth++) {
      const children = builder.offsets([field, field]);
      field = builder.table([
        { slot: 0, kind: 'offset', value: name },
        { slot: 2, kind: 'int8', value: 13 },
        { slot: 3, kind: 'offset', value: type },
        { slot: 5, kind: 'offset', value: children },
      ]);
    }
    const last = builder.table([
      { slot: 0, kind: 'offset', value: builder.string('numbers') },
      { slot: 2, kind: 'int8', value: 2 },
    ]);
    const schema = builder.table([{ slot: 1, kind: 'offset', value: builder.offsets([field, last]) }]);
    const footer = builder.finish(
      builder.table([
        { slot: 1, kind: 'offset', value: schema },
        { slot: 3, kind: 'offset', value: builder.structs([], 8) },
      ]),
    );
    const length = Buffer.alloc(4);
    length.writeInt32LE(footer.length);
    const hostile = saved('deep.arrow', 'ARROW1\0\0', footer, length, 'ARROW1');
    await refused(['import', vault(), hostile, '-c', 'numbers'], 3, /metadata of the Arrow file is damaged/);
  });

  test('"stored" bytes that are not a value, and endlessly nested JSON', async () => {
    const file = vault();
    const line = (stored: string) =>
      saved('keys.ndjson', `${JSON.stringify({ key: 'k', stored: Buffer.from(stored, 'hex').toString('base64') })}\n`);
    await refused(
      ['import', file, line('894b010400000000564bc1')],
      1,
      /line 1 of .*its "stored" is not a stored value/,
    );
    await refused(
      ['import', file, line(`894b012100000000564b${'00'.repeat(28)}`)],
      1,
      /its "stored" is not a stored value/,
    );
    const deep = saved('deep.ndjson', `{"key":"k","value":${'['.repeat(200_000)}${']'.repeat(200_000)}}\n`);
    await refused(['import', file, deep], 1, /line 1 of .*nested/);
    const sound = saved(
      'sound.ndjson',
      `${JSON.stringify({ key: 'k', stored: encodeValue(new Date(0)).toString('base64') })}\n`,
    );
    expect((await runHere(['import', file, sound])).status).toBe(0);
  });

  test.each([
    ['a\n1,2\n', /line 2 of .*the row has 2 cells under 1 headings/],
    ['a\n"1"2\n', /line 2 of .*a character after a closing quote/],
    ['a\n1"2"\n', /line 2 of .*a quote inside a cell/],
    ['a\n"1\n', /line 2 of .*a quote is not closed/],
    [`a\n${'9'.repeat(1_000_000)}\n`, /line 2 of .*is not a number/],
    ['a\n99999999999999999999\n', /i64|range|fit/],
    ['a\n\n1\nx\n', /line 4 of .*is not a number/],
  ])('CSV %.30j', async (text, message) => {
    await refused(['import', vault(), saved('x.csv', text), '-c', 'new', '--dtype', 'i64'], 1, message);
  });

  test('a carriage return inside quotes is kept', async () => {
    const file = vault();
    await runHere(['import', file, saved('x.csv', 'text\n"a\r"\nb\r\n"c"\r\nd\re\n'), '-c', 'text']);
    using columns = new ColumnVault(file, { readonly: true });
    expect(Array.from(columns.column('text'))).toEqual(['a\r', 'b', 'c', 'd\re']);
  });
});

describe('text that is not UTF-8 is refused with its position', () => {
  test('JSON lines', async () => {
    const source = saved('x.ndjson', '{"key":"a","value":1}\n\n{"key":"b","value":"\xff"}\n');
    await refused(['import', vault(), source], 1, /line 3 of .*x\.ndjson, byte 20 of the line: 0xff is not UTF-8/);
    await refused(['import', vault(), saved('y.ndjson', '{"key":"a\xc3')], 1, /line 1 of .*, byte 9 of the line: 0xc3/);
    const values = saved('values.ndjson', '{"value":"\xe9"}\n');
    const words = ['import', vault(), shaped('(1, 3)', 3), '--vectors', 'docs', '--values', values];
    await refused(words, 1, /line 1 of .*values\.ndjson, byte 10 of the line: 0xe9/);
  });

  test('CSV, with a character split at the end of a piece or of the file', async () => {
    const file = vault();
    const csv = (text: string) => ['import', file, saved('x.csv', text), '-c', 'text'];
    await refused(csv('text\na\n\xe9t\xe9\n'), 1, /line 3 of .*x\.csv, byte 7 of the file: 0xe9 is not UTF-8/);
    await refused(csv('text\nabc\xe2\x82'), 1, /line 2 of .*, byte 8 of the file: 0xe2/);
    await refused(csv('\xff\xfet\0e\0x\0t\0\n\0'), 1, /line 1 of .*, byte 0 of the file: 0xff/);
    const filler = `text\n${'x'.repeat(65_530)}`;
    await refused(csv(`${filler}\xe2\x82\n`), 1, /byte 65535 of the file: 0xe2/);
    const euros = Buffer.from(`${'€'.repeat(100_000)}\n`);
    const whole = saved('whole.csv', 'text\n', euros);
    expect((await runHere(['import', file, whole, '-c', 'text'])).status).toBe(0);
    using columns = new ColumnVault(file, { readonly: true });
    expect(columns.column('text').at(0)).toBe('€'.repeat(100_000));
  });

  test('Arrow', async () => {
    const file = vault();
    const good = join(dirname(file), 'text.arrow');
    {
      using columns = new ColumnVault(file);
      columns.createColumn('words', 'str').extend(['one', 'two', 'three']);
    }
    await runHere(['export', file, good, '-c', 'words']);
    const bytes = readFileSync(good);
    bytes[bytes.indexOf('onetwothree') + 4] = 0xff;
    await refused(
      ['import', file, saved('x.arrow', bytes), '-c', 'text'],
      1,
      /element 1 of .*x\.arrow, byte 1 of it: 0xff/,
    );
  });

  test('names of files in a folder', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, '\ufffd'), 'this');
    try {
      writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff])]), 'that');
    } catch {
      // This file system has no such names, so there is nothing to refuse.
      return;
    }
    await refused(['import', vault(), folder], 1, /the name of a file in .*, byte 0: 0xff is not UTF-8/);
  });
});

test('a failed import leaves no table', async () => {
  const file = join(tempFolder(), 'new.db');
  const bad = saved('x.ndjson', '{"key":"a","value":1}\n{');
  const attempts = [
    ['import', file, bad],
    ['import', file, saved('x.csv', 'a\n1\nx\n'), '-c', 'a', '--dtype', 'f64'],
    ['import', file, shaped('(8, 3)'), '--vectors', 'docs', '--values', bad],
  ];
  for (const words of attempts) {
    expect((await runHere(words)).status).toBe(1);
    expect(await state(file)).toEqual({ kv: [], columns: [], vectors: [] });
  }
  using kv = new KVault(file);
  expect(kv.size).toBe(0);
});
