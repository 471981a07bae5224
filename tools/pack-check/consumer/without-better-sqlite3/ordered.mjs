import assert from 'node:assert/strict';
import { CSBTree, SkipList } from '@kohakuvault/ordered';

for (const OrderedMap of [CSBTree, SkipList]) {
  const map = new OrderedMap().set('b', 2).set('a', 1);
  assert.deepEqual([...map.keys()], ['a', 'b']);
}
