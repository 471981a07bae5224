// What is in memory stays there as long as its chunks do not change, no matter what else does.
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { type Column, ColumnVault } from '@kohakuvault/columns';
import { BlobSite, TableState } from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { COLUMNS, change, contentOf, hasBlocks, NAMES, numbersOf, openColumn } from './support/random-changes.ts';

const ROUNDS = 25;
/** Those above 4 are for the tables of Python 1.x. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

function startChanger(file: string, seed: number): ChildProcess {
  const script = join(import.meta.dirname, 'scripts', 'changer.ts');
  const child = fork(script, [file, String(seed)], { execArgv: ['--conditions=@kohakuvault/source'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

function nextOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (status: number | null) => reject(new Error(`the process ended (${status})`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message);
    });
  });
}

/** Bytes of one chunk of numbers are changed by SQL alone, or its length, or bytes of a block. */
function changeBySql(database: Database.Database, random: (limit: number) => number): string {
  if (hasBlocks(database)) return changeBlockBySql(database, random);
  const meta = database.prepare("SELECT col_id AS id, length FROM col_meta WHERE name = 'numbers'").get() as
    | { id: number; length: number }
    | undefined;
  if (!meta || meta.length < 50) return 'nothing';
  if (random(4) === 0) {
    database.prepare('UPDATE col_meta SET length = ? WHERE col_id = ?').run(meta.length - random(40), meta.id);
    return 'a shorter length';
  }
  const chunk = database
    .prepare('SELECT rowid, data FROM col_chunks WHERE col_id = ? ORDER BY random() LIMIT 1')
    .get(meta.id) as { rowid: number; data: Buffer };
  chunk.data.writeDoubleLE(random(60_000), random(Math.floor(chunk.data.length / 8)) * 8);
  database.prepare('UPDATE col_chunks SET data = ? WHERE rowid = ?').run(chunk.data, chunk.rowid);
  return 'bytes';
}

function changeBlockBySql(database: Database.Database, random: (limit: number) => number): string {
  const block = database
    .prepare(`SELECT d.block_id AS id, c.name, d.payload, b.used_bytes AS used FROM kvault_col_data d
      JOIN kvault_col_blocks b USING (block_id) JOIN kvault_col_columns c USING (col_id)
      WHERE b.used_bytes > 0 ORDER BY random() LIMIT 1`)
    .get() as { id: number; name: string; payload: Buffer; used: number } | undefined;
  if (!block) return 'nothing';
  const at = random(block.used);
  if (block.name === 'numbers') block.payload.writeDoubleLE(random(60_000), at - (at % 8));
  else block.payload[at] = 48 + random(10);
  database.prepare('UPDATE kvault_col_data SET payload = ? WHERE block_id = ?').run(block.payload, block.id);
  return `bytes of a block of ${block.name}`;
}

/** Compares some reads of each column with what SQL reads. */
function expectSame(vault: ColumnVault, database: Database.Database, random: (limit: number) => number, where: string) {
  const content = contentOf(database);
  for (const name of NAMES) {
    const expected = content[name];
    if (!vault.has(name)) {
      expect(expected, where).toEqual([]);
      continue;
    }
    const column = vault.column(name) as Column;
    const shown = (value: unknown) => (value === undefined ? undefined : String(value));
    expect(column.length, `${where}: ${name}`).toBe(expected.length);
    for (let turn = 0; turn < 6; turn++) {
      const index = random(expected.length + 1);
      expect(shown(column.at(index)), `${where}: ${name}[${index}]`).toBe(expected[index]);
    }
    if (name === 'numbers' && random(2) === 0) expectStatistics(column as Column<'f64'>, expected, random, where);
    if (random(3) === 0) {
      const start = random(expected.length + 1);
      const part = Array.from(column.slice(start, start + random(900)) as Iterable<unknown>, String);
      expect(part, `${where}: ${name} from ${start} on`).toEqual(expected.slice(start, start + part.length));
    }
  }
}

