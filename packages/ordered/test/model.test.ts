import { CSBTree, type KeyRange, type OrderedKey, SkipList } from '@kohakuvault/ordered';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KINDS } from './support/keys.ts';
import { compareKeys, Model } from './support/model.ts';

type Map = CSBTree<OrderedKey, unknown> | SkipList<OrderedKey, unknown>;

/** Each does the same with the map and with the model, and compares the results. */
type Step =
  | { do: 'insert' | 'set' | 'setDefault'; key: OrderedKey; value: number }
  | { do: 'remove' | 'delete' | 'read'; key: OrderedKey }
  | { do: 'range'; range: KeyRange<OrderedKey> }
  | { do: 'between'; start: OrderedKey; end: OrderedKey }
  | { do: 'clear' };

function steps(keys: fc.Arbitrary<OrderedKey>, prefixes: boolean): fc.Arbitrary<Step[]> {
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const limits = fc.record({
    lower: maybe(fc.tuple(fc.constantFrom('gt', 'gte'), keys)),
    upper: maybe(fc.tuple(fc.constantFrom('lt', 'lte'), keys)),
    prefix: prefixes ? maybe(fc.constantFrom('', 'a', 'ab', 'user/1')) : fc.constant(undefined),
    reverse: fc.boolean(),
    limit: maybe(fc.nat(20)),
  });
  const range = limits.map(({ lower, upper, ...rest }) => ({
    ...rest,
    ...(lower && { [lower[0]]: lower[1] }),
    ...(upper && { [upper[0]]: upper[1] }),
  }));
  return fc.array(
    fc.oneof(
      {
        weight: 12,
        arbitrary: fc.record({ do: fc.constantFrom('insert', 'set', 'setDefault'), key: keys, value: fc.nat() }),
      },
      { weight: 7, arbitrary: fc.record({ do: fc.constantFrom('remove', 'delete', 'read'), key: keys }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('range' as const), range }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('between' as const), start: keys, end: keys }) },
      { weight: 1, arbitrary: fc.constant({ do: 'clear' as const }) },
    ) as fc.Arbitrary<Step>,
    { maxLength: 300, size: 'max' },
  );
}

function perform(map: Map, model: Model, step: Step): void {
  switch (step.do) {
    case 'insert':
      expect(map.insert(step.key, step.value)).toBe(model.insert(step.key, step.value));
      break;
    case 'set':
      expect(map.set(step.key, step.value)).toBe(map);
      model.insert(step.key, step.value);
      break;
    case 'setDefault':
      if (!model.has(step.key)) model.insert(step.key, step.value);
      expect(map.setDefault(step.key, step.value)).toBe(model.get(step.key));
      break;
    case 'remove':
      expect(map.remove(step.key)).toBe(model.remove(step.key));
      break;
    case 'delete':
      expect(map.delete(step.key)).toBe(model.has(step.key));
      model.remove(step.key);
      break;
    case 'read': {
      expect(map.get(step.key, 'none')).toBe(model.get(step.key) ?? 'none');
      expect(map.has(step.key)).toBe(model.has(step.key));
      expect(map.floor(step.key)).toEqual(model.range({ lte: step.key, reverse: true, limit: 1 })[0]);
      expect(map.ceiling(step.key)).toEqual(model.range({ gte: step.key, limit: 1 })[0]);
      break;
    }
    case 'range':
      expect(map.range(step.range)).toEqual(model.range(step.range));
      expect(map.count(step.range)).toBe(model.range(step.range).length);
      expect([...map.keys(step.range)]).toEqual(model.range(step.range).map((entry) => entry[0]));
      break;
    case 'between':
      expect(map.range(step.start, step.end)).toEqual(model.range({ gte: step.start, lt: step.end }));
      break;
    case 'clear':
      map.clear();
      model.entries = [];
  }
  expect(map.size).toBe(model.entries.length);
}

function behavesAsModel(
  keys: fc.Arbitrary<OrderedKey>,
  make: () => Map,
  runs: number,
  model = () => new Model(),
): void {
  const ownOrder = model().compare !== compareKeys;
  fc.assert(
    fc.property(steps(keys, !ownOrder), (list) => {
      const map = make();
      const expected = model();
      for (const step of list) perform(map, expected, step);
      expect([...map]).toEqual(expected.entries);
      expect(map.first()).toEqual(expected.entries[0]);
      expect(map.last()).toEqual(expected.entries.at(-1));
      expect([...map.values({ reverse: true })]).toEqual(expected.range({ reverse: true }).map((entry) => entry[1]));
    }),
    { numRuns: runs },
  );
}

describe('CSBTree behaves like a sorted array', () => {
  test.each(Object.keys(KINDS))('with %s', (kind) => {
    const keys = KINDS[kind] as fc.Arbitrary<OrderedKey>;
    for (const order of [3, 4, 5, 16, 255]) behavesAsModel(keys, () => new CSBTree({ order }), 15);
  });

  test('with a comparator that reverses the order', () => {
    const compare = (a: OrderedKey, b: OrderedKey) => compareKeys(b, a);
    for (const order of [3, 4, 64]) {
      behavesAsModel(
        KINDS['mixed keys'] as fc.Arbitrary<OrderedKey>,
        () => new CSBTree({ order, compare }),
        15,
        () => new Model(compare),
      );
    }
  });

  test.each([3, 4, 5, 6, 7, 8, 31, 64, 127, 255])('with order %i, over thousands of entries', (order) => {
    const sizes = [
      new CSBTree<OrderedKey, number>({ order }),
      new CSBTree<OrderedKey, number>({ order, entries: [['a string makes it one of all kinds', 0]] }),
      new CSBTree<OrderedKey, number>({ order, compare: compareKeys }),
    ].map((tree) => {
      const before = tree.size;
      const key = (i: number) => (i * 7919) % 5003;
      for (let i = 0; i < 5003; i++) tree.set(key(i), i);
      for (let i = 0; i < 5003; i += 3) expect(tree.delete(key(i))).toBe(true);
      const left = [...tree.keys({ lt: Number.POSITIVE_INFINITY })] as number[];
      expect(left).toEqual(left.toSorted((a, b) => a - b));
      for (let i = 0; i < 5003; i++) expect(tree.get(key(i))).toBe(i % 3 === 0 ? undefined : i);
      for (let gte = -1; gte < 5010; gte += 501) {
        const expected = left.filter((number) => number >= gte && number < gte * 2).length;
        expect(tree.count({ gte, lt: gte * 2 })).toBe(expected);
      }
      expect(left.length + before).toBe(tree.size);
      for (let i = 5002; i >= 0; i--) tree.delete(key(i));
      return tree.size - before;
    });
    expect(sizes).toEqual([0, 0, 0]);
  });
});

describe('SkipList behaves like a sorted array', () => {
  test.each(Object.keys(KINDS))('with %s', (kind) => {
    behavesAsModel(KINDS[kind] as fc.Arbitrary<OrderedKey>, () => new SkipList(), 25);
  });
});
