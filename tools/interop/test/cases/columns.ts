// The real Python package reads and changes our columns, and its own after we have changed them; and the other way
// round.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ColumnVault, type ColumnVaultOptions } from '@kohakuvault/columns';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  BLOCK_FILES,
  columnsOf,
  copyOf,
  expectedValue,
  FILES,
  type ExpectedColumn as Recorded,
  writable,
} from '../../../../packages/columns/test/support/python-columns.ts';
import { difference } from '../../../../packages/packer/test/support/same.ts';
import { tempFile } from '../../../testing/src/temp.ts';
import { check, type ExpectedColumn, program, runPython } from '../../src/kit.ts';

const PASSED = /^[1-9]\d+ passed, 0 failed$/;

type Tags = Recorded['values'];
type Listed = ArrayLike<unknown>;

/** Changes a column in every way. Returns the content that Python should find. */
function changed(vault: ColumnVault, { name, dtype, values }: Recorded): ExpectedColumn {
  const column = vault.column(name);
  const model: Tags = [...values];
  const given = writable(dtype, values);
  const tag = (turn: number) => given[(turn * 11) % given.length] as Tags[number];
  const value = (turn: number) => expectedValue(dtype, tag(turn));
  if (values.length === 0) return { name, dtype: storedDType(vault, name), values };

  for (let turn = 0; turn < 40; turn++) {
    column.append(value(turn));
    model.push(tag(turn));
  }
  column.extend(given.map((each) => expectedValue(dtype, each)));
  model.push(...given);
  for (let turn = 0; turn < 20; turn++) {
    const at = (turn * 17) % model.length;
    column.set(at, value(turn + 3));
    model[at] = tag(turn + 3);
    column.insert(at, value(turn));
    model.splice(at, 0, tag(turn));
    column.remove((at * 5) % model.length);
    model.splice((at * 5) % model.length, 1);
  }
  column.setSlice(2, [value(1), value(2), value(5)]);
  model.splice(2, 3, tag(1), tag(2), tag(5));
  column.removeRange(5, 9);
  model.splice(5, 4);
  return { name, dtype: storedDType(vault, name), values: model };
}

/** The spelling of a dtype in the file, which check.py compares. */
function storedDType(vault: ColumnVault, name: string): string {
  const table = vault.layout === '1.x' ? 'kvault_col_columns' : 'col_meta';
  const query = vault.database.prepare(`SELECT dtype FROM ${table} WHERE name IN (?, ?)`).pluck();
  return String(query.get(name, `${name}_data`));
}

function readsAs(column: { slice(): unknown }, dtype: string, values: Tags, what: string): void {
  const found = column.slice() as Listed;
  expect(found.length, what).toBe(values.length);
  for (const [index, value] of values.entries()) {
    expect(difference(found[index], expectedValue(dtype, value)), `${what}, element ${index}`).toBeUndefined();
  }
}

interface GoingOn {
  name: string;
  values: Tags;
  /** Whether Python may replace elements: it refuses to in chunks that are far above its limit. */
  sets: boolean;
}

/** Does to a list what go_on_columns.py does to a column. */
function goneOn(before: Tags, { values, sets }: GoingOn, varsize: boolean): Tags {
  const list = [...before, values[0] as Tags[number], ...values, ...values.slice(0, 5)];
  if (sets) for (let at = 0; at < list.length; at += 5) list[at] = values[at % values.length] as Tags[number];
  list.splice(2, 1);
  list.pop();
  if (!varsize) list.splice(1, 0, values.at(-1) as Tags[number]);
  return list;
}

/** Has Python change the file, whose columns hold `before`, and checks that we read the result. */
function pythonGoesOn(python: string, file: string, columns: readonly Recorded[], before: readonly Tags[]): void {
  const orders = columns.map(({ name, values }): GoingOn => {
    // Python's extend takes no element that is longer than a chunk.
    const short = values.filter((value) => value.t !== 'bytes' || value.hex.length < 2_000);
    return { name, values: short.slice(0, 12), sets: name !== 'big_items' };
  });
  const able = orders.filter(({ values }) => values.length > 0);
  const printed = runPython(python, program('go_on_columns.py'), [file], JSON.stringify(able));
  const found = new Map((JSON.parse(printed) as GoingOn[]).map(({ name, values }) => [name, values]));
  const vault = new ColumnVault(file);
  try {
    for (const [index, { name, dtype, varsize }] of columns.entries()) {
      const values = found.get(name);
      if (!values) continue;
      const wanted = goneOn(before[index] ?? [], orders[index] as GoingOn, varsize);
      readsAs(vault.column(name), dtype, wanted, name);
      const asRead = values.map((value) => expectedValue(dtype, value));
      readsAs({ slice: () => asRead }, dtype, wanted, `${name}, as Python has it`);
      // And back again: we change what Python wrote.
      const { values: model } = changed(vault, { name, dtype, varsize, values });
      readsAs(vault.column(name), dtype, model as Tags, `${name}, changed again`);
    }
    expect(vault.database.pragma('integrity_check', { simple: true })).toBe('ok');
  } finally {
    vault.close();
  }
}

