// The tables of Python 1.x: what Python relies on, how long they are, and damage.
import { ColumnVault, type DType } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { change, numbersOf } from './support/random-changes.ts';

interface BlockRow {
  column: number;
  elemSize: number;
  blockBytes: number;
  length: number;
  no: number;
  first: number;
  count: number;
  used: number;
  capacity: number;
  rows: number;
  payload: number;
  offsets: Buffer | null;
}

const BLOCKS = `SELECT col_id AS column, elem_size AS elemSize, block_bytes AS blockBytes, length, block_no AS no,
  first_row AS first, row_count AS count, used_bytes AS used, capacity_bytes AS capacity, row_capacity AS rows,
  octet_length(payload) AS payload, offsets
  FROM kvault_col_columns JOIN kvault_col_blocks USING (col_id) JOIN kvault_col_data USING (block_id)
  ORDER BY col_id, block_no`;

function blocksOf(vault: ColumnVault): BlockRow[] {
  return vault.database.prepare<[], BlockRow>(BLOCKS).all();
}

/** Checks what Python relies on without looking. */
function checkBlocks(vault: ColumnVault): void {
  const { database } = vault;
  const rows = blocksOf(vault);
  const counted = new Map<number, number>();
  for (const block of rows) {
    const before = counted.get(block.column) ?? 0;
    const nth = rows.filter(({ column, no }) => column === block.column && no < block.no).length;
    expect([block.first, block.no]).toEqual([before, nth]);
    expect(block.payload).toBe(block.capacity);
    expect(block.payload).toBeGreaterThan(0);
    counted.set(block.column, before + block.count);
    if (block.elemSize > 0) {
      const whole = Math.max(1, Math.floor(block.blockBytes / block.elemSize));
      expect([block.rows, block.capacity, block.used]).toEqual([
        whole,
        whole * block.elemSize,
        block.count * block.elemSize,
      ]);
      expect(block.offsets).toBe(null);
    } else {
      const offsets = block.offsets as Buffer;
      expect(offsets.length).toBe((block.rows + 1) * 8);
      expect([offsets.readBigUInt64LE(0), offsets.readBigUInt64LE(block.count * 8)]).toEqual([0n, BigInt(block.used)]);
      expect(block.count).toBeLessThanOrEqual(block.rows);
    }
  }
  const columns = database.prepare<[], [number, number]>('SELECT col_id, length FROM kvault_col_columns').raw().all();
  for (const [id, length] of columns) expect(counted.get(id) ?? 0).toBe(length);
  const orphans = 'SELECT count(*) FROM kvault_col_data WHERE block_id NOT IN (SELECT block_id FROM kvault_col_blocks)';
  expect(database.prepare(orphans).pluck().get()).toBe(0);
}

test('blocks are as Python expects them, whatever was changed, and what was undone is undone', () => {
  const seed = Date.now();
  console.log(`seed ${seed}`);
  const random = numbersOf(seed);
  using vault = new ColumnVault(tempFile(), { layout: '1.x', residentBytes: 20_000 });
  for (let turn = 0; turn < 120; turn++) {
    if (random(4) > 0) {
      change(vault, random);
    } else {
      const before = blocksOf(vault);
      vault.database.exec('BEGIN');
      for (let more = random(4); more >= 0; more--) change(vault, random);
      vault.database.exec('ROLLBACK');
      expect(blocksOf(vault)).toEqual(before);
    }
    checkBlocks(vault);
  }
});

test.each(['f64', 'u8', 'bytes:20', 'vec:f32:3', 'str:utf8', 'bytes'] as DType[])(
  'a short column of %s is short, and grows',
  (dtype) => {
    using vault = new ColumnVault(tempFile(), { layout: '1.x' });
    const column = vault.createColumn('a', dtype);
    const value = {
      f64: 1,
      u8: 1,
      'bytes:20': Buffer.alloc(20),
      'vec:f32:3': [1, 2, 3],
      'str:utf8': 'x',
      bytes: Buffer.of(1),
    }[dtype as string] as never;
    for (let nth = 0; nth < 5; nth++) column.append(value);
    expect(blocksOf(vault).map(({ payload }) => payload <= 256)).toEqual([true]);
    for (let nth = 0; nth < 1_000; nth++) column.append(value);
    checkBlocks(vault);
    expect(blocksOf(vault).length).toBe(1);
    column.extend(Array.from({ length: 300_000 }, () => value));
    checkBlocks(vault);
    expect(Math.max(...blocksOf(vault).map(({ payload }) => payload))).toBeLessThanOrEqual(256 * 1024);
    expect(column.length).toBe(301_005);
    column.truncate(7);
    checkBlocks(vault);
    column.clear();
    expect(blocksOf(vault)).toEqual([]);
  },
);

