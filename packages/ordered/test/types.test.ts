import {
  CSBTree,
  type CSBTreeOptions,
  type KeyBound,
  type KeyRange,
  type OrderedKey,
  SkipList,
  type SkipListHandle,
} from '@kohakuvault/ordered';
import { expect, expectTypeOf, test } from 'vitest';

test('keys and values have the types they were given', () => {
  const tree = new CSBTree({ entries: [[1, 'one']] as [number, string][] });
  expectTypeOf(tree).toEqualTypeOf<CSBTree<number, string>>();
  expectTypeOf(tree.get(1)).toEqualTypeOf<string | undefined>();
  expectTypeOf(tree.get(1, 0)).toEqualTypeOf<string | number>();
  expectTypeOf(tree.range(1, 2)).toEqualTypeOf<[number, string][]>();
  expectTypeOf(tree.keys({ gt: 1 }).next().value).toEqualTypeOf<number | undefined>();
  expectTypeOf(tree.numberKeys()).toExtend<Float64Array>();
  expectTypeOf(new CSBTree()).toEqualTypeOf<CSBTree<OrderedKey, unknown>>();
  expectTypeOf(CSBTree.fromSorted([['a', 1] as const])).toEqualTypeOf<CSBTree<'a', 1>>();
  const list = new SkipList<string, { id: number }>();
  expectTypeOf(list.first()).toEqualTypeOf<[string, { id: number }] | undefined>();
  expectTypeOf(SkipList.attach<string, number>(list.share())).toEqualTypeOf<SkipList<string, number>>();
  // @ts-expect-error: a key of another type
  expectTypeOf(tree.get).toBeCallableWith('text');
});

test('a range of tuples is limited by whole tuples or by their first elements', () => {
  type Key = readonly [time: number, id: string, part: number];
  const tree = new CSBTree<Key, string>({ entries: [[[1, 'a', 2], 'x']] });
  expect(tree.range({ gte: [1], lt: [2] })).toEqual([[[1, 'a', 2], 'x']]);
  expect(tree.range([1, 'a'], [1, 'b'])).toEqual([[[1, 'a', 2], 'x']]);
  expect([tree.count({ gt: [1, 'a', 2] }), tree.ceiling([1])?.[1], tree.floor([2])?.[1]]).toEqual([0, 'x', 'x']);
  expectTypeOf<KeyBound<Key>>().toEqualTypeOf<Key | readonly [number, string] | readonly [number]>();
  expectTypeOf<KeyBound<number | string>>().toEqualTypeOf<number | string>();
  expectTypeOf<KeyBound<OrderedKey>>().toEqualTypeOf<OrderedKey>();
  expectTypeOf<KeyBound<[string, bigint] | number>>().toEqualTypeOf<[string, bigint] | readonly [string] | number>();
  const list = new SkipList<Key, number>();
  expect([list.popFirst({ gte: [1], lt: [2] }), list.deleteRange({ lte: [3, 'x'] })]).toEqual([undefined, 0]);
  const wrong = () => {
    // @ts-expect-error: the first element is a number
    tree.range({ gte: ['a'] });
    // @ts-expect-error: more elements than a key has
    tree.count({ lt: [1, 'a', 2, 3] });
    // @ts-expect-error: only limits may be shorter than a key
    tree.get([1]);
  };
  expect(wrong).toBeTypeOf('function');
});

test('what changes and waits for a value has its type', () => {
  const list = new SkipList<string, { hits: number }>();
  expectTypeOf(list.update('a', (value) => value)).toEqualTypeOf<{ hits: number } | undefined>();
  expectTypeOf(list.update([['a', { hits: 1 }]])).toEqualTypeOf<typeof list>();
  expectTypeOf(list.popLast()).toEqualTypeOf<[string, { hits: number }] | undefined>();
  expectTypeOf(list.waitForChange).returns.toEqualTypeOf<Promise<boolean>>();
  const wrong = () => {
    // @ts-expect-error: the function must return a value of the list
    list.update('a', () => 5);
    // @ts-expect-error: the function must not be async
    list.update('a', async () => ({ hits: 1 }));
    // @ts-expect-error: a value of another type
    list.compareAndSet('a', undefined, 1);
    // @ts-expect-error: a wait that blocks cannot be aborted
    list.waitForChangeSync({ signal: new AbortController().signal });
  };
  expect(wrong).toBeTypeOf('function');
});

test('keys of a type without an order need compare', () => {
  const dates = new CSBTree<Date, string>({ compare: (a, b) => Number(a) - Number(b), entries: [[new Date(1), 'x']] });
  expect(dates.get(new Date(1))).toBe('x');
  const inferred = new CSBTree({ entries: [[new Date(1), 2]] as [Date, number][], compare: (a, b) => Number(a) - +b });
  expectTypeOf(inferred).toEqualTypeOf<CSBTree<Date, number>>();
  const sorted = CSBTree.fromSorted([[new Date(1), 2]] as [Date, number][], { compare: (a, b) => Number(a) - +b });
  expectTypeOf(sorted).toEqualTypeOf<CSBTree<Date, number>>();
  expectTypeOf(new CSBTree({ entries: [['a', 1]] })).toEqualTypeOf<CSBTree<string, number>>();
  expectTypeOf(new SkipList({ entries: [['a', 1]] })).toEqualTypeOf<SkipList<string, number>>();
  expectTypeOf(new SkipList()).toEqualTypeOf<SkipList<OrderedKey, unknown>>();
  expectTypeOf(CSBTree.fromSorted([['a', 1]])).toEqualTypeOf<CSBTree<string, number>>();
  expectTypeOf(new CSBTree<unknown, number>().size).toBeNumber();
  const options = {} as CSBTreeOptions<string, number> | undefined;
  expectTypeOf(new CSBTree(options)).toEqualTypeOf<CSBTree<string, number>>();
  const wrong = () => {
    // @ts-expect-error: a Date has no order
    new CSBTree<Date, string>();
    // @ts-expect-error: a Date has no order
    new CSBTree<Date, string>({ order: 4 });
    // @ts-expect-error: some of the keys have no order
    new CSBTree<Date | string, number>();
    // @ts-expect-error: a Date has no order
    new CSBTree({ entries: [[new Date(1), 2]] as [Date, number][] });
    // @ts-expect-error: a Date has no order
    CSBTree.fromSorted([[new Date(1), 2]] as [Date, number][]);
    // @ts-expect-error: a Date has no order
    new SkipList<Date, string>();
    // @ts-expect-error: a Date has no order
    new SkipList({ entries: [[new Date(1), 2]] as [Date, number][] });
    // @ts-expect-error: a Date has no order
    SkipList.fromSorted([[new Date(1), 2]] as [Date, number][]);
    // @ts-expect-error: a Date has no order
    SkipList.attach<Date, string>({} as SkipListHandle);
  };
  expect(wrong).toBeTypeOf('function');
});

test('a prefix selects only keys that are strings', () => {
  const mixed = new CSBTree<string | number, number>({ entries: [['ab', 1]] });
  expect(mixed.count({ prefix: 'a' })).toBe(1);
  expectTypeOf<KeyRange<number>['prefix']>().toEqualTypeOf<undefined>();
  expectTypeOf<KeyRange<OrderedKey>['prefix']>().toEqualTypeOf<string | undefined>();
  const wrong = () => {
    // @ts-expect-error: no key is a string
    new CSBTree<number, number>().count({ prefix: 'a' });
    // @ts-expect-error: no key is a string
    new SkipList<[string, number], number>().keys({ prefix: 'a' });
  };
  expect(wrong).toBeTypeOf('function');
});
