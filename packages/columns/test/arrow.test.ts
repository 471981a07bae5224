// Vectors and tables of the package apache-arrow, out of columns and into them.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import type { ArrowElements, ArrowVector, DType } from '@kohakuvault/columns';
import * as arrow from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { vaultOn } from './support/vault-on.ts';

/** Columns of each kind, and the types and values that they have in Arrow. */
const KINDS: [dtype: DType, values: unknown, type: string, inArrow?: unknown[]][] = [
  ['i8', [-128, 127], 'Int8'],
  ['i16', [-5, 5], 'Int16'],
  ['i32', [1, -1], 'Int32'],
  ['i64', [1n, -(2n ** 62n)], 'Int64'],
  ['u8', [0, 255], 'Uint8'],
  ['u16', [1, 65_535], 'Uint16'],
  ['u32', [1, 2 ** 32 - 1], 'Uint32'],
  ['u64', [0n, 2n ** 64n - 1n], 'Uint64'],
  ['f16', [1, -0.5], 'Float16'],
  ['f32', [1.5, Number.NaN], 'Float32'],
  ['f64', [0.1, Number.POSITIVE_INFINITY], 'Float64'],
  ['bool', [true, false, true, true, false, false, true, false, true], 'Bool'],
  ['str', ['', 'a', 'é数😀'], 'Utf8'],
  ['str:utf16le', ['', 'é数😀'], 'Utf8'],
  ['str:latin1', ['é', ''], 'Utf8'],
  ['str:8:utf8', ['ab', 'c'], 'Utf8'],
  ['bytes', [Buffer.from([0, 255]), Buffer.alloc(0)], 'Binary'],
  ['bytes:2', [Buffer.from('ab'), Buffer.from('cd')], 'FixedSizeBinary[2]'],
  ['vec:f32:2', [Float32Array.of(1, 2), Float32Array.of(3, 4)], 'FixedSizeList[2]<Float32>'],
  ['vec:bool:3', [Uint8Array.of(1, 0, 1), Uint8Array.of(0, 1, 1)], 'FixedSizeList[3]<Bool>', [[true, false, true], [false, true, true]]],
  ['vec:f16:2', [[1, 2], [3, 4]], 'FixedSizeList[2]<Float16>', [[1, 2], [3, 4]]],
  ['msgpack', [{ a: [1, 'x'] }, null, 'text'], 'Utf8', ['{"a":[1,"x"]}', 'null', '"text"']],
]; // biome-ignore format: a table

/** What a vector of Arrow holds, as plain values. */
function plain(value: unknown): unknown {
  if (value instanceof arrow.Vector) return Array.from(value, plain);
  if (ArrayBuffer.isView(value)) return [...(value as Uint8Array)];
  return value;
}

describe.each(['0.7', '1.x'] as const)('layout %s', (layout) => {
  test.each(KINDS)('%s', (dtype, values, type, inArrow) => {
    const vault = vaultOn(tempFile(), { layout });
    const column = vault.createColumn('c', dtype);
    column.extend(values as never);
    const vector = column.toArrow<arrow.Vector>();
    expect(vector).toBeInstanceOf(arrow.Vector);
    expect(String(vector.type)).toBe(type);
    expect([vector.length, vector.nullCount]).toEqual([column.length, 0]);
    expect(Array.from(vector, plain)).toEqual(inArrow ?? (values as unknown[]).map(plain));
    // What Arrow reads in its own format, and in pieces.
    const table = arrow.tableFromIPC(arrow.tableToIPC(new arrow.Table({ c: vector }), 'file'));
    const read = table.getChild('c') as arrow.Vector;
    expect(Array.from(read, plain)).toEqual(inArrow ?? (values as unknown[]).map(plain));
    expect(column.toArrow({ start: 1, end: 2 }).length).toBe(1);
    expect(Array.from(column.toArrow<arrow.Vector>({ start: -1 }), plain)).toEqual(Array.from(vector, plain).slice(-1));
    expect(column.toArrow({ start: 9 }).length).toBe(0);
    // And back.
    const copy = vault.createColumn('copy', dtype);
    for (const each of [vector, read, vector.slice(1), read.concat(vector.slice(0, 1))]) copy.extend(each);
    const all = [...column];
    expect([...copy]).toEqual([...all, ...all, ...all.slice(1), ...all, ...all.slice(0, 1)]);
    copy.clear();
    expect(copy.extend(table)).toBe(column.length);
  });
});

