// Unusable input is refused before anything is written, with a message that names it.
import { VectorKVault, type VectorKVaultOptions } from '@kohakuvault/vector';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { vaultOf } from './support/vaults.ts';

/** Returns the message of the InvalidArgument that a call throws. */
function refused(call: () => unknown): string {
  const error = thrownBy(call);
  expect(error.code).toBe('KV_INVALID_ARGUMENT');
  return error.message;
}

test.each([
  [undefined, 'dimensions is missing'],
  [{}, 'dimensions is missing'],
  [{ dimensions: 0 }, 'expects dimensions to be a whole number from 1 to 8192, got 0'],
  [{ dimensions: 8193 }, '1 to 8192'],
  [{ dimensions: 1.5 }, '1 to 8192'],
  [{ dimensions: 12, vectorType: 'bit' }, 'expected a multiple of 8'],
  [{ dimensions: 8, vectorType: 'float' }, "'f32' or 'int8' or 'bit'"],
  [{ dimensions: 8, metric: 'cosin' }, "did you mean 'cosine'"],
  [{ dimensions: 8, metric: 'hamming' }, "f32 vectors have 'cosine', 'l2', 'l1'"],
  [{ dimensions: 8, vectorType: 'bit', metric: 'l2' }, "bit vectors have 'hamming'"],
  [{ dimension: 8 }, 'did you mean dimensions?'],
  [{ dimensions: 8, residentBytes: -1 }, 'expects residentBytes to be a whole number from 0 on, got -1'],
  [{ dimensions: 8, table: '' }, 'a name of a table or column must be'],
])('the options %o', (options, message) => {
  expect(refused(() => new VectorKVault(tempFile(), options as VectorKVaultOptions))).toContain(message);
});

const vectors: [string, unknown, string][] = [
  ['too short', [1, 2, 3], '3'],
  ['too long', [1, 2, 3, 4, 5], '5'],
  ['empty', [], '0'],
  ['with NaN', [1, 2, Number.NaN, 4], 'element 2 of the vector is NaN'],
  ['with infinity', Float32Array.of(1, Number.NEGATIVE_INFINITY, 3, 4), 'element 1 of the vector is -Infinity'],
  ['beyond 32-bit floats', [1, 2, 3, 1e300], 'vector'],
  ['all zeros', [0, 0, 0, 0], 'has no direction'],
  ['of texts', ['1', '2', '3', '4'], 'vector'],
  ['a text', 'abcd', 'vector'],
  ['undefined', undefined, 'vector'],
  ['null', null, 'vector'],
  [
    'of two rows',
    [
      [1, 2],
      [3, 4],
    ],
    'vector',
  ],
  ['a tensor of two rows', { data: new Float32Array(8), dims: [2, 4] }, 'vector'],
];

describe.each(vectors)('a vector %s', (_, vector, message) => {
  test('is refused everywhere', async () => {
    const vault = vaultOf();
    const id = vault.insert([1, 2, 3, 4], 'kept');
    const given = vector as number[];
    expect(refused(() => vault.insert(given, 0))).toContain(message);
    expect(
      refused(() =>
        vault.insertMany([
          [[4, 3, 2, 1], 0],
          [given, 0],
        ]),
      ),
    ).toContain('row 1');
    expect(refused(() => vault.search(given))).toContain(message);
    expect(refused(() => vault.searchMany([[1, 2, 3, 4], given]))).toContain('query 1');
    expect(refused(() => vault.get(given))).toContain(message);
    if (vector !== undefined) expect(refused(() => vault.update(id, { vector: given, value: 'x' }))).toContain(message);
    await expect(vault.searchAsync(given)).rejects.toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
    expect([...vault].map(([, , value]) => value)).toEqual(['kept']);
  });
});

test('a zero vector is accepted if the metric is not cosine', () => {
  const vault = vaultOf({ metric: 'l2' });
  vault.insert([0, 0, 0, 0], 'origin');
  expect(vault.search([0, 0, 0, 0], 1)[0]).toMatchObject({ distance: 0, value: 'origin' });
  expect(refused(() => vault.search([0, 0, 0, 0], { metric: 'cosine' }))).toContain('no direction');
});

test('numbers that do not fit int8, and values that are not bits', () => {
  const int8 = vaultOf({ vectorType: 'int8' });
  for (const vector of [[1, 2, 3, 128], [1, 2, 3, -129], [1, 2, 3, 0.5], [0, 0, 0, 0], Float32Array.of(1, 2, 3, 1e9)]) {
    refused(() => int8.insert(vector, 0));
    refused(() => int8.search(vector));
  }
  const bit = vaultOf({ vectorType: 'bit', dimensions: 16 });
  for (const vector of [new Array(16).fill(2), [1, 0], new Uint8Array(3), new Array(15).fill(0), 'bits', 3]) {
    refused(() => bit.insert(vector as number[], 0));
    refused(() => bit.search(vector as number[]));
  }
  expect([int8.size, bit.size]).toEqual([0, 0]);
});

