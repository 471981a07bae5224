import { KVault } from '@kohakuvault/kvault';
import { type StoredVector, VectorKVault } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { vaultOf } from './support/vaults.ts';

const AXES = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
];

test('a search returns vectors with their values, nearest first', () => {
  const vault = vaultOf<string>();
  const ids = AXES.map((axis, index) => vault.insert(axis, `axis ${index}`));
  expect(ids).toEqual([1n, 2n, 3n]);
  const [first, second] = vault.search([0.1, 0.9, 0, 0], 2);
  expect(first).toEqual({ id: 2n, distance: expect.closeTo(0.00612, 4), value: 'axis 1' });
  expect(second?.id).toBe(1n);
  expect(vault.get([0, 0, 2, 0])).toBe('axis 2');
  expectTypeOf(vault.search).returns.toEqualTypeOf<{ id: bigint; distance: number; value: string }[]>();
  expectTypeOf(vault.getById).returns.toEqualTypeOf<{ vector: StoredVector; value: string } | undefined>();
});

test('an empty vault finds nothing', async () => {
  const vault = vaultOf();
  expect(vault.search([1, 2, 3, 4])).toEqual([]);
  expect(vault.searchMany([[1, 2, 3, 4]])).toEqual([[]]);
  expect(await vault.searchAsync([1, 2, 3, 4])).toEqual([]);
  expect(vault.get([1, 2, 3, 4])).toBeUndefined();
  expect([...vault]).toEqual([]);
  expect(vault.size).toBe(0);
});

test('values of any kind come back unchanged', () => {
  const vault = vaultOf();
  const values = [
    { at: new Date(0) },
    Buffer.from([0x89, 0x4b]),
    null,
    -0,
    'text',
    new Map([[1, 2n]]),
    new Float32Array(3),
  ];
  const ids = vault.insertMany(values.map((value, index) => [[index, 1, 2, 3], value]));
  for (const [index, id] of ids.entries()) expect(vault.getById(id)?.value).toEqual(values[index]);
});

test('an update changes the vector, the value, or both', () => {
  const vault = vaultOf({ metric: 'l2' });
  const id = vault.insert([1, 1, 1, 1], 'old');
  expect(vault.update(id, { value: 'new' })).toBe(true);
  expect(vault.getById(id)).toEqual({ vector: Float32Array.of(1, 1, 1, 1), value: 'new' });
  expect(vault.update(Number(id), { vector: [2, 2, 2, 2] })).toBe(true);
  expect(vault.getById(id)).toEqual({ vector: Float32Array.of(2, 2, 2, 2), value: 'new' });
  expect(vault.update(id, { vector: [3, 3, 3, 3], value: null })).toBe(true);
  expect(vault.getById(id)).toEqual({ vector: Float32Array.of(3, 3, 3, 3), value: null });
  expect(vault.search([3, 3, 3, 3], 1)).toEqual([{ id, distance: 0, value: null }]);
  expect(vault.size).toBe(1);
});

test('a missing id: false from update and delete, undefined from getById', () => {
  const vault = vaultOf();
  expect(vault.update(7, { value: 1 })).toBe(false);
  expect(vault.update(7n, { vector: [1, 2, 3, 4] })).toBe(false);
  expect(vault.delete(7)).toBe(false);
  expect(vault.getById(7)).toBeUndefined();
  expect(vault.has(7)).toBe(false);
  expect(vault.size).toBe(0);
});

test('ids are never used again, whether deleted one by one or all at once', () => {
  const file = tempFile();
  const vault = vaultOf({}, file);
  const [first, second] = vault.insertMany(AXES.map((axis) => [axis, 0])) as [bigint, bigint, bigint];
  expect(vault.delete(second)).toBe(true);
  expect(vault.has(first)).toBe(true);
  expect(vault.insert([1, 1, 1, 1], 0)).toBe(4n);
  vault.clear();
  expect([vault.size, [...vault], vault.search([1, 1, 1, 1])]).toEqual([0, [], []]);
  expect(vault.insert([1, 1, 1, 1], 'after')).toBe(5n);
  expect(vault.search([1, 1, 1, 1], 1)[0]?.value).toBe('after');
  vault.close();
  expect(vaultOf({}, file).getById(5)?.value).toBe('after');
});

test('iteration yields everything by ascending id, page by page, while the vault changes', () => {
  const vault = vaultOf<number>({ metric: 'l2', dimensions: 2 });
  const ids = vault.insertMany(Array.from({ length: 300 }, (_, index) => [[index, 0], index]));
  const seen: bigint[] = [];
  for (const [id, vector, value] of vault) {
    expect(vector).toEqual(Float32Array.of(value, 0));
    if (seen.push(id) === 10) {
      vault.delete(ids[250] as bigint);
      vault.insert([300, 0], 300);
    }
  }
  expect(seen).toEqual([...ids.filter((_, index) => index !== 250), 301n]);
});

