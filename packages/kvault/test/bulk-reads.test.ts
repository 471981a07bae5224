// `toArray` and `getMany` of a range, and what the iterators are.

import { KVault } from '@kohakuvault/kvault';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';

const COUNT = 1_300;
const keyOf = (n: number) => `key ${String(n).padStart(5, '0')}`;
const entries = Array.from({ length: COUNT }, (_, n) => [keyOf(n), { n }] as [string, { n: number }]);

function filled(): KVault<{ n: number }> {
  const kv = new KVault<{ n: number }>(tempFile());
  onTestFinished(() => kv.close());
  kv.setMany(entries);
  return kv;
}

test('toArray returns the entries of a range', () => {
  const kv = filled();
  expect(kv.toArray()).toEqual(entries);
  expect(kv.toArray({ gte: keyOf(5), lt: keyOf(9) })).toEqual(entries.slice(5, 9));
  expect(kv.toArray({ reverse: true, limit: 600 })).toEqual(entries.toReversed().slice(0, 600));
  expect(kv.toArray('key 0000')).toEqual(entries.slice(0, 10));
  expect(kv.toArray('nothing')).toEqual([]);
});

test('getMany returns the values of a range, in the order of their keys', () => {
  const kv = filled();
  expect(kv.getMany({ gte: keyOf(5), lt: keyOf(9) })).toEqual([{ n: 5 }, { n: 6 }, { n: 7 }, { n: 8 }]);
  expect(kv.getMany({})).toEqual(entries.map(([, value]) => value));
  expect(kv.getMany({ reverse: true, limit: 2 })).toEqual([{ n: COUNT - 1 }, { n: COUNT - 2 }]);
  expect(kv.getMany([keyOf(3), 'none'])).toEqual([{ n: 3 }, undefined]);
  expect(codeOf(() => kv.getMany({ beyond: 1 } as never))).toBe('KV_INVALID_ARGUMENT');
  expect(codeOf(() => kv.getMany('key' as never))).toBe('KV_INVALID_ARGUMENT');
  expect(codeOf(() => kv.getMany(undefined as never))).toBe('KV_INVALID_ARGUMENT');
});

test('both see what is pending, and values too long for a page', () => {
  const kv = new KVault<Buffer>(tempFile(), { maxBlobBytes: 400_000 });
  onTestFinished(() => kv.close());
  kv.setMany([
    ['a', Buffer.alloc(300_000, 1)],
    ['b', Buffer.alloc(500_000, 2)],
    ['d', Buffer.alloc(3, 4)],
  ]);
  kv.enableCache({ autoFlush: false });
  kv.set('c', Buffer.alloc(2, 3));
  kv.delete('d');
  const expected = [Buffer.alloc(300_000, 1), Buffer.alloc(500_000, 2), Buffer.alloc(2, 3)];
  expect(kv.getMany({})).toEqual(expected);
  expect(kv.toArray().map(([key]) => key)).toEqual(['a', 'b', 'c']);
});

test('iterators read nothing before the first next, and end as generators do', () => {
  const kv = filled();
  const iterator = kv.entries({ limit: 3 });
  kv.delete(keyOf(0));
  expect(iterator[Symbol.iterator]()).toBe(iterator);
  expect(iterator.next()).toEqual({ value: entries[1], done: false });
  expect(iterator.return(undefined)).toEqual({ value: undefined, done: true });
  expect(iterator.next()).toEqual({ value: undefined, done: true });
  const unused = kv.keys();
  expect(unused.return(undefined)).toEqual({ value: undefined, done: true });
  expect([...unused]).toEqual([]);
  const thrown = kv.values();
  expect(() => thrown.throw(new RangeError('mine'))).toThrow(RangeError);
  expect([...thrown]).toEqual([]);
  expect(() => kv.keys({ limit: -1 }).next()).toThrow('limit');
});

test('iterators have the helpers of the language', () => {
  const kv = filled();
  const keys = kv.keys();
  expect(Object.prototype.toString.call(keys)).toBe('[object Iterator]');
  if (!('take' in keys)) return;
  // The library of types that the tests compile against does not have the helpers.
  const { take } = keys as unknown as { take(this: typeof keys, count: number): Iterable<string> };
  expect([...take.call(keys, 2)]).toEqual([keyOf(0), keyOf(1)]);
  expect(keys.next().done).toBe(true);
});
