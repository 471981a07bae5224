// Columns of one length that grow together.
import { setImmediate as immediate } from 'node:timers/promises';
import { ColumnVault, InvalidArgument } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

const LOG = { step: 'i64', loss: 'f64', note: 'str:utf8', at: 'vec:f32:2' } as const;
const TINY = { minChunkBytes: 64, maxChunkBytes: 256 };
const seed = Date.now();
console.log(`seed ${seed}`);

const rowOf = (nth: number) => ({
  step: BigInt(nth),
  loss: nth / 2,
  note: `note ${nth}`,
  at: Float32Array.of(nth, -nth),
});
const rowsOf = (count: number) => Array.from({ length: count }, (_, nth) => rowOf(nth));

/** The lengths that another connection sees. */
function lengthsIn(file: string): number[] {
  const database = new Database(file, { readonly: true });
  const lengths = database
    .prepare("SELECT length FROM col_meta WHERE name NOT LIKE '%\\_data' ESCAPE '\\'")
    .pluck()
    .all();
  database.close();
  return lengths as number[];
}

describe.each([false, true])('with a cache: %s', (isCached) => {
  test('rows are read as they were added', () => {
    const file = tempFile();
    const vault = new ColumnVault(file, TINY);
    if (isCached) vault.enableCache({ capBytes: 1_000 });
    const frame = vault.frame('log', LOG);
    expect(frame.append(rowOf(0))).toBe(1);
    expect(frame.extend(rowsOf(100).slice(1))).toBe(100);
    const more = rowsOf(150).slice(100);
    const added = frame.extend({
      step: BigInt64Array.from(more, ({ step }) => step),
      loss: Float64Array.from(more, ({ loss }) => loss),
      note: more.map(({ note }) => note),
      at: more.map(({ at }) => at),
    });
    expect([added, frame.length]).toEqual([150, 150]);
    expect([...frame]).toEqual(rowsOf(150));
    expect([frame.at(7), frame.at(-1), frame.at(150), frame.at(-151)]).toEqual([
      rowOf(7),
      rowOf(149),
      undefined,
      undefined,
    ]);
    expect([...frame.rows({ start: -3 })]).toEqual(rowsOf(150).slice(-3));
    const { step, note } = frame.slice(10, 12);
    expect([step, note]).toEqual([BigInt64Array.of(10n, 11n), ['note 10', 'note 11']]);
    expect(frame.take([5, -1]).loss).toEqual(Float64Array.of(2.5, 74.5));
    expect(frame.columns.loss.max()).toBe(74.5);
    vault.close();
    using again = new ColumnVault(file);
    expect([...again.frame('log', LOG)]).toEqual(rowsOf(150));
    expect([...again.frame('log')]).toEqual(rowsOf(150));
  });

  test('a row that is refused changes no column', () => {
    using vault = new ColumnVault(tempFile(), TINY);
    if (isCached) vault.enableCache();
    const frame = vault.frame('log', LOG);
    frame.extend(rowsOf(3));
    const bad: [unknown, string][] = [
      [{ ...rowOf(3), at: Float32Array.of(1) }, 'column "log.at"'],
      [{ ...rowOf(3), loss: 'x' }, 'column "log.loss"'],
      [{ ...rowOf(3), step: 2n ** 63n }, 'column "log.step"'],
      [{ ...rowOf(3), note: undefined }, 'has no note; expected step, loss, note, at'],
      [{ ...rowOf(3), more: 1 }, 'the frame has no column more'],
      [7, 'expects a row to be an object, got 7'],
      [null, 'expects a row to be an object, got null'],
    ];
    for (const [row, message] of bad) {
      for (const act of [() => frame.append(row as never), () => frame.extend([rowOf(3), row] as never)]) {
        const error = thrownBy(act);
        expect(error).toBeInstanceOf(InvalidArgument);
        expect(error.message).toContain(message);
        expect([...frame]).toEqual(rowsOf(3));
      }
    }
    const uneven = { step: [1n], loss: [1, 2], note: ['a'], at: [[1, 2]] };
    expect(thrownBy(() => frame.extend(uneven as never)).message).toContain('step has 1 elements and loss has 2');
    expect(thrownBy(() => frame.extend({ step: [1n] } as never)).message).toContain('has no loss');
    expect(thrownBy(() => frame.extend(5 as never)).message).toContain('extend expects rows');
    expect([...frame]).toEqual(rowsOf(3));
  });

  test('nobody sees a part of a row', async () => {
    const file = tempFile();
    using vault = new ColumnVault(file, TINY);
    if (isCached) vault.enableCache({ capBytes: 60, flushThreshold: 40 });
    const frame = vault.frame('log', { a: 'f64', b: 'i32', c: 'u8' });
    for (let nth = 0; nth < 50; nth++) {
      frame.append({ a: nth, b: nth, c: nth });
      expect(new Set(lengthsIn(file)).size).toBe(1);
      if (nth % 10 === 0) await immediate();
    }
    vault.flushCache();
    expect(lengthsIn(file)).toEqual([50, 50, 50]);
  });
});

