// Elements of variable size: their order in the file, and the space of removed ones.
import { ColumnVault } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { checkOrder, chunksOf, entriesOf } from './support/data-chunks.ts';
import { filled, TINY, VALUES } from './support/variable-values.ts';
import { vaultOn } from './support/vault-on.ts';

test('a chunk always has its elements in the order of the index', () => {
  const size = fc.oneof({ weight: 6, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.nat(400) });
  const sizes = fc.array(size, { maxLength: 12 });
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  const steps = fc.array(
    fc.record({ kind: fc.constantFrom('append', 'insert', 'set', 'remove', 'pop', 'compact'), place, sizes }),
    { maxLength: 40 },
  );
  const run = (list: { kind: string; place: number; sizes: number[] }[]) => {
    using vault = new ColumnVault(tempFile());
    const column = vault.createColumn('v', 'bytes', TINY);
    const model: Buffer[] = [];
    for (const [turn, { kind, place: part, sizes: given }] of list.entries()) {
      const values = given.map((length) => filled(length, turn + 1));
      const at = Math.floor(part * model.length);
      if (kind === 'append') {
        column.extend(values);
        model.push(...values);
      } else if (kind === 'insert') {
        for (const value of values) {
          column.insert(at, value);
          model.splice(at, 0, value);
        }
      } else if (kind === 'set') {
        const put = values.slice(0, model.length - at);
        column.setSlice(at, put);
        model.splice(at, put.length, ...put);
      } else if (kind === 'remove') {
        expect(column.removeRange(at, at + values.length)).toBe(model.splice(at, values.length).length);
      } else if (kind === 'pop') {
        expect(column.pop()).toEqual(model.pop());
      } else {
        column.compact();
        expect(column.stats().deadBytes).toBe(0);
      }
      expect(column.slice()).toEqual(model);
      checkOrder(vault.database, 'v');
      const live = model.reduce((sum, { length }) => sum + length, 0);
      expect([column.bytes, column.stats().liveBytes]).toEqual([live, live]);
      for (const chunk of chunksOf(vault.database, 'v')) {
        const elements = entriesOf(vault.database, 'v').filter((each) => each.chunk === chunk.id);
        // Only a single element, maybe with empty ones, may exceed the limit.
        if (chunk.used > TINY.maxChunkBytes) expect(elements.filter(({ start, end }) => end > start).length).toBe(1);
      }
    }
  };
  fc.assert(fc.property(steps, run), { numRuns: process.env.KOHAKUVAULT_LONG ? 2_000 : 40 });
});

test('after the last chunk is removed, appended elements do not go to a chunk in the middle', () => {
  const vault = vaultOn(tempFile());
  const column = vault.createColumn('v', 'bytes', TINY);
  const model = Array.from({ length: 30 }, (_, index) => filled(24, index));
  column.extend(model);
  // The first chunk becomes two, and the second one has a higher number than the chunks after it.
  column.insert(3, filled(24, 99));
  model.splice(3, 0, filled(24, 99));
  const order = [...new Set(entriesOf(vault.database, 'v').map(({ chunk }) => chunk))];
  expect(order).toEqual([0, 2, 1, 3]);
  const last = entriesOf(vault.database, 'v').findIndex(({ chunk }) => chunk === 3);
  column.removeRange(last, model.length);
  model.length = last;
  checkOrder(vault.database, 'v');
  for (let turn = 0; turn < 12; turn++) {
    column.append(filled(30, turn));
    model.push(filled(30, turn));
    expect(column.slice()).toEqual(model);
    checkOrder(vault.database, 'v');
  }
});