/** Compares statistics, which keep what they know of pieces, with those of all numbers. */
function expectStatistics(
  column: Column<'f64'>,
  expected: string[],
  random: (limit: number) => number,
  where: string,
): void {
  const start = random(3) === 0 ? random(expected.length + 1) : 0;
  const numbers = expected.slice(start).map(Number);
  const [least, greatest] = [Math.min(...numbers), Math.max(...numbers)];
  const gte = random(60_000);
  const found = numbers.findIndex((number) => number >= gte && number <= gte + 5);
  expect(
    {
      min: column.min({ start }),
      max: column.max({ start }),
      sum: column.sum({ start }),
      found: column.findIndex({ gte, lte: gte + 5 }, { start }),
    },
    `${where}: from ${start} on`,
  ).toEqual({
    min: numbers.length > 0 ? least : undefined,
    max: numbers.length > 0 ? greatest : undefined,
    // Whole numbers are added up without loss.
    sum: numbers.reduce((sum, number) => sum + number, 0),
    found: found < 0 ? -1 : start + found,
  });
}

test.each(SEEDS)('seed %i: every read is that of a fresh connection', { timeout: 120_000 }, async (seed) => {
  const random = numbersOf(seed);
  const file = tempFile();
  // Pages so small that chunks have many, or so large that many chunks share a leaf.
  const pageSize = [512, 1_024, 4_096, 32_768][seed % 4] as number;
  // Where memory is short, most elements are read alone.
  const layout = seed > 4 ? '1.x' : '0.7';
  const own = new ColumnVault(file, { layout, pageSize, residentBytes: seed % 2 === 0 ? 3_000 : 1_000_000 });
  onTestFinished(() => own.close());
  for (const name of NAMES)
    openColumn(own, name).extend(Array.from({ length: 800 }, (_, n) => COLUMNS[name].element(n)));
  const database = new Database(file);
  onTestFinished(() => void database.close());
  const theirs = new ColumnVault(database);
  onTestFinished(() => theirs.close());
  const plain = new Database(file);
  onTestFinished(() => void plain.close());
  plain.exec('CREATE TABLE others (id INTEGER PRIMARY KEY, content BLOB)');
  const changer = startChanger(file, seed);
  await nextOf(changer);

  const actions: (() => string | Promise<string>)[] = [
    () => `own ${change(own, random)}`,
    () => `own ${change(own, random)}`,
    () => `theirs ${change(theirs, random)}`,
    () => `SQL on theirs ${changeBySql(database, random)}`,
    () => `SQL ${changeBySql(plain, random)}`,
    () => {
      plain.prepare('INSERT INTO others (content) VALUES (?)').run(Buffer.alloc(random(9_000)));
      return 'another table';
    },
    async () => {
      const done = nextOf(changer);
      changer.send('go on');
      return `another process ${await done}`;
    },
    () => {
      const said: string[] = [];
      try {
        own.transaction(() => {
          for (let turn = random(3); turn >= 0; turn--) said.push(change(own, random));
          if (random(2) === 0) throw new Error('undo');
        });
      } catch (error) {
        if ((error as Error).message !== 'undo') throw error;
        said.push('undone');
      }
      return `own transaction ${said}`;
    },
    () => {
      const said: string[] = [];
      database.exec('BEGIN IMMEDIATE');
      for (let turn = random(4); turn >= 0; turn--) {
        const nested = random(2) === 0;
        if (nested) database.exec('SAVEPOINT s');
        said.push(random(2) === 0 ? change(theirs, random) : changeBySql(database, random));
        if (random(2) === 0) expectSame(theirs, database, random, `inside a transaction, ${said}`);
        if (nested) database.exec(random(2) === 0 ? 'ROLLBACK TO s; RELEASE s' : 'RELEASE s');
        if (random(2) === 0) expectSame(theirs, database, random, `behind a savepoint, ${said}`);
      }
      database.exec(random(2) === 0 ? 'ROLLBACK' : 'COMMIT');
      return `transaction of the user ${said}`;
    },
    () => {
      const mode = (['passive', 'truncate', 'restart'] as const)[random(3)];
      (random(2) === 0 ? own : theirs).checkpoint(mode);
      return `checkpoint ${mode}`;
    },
    () => {
      if (random(5) > 0) return 'nothing';
      plain.exec('VACUUM');
      return 'VACUUM';
    },
  ];
  const done: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    done.push(await (actions[random(actions.length)] as () => string | Promise<string>)());
    await immediate();
    const where = `seed ${seed}, round ${round}, ${done.slice(-4).join('; ')}`;
    expectSame(own, plain, random, where);
    if (random(2) === 0) expectSame(theirs, database, random, `theirs, ${where}`);
  }
});

