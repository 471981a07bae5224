import assert from 'node:assert/strict';
import { TextVault } from '@kohakuvault/text';
import { line } from './lines.ts';
import { attempts, type Changed, type Opened, opened, type Scenario, type Step, sourceOf } from './scenario.ts';

interface State {
  /** The number that a text is made of, and its value, by id. */
  rows: Map<number, [number: number, value: unknown]>;
  /** The highest id that a document ever had. */
  last: number;
}

interface Vaults extends Opened {
  text: TextVault;
}

/** Texts of numbers from 500 on are long. Two numbers that are equal modulo 7 have a word in common. */
const textOf = (number: number) =>
  `each text has n${number} and r${number % 7} ${`and w${number} `.repeat(number < 500 ? 3 : 400)}`;

const add = (state: State, rows: readonly (readonly [number, unknown])[]) => {
  for (const [number, value] of rows) state.rows.set(++state.last, [number, value]);
};

const rowsOf = (count: number, start: number, length: number) =>
  Array.from({ length: count }, (_, at) => [start + at, Buffer.alloc(length, start + at)] as const);

const documentsOf = (rows: readonly (readonly [number, unknown])[]) =>
  rows.map(([number, value]) => [textOf(number), value] as const);

const insert = (number: number, value: unknown): Step<Vaults, State> => ({
  name: `insert ${number}`,
  run: ({ text }, { last }) => assert.equal(text.insert(textOf(number), value), BigInt(last + 1)),
  change: (state) => add(state, [[number, value]]),
});

const insertMany = (count: number, start: number, length: number): Step<Vaults, State> => ({
  name: `insertMany ${count}`,
  run: ({ text }) => text.insertMany(documentsOf(rowsOf(count, start, length))),
  change: (state) => add(state, rowsOf(count, start, length)),
});

const remove = (id: number): Step<Vaults, State> => ({
  name: `delete ${id}`,
  run: ({ text }, { rows }) => assert.equal(text.delete(id), rows.has(id)),
  change: ({ rows }) => rows.delete(id),
});

const idsWith = ({ rows }: State, word: (number: number) => boolean) =>
  [...rows].filter(([, [number]]) => word(number)).map(([id]) => id);

const search = (rest: number): Step<Vaults, State> => ({
  name: `search r${rest}`,
  run: ({ text }, state) =>
    assert.deepEqual(
      text
        .search(`r${rest}`, 1_000)
        .map(({ id }) => Number(id))
        .sort((a, b) => a - b),
      idsWith(state, (number) => number % 7 === rest),
    ),
});

const update = (id: number, number: number | undefined, value: unknown): Step<Vaults, State> => ({
  name: `update ${id}`,
  run: ({ text }, { rows }) =>
    assert.equal(
      text.update(id, {
        ...(number !== undefined && { texts: textOf(number) }),
        ...(value !== undefined && { value }),
      }),
      rows.has(id),
    ),
  change: ({ rows }) => {
    const row = rows.get(id);
    if (row) rows.set(id, [number ?? row[0], value ?? row[1]]);
  },
});

class Undone extends Error {}

const steps: Step<Vaults, State>[] = [
  insert(1, 'one'),
  insert(500, Buffer.alloc(6_000, 2)),
  search(1),
  insertMany(60, 10, 300),
  search(3),
  remove(2),
  remove(1_000),
  search(3),
  update(5, 200, undefined),
  update(6, undefined, 'new '.repeat(2_000)),
  update(7, 501, 7),
  search(4),
  {
    name: 'transaction',
    run: ({ text }, { rows }) =>
      text.transaction(() => {
        assert.equal(text.delete(8), rows.has(8));
        text.insert(textOf(300), 'in');
        text.insertMany(documentsOf(rowsOf(20, 301, 1_000)));
      }),
    change: (state) => {
      state.rows.delete(8);
      add(state, [[300, 'in'], ...rowsOf(20, 301, 1_000)]);
    },
  },
  search(6),
  {
    name: 'transaction that leaves out what fails',
    run: ({ text }): Changed<State> =>
      text.transaction(() =>
        attempts<State>([
          [() => text.insertMany(documentsOf(rowsOf(25, 400, 1_000))), (state) => add(state, rowsOf(25, 400, 1_000))],
          [() => text.insert(textOf(450), 'kept'), (state) => add(state, [[450, 'kept']])],
          [() => text.delete(9), (state) => state.rows.delete(9)],
          [() => text.insert(textOf(502), 'kept too'), (state) => add(state, [[502, 'kept too']])],
        ]),
      ),
  },
  search(2),
  {
    name: 'transaction that is undone',
    run: ({ text }) => {
      try {
        text.transaction(() => {
          text.insertMany(documentsOf(rowsOf(25, 600, 1_000)));
          text.search('r5', 3);
          text.delete(10);
          throw new Undone();
        });
      } catch (error) {
        if (!(error instanceof Undone)) throw error;
      }
    },
  },
  search(5),
  { name: 'merge', run: ({ text }) => text.merge() },
  search(0),
  { name: 'checkpoint', run: ({ text }) => text.checkpoint('truncate') },
  insert(503, { after: 'the checkpoint' }),
  insertMany(30, 700, 800),
  { name: 'optimize', run: ({ text }) => text.optimize() },
  insert(601, 'after optimize'),
  search(6),
  { name: 'clear', run: ({ text }) => text.clear(), change: ({ rows }) => rows.clear() },
  insert(602, 'last'),
  search(0),
];

/** A TextVault: inserts of one and of many, updates, deletes, searches, transactions, merges of the index. */
export const text: Scenario<Vaults, State> = {
  empty: { rows: new Map(), last: 0 },
  copy: ({ rows, last }) => ({ rows: new Map(rows), last }),
  open: (file, journal, readonly = false) =>
    opened(sourceOf(file, journal, readonly), ({ source, options }, keep) => ({
      text: keep(new TextVault(source, options)),
    })),
  close: ({ closeAll }) => closeAll(),
  database: ({ text }) => text.database,
  steps,
  see({ text }) {
    const found = [...text].map(([id, { content }, value]) => `${id}: ${line(content)} ${line(value)}`);
    assert.equal(text.size, found.length, 'the size is not the number of documents');
    const all = text.search('each', 1_000).map(({ id, value }) => `${id}: ${line(value)}`);
    return [...found, `found: ${line(all.sort())}`];
  },
  show: ({ rows }) => [
    ...[...rows].map(([id, [number, value]]) => `${id}: ${line(textOf(number))} ${line(value)}`),
    `found: ${line([...rows].map(([id, [, value]]) => `${id}: ${line(value)}`).sort())}`,
  ],
};