describe('the space of removed elements is freed', () => {
  function bytesTaken(vault: ColumnVault): number {
    const pragma = (name: string) => vault.database.pragma(name, { simple: true }) as number;
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  }

  test('clear, deleteColumn and the removal of all elements leave only the rows of the column', () => {
    const vault = vaultOn(tempFile());
    const column = vault.createColumn('v', 'bytes');
    const empty = bytesTaken(vault);
    const fill = () => column.extend(Array.from({ length: 2_000 }, (_, index) => filled(1_000, index)));
    for (const removeAll of [() => column.clear(), () => column.removeRange(0, 2_000)]) {
      fill();
      expect(bytesTaken(vault)).toBeGreaterThan(empty + 2_000_000);
      removeAll();
      expect([bytesTaken(vault), column.stats()]).toEqual([empty, { chunks: 0, liveBytes: 0, deadBytes: 0 }]);
    }
    fill();
    vault.deleteColumn('v');
    expect(bytesTaken(vault)).toBeLessThanOrEqual(empty);
  });

  test('a chunk is deleted with its last element, and rewritten when most of it is dead', () => {
    const vault = vaultOn(tempFile());
    const column = vault.createColumn('v', 'bytes');
    // About 128 elements per chunk.
    column.extend(Array.from({ length: 1_280 }, (_, index) => filled(1_000, index)));
    const before = column.stats();
    expect(before).toEqual({ chunks: 11, liveBytes: 1_280_000, deadBytes: 0 });
    column.removeRange(300, 900);
    const { chunks, liveBytes } = column.stats();
    expect([chunks <= 8, liveBytes]).toEqual([true, 680_000]);
    for (let index = 0; index < 600; index++) column.remove(Math.floor(index / 20));
    const after = column.stats();
    expect(after.liveBytes).toBe(80_000);
    expect(chunksOf(vault.database, 'v').every(({ used }) => used <= 2 * 80_000)).toBe(true);
    // At most half of the filled bytes are dead.
    const used = chunksOf(vault.database, 'v').reduce((sum, chunk) => sum + chunk.used, 0);
    expect(used).toBeLessThanOrEqual(2 * after.liveBytes);
    column.compact();
    expect(column.stats()).toEqual({ chunks: 2, liveBytes: 80_000, deadBytes: 0 });
  });

  test('removing elements from the end and adding them again takes no more space', () => {
    const vault = vaultOn(tempFile());
    const column = vault.createColumn('v', 'bytes');
    column.extend(Array.from({ length: 100 }, (_, index) => filled(100, index)));
    const before = [chunksOf(vault.database, 'v'), column.stats()];
    for (let turn = 0; turn < 300; turn++) {
      expect(column.pop()).toEqual(filled(100, 99));
      column.append(filled(100, 99));
    }
    expect([chunksOf(vault.database, 'v'), column.stats()]).toEqual(before);
  });
});

test('a chunk of small elements does not grow beyond what SQLite rewrites quickly', () => {
  const vault = vaultOn(tempFile());
  const column = vault.createColumn('v', 'bytes');
  column.extend(Array.from({ length: 10_000 }, (_, index) => filled(97, index)));
  vault.transaction(() => {
    for (let index = 0; index < 3_000; index++) column.append(filled(97, index));
  });
  column.set(5, filled(200, 1));
  expect(Math.max(...chunksOf(vault.database, 'v').map(({ size }) => size))).toBeLessThanOrEqual(128 * 1024);
});

test('resident copies follow other connections, own changes and their rollback', async () => {
  const file = tempFile();
  const [vault, other] = [vaultOn(file), vaultOn(file)];
  const column = vault.createColumn('v', 'bytes');
  column.extend(VALUES);
  const elsewhere = new Database(file);
  onTestFinished(() => {
    elsewhere.close();
  });
  using far = new ColumnVault(elsewhere);
  for (const use of [vault, other]) expect(use.column('v').slice()).toEqual(VALUES);
  far.column('v').set(3, filled(21, 200));
  far.column('v').set(4, filled(2, 201));
  await new Promise(setImmediate);
  const changed = VALUES.with(3, filled(21, 200)).with(4, filled(2, 201));
  for (const use of [vault, other]) {
    expect([use.column('v').at(3), use.column('v').slice()]).toEqual([filled(21, 200), changed]);
  }
  expect(() =>
    vault.transaction(() => {
      column.set(3, filled(1, 1));
      column.insert(0, filled(300, 2));
      expect([column.at(0), column.at(4)]).toEqual([filled(300, 2), filled(1, 1)]);
      throw new Error('undone');
    }),
  ).toThrow('undone');
  expect([column.at(0), column.at(3), column.slice()]).toEqual([VALUES[0], filled(21, 200), changed]);
});
