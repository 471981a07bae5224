import type { Budget, Case, Contender, Context, Preparation } from '../../suite.ts';
import { CLUSTERED, ENGINES, type Engine, LMDB, OURS, openSqliteForAll, SQLITE } from '../bytes/engines.ts';
import { parts, randomKeys } from '../bytes/entries.ts';
import { fillTables } from '../bytes/fill.ts';
import type { ByteStore } from '../bytes/store.ts';

interface Kind {
  name: string;
  bytes: number;
  count: number;
  /** SQLite advises against WITHOUT ROWID for rows of more than a twentieth of a page; with more they are parted. */
  clustered: boolean;
}

const KINDS: Kind[] = [
  { name: '100 B', bytes: 100, count: 100_000, clustered: true },
  { name: '1 KiB', bytes: 1_024, count: 50_000, clustered: true },
  { name: '16 KiB', bytes: 16 * 1_024, count: 4_000, clustered: false },
  { name: '1 MiB', bytes: 1_024 * 1_024, count: 100, clustered: false },
];

const ORDERS = ['at random', 'in order'] as const;
type Order = (typeof ORDERS)[number];

const ALL = `${SQLITE} .all()`;
const ITERATE = `${SQLITE} .iterate()`;

function enginesOf({ clustered }: Kind): Engine[] {
  return clustered ? [OURS, SQLITE, CLUSTERED, LMDB] : [OURS, SQLITE, LMDB];
}

function countOf({ count }: Kind, quick: boolean): number {
  return quick ? Math.ceil(count / 20) : count;
}

function tableOf({ bytes }: Kind, order: Order): string {
  return `values-${bytes}-${order.replaceAll(' ', '-')}`;
}

const getName = ({ name }: Kind) => `get of ${name}`;
const setName = ({ name }: Kind) => `set of ${name}`;
const fillName = ({ name }: Kind, order: Order) => `fill with ${name}, ${order}`;
const scanName = ({ name }: Kind, order: Order) => `scan of ${name}, filled ${order}`;

/** The same work for several engines, on a table that was filled at random. */
function each(kind: Kind, engines: Engine[], work: (store: ByteStore, count: number, context: Context) => number) {
  const contenders: Record<string, Contender> = {};
  for (const engine of engines) {
    contenders[engine] = async (context) => {
      const store = await ENGINES[engine](context.fixtures, tableOf(kind, 'at random'));
      const number = work(store, countOf(kind, context.quick), context);
      await store.close();
      return number;
    };
  }
  return contenders;
}

function getCase(kind: Kind): Case {
  return {
    name: getName(kind),
    unit: 'ns',
    ...(kind === KINDS[0] ? { note: 'one of the keys at random, in a table that was filled at random.' } : {}),
    contenders: each(kind, enginesOf(kind), (store, count, { perOperation }) => {
      const key = randomKeys(count);
      return perOperation((turn) => store.get(key(turn))?.length ?? Number.NaN);
    }),
  };
}

/** lmdb waits for the disk at every commit, and the others do not. */
function setCase(kind: Kind): Case {
  const engines = enginesOf(kind).filter((engine) => engine !== LMDB);
  return {
    name: setName(kind),
    unit: 'ns',
    ...(kind === KINDS[0] ? { note: 'another value for one of the keys, each a commit of its own.' } : {}),
    contenders: each(kind, engines, (store, count, { perOperation }) => {
      const key = randomKeys(count);
      const values = Array.from({ length: 8 }, (_, index) => Buffer.alloc(kind.bytes, index));
      return perOperation((turn) => {
        store.set(key(turn), values[turn & 7] as Buffer);
        return turn;
      });
    }),
  };
}

function fillCase(kind: Kind, order: Order): Case {
  const fill =
    (engine: Engine): Contender =>
    async ({ folder, once, quick }) => {
      const store = await ENGINES[engine](folder, 'filled');
      const count = countOf(kind, quick);
      const entries = [...parts(count, kind.bytes, order)];
      const elapsed = await once(() => {
        for (const part of entries) store.setMany(part);
        return count;
      });
      return elapsed / count;
    };
  return {
    name: fillName(kind, order),
    unit: 'ns',
    ...(kind === KINDS[0]
      ? { note: 'per entry: `setMany` into an empty table, in transactions of up to 10,000 entries or 32 MiB.' }
      : {}),
    contenders: Object.fromEntries(enginesOf(kind).map((engine) => [engine, fill(engine)])),
  };
}

function scanCase(kind: Kind, order: Order): Case {
  const table = tableOf(kind, order);
  const scan =
    (engine: Engine): Contender =>
    async ({ fixtures, perOperation, quick }) => {
      const store = await ENGINES[engine](fixtures, table);
      return perOperation(() => store.scan(), countOf(kind, quick));
    };
  const all: Contender = async ({ fixtures, perOperation, quick }) =>
    perOperation(await openSqliteForAll(fixtures, table), countOf(kind, quick));
  // Small values are what the cost of an entry is about; of large ones the bytes are copied.
  const budgets: Budget[] = [
    { against: ALL, atLeast: 1.5 },
    { against: LMDB, atLeast: 1 },
  ];
  return {
    name: scanName(kind, order),
    unit: 'ns',
    ...(kind === KINDS[0] && order === ORDERS[0]
      ? { note: 'per entry, in the order of keys. `.all()` holds all of them in memory; the others do not.' }
      : {}),
    budgets: kind === KINDS[0] ? budgets : [],
    contenders: {
      [OURS]: scan(OURS),
      [ALL]: all,
      [ITERATE]: scan(SQLITE),
      ...(kind.clustered ? { [CLUSTERED]: scan(CLUSTERED) } : {}),
      [LMDB]: scan(LMDB),
    },
  };
}

export const valueCases: Case[] = KINDS.flatMap((kind) => [
  getCase(kind),
  setCase(kind),
  ...ORDERS.flatMap((order) => [fillCase(kind, order), scanCase(kind, order)]),
]);

/** The sets of contenders leave the tables' keys and lengths as they are. */
export async function makeTables(fixtures: string, quick: boolean, { names, peers }: Preparation): Promise<void> {
  for (const kind of KINDS) {
    for (const order of ORDERS) {
      const users = [scanName(kind, order), ...(order === 'at random' ? [getName(kind), setName(kind)] : [])];
      if (!users.some((name) => names.includes(name))) continue;
      const contents = { name: tableOf(kind, order), count: countOf(kind, quick), bytes: kind.bytes, order };
      await fillTables(fixtures, contents, peers ? enginesOf(kind) : [OURS]);
    }
  }
}
