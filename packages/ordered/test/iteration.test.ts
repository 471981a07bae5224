import { CSBTree, type OrderedKey, SkipList } from '@kohakuvault/ordered';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KINDS } from './support/keys.ts';
import { compareKeys } from './support/model.ts';

const MAPS = {
  'CSBTree of numbers': () => new CSBTree<OrderedKey, number>({ order: 4 }),
  'CSBTree of all kinds': () => new CSBTree<OrderedKey, number>({ order: 4, entries: [['z', 0]] }),
  'CSBTree with compare': () => new CSBTree<OrderedKey, number>({ order: 4, compare: compareKeys }),
  SkipList: () => new SkipList<OrderedKey, number>(),
};

describe.each(Object.entries(MAPS))('while %s is iterated', (_, make) => {
  test('a key that exists all the time is seen once, in order, whatever is added and removed', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(400), { maxLength: 150 }),
        fc.array(fc.tuple(fc.boolean(), fc.nat(400)), { maxLength: 300, size: 'max' }),
        fc.boolean(),
        (initial, changes, reverse) => {
          const map = make();
          for (const key of initial) map.set(key, key);
          const touched = new Set(changes.map((change) => change[1]));
          const seen: OrderedKey[] = [];
          const pending = changes.values();
          for (const [key, value] of map.entries({ reverse })) {
            expect(map.get(key)).toBe(value);
            seen.push(key);
            const next = pending.next();
            if (next.done) continue;
            const [add, other] = next.value;
            if (add) map.set(other, other);
            else map.delete(other);
          }
          const order = seen.map((key, i) =>
            i === 0 ? 1 : compareKeys(seen[i - 1] as OrderedKey, key) * (reverse ? -1 : 1),
          );
          expect(order.every((sign, i) => i === 0 || sign < 0)).toBe(true);
          for (const key of initial) if (!touched.has(key)) expect(seen).toContain(key);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a key that is deleted ahead is not seen, and a key that is added ahead is', () => {
    const map = make();
    map.clear();
    for (let key = 0; key < 100; key++) map.set(key, key);
    const seen: OrderedKey[] = [];
    for (const key of map.keys()) {
      seen.push(key);
      if (key === 3) for (let other = 4; other < 95; other++) map.delete(other);
      if (key === 99) map.set(1000, 0);
    }
    expect(seen).toEqual([0, 1, 2, 3, 95, 96, 97, 98, 99, 1000]);
  });

  test('clearing ends it', () => {
    const map = make();
    for (let key = 0; key < 100; key++) map.set(key, key);
    let seen = 0;
    for (const _ of map) {
      seen++;
      map.clear();
    }
    expect(seen).toBe(1);
  });

  test('the loop may end early and begin again', () => {
    const map = make();
    for (let key = 0; key < 5000; key++) map.set(key, key);
    for (let round = 0; round < 3; round++) {
      const iterator = map.keys({ gte: 10 });
      expect(iterator.next().value).toBe(10);
      iterator.return(undefined);
      expect(iterator.next().done).toBe(true);
    }
  });
});

test('the iteration of a tree of numbers continues when a string is added', () => {
  const tree = new CSBTree<OrderedKey, number>({ entries: [1, 2, 3].map((key) => [key, key] as const) });
  const seen: OrderedKey[] = [];
  for (const key of tree.keys()) {
    seen.push(key);
    if (key === 1) tree.set('text', 0);
  }
  expect(seen).toEqual([1, 2, 3, 'text']);
});

test('walks see each entry once while the tree renumbers its entries', () => {
  const tree = new CSBTree<string, number>();
  for (let i = 0; i < 5000; i++) tree.set(`key ${(i * 7919) % 5000}`, i);
  const walks = Array.from({ length: 4 }, () => tree.entries());
  const seen = walks.map(() => new Set<string>());
  for (let i = 0; i < 5000; i++) {
    walks.forEach((walk, which) => {
      const [key, value] = walk.next().value ?? ['none', -1];
      expect(tree.get(key)).toBe(value);
      seen[which]?.add(key);
    });
  }
  expect(seen.map((keys) => keys.size)).toEqual([5000, 5000, 5000, 5000]);
  expect(walks.every((walk) => walk.next().done)).toBe(true);
  tree.set('key 6000', 1).delete('key 1');
  expect([...tree.keys()]).toEqual([...(seen[0] ?? []), 'key 6000'].filter((key) => key !== 'key 1').sort());
});

test('forEach passes value, key and map', () => {
  for (const map of [new CSBTree<number, string>(), new SkipList<number, string>()]) {
    map.set(2, 'two').set(1, 'one');
    const calls: unknown[] = [];
    map.forEach((value, key, self) => {
      calls.push([value, key, self === map]);
    });
    expect(calls).toEqual([
      ['one', 1, true],
      ['two', 2, true],
    ]);
  }
});

test('the arbitrary keys of the model tests have the order of the model', () => {
  fc.assert(
    fc.property(fc.array(KINDS['mixed keys'] as fc.Arbitrary<OrderedKey>), (keys) => {
      const tree = new CSBTree<OrderedKey, number>();
      for (const key of keys) tree.set(key, 0);
      const found = [...tree.keys()];
      expect(found.every((key, i) => i === 0 || compareKeys(found[i - 1] as OrderedKey, key) < 0)).toBe(true);
    }),
  );
});
