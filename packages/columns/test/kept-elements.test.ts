// What is in memory stays there as long as its chunks do not change, no matter what else does.
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { type Column, ColumnVault } from '@kohakuvault/columns';
import { BlobSite } from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { COLUMNS, change, contentOf, NAMES, numbersOf, openColumn } from './support/random-changes.ts';

const ROUNDS = 25;
const SEEDS = [1, 2, 3, 4];

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

/** Bytes of one chunk of numbers are changed by SQL alone, or its length. */
function changeBySql(database: Database.Database, random: (limit: number) => number): string {
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
    if (random(3) === 0) {
      const start = random(expected.length + 1);
      const part = Array.from(column.slice(start, start + random(900)) as Iterable<unknown>, String);
      expect(part, `${where}: ${name} from ${start} on`).toEqual(expected.slice(start, start + part.length));
    }
  }
}

test.each(SEEDS)('seed %i: every read is that of a fresh connection', { timeout: 120_000 }, async (seed) => {
  const random = numbersOf(seed);
  const file = tempFile();
  // Pages so small that chunks have many, or so large that many chunks share a leaf.
  const pageSize = [512, 1_024, 4_096, 32_768][seed % 4] as number;
  const own = new ColumnVault(file, { pageSize });
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

describe('elements that are in memory are not read again', () => {
  const COUNT = 100_000;

  /** A column of numbers and one of texts in memory, and another connection on the file. */
  async function resident() {
    const file = tempFile();
    const vault = new ColumnVault(file);
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
    const reads = vi.spyOn(BlobSite.prototype, 'read');
    onTestFinished(() => reads.mockRestore());
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

  test.each(Object.entries(UNRELATED))('after %s', async (_, work) => {
    const on = await resident();
    for (let time = 0; time < 3; time++) {
      work(on);
      await immediate();
      on.reads.mockClear();
      on.readAll();
      expect(on.reads).not.toHaveBeenCalled();
    }
  });

  test('but elements that only a new length shows are', async () => {
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
    using vault = new ColumnVault(file);
    const numbers = vault.createColumn('numbers', 'f64', limits);
    numbers.extend(Float64Array.from({ length: COUNT }, (_, index) => index));
    vault.checkpoint('truncate');
    const database = new Database(file);
    onTestFinished(() => void database.close());
    using foreign = new ColumnVault(database);
    const readAll = () => Array.from({ length: 13 }, (_, nth) => numbers.at(nth * 8_192));
    await immediate();
    readAll();
    const reads = vi.spyOn(BlobSite.prototype, 'read');
    onTestFinished(() => reads.mockRestore());
    // In the middle of a chunk, which its leaf does not show.
    foreign.column('numbers').set(8_192 * 3 + 4_000, -1);
    await immediate();
    reads.mockClear();
    expect(readAll()).toEqual(Array.from({ length: 13 }, (_, nth) => nth * 8_192));
    expect(reads).toHaveBeenCalledTimes(1);
    expect(numbers.at(8_192 * 3 + 4_000)).toBe(-1);
  });
});
