// Rounds of insertions and removals. Prints the memory in use after each round. Run with --expose-gc.
import { setImmediate } from 'node:timers/promises';
import { CSBTree, type OrderedKey, SkipList } from '@kohakuvault/ordered';

const total = Number(process.argv[2]);
const ROUNDS = 20;
const perRound = Math.ceil(total / ROUNDS);
/** The entries of a round: at most the total of a run, so that no more are added than requested. */
const KEYS = 25_000;

const subjects: [string, CSBTree<OrderedKey, unknown> | SkipList<OrderedKey, unknown>, (i: number) => OrderedKey][] = [
  ['numbers', new CSBTree(), (i) => i * 1.5],
  ['strings', new CSBTree(), (i) => `a key of some length ${i}`],
  ['compared', new CSBTree({ compare: (a, b) => Number(a) - Number(b) }), (i) => i],
  ['skip list', new SkipList(), (i) => i],
];

for (const [name, map, keyOf] of subjects) {
  const sizes: number[] = [];
  let next = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (let done = 0; done < perRound; done += KEYS) {
      const from = next;
      for (let i = 0; i < KEYS; i++) map.set(keyOf(next++), i);
      for (let i = from; i < next; i++) map.delete(keyOf(i));
    }
    // A map that is dropped without `close` frees its memory when it is collected.
    const dropped = map instanceof SkipList ? new SkipList<number, number>() : new CSBTree<OrderedKey, number>();
    for (let i = 0; i < 1000; i++) dropped.set(keyOf(i) as never, i);
    await setImmediate();
    globalThis.gc?.();
    await setImmediate();
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    sizes.push(round < ROUNDS / 4 ? 0 : rss + heapUsed);
  }
  const settled = sizes.filter((size) => size > 0);
  const [first = 0] = settled;
  const growth = Math.min(...settled.slice(-4)) - first;
  if (map.size !== 0 || growth > 12 * 2 ** 20) {
    throw new Error(`${name}: ${map.size} entries left, memory grew by ${growth} bytes: ${settled.join(' ')}`);
  }
  map.close();
}
console.log(`${total} entries came and went`);