test('numbers and vectors are over one buffer, and pending elements are among them', () => {
  const vault = vaultOn(tempFile());
  const column = vault.createColumn('numbers', 'f64');
  column.extend(Float64Array.from({ length: 100_000 }, (_, index) => index));
  vault.enableCache();
  column.append(-1);
  const { values } = column.toArrow<arrow.Vector<arrow.Float64>>().data[0] as arrow.Data<arrow.Float64>;
  expect([values.length, values.buffer.byteLength, values[100_000]]).toEqual([100_001, 800_008, -1]);
  // The vector is a copy: changing it does not change the column.
  values[0] = 7;
  expect(column.at(0)).toBe(0);
  const vectors = vault.createColumn('vectors', 'vec:f32:4');
  vectors.extend({ data: new Float32Array(400), shape: [100, 4], dtype: 'f32' });
  const inner = (vectors.toArrow<arrow.Vector>().data[0] as arrow.Data).children[0] as arrow.Data;
  expect([inner.length, inner.values.buffer.byteLength]).toEqual([400, 1_600]);
});

test('elements of many shapes and damaged texts are refused', () => {
  const vault = vaultOn(tempFile());
  vault.createColumn('shapes', 'vec:f32').append([1]);
  const error = thrownBy(() => vault.column('shapes').toArrow());
  expect(error).toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
  expect(error.message).toContain('elements differ in shape');
  const texts = vault.createColumn('texts', 'str');
  texts.extend(['é', 'x']);
  vault.database.exec(
    "UPDATE col_chunks SET data = x'C378A9' WHERE col_id = (SELECT col_id FROM col_meta WHERE name = 'texts_data')",
  );
  expect(thrownBy(() => texts.toArrow())).toMatchObject({ code: 'KV_CORRUPT' });
});

