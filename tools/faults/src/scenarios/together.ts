import { type Column, ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { VectorKVault } from '@kohakuvault/vector';
import { line } from './lines.ts';
import { type Opened, opened, type Scenario, type Step, sourceOf, usersOwn } from './scenario.ts';
import { vectorOf } from './vector.ts';

/** The numbers, each of which is in the KVault, the column and the vectors. */
type State = number[];

interface Vaults extends Opened {
  kv: KVault;
  cv: ColumnVault;
  vk: VectorKVault;
  column: Column<'str:utf8'>;
}

const textOf = (number: number) => `number ${number} `.repeat(1 + (number % 100));
const nameOf = (number: number) => `key ${String(number).padStart(4, '0')}`;

function write({ kv, column, vk }: Vaults, numbers: readonly number[]): void {
  for (const number of numbers) {
    kv.set(nameOf(number), textOf(number));
    column.append(textOf(number));
    vk.insert(vectorOf(number), textOf(number));
  }
}

const range = (start: number, count: number) => Array.from({ length: count }, (_, at) => start + at);

const transaction = (numbers: readonly number[]): Step<Vaults, State> => ({
  name: `transaction of ${numbers[0]} and on`,
  run: (vaults) => vaults.kv.transaction(() => write(vaults, numbers)),
  change: (state) => state.push(...numbers),
});

/** Runs a transaction of the user, on the `Database` taken from a vault. */
function inUsersTransaction({ kv: { database } }: Vaults, body: () => void): void {
  usersOwn(() => database.exec('BEGIN'));
  try {
    body();
    usersOwn(() => database.exec('COMMIT'));
  } catch (error) {
    // SQLite has already rolled back if the disk is full.
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

const usersTransaction = (numbers: readonly number[]): Step<Vaults, State> => ({
  name: `the user's transaction of ${numbers[0]} and on`,
  run: (vaults) => inUsersTransaction(vaults, () => write(vaults, numbers)),
  change: (state) => state.push(...numbers),
});

class Undone extends Error {}

const steps: Step<Vaults, State>[] = [
  transaction(range(1, 3)),
  transaction(range(100, 12)),
  {
    name: 'transaction that is undone',
    run: (vaults) => {
      try {
        vaults.vk.transaction(() => {
          write(vaults, range(150, 12));
          throw new Undone();
        });
      } catch (error) {
        if (!(error instanceof Undone)) throw error;
      }
    },
  },
  {
    name: 'cached transaction',
    run: (vaults) =>
      vaults.kv.cache(() => vaults.cv.cache(() => vaults.cv.transaction(() => write(vaults, range(200, 5))))),
    change: (state) => state.push(...range(200, 5)),
  },
  { name: 'checkpoint', run: ({ kv }) => kv.checkpoint('restart') },
  transaction(range(300, 4)),
  usersTransaction(range(400, 2)),
  usersTransaction(range(450, 12)),
  {
    name: "the user's transaction that is undone",
    run: (vaults) => {
      try {
        inUsersTransaction(vaults, () => {
          write(vaults, range(500, 10));
          throw new Undone();
        });
      } catch (error) {
        if (!(error instanceof Undone)) throw error;
      }
    },
  },
  transaction(range(600, 2)),
];

/** All classes on one connection, with transactions over all of them, ours and the user's. */
export const together: Scenario<Vaults, State> = {
  empty: [],
  copy: (state) => [...state],
  open: (file, journal, readonly = false) =>
    opened(sourceOf(file, journal, readonly), ({ source, options }, keep) => {
      const kv = keep(new KVault(source, options));
      const cv = keep(new ColumnVault(kv));
      const vk = keep(new VectorKVault(kv, { dimensions: 8, metric: 'l2' }));
      const column = readonly ? cv.column('texts', 'str:utf8') : cv.ensure('texts', 'str:utf8', { minChunkBytes: 512 });
      return { kv, cv, vk, column };
    }),
  close: ({ closeAll }) => closeAll(),
  database: ({ kv }) => kv.database,
  steps,
  see: ({ kv, column, vk }) => [
    ...[...kv].map(([key, value]) => `${key}: ${line(value)}`),
    ...[...column].map((text) => `column: ${line(text)}`),
    ...[...vk].map(([id, vector, value]) => `${id}: ${vector[0]} ${line(value)}`),
    `near: ${vk.search(vectorOf(0), 1_000).map(({ id }) => id)}`,
  ],
  show: (state) => [
    ...[...state].sort((a, b) => a - b).map((number) => `${nameOf(number)}: ${line(textOf(number))}`),
    ...state.map((number) => `column: ${line(textOf(number))}`),
    ...state.map((number, at) => `${at + 1}: ${number} ${line(textOf(number))}`),
    `near: ${state
      .map((number, at) => [number, at + 1] as const)
      .sort(([a], [b]) => a - b)
      .map(([, id]) => id)}`,
  ],
};
