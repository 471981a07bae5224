import assert from 'node:assert/strict';
import { type Column, ColumnVault } from '@kohakuvault/columns';
import { line } from './lines.ts';
import { attempts, type Changed, Kept, type Opened, opened, type Scenario, type Step, sourceOf } from './scenario.ts';

/** The elements of each column; undefined if there is no column of that name. */
interface State {
  numbers: number[];
  texts: string[];
  extra?: number[];
}

interface Vaults extends Opened {
  cv: ColumnVault;
  numbers: Column<'f64'>;
  texts: Column<'str:utf8'>;
}

/** Chunks so small that they fill, double and are rebuilt. */
const CHUNKS = { minChunkBytes: 512, maxChunkBytes: 8_192 };

const count = (length: number, start: number) => Array.from({ length }, (_, at) => start + at / 2);
const words = (length: number, start: number) =>
  Array.from({ length }, (_, at) => `word ${start + at} `.repeat(1 + ((start + at) % 9)));
const both = (name: string, run: Step<Vaults, State>['run'], change: (state: State) => void): Step<Vaults, State> => ({
  name,
  run,
  change,
});

const pending = (step: Step<Vaults, State>): Step<Vaults, State> => ({
  ...step,
  name: `cached ${step.name}`,
  cached: 'later',
});

const pastPending = (step: Step<Vaults, State>): Step<Vaults, State> => ({ ...step, cached: 'past what is pending' });

const append = (at: number): Step<Vaults, State> =>
  both(
    `append ${at}`,
    ({ numbers }, state) => assert.equal(numbers.append(at), state.numbers.length + 1),
    (state) => state.numbers.push(at),
  );

const appendText = (text: string): Step<Vaults, State> =>
  both(
    `append ${line(text)}`,
    ({ texts }, state) => assert.equal(texts.append(text), state.texts.length + 1),
    (state) => state.texts.push(text),
  );

class Undone extends Error {}

/** The steps without a cache. Indexes are limited to the length, so that every step may follow any other. */
const within = (place: number, list: readonly unknown[]) => Math.min(place, list.length);

