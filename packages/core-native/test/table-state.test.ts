// Copies of rows in memory, and whether they are still right: whatever changes the file, and wherever.
import { nativeCore } from '@kohakuvault/core-native/internal';
import {
  type Connection,
  openDatabase,
  type TableState,
  UNKNOWN_OWNER,
} from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

const PAGE_SIZES = [512, 1024, 4096, 32_768, 65_536];
const AUTO_VACUUM = ['NONE', 'INCREMENTAL', 'FULL'];

/** Returns pseudo-random numbers from 0 to below 1. */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return ((state ^ (state >>> 15)) >>> 0) / 2 ** 32;
  };
}

function newFile(pageSize = 4096, autoVacuum = 'NONE'): string {
  const file = tempFile();
  const database = new Database(file);
  database.pragma(`page_size = ${pageSize}`);
  database.pragma(`auto_vacuum = ${autoVacuum}`);
  database.pragma('journal_mode = WAL');
  database.exec(`
    CREATE TABLE rows (id INTEGER PRIMARY KEY, content BLOB);
    CREATE TABLE others (id INTEGER PRIMARY KEY, content BLOB);
    CREATE INDEX others_content ON others (content)`);
  database.close();
  return file;
}

/** A copy of the table `rows` that follows its state. */
class Copy {
  readonly connection: Connection;
  readonly state: TableState;
  readonly #each: boolean;
  readonly rows = new Map<number, string>();
  /** How often all rows were read, and single rows. */
  loads = 0;
  reads = 0;
  #isLoaded = false;

  /** `each`: whether rows are watched one by one. */
  constructor(connection: Connection, each = false) {
    this.connection = connection;
    this.state = connection.shared.tableState();
    this.#each = each;
  }

  /** Returns the rows, after renewing what may have changed. */
  get(): Map<number, string> {
    const change = this.state.look();
    if (change === 'unknown') return this.#all();
    if (change === 'all' || !this.#isLoaded) {
      this.#load();
    } else if (change !== 'same') {
      // As a reader of a whole table may do it: the rows that exist.
      if (change.includes(UNKNOWN_OWNER)) {
        const all = this.#all();
        for (const id of this.rows.keys()) if (!all.has(id)) this.rows.delete(id);
      }
      for (const id of change) if (id !== UNKNOWN_OWNER) this.#read(id);
      this.state.noteRead();
    } else if (!this.state.isWatching) {
      this.#watch();
    }
    return this.rows;
  }

  #all(): Map<number, string> {
    const rows = this.connection.query<[number, string]>('SELECT id, hex(content) FROM rows', { raw: true } as never);
    return new Map((rows.all() as unknown as { id: number }[]).map((row) => Object.values(row) as [number, string]));
  }

  #load(): void {
    this.loads++;
    this.rows.clear();
    for (const [id, content] of this.#all()) this.rows.set(id, content);
    this.#isLoaded = true;
    this.state.noteRead();
    this.#watch();
  }

  #watch(): void {
    if (!this.state.begin()) return;
    if (!this.#each) this.state.watchTable('rows');
    // Rows that are not there yet are nobody's: a copy of single rows does not learn of new ones.
    else for (const id of this.rows.keys()) if (!this.state.watchRow('rows', id, id)) this.state.end();
  }

  #read(id: number): void {
    this.reads++;
    const query = this.connection.query<{ content: string }>('SELECT hex(content) AS content FROM rows WHERE id = ?');
    const row = query.get(id);
    if (row) this.rows.set(id, row.content);
    else this.rows.delete(id);
  }

  /** Writes a row as a vault does: in a transaction, with the copy. */
  put(id: number, content: Buffer): void {
    this.connection.transaction(() => {
      this.get();
      const { binding } = nativeCore();
      this.connection.write(() => {
        const sql = `INSERT OR REPLACE INTO rows VALUES (${id}, x'${content.toString('hex')}')`;
        binding.execute(this.connection.handle, sql);
        this.rows.set(id, content.toString('hex').toUpperCase());
        this.state.noteWrite();
      });
    });
  }

  [Symbol.dispose](): void {
    this.connection.close();
  }
}

function contentOf(database: Database.Database): Map<number, string> {
  const rows = database.prepare('SELECT id, hex(content) FROM rows').raw().all() as [number, string][];
  return new Map(rows);
}