test.each([
  ['f32', 'cosine'],
  ['f32', 'l1'],
  ['int8', 'l2'],
  ['bit', 'hamming'],
] as const)('%s vectors of a file are opened again with %s only', (vectorType, metric) => {
  const file = tempFile();
  const options = { dimensions: 16, vectorType, metric };
  const vector = new Array(16).fill(1);
  const vault = vaultOf(options, file);
  const id = vault.insert(vector, 'kept');
  vault.close();
  const again = vaultOf(options, file);
  expect(again.get(vector)).toBe('kept');
  expect(again.info()).toEqual({ table: 'vec_kvault', ...options, count: 1 });
  again.close();
  for (const other of [
    { ...options, dimensions: 8 },
    { ...options, vectorType: vectorType === 'f32' ? 'int8' : 'f32', metric: 'l2' } as const,
    ...(vectorType === 'bit' ? [] : [{ ...options, metric: metric === 'l2' ? 'cosine' : 'l2' } as const]),
  ]) {
    expect(codeOf(() => new VectorKVault(file, other))).toBe('KV_INVALID_ARGUMENT');
  }
  expect(vaultOf(options, file).has(id)).toBe(true);
});

test('bits are accepted packed, as numbers or as booleans, and returned packed', () => {
  const vault = vaultOf({ dimensions: 16, vectorType: 'bit' });
  const bits = [1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1];
  const packed = Uint8Array.of(0b1000_0011, 0b1000_0000);
  for (const form of [
    bits,
    bits.map(Boolean),
    Uint8Array.from(bits),
    packed,
    packed.slice().buffer,
    Buffer.from(packed),
  ]) {
    const id = vault.insert(form as number[], null);
    expect(vault.getById(id)?.vector).toEqual(packed);
  }
  expect(vault.search(Uint8Array.of(0b1000_0011, 0), 1)[0]?.distance).toBe(1);
});

test('vectors are accepted in every form of numbers', () => {
  const vault = vaultOf({ metric: 'l2', dimensions: 3 });
  const forms = [
    [1, 2, 3],
    Float32Array.of(1, 2, 3),
    Float64Array.of(1, 2, 3),
    Int32Array.of(1, 2, 3),
    { data: Float32Array.of(1, 2, 3), shape: [3], dtype: 'f32' as const },
    // The result of a model for one text.
    { data: Float32Array.of(1, 2, 3), dims: [1, 3] },
  ];
  for (const form of forms) expect(vault.getById(vault.insert(form, 0))?.vector).toEqual(Float32Array.of(1, 2, 3));
  expect(vault.search({ data: Float32Array.of(1, 2, 3), dims: [1, 3] }, 100)).toHaveLength(forms.length);
});

test('the vault copies its input, which may change afterwards', () => {
  const vault = vaultOf({ metric: 'l2' });
  const shared = new Float32Array(4);
  function* rows(): Generator<[Float32Array, Buffer]> {
    for (let index = 1; index <= 3; index++) yield [shared.fill(index), Buffer.from([index])];
  }
  const ids = vault.insertMany(rows());
  expect(ids.map((id) => vault.getById(id)?.vector[0])).toEqual([1, 2, 3]);
});

describe('several vaults', () => {
  test('share a connection, a file with other vaults, and their writes', () => {
    const file = tempFile();
    const one = vaultOf({}, file);
    const other = vaultOf({}, one);
    const kv = new KVault(file);
    onTestFinished(() => kv.close());
    for (let index = 0; index < 5; index++) one.insert([1, index, 0, 0], index);
    expect(other.search([1, 4, 0, 0], 1)[0]?.value).toBe(4);
    expect(other.search([1, 4, 0, 0], 1)[0]?.value).toBe(4);
    const id = one.insert([1, 4.1, 0, 0], 'newer');
    expect(other.search([1, 4.1, 0, 0], 1)[0]).toMatchObject({ id, value: 'newer' });
    kv.set('beside', true);
    one.close();
    expect(other.size).toBe(6);
  });

  test('use tables of any names in one file', () => {
    const file = tempFile();
    const names = ['plain', 'two words', 'quo"te', 'sélect'];
    for (const table of names) vaultOf({ table }, file).insert([1, 2, 3, 4], table);
    for (const table of names) {
      const vault = vaultOf({ table }, file);
      expect([vault.get([1, 2, 3, 4]), vault.table, vault.size]).toEqual([table, table, 1]);
      vault.clear();
      expect(vault.insert([1, 2, 3, 4], 0)).toBe(2n);
    }
  });
});

