import type { Case, Contender, Context } from '../../suite.ts';
import { entriesOf, makeValue, randomKeys, shuffled } from './contents.ts';
import { ENGINES, empty } from './engines.ts';
import { pythonFill, pythonSet } from './python-programs.ts';
import type { Entry, Store, Table } from './stores/store.ts';

const FILL = 100_000;
const MANY = 1_000;

/** The same work for every engine, on a table that is empty. */
function each(table: Table, work: (store: Store, context: Context) => Promise<number>): Record<string, Contender> {
  const contenders: Record<string, Contender> = {};
  for (const engine of Object.keys(ENGINES)) {
    contenders[engine] = async (context) => work(await empty(engine, context, table), context);
  }
  return contenders;
}

/** Times work that some engines do synchronously and others asynchronously. */
async function timed(
  { perOperation, perAsyncOperation }: Context,
  work: (turn: number) => void | Promise<void>,
  operationsPerCall = 1,
): Promise<number> {
  const first = work(0);
  if (first instanceof Promise) {
    await first;
    return perAsyncOperation(async (turn) => {
      await work(turn);
      return turn;
    }, operationsPerCall);
  }
  return perOperation((turn) => {
    work(turn);
    return turn;
  }, operationsPerCall);
}

async function fill(store: Store, { once }: Context, entries: Entry[]): Promise<number> {
  const elapsed = await once(async () => {
    await store.fill(entries);
    return entries.length;
  });
  return elapsed / entries.length;
}

const FILLED_BY =
  'per entry, into an empty table, once: ours through the write-back cache with its flush, the SQLite peers and ' +
  'lmdb in one transaction, classic-level in one batch.';
const COMMITS =
  'lmdb waits for the disk at every commit; the others (WAL and `synchronous = normal`, a log without sync) do not.';

export const writeCases: Case[] = [
  {
    name: 'cached set of 100,000 x 100 B, in the order of keys',
    unit: 'ns',
    note: FILLED_BY,
    budgets: [
      { against: 'better-sqlite3', atLeast: 1.3 },
      { against: 'Python', atLeast: 2.5 },
    ],
    contenders: {
      ...each('small', (store, context) => fill(store, context, entriesOf('small', FILL))),
      Python: (context) => pythonFill(context, FILL, 'in order'),
    },
  },
  {
    name: 'cached set of 100,000 x 100 B, at random',
    unit: 'ns',
    note: FILLED_BY,
    budgets: [
      { against: 'better-sqlite3', atLeast: 1.3 },
      { against: 'Python', atLeast: 2.5 },
    ],
    contenders: {
      ...each('small', (store, context) => fill(store, context, shuffled(entriesOf('small', FILL)))),
      Python: (context) => pythonFill(context, FILL, 'at random'),
    },
  },
  {
    name: 'setMany of 1,000 x 100 B',
    unit: 'ns',
    note: `per entry, keys of 100,000 at random, in one transaction or batch. ${COMMITS}`,
    budgets: [{ against: 'better-sqlite3', atLeast: 1.5 }],
    contenders: each('small', (store, context) => {
      const keys = randomKeys('small');
      const lists = Array.from({ length: 64 }, (_, index) =>
        keys.slice(index * MANY, (index + 1) * MANY).map((key): Entry => [key, makeValue('small', index)]),
      );
      return timed(context, (turn) => store.setMany(lists[turn % lists.length] as Entry[]), MANY);
    }),
  },
  {
    name: 'set 16 KiB',
    unit: 'ns',
    note: `keys of 2,000 at random, each set a commit of its own. ${COMMITS}`,
    budgets: [{ against: 'better-sqlite3', atLeast: 1 }],
    contenders: {
      ...each('large', (store, context) => {
        const keys = randomKeys('large');
        const value = makeValue('large', 1);
        return timed(context, (turn) => store.set(keys[turn % keys.length] as string, value));
      }),
      Python: (context) => pythonSet(context),
    },
  },
];