/** Counts the reads of bytes of chunks from here on. */
function countReads() {
  const reads = [
    vi.spyOn(BlobSite.prototype, 'read').mockClear(),
    vi.spyOn(TableState.prototype, 'readValue').mockClear(),
    vi.spyOn(BlobSite.prototype, 'readInPlace').mockClear(),
  ] as const;
  onTestFinished(() => {
    for (const read of reads) read.mockRestore();
  });
  const bytesOf = ([, target]: readonly unknown[]) => (target as Buffer).length;
  return {
    get count() {
      return reads.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    },
    /** The bytes that were read from the database pages that have them. */
    get bytes() {
      const throughWatch = reads[1].mock.calls.reduce((sum, call) => sum + (call[2] as Buffer).length, 0);
      return throughWatch + reads[2].mock.calls.reduce((sum, call) => sum + bytesOf(call), 0);
    },
    /** How many reads found their bytes in place. */
    get inPlace() {
      return reads[2].mock.results.filter(({ value }) => value === true).length;
    },
    /** The bytes that were read through SQLite. */
    get throughSqlite() {
      return reads[0].mock.calls.reduce((sum, call) => sum + bytesOf(call), 0);
    },
    clear() {
      for (const read of reads) read.mockClear();
    },
  };
}

describe.each(['0.7', '1.x'] as const)('elements that are in memory are not read again, layout %s', (layout) => {
  const COUNT = 100_000;

  /** A column of numbers and one of texts in memory, and another connection on the file. */
  async function resident() {
    const file = tempFile();
    const vault = new ColumnVault(file, { layout });
    onTestFinished(() => vault.close());
    const numbers = vault.createColumn('numbers', 'f64');
    numbers.extend(Float64Array.from({ length: COUNT }, (_, index) => index));
    const texts = vault.createColumn('texts', 'str:utf8');
    texts.extend(Array.from({ length: 2_000 }, (_, index) => `text ${index} `.repeat(20)));
    const others = vault.createColumn('others', 'f64');
    others.extend(new Float64Array(10_000));
    vault.checkpoint('truncate');
    const database = new Database(file);
    onTestFinished(() => void database.close());
    const foreign = new ColumnVault(database);
    onTestFinished(() => foreign.close());
    database.exec('CREATE TABLE notes (note)');
    const readAll = () => {
      for (let index = 0; index < COUNT; index += 999) expect(numbers.at(index)).toBe(index);
      for (let index = 0; index < 2_000; index += 99) expect(texts.at(index)).toContain(`text ${index} `);
    };
    await immediate();
    // What our own commits have made is read once, and watched from then on.
    readAll();
    database.exec('INSERT INTO notes VALUES (0)');
    await immediate();
    readAll();
    const reads = countReads();
    return { file, vault, numbers, texts, database, foreign, readAll, reads };
  }

  const UNRELATED: Record<string, (on: Awaited<ReturnType<typeof resident>>) => unknown> = {
    'a commit of another connection to another table': ({ database }) => database.exec('INSERT INTO notes VALUES (1)'),
    'an element that another connection appends to another column': ({ foreign }) => foreign.column('others').append(1),
    'SQL of the user': ({ vault }) => vault.database.exec('INSERT INTO notes VALUES (2)'),
    'an element that we append to another column': ({ vault }) => vault.column('others').append(1),
    'a transaction that is undone': ({ vault }) => {
      vault.database.exec('BEGIN; INSERT INTO notes VALUES (3); ROLLBACK');
    },
    'a change of our own and a commit of another connection': ({ database, vault, texts }) => {
      vault.column('numbers').set(50_000, 50_000);
      texts.append('the last');
      database.exec('INSERT INTO notes VALUES (4)');
    },
    'a checkpoint': ({ vault }) => vault.checkpoint('passive'),
  };

  test.each(Object.entries(UNRELATED))('after %s', async (what, work) => {
    const on = await resident();
    // The last block of texts is not kept when it gets more.
    const most = layout === '1.x' && what.startsWith('a change of our own') ? 2 : 0;
    for (let time = 0; time < 3; time++) {
      work(on);
      await immediate();
      on.reads.clear();
      on.readAll();
      expect(on.reads.count).toBeLessThanOrEqual(most);
    }
  });

  test('and a text that we overwrite is changed in memory', async () => {
    const { texts, database, reads } = await resident();
    for (const text of ['TEXT 991 ', 'Text 991 ']) {
      texts.set(991, text.repeat(20));
      expect([texts.at(991), reads.count]).toEqual([text.repeat(20), 0]);
      await immediate();
      database.exec('INSERT INTO notes VALUES (5)');
      await immediate();
      expect([texts.at(991), reads.count]).toEqual([text.repeat(20), 0]);
    }
  });

  test('and a change of one text leaves those of other blocks', async () => {
    const { texts, foreign, reads, readAll } = await resident();
    for (const text of ['TEXT 991 ', 'Text 991 ']) {
      (foreign.column('texts') as Column<'str'>).set(991, text.repeat(20));
      await immediate();
      reads.clear();
      readAll();
      expect(texts.at(991)).toBe(text.repeat(20));
      // The chunk or block, and what tells where its elements are.
      expect(reads.count).toBeGreaterThan(0);
      expect(reads.throughSqlite + reads.bytes).toBeLessThan(128 * 1024 + 32 * 1024);
    }
  });

  test('but elements that only a new length shows are', async () => {
    if (layout === '1.x') return; // There, the counts of blocks say the same again.
    using vault = new ColumnVault(tempFile());
    const numbers = vault.createColumn('numbers', 'f64', { minChunkBytes: 2_048 });
    numbers.extend(Array.from({ length: 100 }, (_, index) => index + 1));
    const database = new Database(vault.path);
    onTestFinished(() => void database.close());
    // The chunk has room, and zeros behind its elements.
    const setLength = database.prepare('UPDATE col_meta SET length = ?');
    for (const length of [150, 120, 160, 90, 170]) {
      await immediate();
      expect(numbers.at(80)).toBe(81);
      numbers.append(7);
      numbers.pop();
      setLength.run(length);
      await immediate();
      expect(numbers.length).toBe(length);
      expect(numbers.at(length - 1)).toBe(length <= 100 ? length : 0);
      expect([...numbers.slice()]).toEqual(contentOf(database).numbers.map(Number));
    }
  });

  test('and a change of one chunk leaves the others', async () => {
    const file = tempFile();
    const limits = { minChunkBytes: 64 * 1024, maxChunkBytes: 64 * 1024 };
    using vault = new ColumnVault(file, { layout });
    const numbers = vault.createColumn('numbers', 'f64', limits);
    numbers.extend(Float64Array.from({ length: COUNT }, (_, index) => index));
    vault.checkpoint('truncate');
    const database = new Database(file);
    onTestFinished(() => void database.close());
    using foreign = new ColumnVault(database);
    const readAll = () => Array.from({ length: 13 }, (_, nth) => numbers.at(nth * 8_192));
    await immediate();
    readAll();
    const reads = countReads();
    // In the middle of a chunk, which its leaf does not show.
    foreign.column('numbers').set(8_192 * 3 + 4_000, -1);
    await immediate();
    reads.clear();
    expect(readAll()).toEqual(Array.from({ length: 13 }, (_, nth) => nth * 8_192));
    expect(reads.count).toBe(1);
    expect(numbers.at(8_192 * 3 + 4_000)).toBe(-1);
  });
});

