// Uses a long key of each type in each map, and a long value, and prints how much memory remains. Run with --expose-gc.
import { setImmediate } from 'node:timers/promises';
import { CSBTree, type OrderedKey, SkipList } from '@kohakuvault/ordered';

/** More than the C library keeps of freed memory. */
const LENGTH = 40 * 2 ** 20;
const maps = [
  new CSBTree<OrderedKey, unknown>({ entries: [['a', 1]] }),
  new SkipList<OrderedKey, unknown>({ entries: [['a', 1]] }),
];
const keys: [string, () => OrderedKey][] = [
  ['a string', () => 'x'.repeat(LENGTH)],
  ['bytes', () => new Uint8Array(LENGTH)],
  ['a tuple', () => ['a', 'x'.repeat(LENGTH)]],
];

async function used(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await setImmediate();
    globalThis.gc?.();
  }
  return process.memoryUsage().rss;
}

const kept: string[] = [];
async function measure(name: string, act: () => void): Promise<void> {
  const before = await used();
  act();
  const growth = (await used()) - before;
  if (growth > LENGTH / 2) kept.push(`${name}: ${growth} bytes`);
}

await measure('warming up', () => maps[0]?.has('x'.repeat(1000)));
kept.length = 0;
for (const map of maps) {
  const kind = map instanceof SkipList ? 'SkipList' : 'CSBTree';
  for (const [name, key] of keys) {
    await measure(`${kind}.has of ${name}`, () => map.has(key()));
    await measure(`${kind}.set and delete of ${name}`, () => {
      const long = key();
      map.set(long, 1).delete(long);
      // A removed entry of a list is freed by later removals, when no thread can be looking at it.
      for (let i = 0; i < 500; i++) map.set(i, i).delete(i);
    });
    await measure(`${kind}.range of ${name}`, () => map.range({ lte: key(), limit: 1 }));
  }
  await measure(`${kind}.get of a long value`, () => {
    map.set('long', new Uint8Array(LENGTH));
    for (let round = 0; round < 3; round++) map.get('long');
    map.delete('long');
  });
  await measure(`${kind}, walked over a long value`, () => {
    map.set('long', new Uint8Array(LENGTH));
    for (const _ of map.values());
    map.delete('long');
  });
}
console.log(kept.length === 0 ? 'nothing was kept' : kept.join('\n'));
