import assert from 'node:assert/strict';
import { VectorKVault } from '@kohakuvault/vector';
import { line } from './lines.ts';
import { attempts, type Changed, type Opened, opened, type Scenario, type Step, sourceOf } from './scenario.ts';

interface State {
  /** The number that fills each vector, and its value, by id. */
  rows: Map<number, [fill: number, value: unknown]>;
  /** The highest id that a vector ever had. */
  last: number;
}

interface Vaults extends Opened {
  vk: VectorKVault;
}

const DIMENSIONS = 8;

export const vectorOf = (fill: number) => new Float32Array(DIMENSIONS).fill(fill);

const add = (state: State, rows: readonly (readonly [number, unknown])[]) => {
  for (const [fill, value] of rows) state.rows.set(++state.last, [fill, value]);
};

const rowsOf = (count: number, start: number, length: number) =>
  Array.from({ length: count }, (_, at) => [start + at, Buffer.alloc(length, start + at)] as const);

const insert = (fill: number, value: unknown): Step<Vaults, State> => ({
  name: `insert ${fill}`,
  run: ({ vk }, { last }) => assert.equal(vk.insert(vectorOf(fill), value), BigInt(last + 1)),
  change: (state) => add(state, [[fill, value]]),
});

const insertMany = (count: number, start: number, length: number): Step<Vaults, State> => ({
  name: `insertMany ${count}`,
  run: ({ vk }) => vk.insertMany(rowsOf(count, start, length).map(([fill, value]) => [vectorOf(fill), value])),
  change: (state) => add(state, rowsOf(count, start, length)),
});

const remove = (id: number): Step<Vaults, State> => ({
  name: `delete ${id}`,
  run: ({ vk }, { rows }) => assert.equal(vk.delete(id), rows.has(id)),
  change: ({ rows }) => rows.delete(id),
});

const search = (query: number): Step<Vaults, State> => ({
  name: `search ${query}`,
  run: ({ vk }, { rows }) =>
    assert.deepEqual(
      vk.search(vectorOf(query), 3).map(({ distance }) => Math.round(distance * 100)),
      distances(rows, query).slice(0, 3),
    ),
});

/** Returns the distances in hundredths, the shortest first. */
function distances(rows: State['rows'], query: number): number[] {
  return [...rows.values()]
    .map(([fill]) => Math.round(Math.abs(fill - query) * Math.sqrt(DIMENSIONS) * 100))
    .sort((a, b) => a - b);
}

class Undone extends Error {}

const steps: Step<Vaults, State>[] = [
  insert(1, 'one'),
  insert(2, Buffer.alloc(6_000, 2)),
  search(2),
  insertMany(60, 10, 300),
  search(14),
  remove(2),
  remove(1_000),
  search(2),
  {
    name: 'update a vector',
    run: ({ vk }, { rows }) => assert.equal(vk.update(5, { vector: vectorOf(200) }), rows.has(5)),
    change: ({ rows }) => {
      const row = rows.get(5);
      if (row) rows.set(5, [200, row[1]]);
    },
  },
  {
    name: 'update a value',
    run: ({ vk }, { rows }) => assert.equal(vk.update(6, { value: 'new '.repeat(2_000) }), rows.has(6)),
    change: ({ rows }) => {
      const row = rows.get(6);
      if (row) rows.set(6, [row[0], 'new '.repeat(2_000)]);
    },
  },
  {
    name: 'update both',
    run: ({ vk }, { rows }) => assert.equal(vk.update(7, { vector: vectorOf(201), value: 7 }), rows.has(7)),
    change: ({ rows }) => rows.has(7) && rows.set(7, [201, 7]),
  },
  search(200),
  {
    name: 'transaction',
    run: ({ vk }, { rows }) =>
      vk.transaction(() => {
        assert.equal(vk.delete(8), rows.has(8));
        vk.insert(vectorOf(300), 'in');
        vk.insertMany(rowsOf(20, 301, 1_000).map(([fill, value]) => [vectorOf(fill), value]));
      }),
    change: (state) => {
      // A vector that is inserted now may get this id if earlier inserts failed.
      state.rows.delete(8);
      add(state, [[300, 'in'], ...rowsOf(20, 301, 1_000)]);
    },
  },
  search(305),
  {
    name: 'transaction that leaves out what fails',
    run: ({ vk }): Changed<State> =>
      vk.transaction(() =>
        attempts<State>([
          [
            () => vk.insertMany(rowsOf(25, 400, 1_000).map(([fill, value]) => [vectorOf(fill), value])),
            (state) => add(state, rowsOf(25, 400, 1_000)),
          ],
          [() => vk.insert(vectorOf(450), 'kept'), (state) => add(state, [[450, 'kept']])],
          [() => vk.delete(9), (state) => state.rows.delete(9)],
          [() => vk.insert(vectorOf(451), 'kept too'), (state) => add(state, [[451, 'kept too']])],
        ]),
      ),
  },
  search(450),
  {
    name: 'transaction that is undone',
    run: ({ vk }) => {
      try {
        vk.transaction(() => {
          vk.insertMany(rowsOf(25, 500, 1_000).map(([fill, value]) => [vectorOf(fill), value]));
          vk.search(vectorOf(505), 3);
          vk.delete(10);
          throw new Undone();
        });
      } catch (error) {
        if (!(error instanceof Undone)) throw error;
      }
    },
  },
  search(505),
  {
    name: 'searchAsync',
    run: async ({ vk }, { rows }) =>
      assert.deepEqual(
        (await vk.searchAsync(vectorOf(30), 3)).map(({ distance }) => Math.round(distance * 100)),
        distances(rows, 30).slice(0, 3),
      ),
  },
  { name: 'checkpoint', run: ({ vk }) => vk.checkpoint('truncate') },
  insert(600, { after: 'the checkpoint' }),
  insertMany(30, 700, 800),
  { name: 'optimize', run: ({ vk }) => vk.optimize() },
  insert(601, 'after optimize'),
  search(601),
  { name: 'clear', run: ({ vk }) => vk.clear(), change: ({ rows }) => rows.clear() },
  insert(602, 'last'),
  search(602),
];

/** A VectorKVault: inserts of one and of many, updates, deletes, searches, transactions. */
export const vector: Scenario<Vaults, State> = {
  empty: { rows: new Map(), last: 0 },
  copy: ({ rows, last }) => ({ rows: new Map(rows), last }),
  open: (file, journal, readonly = false) =>
    opened(sourceOf(file, journal, readonly), ({ source, options }, keep) => ({
      vk: keep(new VectorKVault(source, { ...options, dimensions: DIMENSIONS, metric: 'l2' })),
    })),
  close: ({ closeAll }) => closeAll(),
  database: ({ vk }) => vk.database,
  steps,
  see({ vk }) {
    const found = [...vk].map(([id, vector, value]) => `${id}: ${vector[0]} ${line(value)}`);
    assert.equal(vk.size, found.length, 'the size is not the number of vectors');
    const near = vk.search(vectorOf(0), 1_000).map(({ id, value }) => `${id}: ${line(value)}`);
    return [...found, `near: ${line(near.sort())}`];
  },
  show: ({ rows }) => [
    ...[...rows].map(([id, [fill, value]]) => `${id}: ${fill} ${line(value)}`),
    `near: ${line([...rows].map(([id, [, value]]) => `${id}: ${line(value)}`).sort())}`,
  ],
};