/**
 * Has Python append to short columns of ours, and ours append to them again, in turns that grow. `payloads` is SQL that
 * returns the lengths of what holds their elements; `look` is given these after each turn, and how many elements there
 * are.
 */
function growInTurns(
  python: string,
  options: { layout?: '1.x' },
  payloads: string,
  look?: (lengths: number[], count: number) => void,
): void {
  const file = tempFile();
  const model = { numbers: [1, 2, 3, 4, 5], texts: ['a', 'b', 'c', 'd', 'e'] };
  const lengthsIn = ({ database }: ColumnVault) => database.prepare<[], number>(payloads).pluck().all();
  const vault = new ColumnVault(file, options);
  vault.createColumn('numbers', 'f64').extend(model.numbers);
  vault.createColumn('texts', 'str:utf8').extend(model.texts);
  expect(Math.max(...lengthsIn(vault))).toBeLessThan(300);
  vault.close();
  for (const count of [3, 40, 700]) {
    for (let turn = 0; turn < count; turn++) {
      model.numbers.push(turn + 0.5);
      model.texts.push(`text ${turn}`);
    }
    expect(JSON.parse(runPython(python, program('grow_columns.py'), [file, String(count)]))).toEqual(model);
    const again = new ColumnVault(file);
    expect([...again.column('numbers')]).toEqual(model.numbers);
    expect([...again.column('texts')]).toEqual(model.texts);
    again.column('numbers', 'f64').append(count);
    again.column('texts', 'str:utf8').append('ours');
    model.numbers.push(count);
    model.texts.push('ours');
    look?.(lengthsIn(again), model.numbers.length);
    again.close();
  }
}

/** Ours writes a file, Python reads it and goes on, and ours reads that. */
function passBack(python: string, options: ColumnVaultOptions, recorded: readonly Recorded[]): void {
  const file = tempFile();
  const vault = new ColumnVault(file, options);
  const columns = recorded.map((column) => {
    const { name, dtype, values } = column;
    const given = writable(dtype, values);
    vault.createColumn(name, dtype as never).extend(given.map((value) => expectedValue(dtype, value)) as never);
    return changed(vault, { ...column, values: given });
  });
  vault.close();
  expect(check(python, file, { columns })).toMatch(PASSED);
  const before = columns.map(({ values }) => values as Tags);
  pythonGoesOn(python, file, recorded, before);
}

export function columnsOfOurs(python: string): void {
  describe.each(FILES)('%s', (name) => {
    test('changed by ours, Python reads it and goes on, and ours reads what Python wrote', () => {
      const file = copyOf(name);
      const vault = new ColumnVault(file);
      const columns = columnsOf(name).map((column) => changed(vault, column));
      vault.close();
      expect(check(python, file, { columns })).toMatch(PASSED);
      const before = columns.map(({ values }) => values as Tags);
      pythonGoesOn(python, file, columnsOf(name), before);
    });
  });

  describe.each([
    ['chunks as they are by default', undefined],
    ['tiny chunks', { minChunkBytes: 96, maxChunkBytes: 6_144 }],
  ])('a file of ours, %s', (_, limits) => {
    test('Python reads it and goes on, and ours reads what Python wrote', () => {
      passBack(python, limits ?? {}, columnsOf('columns-0.7.1'));
    });

    test('Python goes on in columns that ours has emptied', () => {
      const file = tempFile();
      const vault = new ColumnVault(file, limits);
      const recorded = columnsOf('columns-0.7.1');
      for (const { name, dtype, values } of recorded) {
        const column = vault.createColumn(name, dtype as never);
        column.extend([...values, ...values, ...values].map((value) => expectedValue(dtype, value)) as never);
        column.clear();
      }
      vault.close();
      pythonGoesOn(python, file, recorded, []);
    });
  });

  test('Python reads short columns of ours and appends to them, and their chunks double', () => {
    growInTurns(python, {}, 'SELECT octet_length(data) FROM col_chunks', (chunks, count) => {
      expect(Math.max(...chunks)).toBeLessThan(4 * 12 * count + 300);
    });
  });

  test('a compressed column is in tables that this Python does not look into', () => {
    const file = tempFile();
    const vault = new ColumnVault(file);
    vault.createColumn('plain', 'f64').extend([1, 2]);
    vault.createColumn('numbers', 'f64', { compression: 'delta' }).extend([1, 2]);
    vault.close();
    expect(JSON.parse(runPython(python, program('refuse_column.py'), [file, 'plain', 'numbers']))).toEqual({
      plain: { elements: [1, 2] },
      numbers: { refused: expect.stringContaining('numbers') },
    });
  });
}

