// Defects of the Python package's ordered maps that these maps do not have.
import { CSBTree, type OrderedKey, SkipList } from '@kohakuvault/ordered';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../../../tools/testing/src/thrown.ts';

test('a SkipList replaces the value of an existing key', () => {
  const list = new SkipList<string, number>();
  list.set('a', 1);
  expect(list.insert('a', 2)).toBe(1);
  expect(list.get('a')).toBe(2);
  expect(list.set('a', 3).get('a')).toBe(3);
  expect(list.size).toBe(1);
});

describe('keys without an order are refused', () => {
  test.each([
    ['CSBTree', () => new CSBTree<OrderedKey, number>()],
    ['SkipList', () => new SkipList<OrderedKey, number>()],
  ] as const)('are refused by %s at once, and it stays whole', (_name, make) => {
    const map = make();
    for (const key of [3, 'b', 1, 'a', [1], 2]) map.set(key, 0);
    for (const key of [Number.NaN, {}, null, [{}], undefined]) {
      expect(codeOf(() => map.set(key as never, 1))).toBe('KV_INVALID_ARGUMENT');
    }
    expect([...map.keys()]).toEqual([1, 2, 3, 'a', 'b', [1]]);
  });
});

test('an order below three is refused without ending the process', () => {
  for (const order of [0, 1, 2, -1]) expect(codeOf(() => new CSBTree({ order }))).toBe('KV_INVALID_ARGUMENT');
  expect(codeOf(() => CSBTree.fromSorted([[1, 1]], { order: 1 }))).toBe('KV_INVALID_ARGUMENT');
});