test('rows are found by conditions on several columns', () => {
  using vault = new ColumnVault(tempFile());
  const frame = vault.frame('log', LOG);
  frame.extend(rowsOf(10_000));
  const wanted = rowsOf(10_000).filter(({ step, loss, note }) => step >= 100n && loss < 4_000 && note.endsWith('7'));
  const found = frame.where({ step: { gte: 100 }, loss: { lt: 4_000 }, note: (note) => note.endsWith('7') });
  expect([...found]).toEqual(wanted.map(({ step }) => Number(step)));
  expect([...frame.where({ loss: { gt: 1e9 } })]).toEqual([]);
  expect([...frame.where({ step: { lt: 5n } }, { start: 2 })]).toEqual([2, 3, 4]);
  expect(frame.where({}).length).toBe(10_000);
  for (const [conditions, message] of [
    [{ other: { gt: 1 } }, 'has no column "other"; its columns are step, loss, note, at'],
    [{ note: { gt: 1 } }, 'a range is for numbers, give a function instead'],
    [{ loss: 5 }, 'to be a range or a function, got 5'],
    [7, 'where expects conditions as an object, got 7'],
  ] as const) {
    expect(thrownBy(() => frame.where(conditions as never)).message).toContain(message);
  }
});

test('a frame whose columns have different lengths is reported', () => {
  using vault = new ColumnVault(tempFile());
  const frame = vault.frame('log', { a: 'f64', b: 'f64' });
  frame.append({ a: 1, b: 2 });
  vault.column('log.b', 'f64').append(3);
  const message = 'the columns of frame "log" have different lengths: a 1, b 2; shorten the longer ones with truncate';
  for (const act of [
    () => vault.frame('log'),
    () => frame.length,
    () => frame.at(0),
    () => frame.append({ a: 1, b: 1 }),
  ]) {
    expect(thrownBy(act)).toBeInstanceOf(InvalidArgument);
    expect(thrownBy(act).message).toContain(message);
  }
  frame.columns.b.truncate(1);
  expect(vault.frame('log').length).toBe(1);
});

test('the columns of a frame are those that it was created with', () => {
  using vault = new ColumnVault(tempFile());
  vault.frame('log', { a: 'f64', b: 'f64' }).append({ a: 1, b: 2 });
  vault.createColumn('logs', 'f64');
  expect(thrownBy(() => vault.frame('log', { a: 'f64' })).message).toContain('also has the column "b"; expected a');
  expect(thrownBy(() => vault.frame('log', { a: 'f64', b: 'i64' })).message).toContain(
    'has the dtype f64; expected i64',
  );
  expect(thrownBy(() => vault.frame('log', { a: 'f64', b: 'f64', c: 'f64' })).message).toContain('a 1, b 1, c 0');
  expect(vault.listColumns().map(({ name }) => name)).toEqual(['log.a', 'log.b', 'logs']);
  expect(thrownBy(() => vault.frame('other'))).toMatchObject({ code: 'KV_NOT_FOUND' });
  for (const name of ['', 'a.b', 5])
    expect(thrownBy(() => vault.frame(name as string, LOG))).toBeInstanceOf(InvalidArgument);
  for (const schema of [{}, [], 'f64', null]) {
    expect(thrownBy(() => vault.frame('x', schema as never))).toBeInstanceOf(InvalidArgument);
  }
  expect([vault.deleteFrame('log'), vault.deleteFrame('log')]).toEqual([true, false]);
  expect(vault.listColumns().map(({ name }) => name)).toEqual(['logs']);
});

test('a frame behaves as an array of rows', () => {
  const row = fc.record({ a: fc.double({ noNaN: true }), b: fc.string({ maxLength: 5 }) });
  const step = fc.oneof(
    fc.record({ do: fc.constant('append' as const), rows: fc.tuple(row) }),
    fc.record({ do: fc.constant('extend' as const), rows: fc.array(row, { maxLength: 5 }) }),
    fc.record({
      do: fc.constantFrom('truncate' as const, 'clear' as const, 'cache' as const, 'plain' as const),
      rows: fc.constant([]),
    }),
    fc.record({
      do: fc.constantFrom('rollback' as const, 'savepoint' as const),
      rows: fc.array(row, { maxLength: 5 }),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      using vault = new ColumnVault(tempFile(), TINY);
      const frame = vault.frame('f', { a: 'f64', b: 'str:utf8' });
      let model: { a: number; b: string }[] = [];
      for (const { do: what, rows } of steps) {
        if (what === 'append' || what === 'extend') {
          model.push(...rows);
          if (what === 'append') frame.append(rows[0] as never);
          else frame.extend(rows);
        } else if (what === 'clear') {
          model = [];
          frame.clear();
        } else if (what === 'cache') vault.enableCache({ capBytes: 40 });
        else if (what === 'plain') vault.disableCache();
        else if (what === 'truncate') {
          const to = model.length >> 1;
          expect(frame.truncate(to)).toBe(model.length - to);
          model.length = to;
        } else {
          const [begin, undo] =
            what === 'rollback' ? ['BEGIN', 'ROLLBACK'] : ['BEGIN; SAVEPOINT s', 'ROLLBACK TO s; COMMIT'];
          vault.database.exec(begin);
          frame.extend(rows);
          for (const one of rows) frame.append(one);
          expect(frame.length).toBe(model.length + 2 * rows.length);
          vault.database.exec(undo);
        }
        expect([...frame]).toEqual(model);
        expect(frame.length).toBe(model.length);
      }
    }),
    { seed, numRuns: process.env.KOHAKUVAULT_LONG === '1' ? 500 : 30 },
  );
});