describe('the pages of rows', () => {
  test.each(PAGE_SIZES.flatMap((size) => AUTO_VACUUM.map((mode) => [size, mode] as const)))(
    'are those that dbstat lists, with pages of %i bytes and auto_vacuum %s',
    (pageSize, mode) => {
      const seed = pageSize + mode.length;
      const random = randomOf(seed);
      const file = newFile(pageSize, mode);
      const database = new Database(file);
      onTestFinished(() => void database.close());
      const put = database.prepare('INSERT OR REPLACE INTO rows VALUES (?, ?)');
      for (let n = 0; n < 300; n++) {
        const length = Math.floor(random() ** 6 * pageSize * 20);
        put.run(Math.floor(random() * 2 ** (10 * random() + 8)), Buffer.alloc(length, n));
        if (n % 100 === 50) database.exec('DELETE FROM rows WHERE id % 7 = 3');
      }
      const connection = openDatabase(file);
      const { binding } = nativeCore();
      const { handle } = connection;
      connection.prepareRead();
      const copy = new Copy(connection);
      copy.get();
      expect(copy.state.isWatching, `seed ${seed}`).toBe(true);
      const ids = [...copy.rows.keys()];
      // The pages of overflow chains are in the order of the rows, and dbstat's paths tell the leaf and its cell.
      const stat = database
        .prepare(`SELECT pageno, path, pagetype FROM dbstat WHERE name = 'rows' ORDER BY path`)
        .all() as { pageno: number; path: string; pagetype: string }[];
      const leaves = new Map(stat.filter((row) => row.pagetype === 'leaf').map((row) => [row.path, row.pageno]));
      const chains = new Map<string, number[]>();
      for (const { path, pagetype, pageno } of stat) {
        if (pagetype !== 'overflow') continue;
        const cell = path.slice(0, path.indexOf('+'));
        chains.set(cell, [...(chains.get(cell) ?? []), pageno]);
      }
      // The number of the watch is that of the connection's last kept thing: the copy's.
      const pages = ids.map((id) => [...binding.watchPages(handle, 0, id)]);
      const expected = stat.filter((row) => row.pagetype !== 'internal').map((row) => row.pageno);
      expect(new Set(pages.flat()), `seed ${seed}`).toEqual(
        new Set(expected.length === 0 || ids.length === 0 ? [] : expected),
      );
      for (const own of pages) {
        const [leaf, ...overflow] = own as [number, ...number[]];
        expect([...leaves.values()]).toContain(leaf);
        if (overflow.length === 0) continue;
        expect([...chains.values()], `seed ${seed}`).toContainEqual(overflow);
      }
      connection.close();
    },
  );
});

/** Everything that may happen to a file, by another connection or by SQL of the user. */
function step(random: () => number, run: (sql: string) => void): string {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  const id = Math.floor(random() * 60);
  const bytes = Math.floor(random() ** 4 * 40_000);
  const sql = pick([
    `INSERT OR REPLACE INTO rows VALUES (${id}, randomblob(${bytes}))`,
    `UPDATE rows SET content = randomblob(length(content)) WHERE id = ${id}`,
    `UPDATE rows SET content = randomblob(${bytes}) WHERE id BETWEEN ${id} AND ${id + 5}`,
    `DELETE FROM rows WHERE id = ${id}`,
    `UPDATE rows SET id = id + 1000 WHERE id = ${id}`,
    ...Array<string>(6).fill(`INSERT OR REPLACE INTO others VALUES (${id}, randomblob(${bytes % 2000}))`),
    `INSERT INTO others (content) VALUES (randomblob(${bytes}))`,
    `DELETE FROM others WHERE id % 3 = ${id % 3}`,
    'DELETE FROM others',
    ...(id < 3 ? ['DELETE FROM rows'] : []),
    ...(id < 6 ? ['VACUUM'] : []),
    'PRAGMA incremental_vacuum(3)',
    ...['PASSIVE', 'FULL', 'RESTART', 'TRUNCATE'].map((mode) => `PRAGMA wal_checkpoint(${mode})`),
    ...(id < 6 ? [`CREATE TABLE IF NOT EXISTS t${id} (x)`, `DROP TABLE IF EXISTS t${id}`] : []),
  ]);
  run(sql);
  return sql;
}

describe('a copy of rows equals the file', () => {
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

  test.each(seeds)('after whatever connections do, seed %i', (seed) => {
    const random = randomOf(seed * 7919);
    const file = newFile(PAGE_SIZES[seed % 4], AUTO_VACUUM[seed % 3]);
    const database = new Database(file, { timeout: 0 });
    // On a connection that the user has too, no read snapshot is held.
    const copy = new Copy(seed % 2 === 0 ? openDatabase(database) : openDatabase(file));
    const other = new Database(file, { timeout: 0 });
    onTestFinished(() => {
      copy.connection.close();
      database.close();
      other.close();
    });
    const user = seed % 2 === 0 ? database : copy.connection.database;
    const log: string[] = [];
    const tried = (what: string, run: () => unknown) => {
      log.push(what);
      try {
        run();
      } catch (error) {
        // Busy, or not possible in a transaction.
        log.push(`  ${error}`);
      }
    };
    const checked = () => expect(copy.get(), `seed ${seed}\n${log.slice(-40).join('\n')}`).toEqual(contentOf(user));
    for (let n = 0; n < 400; n++) {
      const kind = random();
      if (kind < 0.4) tried('other', () => log.push(step(random, (sql) => other.exec(sql))));
      else if (kind < 0.55) tried('user', () => log.push(step(random, (sql) => user.exec(sql))));
      else if (kind < 0.7) {
        tried('own', () => copy.put(Math.floor(random() * 60), Buffer.alloc(Math.floor(random() * 9000), n)));
      } else {
        tried('transaction', () => {
          copy.connection.transaction(() => {
            for (let inner = 0; inner < 4; inner++) {
              const what = random();
              if (what < 0.4) tried('in: user', () => log.push(step(random, (sql) => user.exec(sql))));
              else if (what < 0.6) {
                tried('in: own', () =>
                  copy.put(Math.floor(random() * 60), Buffer.alloc(Math.floor(random() * 900), n)),
                );
              } else if (what < 0.8) {
                tried('in: savepoint', () => {
                  copy.connection.transaction(() => {
                    copy.put(Math.floor(random() * 60), Buffer.alloc(20, inner));
                    if (random() < 0.5) checked();
                    if (random() < 0.6) throw new Error('rolled back');
                  });
                });
              } else checked();
            }
            if (random() < 0.3) throw new Error('rolled back');
          });
        });
      }
      if (random() < 0.7) checked();
    }
    checked();
  });
});