test('work on a Database of the user, and do not close it', () => {
  const database = new Database(tempFile());
  onTestFinished(() => {
    database.close();
  });
  const vault = new VectorKVault(database, { dimensions: 4 });
  vault.insert([1, 2, 3, 4], 'x');
  expect(vault.database).toBe(database);
  vault.close();
  expect(database.open).toBe(true);
  expect(database.prepare('SELECT count(*) FROM vec_kvault_rowids').pluck().get()).toBe(1);
});

test('in memory', async () => {
  const vault = vaultOf({}, ':memory:');
  const id = vault.insert([1, 2, 3, 4], 'x');
  expect(vault.search([1, 2, 3, 4])).toHaveLength(1);
  expect((await vault.searchAsync([1, 2, 3, 4]))[0]?.id).toBe(id);
});

test('snapshot shows one state, and refuses writes', () => {
  const vault = vaultOf({ metric: 'l2' });
  const id = vault.insert([1, 2, 3, 4], 'x');
  const found = vault.snapshot(() => {
    expect(codeOf(() => vault.insert([1, 2, 3, 4], 'y'))).toBe('KV_READONLY');
    return [1, 2, 3].map(() => vault.search([1, 2, 3, 4], 1));
  });
  expect(found).toEqual([1, 2, 3].map(() => [{ id, distance: 0, value: 'x' }]));
});

test('a readonly vault searches and does not write', () => {
  const file = tempFile();
  expect(codeOf(() => new VectorKVault(file, { dimensions: 4, readonly: true }))).toBe('KV_IO');
  const id = vaultOf({}, file).insert([1, 2, 3, 4], 'x');
  const vault = vaultOf({ readonly: true }, file);
  expect(vault.search([1, 2, 3, 4], 1)[0]?.value).toBe('x');
  expect(vault.getById(id)?.value).toBe('x');
  for (const write of [
    () => vault.insert([1, 2, 3, 4], 1),
    () => vault.update(id, { value: 1 }),
    () => vault.delete(id),
    () => vault.clear(),
  ]) {
    expect(codeOf(write)).toBe('KV_READONLY');
  }
});

test('checkpoint, optimize and VACUUM keep everything', () => {
  const vault = vaultOf({ dimensions: 2, metric: 'l2' });
  const ids = vault.insertMany(Array.from({ length: 2_100 }, (_, index) => [[index, 0], index]));
  for (const id of ids.slice(0, 1_100)) vault.delete(id);
  vault.optimize();
  expect(vault.checkpoint('truncate').busy).toBe(0);
  expect(vault.search([1_500, 0], 1)[0]).toEqual({ id: ids[1_500], distance: 0, value: 1_500 });
  expect(vault.getById(ids[1_200] as bigint)?.value).toBe(1_200);
});

test('auto-pack and headers work as in KVault', () => {
  const vault = vaultOf({ autoPack: false });
  expect(codeOf(() => vault.insert([1, 2, 3, 4], 'text'))).toBe('KV_INVALID_ARGUMENT');
  const id = vault.insert([1, 2, 3, 4], Buffer.from('raw'));
  expect([vault.autoPackEnabled, vault.headersEnabled]).toEqual([false, true]);
  vault.enableAutoPack();
  expect(vault.update(id, { value: { packed: true } })).toBe(true);
  vault.disableAutoPack();
  expect(vault.getById(id)?.value.subarray(0, 2)).toEqual(Buffer.from([0x89, 0x4b]));
  vault.disableHeaders();
  expect(vault.headersEnabled).toBe(false);
  vault.enableHeaders();
  vault.enableAutoPack({ structured: false });
  expect(codeOf(() => vault.insert([1, 2, 3, 4], new Date()))).toBe('KV_INVALID_ARGUMENT');
});

test('after close every method throws, and closing again does nothing', async () => {
  const vault = vaultOf();
  const id = vault.insert([1, 2, 3, 4], 0);
  vault.close();
  vault.close();
  for (const use of [
    () => vault.insert([1, 2, 3, 4], 0),
    () => vault.insertMany([]),
    () => vault.search([1, 2, 3, 4]),
    () => vault.searchMany([], 0),
    () => vault.get([1, 2, 3, 4]),
    () => vault.getById(id),
    () => vault.has(id),
    () => vault.update(id, { value: 1 }),
    () => vault.delete(id),
    () => vault.clear(),
    () => vault.size,
    () => vault.info(),
    () => [...vault],
    () => vault.transaction(() => 0),
    () => vault.snapshot(() => 0),
    () => vault.checkpoint(),
    () => vault.optimize(),
    () => vault.database,
  ]) {
    expect(codeOf(use), String(use)).toBe('KV_CLOSED');
  }
  await expect(vault.searchAsync([1, 2, 3, 4])).rejects.toMatchObject({ code: 'KV_CLOSED' });
});
