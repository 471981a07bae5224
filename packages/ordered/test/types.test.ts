import { CSBTree, type OrderedKey, SkipList } from '@kohakuvault/ordered';
import { expectTypeOf, test } from 'vitest';

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