describe('a copy is kept', () => {
  function warm(each = false) {
    const file = newFile();
    const database = new Database(file);
    const copy = new Copy(openDatabase(database), each);
    const other = new Database(file);
    onTestFinished(() => {
      copy.connection.close();
      database.close();
      other.close();
    });
    for (let id = 1; id <= 20; id++) copy.put(id, Buffer.alloc(10_000, id));
    copy.get();
    copy.get();
    expect(copy.state.isWatching).toBe(true);
    return { copy, database, other, before: copy.loads };
  }

  test.each([false, true])('when anybody commits to another table, each row alone: %s', (each) => {
    const { copy, database, other, before } = warm(each);
    for (let n = 0; n < 50; n++) {
      (n % 2 ? database : other).exec('INSERT INTO others (content) VALUES (randomblob(3000))');
      expect(copy.get()).toEqual(contentOf(other));
    }
    expect([copy.loads, copy.reads]).toEqual([before, 0]);
  });

  test('when it was made before anybody has committed', () => {
    const file = newFile();
    const database = new Database(file);
    database.exec("INSERT INTO rows VALUES (1, x'01')");
    database.close();
    const copy = new Copy(openDatabase(file));
    const other = new Database(file);
    onTestFinished(() => {
      copy.connection.close();
      other.close();
    });
    copy.get();
    expect(copy.state.isWatching).toBe(true);
    for (let n = 0; n < 3; n++) {
      other.exec('INSERT INTO others (content) VALUES (randomblob(3000))');
      expect(copy.get()).toEqual(contentOf(other));
    }
    expect([copy.loads, copy.reads]).toEqual([1, 0]);
    other.exec("UPDATE rows SET content = x'02'");
    expect(copy.get()).toEqual(contentOf(other));
    expect([copy.loads, copy.reads]).toEqual([1, 1]);
  });

  test('when the WAL starts over', () => {
    const { copy, database, other, before } = warm();
    for (let n = 0; n < 10; n++) {
      other.pragma('wal_checkpoint(TRUNCATE)');
      (n % 2 ? database : other).exec('INSERT INTO others (content) VALUES (randomblob(3000))');
      expect(copy.get()).toEqual(contentOf(other));
    }
    expect([copy.loads, copy.reads]).toEqual([before, 0]);
  });

  test('when the user writes another table in a transaction with a write of ours, and when that is rolled back', () => {
    const { copy, database, before } = warm();
    const insert = database.prepare('INSERT INTO others (content) VALUES (?)');
    for (let n = 0; n < 10; n++) {
      copy.connection.transaction(() => {
        insert.run(Buffer.alloc(3000, n));
        copy.get();
        copy.put(n, Buffer.alloc(500, n));
        insert.run(Buffer.alloc(30, n));
        expect(copy.get()).toEqual(contentOf(database));
      });
      expect(copy.get()).toEqual(contentOf(database));
    }
    expect(() =>
      copy.connection.transaction(() => {
        insert.run(Buffer.alloc(3000));
        copy.get();
        throw new Error('undone');
      }),
    ).toThrow('undone');
    expect(copy.get()).toEqual(contentOf(database));
    expect([copy.loads, copy.reads]).toEqual([before, 0]);
  });

  test('but for the rows that a commit has changed', () => {
    const { copy, other, before } = warm();
    other.exec("UPDATE rows SET content = zeroblob(10000) WHERE id = 7; INSERT INTO rows VALUES (99, x'01')");
    expect(copy.get()).toEqual(contentOf(other));
    expect(copy.loads).toBe(before);
    // Other rows may have their beginnings on the same page.
    expect(copy.reads).toBeLessThan(15);
    other.exec('DELETE FROM rows');
    expect(copy.get().size).toBe(0);
  });
});