test.each([
  [-1, 'expects k to be a whole number from 0 on, got -1'],
  [1.5, 'got 1.5'],
  [Number.NaN, 'got NaN'],
  ['10', 'k is "10"'],
  [null, 'k is null'],
  [{ k: 10n }, 'got 10n'],
  [{ limit: 3 }, 'has no option limit'],
  [{ metric: 'euclid' }, "f32 vectors have 'cosine', 'l2', 'l1'"],
  [{ maxDistance: -1 }, 'expects maxDistance to be a number, at least 0, got -1'],
  [{ maxDistance: Number.NaN }, 'expects maxDistance to be a number, at least 0, got NaN'],
  [{ offset: -1 }, 'expects offset to be a whole number from 0 on, got -1'],
  [{ mode: 'fast' }, "'exact' or 'approximate'"],
  [{ oversample: 0 }, 'expects oversample to be a whole number from 1 on, got 0'],
  [{ filter: 3 }, 'expects filter to be'],
  [{ filter: ['a'] }, 'the id is "a"'],
  [{ filter: [1.5] }, 'the id is 1.5'],
  [{ signal: {} }, 'signal'],
])('a search with %o', async (options, message) => {
  const vault = vaultOf();
  vault.insert([1, 2, 3, 4], 0);
  const given = options as number;
  expect(refused(() => vault.search([1, 2, 3, 4], given))).toContain(message);
  expect(refused(() => vault.searchMany([[1, 2, 3, 4]], given))).toContain(message);
  await expect(vault.searchAsync([1, 2, 3, 4], given)).rejects.toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
});

test('invalid ids, rows and changes', () => {
  const vault = vaultOf();
  for (const id of ['1', 1.5, Number.NaN, 2n ** 63n, undefined, null] as unknown as bigint[]) {
    for (const use of [
      () => vault.getById(id),
      () => vault.has(id),
      () => vault.delete(id),
      () => vault.update(id, { value: 1 }),
    ]) {
      expect(refused(use)).toContain('the id is');
    }
  }
  expect(refused(() => vault.update(1, {}))).toContain('or several of them, got none');
  expect(refused(() => vault.update(1, { values: 1 } as object))).toContain('did you mean value?');
  expect(refused(() => vault.insertMany(3 as unknown as []))).toContain('[vector, value] pairs, got 3');
  expect(refused(() => vault.insertMany([[1, 2, 3, 4]] as unknown as []))).toContain('row 0');
  expect(refused(() => vault.searchMany(3 as unknown as []))).toContain('searchMany expects an iterable of vectors');
  expect(refused(() => vault.insert([1, 2, 3, 4], undefined))).toContain('the value');
});

test('tables that are not of a VectorKVault', () => {
  const vault = vaultOf();
  const { database } = vault;
  vault.insert([1, 2, 3, 4], 0);
  database.exec('CREATE TABLE plain (id INTEGER PRIMARY KEY); CREATE VIEW seen AS SELECT 1');
  database.exec('CREATE VIRTUAL TABLE other USING vec0(vector float[4])');
  database.exec('CREATE VIRTUAL TABLE more USING vec0(value_ref INTEGER, vector float[4], extra INTEGER)');
  database.exec('CREATE VIRTUAL TABLE alone USING vec0(value_ref INTEGER, vector float[4] distance_metric=cosine)');
  for (const table of ['plain', 'seen', 'other', 'more', 'alone']) {
    expect(
      refused(() => new VectorKVault(vault, { table, dimensions: 4 })),
      table,
    ).toContain('VectorKVault');
  }
});

test('a failed insertMany or a throwing iterator leaves nothing', () => {
  const vault = vaultOf();
  vault.insert([1, 2, 3, 4], 'before');
  expect(vault.search([1, 2, 3, 4])).toHaveLength(1);
  expect(vault.search([1, 2, 3, 4])).toHaveLength(1);
  function* failing(): Generator<[number[], string]> {
    yield [[4, 3, 2, 1], 'one'];
    throw new RangeError('no more');
  }
  expect(() => vault.insertMany(failing())).toThrow(RangeError);
  refused(() =>
    vault.insertMany([
      [[4, 3, 2, 1], 'one'],
      [[1, 2, 3, 4], () => 0],
    ]),
  );
  expect([vault.size, vault.search([4, 3, 2, 1]).length]).toEqual([1, 1]);
  expect(vault.database.prepare('SELECT count(*) FROM vec_kvault_values').pluck().get()).toBe(1);
});