export function blockColumnsOfOurs(python: string): void {
  test.each(BLOCK_FILES)(
    '%s, changed by ours: Python reads it and goes on, and ours reads what Python wrote',
    (name) => {
      const file = copyOf(name);
      const vault = new ColumnVault(file);
      const columns = columnsOf(name).map((column) => changed(vault, column));
      vault.close();
      expect(check(python, file, { columns })).toMatch(PASSED);
      const before = columns.map(({ values }) => values as Tags);
      pythonGoesOn(python, file, columnsOf(name), before);
    },
  );

  test.each([
    ['blocks as they are by default', undefined],
    ['tiny blocks', { minChunkBytes: 96, maxChunkBytes: 1_100 }],
  ])('a file of ours, %s: Python reads it and goes on, and ours reads what Python wrote', (_, limits) => {
    passBack(python, { ...limits, layout: '1.x' }, columnsOf('columns-1.1.0'));
  });

  test('Python goes on in columns that ours has emptied or compacted', () => {
    const file = tempFile();
    const vault = new ColumnVault(file, { layout: '1.x' });
    const recorded = columnsOf('columns-1.1.0');
    for (const { name, dtype, values } of recorded) {
      const column = vault.createColumn(name, dtype as never);
      column.extend([...values, ...values, ...values].map((value) => expectedValue(dtype, value)) as never);
      column.compact();
      column.clear();
    }
    vault.close();
    pythonGoesOn(python, file, recorded, []);
  });

  test('columns that were converted are read by Python', () => {
    const file = copyOf('columns-0.7.1');
    const vault = new ColumnVault(file);
    const columns = columnsOf('columns-0.7.1');
    expect(vault.convertColumns('1.x')).toBe(columns.length);
    const stored = columns.map((column) => ({ ...column, dtype: storedDType(vault, column.name) }));
    vault.close();
    expect(check(python, file, { columns: stored })).toMatch(PASSED);
  });

  test('truth values and floats of 16 bits, in both directions', () => {
    const file = tempFile();
    const vault = new ColumnVault(file, { layout: '1.x' });
    const nearest = 0.0999755859375;
    vault.createColumn('flags', 'bool').extend([true, false, true]);
    vault.createColumn('halves', 'f16').extend([1, 0.1, -65_504]);
    vault.createColumn('masks', 'vec:bool:3').extend([[true, false, true]]);
    vault.createColumn('points', 'vec:f16:2').extend([
      [1, 2],
      [0.1, -0.5],
    ]);
    vault.createColumn('masks of any shape', 'vec:bool').append([true]);
    vault.createColumn('points of any shape', 'vec:f16').append([1]);
    vault.close();
    const orders = {
      more: {
        flags: [false, true],
        halves: [0.5, 0.1],
        masks: [[false, false, true]],
        points: [[4, 8]],
        'masks of any shape': [],
        'points of any shape': [],
      },
      new: {
        made: ['bool', [true, true, false]],
        small: ['f16', [0.1, 65_504]],
        many: [
          'vec:f16:2:2',
          [
            [
              [1, 2],
              [3, 4],
            ],
          ],
        ],
        bits: ['vec:bool:2', [[true, false]]],
      },
    };
    const printed = JSON.parse(runPython(python, program('bool_and_half.py'), [file], JSON.stringify(orders)));
    expect(printed.found).toEqual({
      flags: [true, false, true],
      halves: [1, nearest, -65_504],
      masks: [[true, false, true]],
      points: [
        [1, 2],
        [nearest, -0.5],
      ],
    });
    // Its packer has no type bytes for them.
    expect(printed.errors).toEqual({ 'masks of any shape': 'ValueError', 'points of any shape': 'ValueError' });
    const again = new ColumnVault(file);
    expect([...again.column('flags')]).toEqual([true, false, true, false, true, false]);
    expect([...again.column('halves')]).toEqual([nearest, nearest, -65_504, 0.5, nearest, 0.5]);
    const lists = (name: string) => [...again.column(name)].map((vector) => [...(vector as Float32Array)]);
    expect(lists('masks')).toEqual([
      [0, 0, 1],
      [0, 0, 1],
      [0, 0, 1],
    ]);
    expect(lists('points')).toEqual([
      [4, 8],
      [nearest, -0.5],
      [4, 8],
      [4, 8],
    ]);
    expect([...again.column('made')]).toEqual([true, true, false]);
    expect([...again.column('small')]).toEqual([nearest, 65_504]);
    expect([...again.column('many', 'vec:f16:2:2')].map(({ data, shape }) => [[...data], shape])).toEqual([
      [
        [1, 2, 3, 4],
        [2, 2],
      ],
    ]);
    expect(lists('bits')).toEqual([[1, 0]]);
    again.close();
  });

  test('a column that Python holds open sees what ours adds, while its blocks grow and are cut', async () => {
    const file = tempFile();
    const vault = new ColumnVault(file, { layout: '1.x' });
    const model = { numbers: [1, 2, 3], texts: ['a', 'b', 'c'] };
    const numbers = vault.createColumn('numbers', 'f64');
    const texts = vault.createColumn('texts', 'str:utf8');
    numbers.extend(model.numbers);
    texts.extend(model.texts);
    const child = spawn(python, [program('open_columns.py'), file], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill());
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const blockBytes = vault.database
      .prepare<[], number>("SELECT block_bytes FROM kvault_col_columns WHERE name = 'numbers'")
      .pluck();
    const sizes = new Set<number | undefined>();

    const step = async (order: { append?: number; set?: number; pop?: true }) => {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      for (let turn = 0; turn < (order.append ?? 0); turn++) {
        model.numbers.push(turn + 0.25);
        model.texts.push(`Python ${turn}`);
      }
      if (order.set !== undefined) {
        model.numbers[order.set] = -1;
        model.texts[order.set] = 'set by Python';
      }
      if (order.pop) {
        model.numbers.pop();
        model.texts.pop();
      }
      const { value } = await lines.next();
      const lengths = [model.numbers.length, model.texts.length];
      expect(JSON.parse(value as string)).toEqual({ ...model, lengths });
      expect([...numbers]).toEqual(model.numbers);
      expect([...texts]).toEqual(model.texts);
      sizes.add(blockBytes.get());
    };

    await step({});
    for (const count of [4, 40, 300, 2_000, 9_000, 40_000]) {
      const added = Array.from({ length: count }, (_, nth) => nth + 0.5);
      numbers.extend(added);
      texts.extend(added.map((number) => `ours ${number}`));
      model.numbers.push(...added);
      model.texts.push(...added.map((number) => `ours ${number}`));
      await step({});
      await step({ append: 3, set: model.numbers.length - 1 });
      await step({ pop: true });
      numbers.append(count);
      texts.append('one more');
      model.numbers.push(count);
      model.texts.push('one more');
      await step({ set: 1 });
    }
    // From 256 bytes on, doubled as long as there is one block.
    expect(sizes.size).toBeGreaterThan(4);
    numbers.truncate(20);
    texts.truncate(20);
    model.numbers.length = model.texts.length = 20;
    await step({ append: 2 });
    numbers.compact();
    texts.compact();
    await step({ append: 50 });
    numbers.clear();
    texts.clear();
    model.numbers.length = model.texts.length = 0;
    await step({});
    await step({ append: 40 });
    child.stdin.end();
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    expect(vault.database.pragma('integrity_check', { simple: true })).toBe('ok');
    vault.close();
  });

  test('short columns are short, and grow in turns of both', () => {
    growInTurns(python, { layout: '1.x' }, 'SELECT octet_length(payload) FROM kvault_col_data');
  });

  test('compressed columns are refused, and those beside them are read', () => {
    const file = tempFile();
    const vault = new ColumnVault(file, { layout: '1.x' });
    vault.createColumn('plain', 'f64').extend([1, 2]);
    vault.createColumn('numbers', 'f64', { compression: 'delta' }).extend([1, 2]);
    vault.createColumn('texts', 'str:utf8', { compression: 'zstd' }).extend(['a', 'b']);
    vault.close();
    const names = ['plain', 'numbers', 'texts'];
    expect(JSON.parse(runPython(python, program('refuse_column.py'), [file, ...names]))).toEqual({
      plain: { elements: [1, 2] },
      numbers: { refused: expect.stringContaining('delta') },
      texts: { refused: expect.stringContaining('zstd') },
    });
  });
}
