import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Metric, VectorKVault, type VectorType } from '@kohakuvault/vector';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../../../tools/testing/src/temp.ts';
import { json, output, records, run } from '../support/command-line.ts';
import { recorded } from '../support/recorded.ts';

interface Shape {
  table: string;
  dimensions: number;
  metric: Metric;
  vectorType: VectorType;
}

function contents(file: string, shape: Shape): [unknown, unknown][] {
  using vault = new VectorKVault(file, shape);
  return Array.from(vault, ([, vector, value]) => [Array.from(vector), value]);
}

describe('vectors and their values come back unchanged', () => {
  test.each([
    ['f32', 'l2', [[1, 2, 3.5, 4, 5, 6, 7, 8], [0, 0, 0, 0, 0, 0, 0, -1]]],
    ['int8', 'l1', [[1, -128, 127, 0, 0, 0, 0, 0], [9, 8, 7, 6, 5, 4, 3, 2]]],
    ['bit', 'hamming', [[1, 0, 0, 0, 0, 0, 0, 1], [1, 1, 1, 1, 0, 0, 0, 0]]],
  ] as [VectorType, Metric, number[][]][])('%s', async (vectorType, metric, vectors) => {
    const file = join(tempFolder(), 'vectors.db');
    const shape = { table: 'docs', dimensions: 8, metric, vectorType };
    {
      using vault = new VectorKVault(file, shape);
      vault.insertMany([
        [vectors[0] as number[], { title: 'one' }],
        [vectors[1] as number[], new Date(0)],
      ]);
    }
    const [matrix, values] = [join(dirname(file), 'm.npy'), join(dirname(file), 'm.ndjson')];
    expect((await run(['export', file, matrix, '--vectors', 'docs', '--values', values])).stderr).toBe(
      `exported 2 vectors to ${matrix}\n`,
    );
    expect(records(readFileSync(values, 'utf8'))).toMatchObject([
      { key: '1', value: { title: 'one' } },
      { key: '2', shown: '1970-01-01T00:00:00.000Z' },
    ]);
    const copy = join(dirname(file), 'copy.db');
    const words = ['import', copy, matrix, '--vectors', 'docs', '--values', values, '--metric', metric];
    expect(await json(words)).toEqual({ imported: 2, into: 'docs' });
    expect(contents(copy, shape)).toEqual(contents(file, shape));
    const report = await json<{ vectors: unknown[] }>(['inspect', copy]);
    expect(report.vectors).toEqual([{ table: 'docs', vectors: 2, dimensions: 8, metric, type: vectorType }]);
  });
}); // biome-ignore format: rows

test('fields and ids come back unchanged', async () => {
  const file = join(tempFolder(), 'vectors.db');
  const options = {
    table: 'docs',
    dimensions: 2,
    metric: 'dot',
    ids: 'str',
    fields: { n: 'i64', x: 'f64', s: 'str' },
  } as const;
  const fields = [{ n: 2n ** 62n, x: 0.5 }, { n: -5n, x: Number.NEGATIVE_INFINITY, s: 'ž' }, {}];
  {
    using vault = new VectorKVault(file, options);
    vault.insertMany(fields.map((some, at) => [[at, 1], `value ${at}`, { id: `doc ${at}`, ...some }]));
  }
  const [matrix, values] = [join(dirname(file), 'm.npy'), join(dirname(file), 'm.ndjson')];
  await output(['export', file, matrix, '--vectors', 'docs', '--values', values]);
  expect(records(readFileSync(values, 'utf8'))).toEqual([
    { key: 'doc 0', value: 'value 0', fields: { n: String(2n ** 62n), x: 0.5 } },
    { key: 'doc 1', value: 'value 1', fields: { n: -5, x: '-Infinity', s: 'ž' } },
    { key: 'doc 2', value: 'value 2', fields: {} },
  ]);
  const copy = join(dirname(file), 'copy.db');
  const words = ['import', copy, matrix, '--vectors', 'docs', '--values', values];
  const created = ['--metric', 'dot', '--ids', 'str', '--fields', 'n:i64,x:f64,s:str'];
  expect(await json([...words, ...created])).toEqual({ imported: 3, into: 'docs' });
  {
    using vault = new VectorKVault(copy, options);
    expect([...vault.keys()]).toEqual(['doc 0', 'doc 1', 'doc 2']);
    expect(['doc 0', 'doc 1', 'doc 2'].map((id) => vault.fields(id))).toEqual(fields);
    vault.clear();
  }
  // A table that exists says itself what it has.
  expect(await json(words)).toEqual({ imported: 3, into: 'docs' });
  const report = await json<{ vectors: unknown[]; tables: unknown[] }>(['inspect', copy]);
  expect(report).toMatchObject({
    vectors: [{ table: 'docs', vectors: 3, metric: 'dot', ids: 'str', fields: { n: 'i64', x: 'f64', s: 'str' } }],
    tables: [],
  });
  expect(await output(['inspect', copy])).toContain('id:str n:i64 x:f64 s:str');
  expect(await output(['verify', copy])).toContain('vectors docs');
});