describe('of a column that does not fit into memory', () => {
  const COUNT = 400_000;
  const TEXTS = 250_000;
  const RESIDENT = 512 * 1024;

  async function beyond(chunkBytes: number) {
    const vault = new ColumnVault(tempFile(), { residentBytes: RESIDENT, pageSize: 4_096 });
    onTestFinished(() => vault.close());
    const limits = { minChunkBytes: chunkBytes, maxChunkBytes: chunkBytes };
    const numbers = vault.createColumn('numbers', 'f64', limits);
    numbers.extend(Float64Array.from({ length: COUNT }, (_, index) => index));
    const texts = vault.createColumn('texts', 'str:utf8');
    texts.extend(Array.from({ length: TEXTS }, (_, index) => `text ${index} `.padEnd(20)));
    vault.checkpoint('truncate');
    const database = new Database(vault.path);
    onTestFinished(() => void database.close());
    await immediate();
    return { vault, numbers, texts, database, reads: countReads(), random: numbersOf(chunkBytes) };
  }

  test.each([64, 1024])('only the bytes that are needed are read, from chunks of %i KiB', async (kib) => {
    const { numbers, texts, reads, random } = await beyond(kib * 1024);
    for (let turn = 0; turn < 300; turn++) {
      const index = random(COUNT - 100);
      expect(numbers.at(index)).toBe(index);
      expect([...numbers.slice(index, index + 100)]).toEqual(Array.from({ length: 100 }, (_, nth) => index + nth));
      const nth = random(TEXTS);
      expect(texts.at(nth)).toBe(`text ${nth} `.padEnd(20));
    }
    expect(reads.throughSqlite).toBe(0);
    // Near the beginning of a chunk, the pages of the file are followed as far as the bytes.
    expect(reads.inPlace).toBeGreaterThan(300);
    // Now and then two reads come so near to each other that more is read.
    expect(reads.bytes).toBeLessThan(300 * 16 * 1024);
  });

  test('but elements in order are read together', async () => {
    const { numbers, texts, reads } = await beyond(64 * 1024);
    for (let index = 0; index < COUNT; index++) if (numbers.at(index) !== index) expect(numbers.at(index)).toBe(index);
    // Some alone and then the rest together, in each of 49 chunks.
    expect(reads.count).toBeLessThan(49 * 8);
    reads.clear();
    for (let index = 0; index < TEXTS; index++)
      if (!texts.at(index)?.startsWith(`text ${index} `)) expect(index).toBe(-1);
    expect(reads.count).toBeLessThan(1_000);
  });

  test('what anybody has committed is read', async () => {
    const { vault, numbers, database, reads, random } = await beyond(64 * 1024);
    using foreign = new ColumnVault(database);
    const theirs = foreign.column('numbers') as Column<'f64'>;
    const expected = Float64Array.from({ length: COUNT }, (_, index) => index);
    for (let turn = 0; turn < 200; turn++) {
      const index = random(COUNT);
      const place = turn % 3 === 0 ? index : random(COUNT);
      if (turn % 2 === 0) numbers.set(place, -turn);
      else theirs.set(place, -turn);
      expected[place] = -turn;
      if (turn % 7 === 0) await immediate();
      expect(numbers.at(index), `turn ${turn}`).toBe(expected[index]);
      expect(numbers.at(place), `turn ${turn}`).toBe(expected[place]);
    }
    expect(reads.bytes).toBeGreaterThan(0);
    // What a transaction has written is not committed yet, and a rollback takes it back.
    const undone = new Error('undo');
    expect(() =>
      vault.transaction(() => {
        for (const place of [1, 100_000, 399_999]) {
          numbers.set(place, 7);
          expect(numbers.at(place)).toBe(7);
        }
        throw undone;
      }),
    ).toThrow(undone);
    for (const place of [1, 100_000, 399_999]) expect(numbers.at(place)).toBe(expected[place]);
    // In a snapshot that others have overtaken, too.
    vault.snapshot(() => {
      expect(numbers.at(200_000)).toBe(expected[200_000]);
      theirs.set(200_000, 8);
      theirs.set(300_000, 8);
      expect(numbers.at(200_000)).toBe(expected[200_000]);
      expect(numbers.at(300_000)).toBe(expected[300_000]);
    });
    expect(numbers.at(300_000)).toBe(8);
  });
});

