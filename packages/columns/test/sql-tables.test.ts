// Columns as tables of SQL: kohakuvault_column and kohakuvault_frame.
import { type Column, ColumnVault, type DType, type Layout } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

const seed = Date.now();
console.log(`seed ${seed}`);

type Row = Record<string, unknown>;

/** Returns the error of better-sqlite3 that work throws, if it does. */
function failureOf(work: () => unknown): { code: string; message: string } | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof Database.SqliteError) return error;
    throw error;
  }
}

/** A connection of the user's with a vault on it. */
function opened(layout: Layout = '0.7', file = tempFile()): { vault: ColumnVault; database: Database.Database } {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  const vault = new ColumnVault(database, { layout });
  onTestFinished(() => {
    vault.close();
    database.close();
  });
  return { vault, database };
}

const all = (database: Database.Database, sql: string, ...parameters: unknown[]): Row[] =>
  database.prepare<unknown[], Row>(sql).all(...parameters);
const one = (database: Database.Database, sql: string, ...parameters: unknown[]): unknown =>
  database
    .prepare(sql)
    .pluck()
    .get(...parameters);
const values = (database: Database.Database, sql: string, ...parameters: unknown[]): unknown[] =>
  database
    .prepare(sql)
    .pluck()
    .all(...parameters);