describe('extend', () => {
  const opened = (dtype: DType) => vaultOn(tempFile()).createColumn('c', dtype);
  const vectorOf = (values: unknown[], type?: arrow.DataType) => arrow.vectorFromArray(values as never, type as never);

  test('numbers go where they fit', () => {
    const column = opened('i64');
    column.extend(arrow.makeVector(Int32Array.of(1, -1)));
    column.extend(vectorOf([2, 3], new arrow.Float64()));
    column.extend(vectorOf([new Date(5)], new arrow.TimestampMillisecond()));
    column.extend(vectorOf([7n, 8n], new arrow.Dictionary(new arrow.Int64(), new arrow.Int32())));
    expect([...column]).toEqual([1n, -1n, 2n, 3n, 5n, 7n, 8n]);
    expect(thrownBy(() => column.extend(vectorOf([1.5], new arrow.Float32()))).message).toContain('1.5 cannot be');
    expect(thrownBy(() => column.extend(vectorOf(['x'], new arrow.Utf8()))).message).toContain('"x" does not fit i64');
    expect(column.length).toBe(7);
  });

  test('nulls are refused with their number and the place of the first', () => {
    for (const [dtype, vector] of [
      ['f64', vectorOf([1, null, null], new arrow.Float64())],
      ['str', vectorOf(['a', null, null], new arrow.Utf8())],
      ['bool', vectorOf([true, null, null], new arrow.Bool())],
    ] as const) {
      const error = thrownBy(() => opened(dtype).extend(vector));
      expect(error).toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
      expect(error.message).toContain('has 2 nulls, the first at position 1');
    }
    const list = new arrow.FixedSizeList(2, new arrow.Field('item', new arrow.Float32(), true));
    expect(thrownBy(() => opened('vec:f32:2').extend(vectorOf([[1, null]], list))).message).toContain('has nulls');
  });

  test('lists become vectors', () => {
    const list = new arrow.List(new arrow.Field('item', new arrow.Float32(), false));
    const any = opened('vec:f32');
    any.extend(vectorOf([[1], [2, 3]], list));
    expect([...any].map((tensor) => (tensor as { shape: number[] }).shape)).toEqual([[1], [2]]);
    const fixed = opened('vec:f64:2');
    fixed.extend(
      vectorOf(
        [
          [1, 2],
          [3, 4],
        ],
        list,
      ),
    );
    expect([...fixed]).toEqual([Float64Array.of(1, 2), Float64Array.of(3, 4)]);
    expect(thrownBy(() => fixed.extend(vectorOf([[1, 2, 3]], list))).message).toContain('shape [3]; expected [2]');
    const deep = opened('vec:i16:2:3');
    const rows = new arrow.FixedSizeList(3, new arrow.Field('item', new arrow.Int16(), false));
    const type = new arrow.FixedSizeList(2, new arrow.Field('item', rows, false));
    deep.extend(
      vectorOf(
        [
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
        ],
        type,
      ),
    );
    expect(deep.at(0)).toEqual({ data: Int16Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3], dtype: 'i16' });
    expect(Array.from(deep.toArrow<arrow.Vector>(), plain)).toEqual([
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ]);
  });

  test('documents are JSON, or rows of a struct', () => {
    const column = opened('msgpack');
    column.extend(vectorOf(['{"a":1}', '[true]'], new arrow.Utf8()));
    const struct = new arrow.Struct<{ a: arrow.Int32; b: arrow.List<arrow.Utf8> }>([
      new arrow.Field('a', new arrow.Int32()),
      new arrow.Field('b', new arrow.List(new arrow.Field('item', new arrow.Utf8()))),
    ]);
    column.extend(vectorOf([{ a: 1, b: ['x', 'y'] }, null], struct));
    expect([...column]).toEqual([{ a: 1 }, [true], { a: 1, b: ['x', 'y'] }, null]);
    const error = thrownBy(() => column.extend(vectorOf(['{}', '{'], new arrow.Utf8())));
    expect(error.message).toContain('position 1: "{" is not JSON');
  });

  test('what a column cannot take is refused, and so is a table of several columns', () => {
    const column = opened('f64');
    const decimal = vectorOf([new Uint32Array(4)], new arrow.Decimal(2, 10));
    expect(thrownBy(() => column.extend(decimal)).message).toContain('has the type Decimal');
    const table = arrow.tableFromArrays({ a: Float64Array.of(1), b: Float64Array.of(2) });
    expect(thrownBy(() => column.extend(table)).message).toContain('has the columns a, b; expected one column');
    expect(column.extend(arrow.tableFromArrays({ a: Float64Array.of(1, 2) }))).toBe(2);
    expect(column.extend(arrow.makeVector(new Float64Array(0)))).toBe(2);
  });
});

describe('frames', () => {
  test('become tables, and take them', () => {
    const vault = vaultOn(tempFile());
    const log = vault.frame('log', { step: 'i64', loss: 'f64', note: 'str:utf8', good: 'bool', at: 'vec:f32:2' });
    const rows = Array.from({ length: 100 }, (_, step) => ({
      step: BigInt(step),
      loss: 1 / (step + 1),
      note: `note ${step}`,
      good: step % 3 === 0,
      at: Float32Array.of(step, -step),
    }));
    log.extend(rows);
    const table = log.toArrow<arrow.Table>();
    expect(table).toBeInstanceOf(arrow.Table);
    expect(table.schema.fields.map(({ name, type, nullable }) => [name, String(type), nullable])).toEqual([
      ['step', 'Int64', false],
      ['loss', 'Float64', false],
      ['note', 'Utf8', false],
      ['good', 'Bool', false],
      ['at', 'FixedSizeList[2]<Float32>', false],
    ]);
    expect([table.numRows, table.get(7)?.note, log.toArrow({ start: 90 }).numRows]).toEqual([100, 'note 7', 10]);
    const read = arrow.tableFromIPC(arrow.tableToIPC(table));
    const copy = vault.frame('copy', { step: 'i64', loss: 'f64', note: 'str:utf8', good: 'bool', at: 'vec:f32:2' });
    expect(copy.extend(read)).toBe(100);
    expect(copy.extend(table.slice(98))).toBe(102);
    expect([...copy]).toEqual([...rows, ...rows.slice(98)]);
  });

  test('a table without a column, or with another, is refused, and nothing is added', () => {
    const vault = vaultOn(tempFile());
    const log = vault.frame('log', { a: 'f64', b: 'f64' });
    const one = Float64Array.of(1);
    expect(thrownBy(() => log.extend(arrow.tableFromArrays({ a: one }))).message).toContain('has no b');
    expect(thrownBy(() => log.extend(arrow.tableFromArrays({ a: one, b: one, c: one }))).message).toContain(
      'no column c',
    );
    const words = arrow.tableFromArrays({ a: one, b: ['x'] });
    expect(thrownBy(() => log.extend(words)).message).toContain('"x" is not an f64');
    expect(log.length).toBe(0);
  });
});