const steps: Step<Vaults, State>[] = [
  append(0),
  appendText('first'),
  both(
    'extend numbers',
    ({ numbers }) => numbers.extend(count(700, 1)),
    (state) => state.numbers.push(...count(700, 1)),
  ),
  both(
    'extend texts',
    ({ texts }) => texts.extend(words(250, 1)),
    (state) => state.texts.push(...words(250, 1)),
  ),
  append(8),
  appendText('longer than a chunk '.repeat(600)),
  both(
    'insert a number',
    ({ numbers }, { numbers: list }) => numbers.insert(within(30, list), 9),
    ({ numbers }) => numbers.splice(within(30, numbers), 0, 9),
  ),
  both(
    'insert a text',
    ({ texts }, { texts: list }) => texts.insert(within(12, list), 'inserted'),
    ({ texts }) => texts.splice(within(12, texts), 0, 'inserted'),
  ),
  both(
    'set a number',
    ({ numbers }, { numbers: list }) => list.length > 50 && numbers.set(50, -1),
    ({ numbers }) => {
      if (numbers.length > 50) numbers[50] = -1;
    },
  ),
  both(
    'set a text',
    ({ texts }, { texts: list }) => list.length > 40 && texts.set(40, 'another '.repeat(300)),
    ({ texts }) => {
      if (texts.length > 40) texts[40] = 'another '.repeat(300);
    },
  ),
  both(
    'remove a number',
    ({ numbers }, { numbers: list }) => list.length > 3 && assert.equal(numbers.remove(3), list[3]),
    ({ numbers }) => numbers.length > 3 && numbers.splice(3, 1),
  ),
  both(
    'remove a text',
    ({ texts }, { texts: list }) => list.length > 3 && assert.equal(texts.remove(3), list[3]),
    ({ texts }) => texts.length > 3 && texts.splice(3, 1),
  ),
  both(
    'removeRange of numbers',
    ({ numbers }, { numbers: list }) => numbers.removeRange(within(100, list), within(330, list)),
    ({ numbers }) => numbers.splice(100, 230),
  ),
  both(
    'removeRange of texts',
    ({ texts }, { texts: list }) => texts.removeRange(within(50, list), within(130, list)),
    ({ texts }) => texts.splice(50, 80),
  ),
  both(
    'setSlice of numbers',
    ({ numbers }, { numbers: list }) => list.length >= 60 && numbers.setSlice(20, count(40, 500)),
    ({ numbers }) => numbers.length >= 60 && numbers.splice(20, 40, ...count(40, 500)),
  ),
  {
    name: 'transaction',
    run: ({ cv, numbers, texts }) =>
      cv.transaction(() => {
        numbers.extend(count(300, 1_000));
        texts.extend(words(100, 1_000));
        numbers.removeRange(0, 50);
        texts.insert(0, 'top');
      }),
    change: ({ numbers, texts }) => {
      numbers.push(...count(300, 1_000));
      texts.push(...words(100, 1_000));
      numbers.splice(0, 50);
      texts.unshift('top');
    },
  },
  {
    name: 'transaction that leaves out what fails',
    run: ({ cv, numbers, texts }): Changed<State> =>
      cv.transaction(() =>
        attempts<State>([
          [() => numbers.extend(count(500, 2_000)), (state) => state.numbers.push(...count(500, 2_000))],
          [() => texts.extend(words(120, 2_000)), (state) => state.texts.push(...words(120, 2_000))],
          [() => numbers.insert(0, 77), (state) => state.numbers.unshift(77)],
          [() => texts.append('end'), (state) => state.texts.push('end')],
          [() => texts.insert(1, 'second'), (state) => state.texts.splice(1, 0, 'second')],
        ]),
      ),
  },
  {
    name: 'transaction that is undone',
    run: ({ cv, numbers, texts }) => {
      try {
        cv.transaction(() => {
          numbers.extend(count(300, 3_000));
          texts.reverse();
          numbers.insert(2, 5);
          throw new Undone();
        });
      } catch (error) {
        if (!(error instanceof Undone)) throw error;
      }
    },
  },
  both(
    'reverse numbers',
    ({ numbers }) => numbers.reverse(),
    ({ numbers }) => numbers.reverse(),
  ),
  both(
    'reverse texts',
    ({ texts }) => texts.reverse(),
    ({ texts }) => texts.reverse(),
  ),
  both(
    'createColumn',
    ({ cv }) => cv.createColumn('extra', 'f64', CHUNKS),
    (state) => {
      state.extra = [];
    },
  ),
  {
    name: 'fill the new column',
    run: ({ cv }, { extra }) => extra && cv.column('extra', 'f64').extend(count(200, 7)),
    change: ({ extra }) => extra?.push(...count(200, 7)),
  },
  both(
    'deleteColumn',
    ({ cv }, { extra }) => assert.equal(cv.deleteColumn('extra'), extra !== undefined),
    (state) => {
      delete state.extra;
    },
  ),
  { name: 'checkpoint', run: ({ cv }) => cv.checkpoint('truncate') },
  { name: 'enableCache', run: ({ cv }) => cv.enableCache({ capBytes: 6_000, flushThreshold: 3_000 }), needed: true },
  pending(append(100)),
  pending(appendText('cached')),
  pending(append(101)),
  pending(
    both(
      'extend texts',
      ({ texts }) => texts.extend(words(40, 4_000)),
      (state) => state.texts.push(...words(40, 4_000)),
    ),
  ),
  // This reaches the threshold.
  pending(
    both(
      'extend numbers',
      ({ numbers }) => numbers.extend(count(250, 4_000)),
      (state) => state.numbers.push(...count(250, 4_000)),
    ),
  ),
  pending(appendText('cached text '.repeat(100))),
  {
    name: 'insert a text before what is pending',
    run: ({ texts }) => texts.insert(5, 'in the middle'),
    change: ({ texts }) => texts.splice(5, 0, 'in the middle'),
    cached: 'past what is pending',
  },
  pending(append(102)),
  // More than the cache takes.
  pending(appendText('longer than the cache '.repeat(400))),
  pending(append(103)),
  { name: 'flushCache', run: ({ cv }) => cv.flushCache() },
  pending(append(104)),
  {
    name: 'transaction with a cache',
    run: ({ cv, numbers, texts }) =>
      cv.transaction(() => {
        numbers.append(105);
        texts.append('in a transaction');
        numbers.removeRange(0, 10);
      }),
    change: ({ numbers, texts }) => {
      numbers.push(105);
      texts.push('in a transaction');
      numbers.splice(0, 10);
    },
  },
  pending(append(106)),
  {
    name: 'transaction with a cache that is undone',
    run: ({ cv, numbers, texts }) => {
      try {
        cv.transaction(() => {
          numbers.append(107);
          texts.extend(words(60, 5_000));
          throw new Undone();
        });
      } catch (error) {
        if (!(error instanceof Undone)) throw error;
      }
    },
    cached: 'later',
  },
  pending(appendText('pending')),
  { name: 'disableCache', run: ({ cv }) => cv.disableCache(), needed: true },
  {
    name: 'cache(body)',
    run: ({ cv, numbers, texts }) => {
      const change = (state: State) => {
        state.numbers.push(108, 109);
        state.texts.push('scoped');
      };
      let done = false;
      try {
        cv.cache({ autoFlush: false }, () => {
          numbers.push(108, 109);
          texts.append('scoped');
          done = true;
        });
      } catch (error) {
        throw done ? new Kept(change, error) : error;
      }
    },
    change: (state) => {
      state.numbers.push(108, 109);
      state.texts.push('scoped');
    },
  },
  // If that has failed, these write the pending elements of their column, and leave those of the other one.
  pastPending(append(110)),
  pastPending(appendText('after')),
  pastPending(append(111)),
  { name: 'flushCache without a cache', run: ({ cv }) => cv.flushCache(), needed: true },
  {
    name: 'compact',
    run: ({ numbers, texts }) => {
      numbers.compact();
      texts.compact();
    },
  },
  append(112),
  { name: 'optimize', run: ({ cv }) => cv.optimize() },
  both(
    'clear texts',
    ({ texts }) => texts.clear(),
    ({ texts }) => {
      texts.length = 0;
    },
  ),
  { name: 'enableCache again', run: ({ cv }) => cv.enableCache({ autoFlush: false }), needed: true },
  pending(append(113)),
  pending(appendText('at the end')),
];