describe.each(['0.7', '1.x'] as const)('columns of the layout %s', (layout) => {
  test.each<[DType, unknown[], unknown[]]>([
    ['f64', [0.5, -1, Number.NaN, Number.POSITIVE_INFINITY], [0.5, -1, null, Number.POSITIVE_INFINITY]],
    ['f32', [0.5, -1], [0.5, -1]],
    ['i64', [1n, -(2n ** 62n)], [1, -(2 ** 62)]],
    ['u64', [1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n], [1, 2 ** 63, 2 ** 63, 2 ** 64]],
    ['i8', [-128, 127], [-128, 127]],
    ['u16', [0, 65_535], [0, 65_535]],
    ['i32', [-5, 5], [-5, 5]],
    ['bool', [true, false, true], [1, 0, 1]],
    ['f16', [0.5, -65_504, 2 ** -24], [0.5, -65_504, 2 ** -24]],
    ['vec:bool:2', [Uint8Array.of(1, 0)], [Buffer.of(1, 0)]],
    ['str:utf8', ['', 'größe', 'a\0b'], ['', 'größe', 'a\0b']],
    ['str:utf16le', ['😀', ''], ['😀', '']],
    ['str:utf16be', ['😀'], ['😀']],
    ['str:latin1', ['größe'], ['größe']],
    ['str:8:ascii', ['ab', 'abcdefgh'], ['ab', 'abcdefgh']],
    ['bytes', [Buffer.from('ab'), Buffer.alloc(0)], [Buffer.from('ab'), Buffer.alloc(0)]],
    ['bytes:4', [Buffer.from('abcd')], [Buffer.from('abcd')]],
    ['vec:f32:2', [Float32Array.of(1, 2)], [Buffer.from(Float32Array.of(1, 2).buffer)]],
    ['msgpack', [{ a: 1 }], [Buffer.from([0x81, 0xa1, 0x61, 1])]],
    ['cbor', [1], [Buffer.from([1])]],
  ])('elements of %s', (dtype, elements, expected) => {
    const { vault, database } = opened(layout);
    const column = vault.createColumn('a', dtype) as unknown as Column;
    column.extend(elements as never);
    expect(values(database, "SELECT value FROM kohakuvault_column('a')")).toEqual(expected);
    expect(one(database, "SELECT count(*) FROM kohakuvault_column('a') WHERE i >= 1")).toBe(elements.length - 1);
  });

  test('conditions, orders and limits select what they say', () => {
    const { vault, database } = opened(layout);
    const numbers = vault.createColumn('numbers', 'f64', { minChunkBytes: 64, maxChunkBytes: 512 });
    numbers.extend(Float64Array.from({ length: 700 }, (_, nth) => nth / 2));
    const texts = vault.createColumn('texts', 'str:utf8', { minChunkBytes: 64, maxChunkBytes: 600 });
    const textOf = (nth: number) => `text ${nth} ${'x'.repeat(nth % 50)}`;
    texts.extend(Array.from({ length: 700 }, (_, nth) => textOf(nth)));
    const plain = new Database(':memory:');
    plain.exec('CREATE TABLE numbers (i INTEGER, value); CREATE TABLE texts (i INTEGER, value)');
    for (let nth = 0; nth < 700; nth++) {
      plain.prepare('INSERT INTO numbers VALUES (?, ?)').run(nth, nth / 2);
      plain.prepare('INSERT INTO texts VALUES (?, ?)').run(nth, textOf(nth));
    }
    const bound = fc.oneof(
      fc.integer({ min: -5, max: 705 }),
      fc.double({ min: -5, max: 705, noNaN: true }),
      fc.constantFrom<unknown>(null, '5', ' 12.5 ', 'abc', Buffer.from('1'), 2 ** 70, -(2 ** 70), 9007199254740993n),
    );
    const condition = fc.tuple(fc.constantFrom('=', '<', '<=', '>', '>=', 'IS', '<>'), bound);
    fc.assert(
      fc.property(
        fc.constantFrom('numbers', 'texts'),
        fc.array(condition, { maxLength: 3 }),
        fc.constantFrom('', ' ORDER BY i', ' ORDER BY i DESC', ' ORDER BY i DESC, value', ' ORDER BY value, i'),
        fc.constantFrom('', ' LIMIT 3', ' LIMIT 5 OFFSET 2'),
        (name, conditions, order, limit) => {
          const where = conditions.map(([operator]) => `i ${operator} ?`).join(' AND ') || 'true';
          const end = `WHERE ${where}${order === '' ? ' ORDER BY i' : order}${limit}`;
          const bounds = conditions.map(([, value]) => value);
          expect(all(database, `SELECT i, value FROM kohakuvault_column('${name}') ${end}`, ...bounds)).toEqual(
            all(plain, `SELECT i, value FROM ${name} ${end}`, ...bounds),
          );
        },
      ),
      { seed, numRuns: 300 },
    );
    plain.close();
  });

  test('a range is pushed down, and the order is taken over', () => {
    const { vault, database } = opened(layout);
    vault.createColumn('a', 'f64').extend([1, 2, 3]);
    const plan = (sql: string) => all(database, `EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => detail);
    expect(plan("SELECT * FROM kohakuvault_column('a') WHERE i > 1 ORDER BY i DESC LIMIT 5")).toEqual([
      expect.stringMatching(/^SCAN kohakuvault_column VIRTUAL TABLE INDEX/),
    ]);
    // A join by the index looks up single elements of the column.
    database.exec('CREATE TEMP TABLE steps (step INTEGER); INSERT INTO steps VALUES (2), (0), (7)');
    const join = "SELECT step, value FROM steps JOIN kohakuvault_column('a') AS a ON a.i = step ORDER BY step";
    expect(all(database, join)).toEqual([
      { step: 0, value: 1 },
      { step: 2, value: 3 },
    ]);
    expect(values(database, "SELECT value FROM kohakuvault_column('a') WHERE i IN (2, 0, 9, 2) ORDER BY i")).toEqual([
      1, 3,
    ]);
    expect(values(database, "SELECT value FROM kohakuvault_column('a') WHERE rowid = 1")).toEqual([2]);
  });

  test('columns are joined, grouped and windowed', () => {
    const { vault, database } = opened(layout);
    vault.createColumn('loss', 'f64').extend(Float64Array.from({ length: 1_000 }, (_, nth) => nth % 10));
    vault
      .createColumn('note', 'str:utf8')
      .extend(Array.from({ length: 1_000 }, (_, nth) => (nth % 2 ? 'odd' : 'even')));
    const rows = all(
      database,
      `SELECT n.value AS note, count(*) AS count, sum(l.value) AS sum
        FROM kohakuvault_column('loss') l JOIN kohakuvault_column('note') n USING (i) GROUP BY n.value ORDER BY note`,
    );
    expect(rows).toEqual([
      { note: 'even', count: 500, sum: 2_000 },
      { note: 'odd', count: 500, sum: 2_500 },
    ]);
    const means = values(
      database,
      `SELECT avg(value) OVER (ORDER BY i ROWS 1 PRECEDING) FROM kohakuvault_column('loss') WHERE i < 4`,
    );
    expect(means).toEqual([0, 0.5, 1.5, 2.5]);
    const names = 'SELECT value AS name FROM json_each(\'["loss", "note"]\')';
    const counts = `SELECT n.name, count(*) AS count FROM (${names}) n, kohakuvault_column(n.name) GROUP BY 1`;
    expect(all(database, counts)).toEqual([
      { name: 'loss', count: 1_000 },
      { name: 'note', count: 1_000 },
    ]);
    expect(all(database, "SELECT DISTINCT name, layout FROM kohakuvault_column('loss')")).toEqual([
      { name: 'loss', layout },
    ]);
  });

  test('a scan that takes many windows, in both directions', () => {
    const { vault, database } = opened(layout);
    const count = 300;
    const column = vault.createColumn('long', 'bytes:60000');
    const texts = vault.createColumn('texts', 'bytes');
    const elements = Array.from({ length: count }, (_, nth) => Buffer.alloc(60_000, nth & 0xff));
    column.extend(elements);
    texts.extend(elements);
    for (const name of ['long', 'texts']) {
      for (const order of ['', 'DESC']) {
        const read = database.prepare<[], Row>(
          `SELECT i, value FROM kohakuvault_column('${name}') ORDER BY i ${order}`,
        );
        let at = order === '' ? 0 : count - 1;
        for (const { i, value } of read.iterate()) {
          expect(i).toBe(at);
          expect((value as Buffer).equals(elements[at] as Buffer)).toBe(true);
          at += order === '' ? 1 : -1;
        }
        expect(at).toBe(order === '' ? count : -1);
      }
    }
  });

  test('a frame is a table with its own columns', () => {
    const { vault, database } = opened(layout);
    const log = vault.frame('log', { step: 'i64', loss: 'f64', note: 'str:utf8', 'two words': 'u8' });
    log.extend(
      Array.from({ length: 500 }, (_, nth) => ({
        step: BigInt(nth * 10),
        loss: 1 / (nth + 1),
        note: `n${nth}`,
        'two words': nth % 3,
      })),
    );
    database.exec("CREATE VIRTUAL TABLE temp.log USING kohakuvault_frame('log')");
    expect(all(database, 'SELECT * FROM log WHERE i BETWEEN 2 AND 3 ORDER BY i DESC')).toEqual([
      { i: 3, step: 30, loss: 0.25, note: 'n3', 'two words': 0 },
      { i: 2, step: 20, loss: 1 / 3, note: 'n2', 'two words': 2 },
    ]);
    expect(all(database, 'SELECT "two words" AS w, count(*) AS n FROM log GROUP BY 1 ORDER BY 1')).toEqual([
      { w: 0, n: 167 },
      { w: 1, n: 167 },
      { w: 2, n: 166 },
    ]);
    expect(one(database, "SELECT step FROM log WHERE note = 'n7'")).toBe(70);
    expect(one(database, "SELECT count(*) FROM log WHERE loss < '0.5'")).toBe(498);
    log.append({ step: 1n, loss: 2, note: 'late', 'two words': 9 });
    expect(one(database, 'SELECT note FROM log WHERE i = 500')).toBe('late');
    database.exec('ALTER TABLE temp.log RENAME TO training');
    expect(one(database, 'SELECT count(*) FROM training')).toBe(501);
    database.exec('DROP TABLE training');
    expect(failureOf(() => database.exec('INSERT INTO log VALUES (1)'))?.message).toMatch(/no such table/);
  });

  test('damage is an error that names the column and the chunk', () => {
    const { vault, database } = opened(layout);
    const tiny = { minChunkBytes: 64, maxChunkBytes: 200 };
    vault.createColumn('a', 'f64', tiny).extend(new Float64Array(100));
    vault.createColumn('s', 'str:utf8', tiny).extend(Array.from({ length: 500 }, (_, nth) => `text number ${nth}`));
    const read = (name: string) => failureOf(() => all(database, `SELECT value FROM kohakuvault_column('${name}')`));
    const isOld = layout === '0.7';
    const [table, data] = isOld ? ['col_chunks', 'data'] : ['kvault_col_data', 'payload'];
    const ids = values(database, `SELECT rowid FROM ${table} ORDER BY rowid`) as number[];
    database.exec('BEGIN');
    database.exec(`UPDATE ${table} SET ${data} = x'00' WHERE rowid = ${ids[1]}`);
    expect(read('a')).toMatchObject({ code: 'SQLITE_CORRUPT_VTAB' });
    expect(read('a')?.message).toMatch(/^column "a" is damaged: chunk 1 ends after 1 bytes; its elements need \d+/);
    database.exec(`DELETE FROM ${table} WHERE rowid = ${ids[1]}`);
    expect(read('a')?.message).toMatch(/^column "a" is damaged: chunk 1 is missing, and elements should be in it/);
    // What is not damaged is read.
    expect(one(database, "SELECT value FROM kohakuvault_column('a') WHERE i = 0")).toBe(0);
    expect(one(database, "SELECT sum(value) FROM kohakuvault_column('a') WHERE i >= 64")).toBe(0);
    database.exec('ROLLBACK');
    expect(read('a')).toBe(undefined);
    database.exec('BEGIN');
    database.exec(
      isOld
        ? "UPDATE col_chunks SET data = randomblob(length(data)) WHERE col_id = (SELECT col_id FROM col_meta WHERE name = 's_idx')"
        : 'UPDATE kvault_col_data SET offsets = randomblob(length(offsets)) WHERE offsets IS NOT NULL',
    );
    expect(read('s')?.message).toMatch(/^column "s" is damaged: /);
    database.exec('ROLLBACK; BEGIN');
    database.exec(
      isOld
        ? "UPDATE col_chunks SET data = CAST(replace(data, 'text', x'ff65') AS BLOB) WHERE col_id = (SELECT col_id FROM col_meta WHERE name = 's_data')"
        : 'UPDATE kvault_col_data SET payload = zeroblob(0) WHERE offsets IS NOT NULL',
    );
    expect(read('s')?.message).toMatch(/^column "s" is damaged: /);
    database.exec('ROLLBACK');
    const meta = isOld ? 'col_meta' : 'kvault_col_columns';
    const lengths = isOld ? ["length = 'many'", 'length = -1', `length = ${2 ** 60}`] : [];
    for (const change of ["dtype = 'f65'", "dtype = 'f32'", 'elem_size = 4', ...lengths]) {
      database.exec(`BEGIN; UPDATE ${meta} SET ${change} WHERE name = 'a'`);
      expect(read('a')?.message, change).toMatch(/^column "a" is damaged: /);
      database.exec('ROLLBACK');
    }
    expect(read('a')).toBe(undefined);
  });

  test('a transaction sees its own changes, and a rollback takes them back', () => {
    const { vault, database } = opened(layout);
    const column = vault.createColumn('a', 'f64');
    column.extend([1, 2, 3]);
    const sum = () => one(database, "SELECT sum(value) FROM kohakuvault_column('a')");
    database.exec('BEGIN');
    column.extend([10, 20]);
    column.set(0, 5);
    expect(sum()).toBe(40);
    vault.createColumn('b', 'str:utf8').append('new');
    expect(one(database, "SELECT value FROM kohakuvault_column('b')")).toBe('new');
    database.exec('ROLLBACK');
    expect(sum()).toBe(6);
    expect(failureOf(() => one(database, "SELECT value FROM kohakuvault_column('b')"))?.message).toMatch(
      /no column "b"/,
    );
  });

  test('a column that changes during a scan', () => {
    const { vault, database } = opened(layout);
    const count = 1_000;
    const column = vault.createColumn('a', 'f64', { minChunkBytes: 64, maxChunkBytes: 1024 });
    column.extend(Float64Array.from({ length: count }, (_, nth) => nth));
    database.unsafeMode();
    const scan = () => database.prepare<[], Row>("SELECT i, value FROM kohakuvault_column('a')").iterate();
    // It grows: the scan has the rows that there were when it began.
    let seen = 0;
    for (const { i, value } of scan()) {
      expect(value).toBe(i);
      if (seen++ === 100) column.extend(new Float64Array(500));
    }
    expect(seen).toBe(count);
    // It becomes shorter, or is deleted, or becomes another one: an error, and no wrong value.
    const stopped = (change: () => void) => {
      database.exec('BEGIN');
      let rows = 0;
      const error = failureOf(() => {
        for (const { i, value } of scan()) {
          expect(value).toBe(i);
          if (rows++ === 100) change();
        }
      });
      database.exec('ROLLBACK');
      expect(rows).toBeLessThan(count);
      return error?.message;
    };
    column.truncate(count);
    const message = 'column "a" was deleted, replaced or shortened while a statement was reading it';
    expect(stopped(() => void column.truncate(500))).toContain(message);
    expect(stopped(() => void vault.deleteColumn('a'))).toContain(message);
    expect(
      stopped(() => {
        vault.deleteColumn('a');
        vault.createColumn('a', 'i64').extend(new BigInt64Array(count));
      }),
    ).toContain(message);
    expect(one(database, "SELECT count(*) FROM kohakuvault_column('a')")).toBe(count);
  });
});

test('wrong arguments are refused with what to do', () => {
  const { vault, database } = opened();
  vault.createColumn('a', 'f64').append(1);
  const message = (sql: string, ...parameters: unknown[]) =>
    failureOf(() => all(database, sql, ...parameters))?.message;
  expect(message("SELECT * FROM kohakuvault_column('b')")).toBe(
    'there is no column "b" in this file; listColumns() lists the columns, and createColumn() creates one; elements that ' +
      'are pending in a cache reach the file with flushCache()',
  );
  expect(message('SELECT * FROM kohakuvault_column')).toMatch(/expects the name of a column/);
  expect(message('SELECT * FROM kohakuvault_column(?)', null)).toMatch(/name of a column as a text, got NULL/);
  expect(message('SELECT * FROM kohakuvault_column(5)')).toMatch(/name of a column as a text, got a number/);
  expect(message("SELECT * FROM kohakuvault_column('a', '0.8')")).toMatch(/layout to be '0.7' or '1.x', got "0.8"/);
  expect(message("SELECT * FROM kohakuvault_column('a', '1.x')")).toMatch(/no column "a" in the layout 1.x/);
  expect(message("SELECT * FROM kohakuvault_column('a', '0.7', 3)")).toMatch(/too many arguments/);
  const create = (sql: string) => failureOf(() => database.exec(`CREATE VIRTUAL TABLE ${sql}`))?.message;
  expect(create('temp.log USING kohakuvault_frame(log)')).toMatch(/there is no frame "log" in this file/);
  expect(create('temp.log USING kohakuvault_frame')).toMatch(/expects the name of a frame/);
  vault.frame('log', { step: 'i64' }).append({ step: 1n });
  vault.frame('other', { I: 'i64' });
  expect(create('log USING kohakuvault_frame(log)')).toMatch(/write CREATE VIRTUAL TABLE temp."log"/);
  expect(create('temp.log USING kohakuvault_frame(log, 5)')).toMatch(/expects the name of a frame, got 2 arguments/);
  expect(create('temp.o USING kohakuvault_frame(other)')).toMatch(/called i, as the index is/);
  expect(create('temp.c USING kohakuvault_column(a)')).toMatch(/no such module|may not be/);
  expect(create('temp.log USING kohakuvault_frame("log")')).toBe(undefined);
  expect(message('DELETE FROM log')).toMatch(/may not be modified/);
  vault.column('log.step').truncate(0);
  expect(one(database, 'SELECT count(*) FROM log')).toBe(0);
  vault.createColumn('log.more', 'f64').append(1);
  expect(one(database, 'SELECT count(*) FROM log')).toBe(0);
  vault.deleteColumn('log.step');
  expect(message('SELECT * FROM log')).toMatch(/the frame "log" has no column "step" any more/);
});

test('columns of a frame of different lengths are an error', () => {
  const { vault, database } = opened();
  vault.frame('log', { step: 'i64', loss: 'f64' }).append({ step: 1n, loss: 1 });
  database.exec('CREATE VIRTUAL TABLE temp.log USING kohakuvault_frame(log)');
  vault.column('log.loss').truncate(0);
  expect(failureOf(() => all(database, 'SELECT step FROM log'))?.message).toMatch(
    /different lengths in the file: log.step 1, log.loss 0/,
  );
});

test('what is pending in a cache is seen when it was flushed', () => {
  const { vault, database } = opened();
  const column = vault.createColumn('a', 'f64');
  column.append(1);
  vault.enableCache();
  column.append(2);
  const read = () => values(database, "SELECT value FROM kohakuvault_column('a')");
  expect(column.length).toBe(2);
  expect(read()).toEqual([1]);
  vault.flushCache();
  expect(read()).toEqual([1, 2]);
});

test('readonly connections, and snapshots of others', () => {
  const file = tempFile();
  const { vault } = opened('0.7', file);
  const log = vault.frame('log', { step: 'i64' });
  log.extend([{ step: 1n }, { step: 2n }]);
  const reader = new ColumnVault(file, { readonly: true });
  onTestFinished(() => reader.close());
  const { database } = reader;
  database.exec('CREATE VIRTUAL TABLE temp.log USING kohakuvault_frame(log)');
  expect(values(database, 'SELECT step FROM log')).toEqual([1, 2]);
  database.exec('BEGIN');
  expect(one(database, "SELECT sum(value) FROM kohakuvault_column('log.step')")).toBe(3);
  log.append({ step: 3n });
  expect(one(database, "SELECT sum(value) FROM kohakuvault_column('log.step')")).toBe(3);
  database.exec('COMMIT');
  expect(one(database, 'SELECT sum(step) FROM log')).toBe(6);
});

test('hundreds of statements and connections leave nothing behind', () => {
  const file = tempFile();
  const made = new ColumnVault(file);
  made.frame('log', { step: 'i64', note: 'str:utf8' }).append({ step: 1n, note: 'x' });
  made.close();
  for (let round = 0; round < 20; round++) {
    const database = new Database(file);
    const vault = new ColumnVault(database);
    database.exec('CREATE VIRTUAL TABLE temp.log USING kohakuvault_frame(log)');
    for (let nth = 0; nth < 50; nth++) {
      const sql = `SELECT ${nth}, log.note, c.value FROM log JOIN kohakuvault_column('log.step') c USING (i)`;
      expect(database.prepare(sql).raw().all()).toEqual([[nth, 'x', 1]]);
      expect(() => all(database, `SELECT ${nth} FROM kohakuvault_column('none')`)).toThrow(/no column/);
      // A scan that is not finished.
      const iterator = database.prepare('SELECT * FROM log').iterate();
      iterator.next();
      iterator.return?.();
    }
    // The vault checks that SQLite has released the connection.
    vault.close();
    database.close();
    expect(database.open).toBe(false);
  }
  // Nobody holds a lock any more.
  const last = new Database(file);
  last.pragma('journal_mode = DELETE');
  last.close();
});

test('a function of SQL reads columns in the middle of a scan', () => {
  const { vault, database } = opened();
  const column = vault.createColumn('a', 'f64');
  column.extend(Float64Array.from({ length: 300 }, (_, nth) => nth));
  database.function('at', (i) => column.at(i as number));
  const rows = values(database, "SELECT at(i) + value FROM kohakuvault_column('a') ORDER BY i");
  expect(rows).toEqual(Array.from({ length: 300 }, (_, nth) => nth * 2));
});
