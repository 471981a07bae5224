// What everything that closes promises: see packages/contract.
import { type ClosableKind, testClosable } from '@kohakuvault/contract';
import { CSBTree, type OrderedKey, SkipList } from '@kohakuvault/ordered';
import { describe, test } from 'vitest';

type Map = CSBTree<OrderedKey, unknown> | SkipList<OrderedKey, unknown>;

const uses: ClosableKind<Map>['uses'] = {
  set: (map) => map.set('a', 1),
  insert: (map) => map.insert('b', 2),
  get: (map) => map.get('a'),
  has: (map) => map.has('a'),
  first: (map) => map.first(),
  floor: (map) => map.floor('a'),
  range: (map) => map.range('a', 'b'),
  count: (map) => map.count(),
  iteration: (map) => [...map],
  delete: (map) => map.delete('b'),
  clear: (map) => map.clear(),
};

testClosable<Map>({ name: 'CSBTree', open: () => new CSBTree(), uses }, { describe, test });
testClosable<Map>(
  { name: 'CSBTree with an order of its own', open: () => new CSBTree({ compare: () => 0 }), uses },
  { describe, test },
);
testClosable<Map>({ name: 'SkipList', open: () => new SkipList(), uses }, { describe, test });