test('wrong fields and ids are refused, and nothing is imported', async () => {
  const file = join(tempFolder(), 'vectors.db');
  const [matrix, values] = [join(dirname(file), 'm.npy'), join(dirname(file), 'm.ndjson')];
  {
    using vault = new VectorKVault(file, { table: 'docs', dimensions: 2, fields: { n: 'i64' } });
    vault.insertMany([
      [[1, 0], 'a', { n: 1 }],
      [[0, 1], 'b', { n: 2 }],
    ]);
  }
  await output(['export', file, matrix, '--vectors', 'docs', '--values', values]);
  const copy = join(dirname(file), 'copy.db');
  const words = ['import', copy, matrix, '--vectors', 'docs', '--values', values];
  expect((await run(words)).stderr).toMatch(/it has "fields", and the table has none; declare them with --fields/);
  expect((await run([...words, '--fields', 'n:int'])).stderr).toMatch(/--fields has "n:int"; expected name:type/);
  expect((await run([...words, '--fields', 'm:i64'])).stderr).toMatch(/there is no field "n"/);
  expect((await run(['import', copy, matrix, '--vectors', 'docs', '--ids', 'str'])).stderr).toMatch(/give --values/);
  expect(await json([...words, '--fields', 'n:i64', '--keep-ids'])).toEqual({ imported: 2, into: 'docs' });
  expect((await run([...words, '--keep-ids'])).stderr).toMatch(/there is a vector with the id 1n already/);
});

test('vectors of the Python package', async () => {
  const file = recorded('mixed-0.8.6.db');
  const matrix = join(dirname(file), 'runs.npy');
  await output(['export', file, matrix, '--vectors', 'runs']);
  expect(readFileSync(matrix).toString('latin1', 10, 100)).toContain(
    "'descr': '<f4', 'fortran_order': False, 'shape': (18, 6)",
  );
  const copy = join(dirname(file), 'copy.db');
  await output(['import', copy, matrix, '--vectors', 'runs']);
  const shape = { table: 'runs', dimensions: 6, metric: 'cosine', vectorType: 'f32' } as const;
  expect(contents(copy, shape).map(([, value]) => value)).toEqual(Array(18).fill(null));
});

test('impossible requests are refused, and change nothing', async () => {
  const file = recorded('mixed-0.8.6.db');
  const folder = dirname(file);
  const matrix = join(folder, 'runs.npy');
  await output(['export', file, matrix, '--vectors', 'runs']);
  const before = await json(['inspect', file]);
  const [short, long, wrong] = ['short', 'long', 'wrong'].map((name) => join(folder, `${name}.ndjson`)) as [
    string,
    string,
    string,
  ];
  writeFileSync(short, '{"value":1}\n');
  writeFileSync(long, '{"value":1}\n'.repeat(19));
  writeFileSync(wrong, '{"value":1}\n{}\n');
  const fixture = (name: string) => join(import.meta.dirname, '../fixtures', name);
  const cases: [string[], number, string][] = [
    [['export', file, matrix, '--vectors', 'run'], 1, 'there are no vectors called run; did you mean runs?'],
    [['export', file, 'x.csv', '--vectors', 'runs'], 2, 'vectors go to and come from npy'],
    [['export', file, matrix, '--vectors', 'runs', '--column', 'ids'], 2, 'different exports'],
    [['import', file, matrix, '--vectors', 'runs', '--metric', 'l2'], 1, 'metric'],
    [['import', file, matrix, '--vectors', 'runs', '--metric', 'cosin'], 2, 'did you mean cosine?'],
    [
      ['import', file, matrix, '--vectors', 'runs', '--values', short],
      1,
      'has 1 lines for 18 vectors; nothing was imported',
    ],
    [['import', file, matrix, '--vectors', 'runs', '--values', long], 1, 'has more lines than there are vectors (18)'],
    [['import', file, matrix, '--vectors', 'runs', '--values', wrong], 1, 'line 2 of'],
    [['import', file, fixture('three-dimensions.npy'), '--vectors', 'runs'], 1, 'expected rows of f32'],
  ];
  for (const [words, status, message] of cases) {
    const ended = await run(words);
    expect({ words, status: ended.status }).toEqual({ words, status });
    expect(ended.stderr).toContain(message);
  }
  expect(await json(['inspect', file])).toEqual(before);
});
