import { CSBTree, type OrderedKey, SkipList } from '@kohakuvault/ordered';
import { expect, test } from 'vitest';

const MAPS: [string, () => CSBTree<OrderedKey, number> | SkipList<OrderedKey, number>][] = [
  ['a CSBTree of numbers', () => new CSBTree<OrderedKey, number>()],
  ['a CSBTree of numbers with small nodes', () => new CSBTree<OrderedKey, number>({ order: 3 })],
  ['a CSBTree of all kinds', () => new CSBTree<OrderedKey, number>({ entries: [['a', 0]] })],
  ['a CSBTree with compare', () => new CSBTree<OrderedKey, number>({ compare: (a, b) => Number(a) - Number(b) })],
  ['a SkipList', () => new SkipList<OrderedKey, number>()],
];

test.each(MAPS)('numberKeys of %s are those of keys(), in its order, whatever the range', (_name, make) => {
  const map = make();
  map.delete('a');
  for (let i = 0; i < 1000; i++) map.set((i * 7919) % 1009, i);
  for (const reverse of [false, true]) {
    for (const limits of [{}, { gte: 100, lt: 900 }, { gt: 1.5, lte: 64 }, { lt: 3 }, { gt: 1100 }, { gt: 9, lt: 5 }]) {
      for (const limit of [undefined, 0, 1, 63, 64, 65, 500, 5000]) {
        const range = { ...limits, reverse, limit };
        expect([...map.numberKeys(range)]).toEqual([...map.keys(range)]);
      }
    }
  }
});
