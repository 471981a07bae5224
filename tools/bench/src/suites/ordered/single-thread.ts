import type { Case, Context } from '../../suite.ts';
import { COUNT, numberKeys, pick, stringKeys } from './keys.ts';
import { pythonTree } from './python.ts';

/** The methods of a map that the cases use. */
interface Tree<K> {
  set(key: K, value: number): unknown;
  get(key: K): number | undefined;
  delete(key: K): boolean;
  range(start: K, end: K): [K, number][];
  entries(): Iterable<[K, number]>;
}

async function ours<K extends number | string>(): Promise<Tree<K>> {
  const { CSBTree } = await import('@kohakuvault/ordered');
  // The compiler cannot tell that every K has an order.
  return new CSBTree<number | string, number>() as unknown as Tree<K>;
}

/** Its CommonJS build nests `default` once more than an ES module expects. */
async function loadSortedBTree() {
  const { default: module } = await import('sorted-btree');
  return module.default;
}

async function sortedBTree<K extends number | string>(): Promise<Tree<K>> {
  const BTree = await loadSortedBTree();
  const tree = new BTree<K, number>();
  return Object.assign(tree, { range: (start: K, end: K) => tree.getRange(start, end) });
}

type Make<K> = () => Promise<Tree<K>>;
const MAKERS = { kohakuvault: ours, 'sorted-btree': sortedBTree };

function filled<K>(tree: Tree<K>, keys: readonly K[]): Tree<K> {
  keys.forEach((key, i) => {
    tree.set(key, i);
  });
  return tree;
}

/** The same for ours and sorted-btree. */
function both<K extends number | string>(
  run: (make: Make<K>, context: Context) => Promise<number>,
): Case['contenders'] {
  return Object.fromEntries(
    Object.entries(MAKERS).map(([name, make]) => [name, (context: Context) => run(make as Make<K>, context)]),
  );
}

function casesOf<K extends number | string>(
  kind: 'numbers' | 'strings',
  makeKeys: () => K[],
  budgets: { point: number; range?: number },
): Case[] {
  const budget = (atLeast: number | undefined) =>
    atLeast === undefined ? {} : { budgets: [{ against: 'sorted-btree', atLeast }] };
  const compare = (a: K, b: K) => (a < b ? -1 : a > b ? 1 : 0);
  return [
    {
      name: `set 1 M ${kind}, random`,
      unit: 'ns',
      note:
        'per entry, into an empty map. Map + sort fills a Map and sorts its keys once, at the end: it is ordered ' +
        'only then.',
      ...budget(budgets.point),
      contenders: {
        ...both<K>(async (make, { once }) => {
          const keys = makeKeys();
          const tree = await make();
          return (await once(() => filled(tree, keys).get(keys[0] as K) ?? 0)) / COUNT;
        }),
        'Map + sort': async ({ once }) => {
          const keys = makeKeys();
          const map = new Map<K, number>();
          return (
            (await once(() => {
              keys.forEach((key, i) => {
                map.set(key, i);
              });
              return [...map.keys()].sort(compare).length;
            })) / COUNT
          );
        },
        'kohakuvault (Python)': (context) => pythonTree(context, kind, 'set'),
      },
    },
    {
      name: `get among 1 M ${kind}, random`,
      unit: 'ns',
      ...budget(budgets.point),
      contenders: {
        ...both<K>(async (make, { perOperation }) => {
          const keys = makeKeys();
          const tree = filled(await make(), keys);
          return perOperation((turn) => tree.get(keys[pick(turn)] as K) ?? 0);
        }),
        'Map (no order)': ({ perOperation }) => {
          const keys = makeKeys();
          const map = new Map(keys.map((key, i) => [key, i]));
          return perOperation((turn) => map.get(keys[pick(turn)] as K) ?? 0);
        },
        'kohakuvault (Python)': (context) => pythonTree(context, kind, 'get'),
      },
    },
    {
      name: `range of 100 among 1 M ${kind}, random`,
      unit: 'ns',
      note: 'an array of pairs. Map + sort has sorted its entries before, and finds the start by bisection.',
      ...budget(budgets.range),
      contenders: {
        ...both<K>(async (make, { perOperation }) => {
          const keys = makeKeys();
          const tree = filled(await make(), keys);
          const sorted = [...new Set(keys)].sort(compare);
          return perOperation((turn) => {
            const start = Math.min(pick(turn), sorted.length - 101);
            return tree.range(sorted[start] as K, sorted[start + 100] as K).length;
          });
        }),
        'Map + sort': ({ perOperation }) => {
          const sorted = [...new Map(makeKeys().map((key, i) => [key, i]))].sort((a, b) => compare(a[0], b[0]));
          return perOperation((turn) => {
            const [start] = sorted[Math.min(pick(turn), sorted.length - 101)] as [K, number];
            let low = 0;
            let high = sorted.length;
            while (low < high) {
              const middle = (low + high) >>> 1;
              if ((sorted[middle] as [K, number])[0] < start) low = middle + 1;
              else high = middle;
            }
            return sorted.slice(low, low + 100).map(([key, value]) => [key, value]).length;
          });
        },
        'kohakuvault (Python)': (context) => pythonTree(context, kind, 'range'),
      },
    },
    {
      name: `delete 1 M ${kind}, random`,
      unit: 'ns',
      contenders: both<K>(async (make, { once }) => {
        const keys = makeKeys();
        const tree = filled(await make(), keys);
        return (await once(() => keys.reduce((count, key) => count + Number(tree.delete(key)), 0))) / COUNT;
      }),
    },
    {
      name: `iterate over 1 M ${kind}`,
      unit: 'ns',
      note: 'per entry, by entries().',
      contenders: both<K>(async (make, { perOperation }) => {
        const tree = filled(await make(), makeKeys());
        return perOperation(() => {
          let sum = 0;
          for (const [, value] of tree.entries()) sum += value;
          return sum;
        }, COUNT);
      }),
    },
  ];
}