test('the module may be given, and what is not the module is refused', () => {
  const column = vaultOn(tempFile()).createColumn('c', 'f64');
  column.append(1);
  const other = createRequire(import.meta.url)('apache-arrow') as typeof arrow;
  // That of the program comes first: the classes of the two builds do not know each other.
  expect(Object.getPrototypeOf(column.toArrow())).toBe(arrow.Vector.prototype);
  for (const module of [arrow, other]) {
    const vector = column.toArrow<arrow.Vector>({ arrow: module });
    expect(Object.getPrototypeOf(vector)).toBe(module.Vector.prototype);
    expect([...vector]).toEqual([1]);
  }
  expect(thrownBy(() => column.toArrow({ arrow: {} })).message).toContain(
    'expects arrow to be the module apache-arrow',
  );
  expect(thrownBy(() => column.toArrow({ arrow: 5 })).message).toContain('expects arrow to be the module apache-arrow');
  expect(thrownBy(() => column.toArrow({ from: 1 } as never)).message).toContain('toArrow has no option from');
});

test.each([
  ['imports', "import * as arrow from 'apache-arrow'; import { ColumnVault } from '@kohakuvault/columns';", 'module'],
  [
    'requires',
    "const arrow = require('apache-arrow'); const { ColumnVault } = require('@kohakuvault/columns');",
    'commonjs',
  ],
])('a program that %s the package gets vectors of that build', (_, begin, type) => {
  const program = `${begin}
    const vault = new ColumnVault(':memory:');
    const log = vault.frame('log', { a: 'f64', b: 'str:utf8' });
    log.append({ a: 1, b: 'x' });
    const table = log.toArrow();
    const read = arrow.tableFromIPC(arrow.tableToIPC(table));
    console.log(JSON.stringify([Object.getPrototypeOf(table) === arrow.Table.prototype, read.schema.toString(), read.get(0)]));
    vault.close();`;
  const args = ['--no-warnings', '--conditions=@kohakuvault/source', `--input-type=${type}`, '-e', program];
  const run = spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout)).toEqual([true, 'Schema<{ 0: a: Float64, 1: b: Utf8 }>', { a: 1, b: 'x' }]);
});

test('without the package, the error says how to get it; columns load it only then', () => {
  const program = `
    import { ColumnVault } from '@kohakuvault/columns';
    import module from 'node:module';
    using vault = new ColumnVault(':memory:');
    const column = vault.createColumn('c', 'f64');
    column.append(1);
    const loaded = Object.keys(module.createRequire(import.meta.url).cache).some((file) => file.includes('apache-arrow'));
    const find = module.Module._resolveFilename;
    module.Module._resolveFilename = function (name, ...rest) {
      if (name === 'apache-arrow') throw Object.assign(new Error("Cannot find module 'apache-arrow'"), { code: 'MODULE_NOT_FOUND' });
      return find.call(this, name, ...rest);
    };
    try { column.toArrow(); } catch (error) { console.log(JSON.stringify([loaded, error.code, error.message])); }`;
  const args = ['--conditions=@kohakuvault/source', '--input-type=module', '-e', program];
  const run = spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' });
  expect(run.stderr).toBe('');
  const [loaded, code, message] = JSON.parse(run.stdout);
  expect([loaded, code]).toEqual([false, 'KV_RUNTIME_UNSUPPORTED']);
  expect(message).toContain('toArrow needs the package apache-arrow, an optional peer dependency');
  expect(message).toContain('npm install apache-arrow');
});

test('types', () => {
  const column = vaultOn(tempFile()).createColumn('c', 'f64');
  const vector: ArrowVector = column.toArrow();
  const elements: ArrowElements = arrow.makeVector(Float64Array.of(1));
  expect([vector.length, column.extend(elements)]).toEqual([0, 1]);
});
