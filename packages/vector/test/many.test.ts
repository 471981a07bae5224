// Many ids at once: ranges of keys and values, deleteMany, searchManyAsync.
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { vaultOf } from './support/vaults.ts';

const COUNT = 600;

function filled(file = tempFile()) {
  const vault = vaultOf<string>({ metric: 'l2', dimensions: 2 }, file);
  const ids = vault.insertMany(Array.from({ length: COUNT }, (_, index) => [[index + 1, 0], `value ${index + 1}`]));
  return { vault, ids, file };
}

test.each([
  [undefined, 1, COUNT],
  [{ gte: 3n, lte: 500 }, 3, 500],
  [{ gt: 3, lt: 500n }, 4, 499],
  [{ gte: 599, limit: 10 }, 599, COUNT],
  [{ gte: 10, limit: 300 }, 10, 309],
  [{ limit: 0 }, 1, 0],
  [{ gt: 5, lt: 6 }, 1, 0],
  [{ gt: 2n ** 63n - 1n }, 1, 0],
  [{ lt: -(2n ** 63n) }, 1, 0],
] as const)('the range %o', (range, first, last) => {
  const { vault } = filled();
  const numbers = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  expect([...vault.keys(range)]).toEqual(numbers.map(BigInt));
  expect([...vault.values(range)]).toEqual(numbers.map((number) => `value ${number}`));
  expect([...vault.entries(range)]).toEqual(
    numbers.map((number) => [BigInt(number), Float32Array.of(number, 0), `value ${number}`]),
  );
});

test('a range in reverse', () => {
  const { vault } = filled();
  const expected = Array.from({ length: 300 }, (_, index) => 500 - index);
  expect([...vault.keys({ lte: 500, limit: 300, reverse: true })]).toEqual(expected.map(BigInt));
  expect([...vault.values({ lte: 500, gt: 200, reverse: true })]).toEqual(expected.map((number) => `value ${number}`));
  expect([...vault.keys({ reverse: true })]).toHaveLength(COUNT);
});

test('what is deleted or changed in the loop is not yielded as it was', () => {
  const { vault } = filled();
  const seen: string[] = [];
  for (const value of vault.values({ lte: 20 })) {
    if (seen.push(value) !== 3) continue;
    vault.deleteMany([4, 5]);
    vault.update(6, { value: 'new' });
  }
  expect(seen.slice(0, 5)).toEqual(['value 1', 'value 2', 'value 3', 'new', 'value 7']);
  expect(seen).toHaveLength(18);
  const keys: bigint[] = [];
  for (const id of vault.keys({ gt: 590, reverse: true })) {
    keys.push(id);
    vault.delete(id - 1n);
  }
  expect(keys).toEqual([600n, 598n, 596n, 594n, 592n]);
});

test('ranges that cannot be are refused', () => {
  const { vault } = filled();
  for (const [range, message] of [
    [{ gt: 1, gte: 2 }, 'gt and gte'],
    [{ lt: 1, lte: 2 }, 'lt and lte'],
    [{ gt: 1.5 }, 'the id is 1.5'],
    [{ from: 1 }, 'from'],
    [{ limit: -1 }, 'limit'],
  ] as const) {
    for (const read of ['keys', 'values', 'entries'] as const) {
      const error = thrownBy(() => [...vault[read](range as object)]);
      expect(error.code).toBe('KV_INVALID_ARGUMENT');
      expect(error.message).toContain(message);
    }
  }
});

test('deleteMany deletes all or nothing, in the file and in the resident copy', () => {
  const { vault, ids, file } = filled();
  for (let round = 0; round < 3; round++) vault.search([300, 0], 1);
  expect(vault.deleteMany(ids.slice(290, 310))).toBe(20);
  expect(vault.search([300, 0], 2).map(({ value }) => value)).toEqual(['value 290', 'value 311']);
  expect(vault.deleteMany(new Set([1, 1n, 2, 295, 5_000]))).toBe(2);
  expect(vault.deleteMany([])).toBe(0);
  expect(vault.size).toBe(COUNT - 22);
  for (const given of [[3, 'x'], [3, 1.5], [3, 2n ** 64n], 'abc', 5, undefined, null]) {
    expect(thrownBy(() => vault.deleteMany(given as never)).code).toBe('KV_INVALID_ARGUMENT');
  }
  expect(vault.has(3)).toBe(true);
  const other = new Database(file);
  other.exec(`CREATE TRIGGER refuse BEFORE DELETE ON vec_kvault_values WHEN old.id = 6
    BEGIN SELECT RAISE(ABORT, 'not this one'); END`);
  other.close();
  expect(thrownBy(() => vault.deleteMany([4, 5, 6, 7])).message).toContain('not this one');
  expect(vault.size).toBe(COUNT - 22);
  expect(vault.search([4, 0], 4).map(({ id }) => id)).toEqual([4n, 5n, 3n, 6n]);
});

test('searchManyAsync finds what searchMany finds', async () => {
  const { vault } = filled();
  const queries = Array.from({ length: 50 }, (_, index) => [index * 11, 1]);
  for (const options of [
    3,
    { k: 2, offset: 1 },
    { filter: [5n, 80n] },
    { k: 2, filter: (id: bigint) => id % 7n === 0n },
    { mode: 'approximate' },
    0,
  ] as const) {
    const expected = vault.searchMany(queries, options);
    const [found, again] = await Promise.all([
      vault.searchManyAsync(queries, options),
      vault.searchManyAsync(queries.slice(0, 7), options),
    ]);
    expect(found).toEqual(expected);
    expect(again).toEqual(expected.slice(0, 7));
  }
  expect(await vault.searchManyAsync([], 3)).toEqual([]);
  const reason = new RangeError('changed my mind');
  await expect(vault.searchManyAsync(queries, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await expect(vault.searchManyAsync(5 as never)).rejects.toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
  const closed = vault.searchManyAsync(queries, 3);
  vault.close();
  await expect(closed).rejects.toMatchObject({ code: 'KV_CLOSED' });
});