/** For each turn a random key, and the one a hundred keys further on. */
function starting(keys: readonly number[]): (turn: number) => [number, number] {
  const sorted = Float64Array.from(new Set(keys)).sort();
  return (turn) => {
    const start = Math.min(pick(turn), sorted.length - 101);
    return [sorted[start] as number, sorted[start + 100] as number];
  };
}

export const singleThreadCases: Case[] = [
  ...casesOf('numbers', numberKeys, { point: 2, range: 5 }),
  {
    name: 'all 1 M keys as a Float64Array',
    unit: 'ns',
    note: 'per key: numberKeys(), and for sorted-btree Float64Array.from(keysArray()).',
    contenders: {
      kohakuvault: async ({ perOperation }) => {
        const { CSBTree } = await import('@kohakuvault/ordered');
        const tree = new CSBTree<number, number>();
        numberKeys().forEach((key, i) => {
          tree.set(key, i);
        });
        return perOperation(() => tree.numberKeys().length, COUNT);
      },
      'sorted-btree': async ({ perOperation }) => {
        const tree = filled(await sortedBTree<number>(), numberKeys()) as Tree<number> & { keysArray(): number[] };
        return perOperation(() => Float64Array.from(tree.keysArray()).length, COUNT);
      },
    },
  },
  {
    name: 'a range of 100 keys among 1 M as a Float64Array, random',
    unit: 'ns',
    note:
      'numberKeys(range), the fast way if values are not needed; for sorted-btree its pairs, and their keys ' +
      'copied.',
    contenders: {
      kohakuvault: async ({ perOperation }) => {
        const { CSBTree } = await import('@kohakuvault/ordered');
        const keys = numberKeys();
        const tree = filled(new CSBTree<number, number>(), keys) as InstanceType<typeof CSBTree<number, number>>;
        const starts = starting(keys);
        return perOperation((turn) => {
          const [gte, lt] = starts(turn);
          return tree.numberKeys({ gte, lt }).length;
        });
      },
      'sorted-btree': async ({ perOperation }) => {
        const keys = numberKeys();
        const tree = filled(await sortedBTree<number>(), keys);
        const starts = starting(keys);
        return perOperation((turn) => Float64Array.from(tree.range(...starts(turn)), ([key]) => key).length);
      },
    },
  },
  {
    name: 'load 1 M sorted numbers',
    unit: 'ns',
    note: 'per entry: fromSorted, and for sorted-btree its constructor.',
    contenders: {
      kohakuvault: async ({ once }) => {
        const { CSBTree } = await import('@kohakuvault/ordered');
        const entries = Array.from({ length: COUNT }, (_, i): [number, number] => [i / 2, i]);
        return (await once(() => CSBTree.fromSorted(entries).size)) / COUNT;
      },
      'sorted-btree': async ({ once }) => {
        const BTree = await loadSortedBTree();
        const entries = Array.from({ length: COUNT }, (_, i): [number, number] => [i / 2, i]);
        return (await once(() => new BTree(entries).size)) / COUNT;
      },
    },
  },
  ...casesOf('strings', stringKeys, { point: 1.5 }),
];