/**
 * Columns of fixed and of variable size: direct and cached writes, transactions. The last writes are pending at the
 * end.
 */
export const columns: Scenario<Vaults, State> = {
  empty: { numbers: [], texts: [] },
  copy: ({ numbers, texts, extra }) => ({
    numbers: [...numbers],
    texts: [...texts],
    ...(extra && { extra: [...extra] }),
  }),
  open: (file, journal, readonly = false) =>
    opened(sourceOf(file, journal, readonly), ({ source, options }, keep) => {
      const cv = keep(new ColumnVault(source, options));
      const columns = readonly
        ? { numbers: cv.column('numbers', 'f64'), texts: cv.column('texts', 'str:utf8') }
        : cv.transaction(() => ({
            numbers: cv.ensure('numbers', 'f64', CHUNKS),
            texts: cv.ensure('texts', 'str:utf8', CHUNKS),
          }));
      return { cv, ...columns };
    }),
  close: ({ closeAll }) => closeAll(),
  database: ({ cv }) => cv.database,
  steps,
  // Each column has a cache of its own.
  apart: true,
  see: ({ cv }) =>
    cv
      .listColumns()
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, length }) => {
        const column = cv.column(name);
        const found = [...column];
        assert.equal(column.length, found.length, `the length of ${name}`);
        assert.equal(length, found.length, `the length of ${name} in listColumns`);
        assert.equal(line(Array.from(column.slice())), line(found), `the slice of ${name}`);
        return `${name}: ${found.length} of ${line(found)}`;
      }),
  show: ({ numbers, texts, extra }) =>
    [...(extra ? [['extra', extra]] : []), ['numbers', numbers], ['texts', texts]].map(
      ([name, list]) => `${name}: ${list?.length} of ${line(list)}`,
    ),
};
