// The user's code that runs during a call and calls back: getters in keys and values, comparators.
import { CSBTree, type OrderedKey, SkipList } from '@kohakuvault/ordered';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../../../tools/testing/src/thrown.ts';

/** Returns an array whose first element is a getter that first does something. */
function trap(key: OrderedKey, act: () => void): OrderedKey {
  return Object.defineProperty([key], 0, {
    enumerable: true,
    get() {
      act();
      return key;
    },
  });
}

describe('a comparator may read the tree', () => {
  type Tree = CSBTree<number, number>;
  const READS: [string, (tree: Tree) => unknown][] = [
    ['get', (tree) => tree.get(7)],
    ['has', (tree) => tree.has(200)],
    ['first', (tree) => tree.first()],
    ['last', (tree) => tree.last()],
    ['floor', (tree) => tree.floor(11)],
    ['ceiling', (tree) => tree.ceiling(11)],
    ['range', (tree) => tree.range(3, 90)],
    ['a reversed range', (tree) => tree.range({ lte: 50, gt: 3, reverse: true })],
    ['an iteration', (tree) => [...tree.keys()]],
    ['numberKeys', (tree) => tree.numberKeys({ gte: 20 })],
  ];

  test.each(READS)('by %s, during insertions and removals', (_name, read) => {
    let depth = 0;
    const tree: Tree = new CSBTree<number, number>({
      order: 3,
      compare(a, b) {
        if (depth === 0) {
          depth++;
          read(tree);
          depth--;
        }
        return a - b;
      },
    });
    const key = (i: number) => (i * 7) % 101;
    for (let i = 0; i < 101; i++) tree.set(key(i), i);
    expect([...tree.keys()]).toEqual(Array.from({ length: 101 }, (_unused, i) => i));
    for (let i = 0; i < 101; i += 2) expect(tree.delete(key(i))).toBe(true);
    const left = Array.from({ length: 50 }, (_unused, i) => key(2 * i + 1)).sort((a, b) => a - b);
    expect([...tree.keys()]).toEqual(left);
    expect(tree.range({ reverse: true }).map((entry) => entry[0])).toEqual(left.toReversed());
    for (const one of left) expect(tree.has(one)).toBe(true);
    expect(tree.size).toBe(50);
  });

  const CHANGES: [string, (tree: Tree) => unknown][] = [
    ['set of a key that is there', (tree) => tree.set(2, -1)],
    ['set of a new key', (tree) => tree.set(1000, -1)],
    ['setDefault', (tree) => tree.setDefault(2, -1)],
    ['insert', (tree) => tree.insert(1000, -1)],
    ['delete of a key that is not there', (tree) => tree.delete(1000)],
    ['remove', (tree) => tree.remove(2)],
    ['clear', (tree) => tree.clear()],
    ['close', (tree) => tree.close()],
    ['update', (tree) => tree.update([[2, -1]])],
  ];

  test.each(CHANGES)('but not change it: %s is refused, and the call that compares continues', (_name, change) => {
    const codes = new Set<string | undefined>();
    let isOn = false;
    const tree: Tree = new CSBTree<number, number>({
      order: 3,
      compare(a, b) {
        if (isOn) codes.add(codeOf(() => change(tree)));
        return a - b;
      },
    });
    for (let i = 0; i < 60; i++) tree.set(i * 2, i);
    isOn = true;
    for (let i = 0; i < 60; i++) tree.set(i * 2 + 1, i);
    for (let i = 0; i < 120; i += 3) tree.delete(i);
    expect(tree.get(2)).toBe(1);
    expect(tree.range(0, 5).length).toBe(3);
    isOn = false;
    expect([...codes]).toEqual(['KV_INVALID_ARGUMENT']);
    const keys = Array.from({ length: 120 }, (_unused, i) => i).filter((i) => i % 3 > 0);
    expect([...tree.keys()]).toEqual(keys);
  });

  test('but not advance the iterator that it compares for', () => {
    let iterator: Generator<number> | undefined;
    let answer: unknown;
    const tree = new CSBTree<number, number>({
      compare(a, b) {
        if (iterator && !answer) answer = codeOf(() => iterator?.next());
        return a - b;
      },
    });
    for (let i = 0; i < 40; i++) tree.set(i, i);
    iterator = tree.keys({ gte: 5, lt: 9 });
    expect([...iterator]).toEqual([5, 6, 7, 8]);
    expect(answer).toBe('KV_INVALID_ARGUMENT');
  });

  test('and an error during an iteration loses no entry', () => {
    let failing = false;
    const tree = new CSBTree<number, number>({
      compare(a, b) {
        if (failing) throw new RangeError('mine');
        return a - b;
      },
    });
    for (let i = 0; i < 500; i++) tree.set(i, i);
    const iterator = tree.keys();
    const seen: number[] = [];
    for (let step = 0; ; step++) {
      failing = step % 2 === 0;
      try {
        const { value, done } = iterator.next();
        if (done) break;
        seen.push(value);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }
    expect(seen).toEqual(Array.from({ length: 500 }, (_unused, i) => i));
  });
});

describe('a getter in a tuple key', () => {
  test('that reads the same SkipList does not change what the outer get returns', () => {
    const list = new SkipList<OrderedKey, unknown>();
    const long = 'long '.repeat(40_000);
    list.set([1], 'outer').set('long', long).set('short', 'inner');
    for (const inner of ['long', 'short']) {
      expect(list.get(trap(1, () => void list.get(inner)))).toBe('outer');
      expect(list.get([1])).toBe('outer');
    }
  });

  const CALLS: [string, (map: Map, key: OrderedKey) => unknown][] = [
    ['get', (map, key) => map.get(key)],
    ['has', (map, key) => map.has(key)],
    ['set', (map, key) => map.set(key, 1)],
    ['insert', (map, key) => map.insert(key, 1)],
    ['setDefault', (map, key) => map.setDefault(key, 1)],
    ['delete', (map, key) => map.delete(key)],
    ['remove', (map, key) => map.remove(key)],
    ['floor', (map, key) => map.floor(key)],
    ['ceiling', (map, key) => map.ceiling(key)],
    ['range', (map, key) => map.range({ gte: key })],
    ['range of two keys', (map, key) => map.range(0, key)],
    ['keys', (map, key) => map.keys({ lte: key }).next()],
    ['numberKeys', (map, key) => map.numberKeys({ lt: key })],
  ];
  type Map = CSBTree<OrderedKey, unknown> | SkipList<OrderedKey, unknown>;
  const MAPS: [string, () => Map][] = [
    ['SkipList', () => new SkipList<OrderedKey, unknown>({ entries: [[[1], 'was there']] })],
    ['CSBTree', () => new CSBTree<OrderedKey, unknown>({ entries: [[[1], 'was there']] })],
    ['CSBTree of numbers', () => new CSBTree<OrderedKey, unknown>({ entries: [[1, 'was there']] })],
  ];

  describe.each(MAPS)('that closes the %s and creates another', (_map, make) => {
    test.each(CALLS)('makes %s throw KV_CLOSED, and does not change the other', (_call, call) => {
      const map = make();
      const others: Map[] = [];
      const key = trap(1, () => {
        map.close();
        others.push(make());
      });
      expect(codeOf(() => call(map, key))).toBe('KV_CLOSED');
      for (const other of others) expect([...other]).toEqual([...make()]);
      expect(others.length).toBeGreaterThan(0);
    });

    test.each(CALLS)('and one that empties the map does not make %s say that it is closed', (_call, call) => {
      const map = make();
      const key = trap(1, () => {
        map.clear();
        map.set('text', 'new');
        map.clear();
      });
      call(map, key);
      expect(map.size).toBe(_call.startsWith('set') || _call === 'insert' ? 1 : 0);
    });
  });

  test('is read once per call, whatever iterates over the array', () => {
    for (const [, make] of MAPS) {
      const map = make();
      map.clear();
      const key = Object.assign(['b'], {
        *[Symbol.iterator]() {
          yield 'a';
        },
      });
      expect(map.set(key, 1).get(key)).toBe(1);
      expect([...map.keys()]).toEqual([['b']]);
    }
  });
});

test('a getter in a value that closes the SkipList and creates another does not write to that', () => {
  for (const call of ['set', 'insert', 'setDefault'] as const) {
    const list = new SkipList<string, unknown>();
    let other: SkipList<string, unknown> | undefined;
    const value = {
      get field() {
        list.close();
        other = new SkipList();
        return 1;
      },
    };
    expect(codeOf(() => list[call]('a', value))).toBe('KV_CLOSED');
    expect([...(other ?? [0])]).toEqual([]);
  }
});

describe('a change between two steps of an iteration', () => {
  const NAMED = [new CSBTree<OrderedKey, number>(), new SkipList<OrderedKey, number>()].map(
    (map) => [map[Symbol.toStringTag], map] as const,
  );

  test.each(NAMED)('of a %s, in a key of its range, does not move its end', (_name, map) => {
    map.clear();
    for (let i = 0; i < 200; i++) map.set([i], i).set(Buffer.from([i]), i);
    const [end, bytes] = [[150], Buffer.from([150])];
    const [tuples, views] = [map.keys({ gte: [0], lt: end }), map.keys({ gte: Buffer.alloc(0), lt: bytes })];
    expect([tuples.next().value, views.next().value]).toEqual([[0], Buffer.from([0])]);
    end[0] = 20;
    bytes[0] = 20;
    expect([[...tuples].length, [...views].length]).toEqual([149, 149]);
  });

  test.each(NAMED)('of a %s, in a key that it returned, does not move it', (_name, map) => {
    map.clear();
    for (let i = 0; i < 200; i++) map.set([Buffer.from([i])], i).set(Buffer.from([i]), i);
    let seen = 0;
    for (const key of map.keys()) {
      (key instanceof Uint8Array ? key : ((key as OrderedKey[])[0] as Uint8Array))[0] = 255;
      if (seen % 10 === 0) map.set('another', seen).delete('another');
      seen++;
    }
    expect(seen).toBe(400);
  });
});

test('options whose getters return different values are those that were checked, or are refused', () => {
  const twice = <T>(first: T, then: T) => {
    let reads = 0;
    return () => (reads++ === 0 ? first : then);
  };
  const map = new CSBTree<number, number>({ entries: [1, 2, 3].map((key) => [key, key] as const) });
  for (const bad of [Number.NaN, -1, 'x', {}]) {
    const limit = twice<unknown>(1, bad);
    expect(
      codeOf(() =>
        map.range({
          get limit() {
            return limit() as number;
          },
        }),
      ),
    ).toBe('KV_INVALID_ARGUMENT');
    const order = twice<unknown>(64, bad);
    expect(
      codeOf(
        () =>
          new CSBTree({
            get order() {
              return order() as number;
            },
          }),
      ),
    ).toBe('KV_INVALID_ARGUMENT');
    const loaded = twice<unknown>(64, bad);
    const options = {
      get order() {
        return loaded() as number;
      },
    };
    expect(codeOf(() => CSBTree.fromSorted([[1, 1]], options))).toBe('KV_INVALID_ARGUMENT');
  }
  const id = twice<unknown>(999_999_999, 'x');
  const handle = {
    kind: 'kohakuvault.SkipList',
    process: process.pid,
    get id() {
      return id();
    },
  };
  expect(codeOf(() => SkipList.attach(handle as never))).toBe('KV_INVALID_ARGUMENT');
});