test('compact leaves blocks that are full, with the first numbers', () => {
  using vault = new ColumnVault(tempFile(), { layout: '1.x' });
  const column = vault.createColumn('a', 'bytes', { maxChunkBytes: 1_000 });
  const model = Array.from({ length: 500 }, (_, nth) => Buffer.alloc((nth * 37) % 90, nth));
  column.extend(model);
  for (let nth = 480; nth > 0; nth -= 3) {
    column.remove(nth);
    model.splice(nth, 1);
  }
  checkBlocks(vault);
  // Elements that grow make more blocks in the middle.
  for (let nth = 0; nth < 200; nth += 7) {
    const longer = Buffer.alloc(300 + nth, nth);
    model[nth] = longer;
    column.set(nth, longer);
  }
  checkBlocks(vault);
  expect([...column]).toEqual(model);
  const before = blocksOf(vault).length;
  column.compact();
  checkBlocks(vault);
  expect(blocksOf(vault).length).toBeLessThan(before);
  expect(column.stats().deadBytes).toBe(0);
  expect([...column]).toEqual(model);
});

describe('damage is reported and never read as something else', () => {
  const DAMAGE: [string, string, string][] = [
    [
      'numbers',
      'DELETE FROM kvault_col_data WHERE block_id IN (SELECT block_id FROM kvault_col_blocks WHERE col_id = 1)',
      'chunk 0 is missing',
    ],
    ['numbers', "UPDATE kvault_col_data SET payload = x'00' WHERE offsets IS NULL", 'ends after'],
    ['numbers', 'UPDATE kvault_col_columns SET block_bytes = 9e15 WHERE col_id = 1', 'is damaged'],
    ['numbers', 'UPDATE kvault_col_columns SET elem_size = 4 WHERE col_id = 1', 'has elements of 4 bytes; expected 8'],
    ['texts', 'UPDATE kvault_col_columns SET length = 99 WHERE col_id = 2', 'its row in kvault_col_columns says 99'],
    ['texts', 'UPDATE kvault_col_blocks SET first_row = 1 WHERE col_id = 2', 'expected the first to be 0'],
    ['texts', "UPDATE kvault_col_blocks SET used_bytes = 'x' WHERE col_id = 2", 'is damaged'],
    ['texts', 'UPDATE kvault_col_blocks SET used_bytes = 3 WHERE col_id = 2', 'begins at byte'],
    ['texts', "UPDATE kvault_col_data SET offsets = x'00' WHERE offsets IS NOT NULL", 'ends after'],
    ['texts', 'UPDATE kvault_col_data SET offsets = NULL WHERE offsets IS NOT NULL', 'chunk 0'],
    ['texts', "UPDATE kvault_col_data SET payload = x'00' WHERE offsets IS NOT NULL", 'ends after'],
    ['texts', 'DELETE FROM kvault_col_data WHERE offsets IS NOT NULL', 'chunk 0 is missing'],
  ];

  test.each(DAMAGE)('%s: %s', (name, statement, message) => {
    const file = tempFile();
    const vault = new ColumnVault(file, { layout: '1.x' });
    vault.createColumn('numbers', 'f64').extend([1, 2, 3]);
    vault.createColumn('texts', 'str:utf8').extend(['one', 'two', 'three']);
    vault.createColumn('sound', 'str:utf8').extend(['a']);
    vault.close();
    const database = new Database(file);
    database.pragma('ignore_check_constraints = 1');
    database.exec(statement);
    database.close();
    const again = new ColumnVault(file);
    onTestFinished(() => again.close());
    const error = thrownBy(() => [...again.column(name)]);
    expect(error).toMatchObject({ code: 'KV_CORRUPT' });
    expect(error.message).toContain(message);
    if (!statement.includes('offsets IS')) expect([...again.column('sound')]).toEqual(['a']);
  });

  test('another version, and tables of something else, are refused', () => {
    const file = tempFile();
    new ColumnVault(file, { layout: '1.x' }).close();
    const database = new Database(file);
    database.exec('UPDATE kvault_col_format SET version = 2');
    expect(thrownBy(() => new ColumnVault(file)).message).toContain('have the format 2; this release knows 1');
    database.exec('DROP TABLE kvault_col_data');
    expect(thrownBy(() => new ColumnVault(file))).toMatchObject({ code: 'KV_CORRUPT' });
    database.exec('CREATE TABLE kvault_col_data (a)');
    expect(thrownBy(() => new ColumnVault(file)).message).toContain('it lacks block_id, payload, offsets');
    database.close();
  });
});

test('dropTables drops the tables of both layouts', () => {
  const file = tempFile();
  const vault = new ColumnVault(file, { layout: '1.x' });
  vault.createColumn('a', 'f64', { layout: '0.7' });
  vault.createColumn('b', 'f64').append(1);
  vault.dropTables();
  const database = new Database(file, { readonly: true });
  expect(
    database.prepare("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%col\\_%' ESCAPE '\\'").pluck().get(),
  ).toBe(0);
  database.close();
});