describe('what statistics have learned of pieces is known later', () => {
  const COUNT = 300_000;

  /** A column that does not fit into memory. */
  function long() {
    const file = tempFile();
    const vault = new ColumnVault(file, { residentBytes: 512 * 1024 });
    onTestFinished(() => vault.close());
    const column = vault.createColumn('numbers', 'f64');
    column.extend(Float64Array.from({ length: COUNT }, (_, index) => (index % 100_000 === 5 ? Number.NaN : index)));
    vault.checkpoint('truncate');
    const database = new Database(file);
    onTestFinished(() => void database.close());
    return { vault, column, database };
  }

  const summary = { nan: 3, min: 0, max: COUNT - 1 };

  test('nothing is read again, and after a change only what has changed', async () => {
    const { column, database } = long();
    await immediate();
    const first = column.summary();
    expect(first).toMatchObject(summary);
    // What our own commits have made is read once, and watched from then on.
    database.exec('CREATE TABLE notes (note)');
    await immediate();
    expect(column.summary()).toEqual(first);
    database.exec('INSERT INTO notes VALUES (1)');
    await immediate();
    const reads = countReads();
    expect([column.summary(), column.min(), column.max(), column.sum(), column.mean()]).toEqual([
      first,
      first.min,
      first.max,
      first.sum,
      first.mean,
    ]);
    expect(column.findIndex({ gt: COUNT })).toBe(-1);
    expect(reads.count).toBe(0);
    // Of 2.4 MB, one piece is read.
    expect(column.findIndex({ gte: 200_000 })).toBe(200_000);
    expect(reads.bytes + reads.throughSqlite).toBeLessThan(300_000);
    column.set(7, -1);
    reads.clear();
    expect(column.min()).toBe(-1);
    expect(reads.bytes + reads.throughSqlite).toBeLessThan(300_000);
    // Another connection writes bytes of a chunk through a BLOB handle, as Python does.
    const foreign = new ColumnVault(database);
    onTestFinished(() => foreign.close());
    foreign.column('numbers', 'f64').set(200_000, 1e9);
    await immediate();
    reads.clear();
    expect([column.min(), column.max()]).toEqual([-1, 1e9]);
    expect(reads.bytes + reads.throughSqlite).toBeLessThan(600_000);
    column.truncate(100);
    expect([column.max(), column.length]).toEqual([99, 100]);
    column.extend([5, 1000]);
    expect([column.max(), column.sum()]).toEqual([
      1000,
      column
        .slice()
        .filter(Number.isFinite)
        .reduce((a, b) => a + b),
    ]);
  });

  test('a rollback takes back what was learned of uncommitted elements', () => {
    const { vault, column } = long();
    expect(column.max()).toBe(COUNT - 1);
    for (const body of [
      () => column.set(3, 1e9),
      () => column.append(1e9),
      () => {
        column.truncate(10);
        column.append(1e9);
      },
    ]) {
      expect(() =>
        vault.transaction(() => {
          body();
          expect(column.max()).toBe(1e9);
          expect(column.findIndex({ gte: 1e9 })).toBeGreaterThan(0);
          throw new Error('undo');
        }),
      ).toThrow('undo');
      expect([column.max(), column.findIndex({ gte: 1e9 })]).toEqual([COUNT - 1, -1]);
    }
  });
});
