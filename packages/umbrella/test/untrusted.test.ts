// Files of strangers: what is refused, what is read, and what a hostile file cannot make us do.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openDatabase } from '@kohakuvault/core-native/database';
import { connectionOf } from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';
import { ColumnVault, KVault, VectorKVault } from 'kohakuvault';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';
import { json, output, run } from './support/command-line.ts';

const UNTRUSTED = { untrusted: true } as const;
const SHAPE = { table: 'vectors', dimensions: 3 } as const;
const LONG = Buffer.alloc(300_000, 7);

/** Makes a file with everything that vaults make, the triggers of values in parts among it. */
function whole(): string {
  const file = tempFile();
  using kv = new KVault(file, { maxBlobBytes: 100_000 });
  kv.set('a', { b: 1 });
  kv.set('long', LONG);
  using columns = new ColumnVault(kv);
  columns.createColumn('x', 'f64').extend([1, 2, 3]);
  columns.createColumn('s', 'str:utf8').extend(['one', 'two']);
  columns.createColumn('d', 'msgpack').extend([{ a: 1 }, [2]]);
  using vectors = new VectorKVault(kv, SHAPE);
  vectors.insert([1, 2, 3], 'here');
  return file;
}

/** Makes a hostile file of a whole one: runs SQL with everything allowed that a hostile program allows itself. */
function hostile(sql: string): string {
  const file = whole();
  const database = new Database(file);
  database.unsafeMode();
  database.pragma('writable_schema = ON');
  database.exec(sql);
  database.close();
  return file;
}

const OPENERS: [string, (file: string) => Disposable][] = [
  ['KVault', (file) => new KVault(file, UNTRUSTED)],
  ['ColumnVault', (file) => new ColumnVault(file, UNTRUSTED)],
  ['VectorKVault', (file) => new VectorKVault(file, { ...SHAPE, ...UNTRUSTED })],
  ['openDatabase', (file) => openDatabase(file, UNTRUSTED)],
];

test('everything that vaults store is read, and the file stays as it is', async () => {
  const file = whole();
  const digest = () => createHash('sha256').update(readFileSync(file)).digest('hex');
  const before = digest();
  using kv = new KVault(file, UNTRUSTED);
  expect(kv.get('a')).toEqual({ b: 1 });
  expect(kv.get('long')).toEqual(LONG);
  expect(Buffer.concat(await kv.createReadStream('long').toArray())).toEqual(LONG);
  using columns = new ColumnVault(kv);
  expect([...columns.column('x')]).toEqual([1, 2, 3]);
  expect(columns.column('s').slice()).toEqual(['one', 'two']);
  expect(columns.column('s').slice(0, 2, 2)).toEqual(['one']);
  expect([...columns.column('d')]).toEqual([{ a: 1 }, [2]]);
  using vectors = new VectorKVault(kv, SHAPE);
  expect(vectors.search([1, 2, 3], 1)[0]?.value).toBe('here');
  expect((await vectors.searchAsync([1, 2, 3], 1))[0]?.value).toBe('here');
  expect(codeOf(() => kv.set('a', 2))).toBe('KV_READONLY');
  expect(digest()).toBe(before);
});

test('the connection has the settings for it', () => {
  using kv = new KVault(whole(), UNTRUSTED);
  const settings = ['trusted_schema', 'cell_size_check', 'mmap_size'].map((name) =>
    kv.database.pragma(name, { simple: true }),
  );
  expect(settings).toEqual([0, 1, 0]);
  expect(kv.database.readonly).toBe(true);
});

test('it shares no connection with a vault that trusts the file', () => {
  const file = whole();
  using trusting = new KVault(file, { readonly: true });
  using wary = new KVault(file, UNTRUSTED);
  expect(wary[connectionOf].shared).not.toBe(trusting[connectionOf].shared);
  using other = new KVault(wary);
  expect(other[connectionOf].shared.untrusted).toBeDefined();
  expect(codeOf(() => new KVault(trusting, UNTRUSTED))).toBe('KV_INVALID_ARGUMENT');
});

test('options that contradict it are refused, and so is a Database of the user', () => {
  const file = whole();
  expect(codeOf(() => new KVault(file, { ...UNTRUSTED, readonly: false }))).toBe('KV_INVALID_ARGUMENT');
  expect(codeOf(() => new KVault(file, { ...UNTRUSTED, mmapSize: 1 }))).toBe('KV_INVALID_ARGUMENT');
  const database = new Database(file);
  onTestFinished(() => void database.close());
  expect(codeOf(() => new KVault(database, UNTRUSTED))).toBe('KV_INVALID_ARGUMENT');
  expect(codeOf(() => new KVault(tempFile(), UNTRUSTED))).toBe('KV_IO');
});

const SPY = "BEGIN INSERT INTO kohakuvault_meta VALUES ('seen', 'yes'); END";
const OWN = 'kohakuvault_parts_kv';

describe.each([
  ['a trigger', `CREATE TRIGGER spy AFTER INSERT ON kv ${SPY}`, 'a trigger "spy" on "kv"'],
  ['a view', 'CREATE VIEW peek AS SELECT * FROM kv', 'a view "peek"'],
  [
    'a view in place of a table',
    `DROP TABLE kv; CREATE VIEW kv AS SELECT x'61' AS key, zeroblob(1000000000) AS value`,
    'a view "kv"',
  ],
  [
    'a view in place of our own table, that never ends',
    `DROP TABLE kohakuvault_meta; CREATE VIEW kohakuvault_meta AS
      WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n AS key, n AS value FROM c`,
    'a view "kohakuvault_meta"',
  ],
  [
    'a trigger under the name of ours',
    `DROP TRIGGER ${OWN}_delete; CREATE TRIGGER ${OWN}_delete AFTER delete ON "kv" ${SPY}`,
    `a trigger "${OWN}_delete" on "kv"`,
  ],
  [
    'a trigger of ours that was changed in one place',
    `UPDATE sqlite_schema SET sql = replace(sql, 'key = 0', 'key = 1') WHERE name = '${OWN}_insert'`,
    `a trigger "${OWN}_insert" on "kv"`,
  ],
  [
    'a generated column',
    `CREATE TABLE g (key BLOB PRIMARY KEY NOT NULL, value BLOB AS (zeroblob(1000000000)))`,
    'a generated column "value" in "g"',
  ],
  ['an index on an expression', 'CREATE INDEX e ON kv (length(value))', 'an index "e" on "kv" with an expression'],
  [
    'an index with a function in its condition',
    "CREATE INDEX p ON kv (key) WHERE key > x'' AND \"hex\"(key) > ''",
    'an index "p" on "kv" with an expression',
  ],
  [
    'a CHECK with a function',
    'CREATE TABLE c (n CHECK (n > 0 AND length(zeroblob(n)) /* (  */ > 1))',
    'a CHECK with a function in "c"',
  ],
  ['a CHECK with an operator that calls one', "CREATE TABLE c (n, CHECK (n LIKE '%'))", 'a CHECK with a function'],
  ['a virtual table', 'CREATE VIRTUAL TABLE v USING rtree(id, a, b)', 'a virtual table "v" of the module "rtree"'],
])('%s', (_what, sql, named) => {
  test.each(OPENERS)('is refused by %s', (_name, open) => {
    const error = thrownBy(() => open(hostile(sql)));
    expect(error).toMatchObject({ code: 'KV_UNTRUSTED' });
    expect((error as Error).message).toContain(named);
  });
});

test('conditions without functions are ours to read', () => {
  const file = hostile(
    `CREATE TABLE mine (n INTEGER CHECK (n IN (1, 2) AND (n > 0 OR n IS NULL)), t VARCHAR(10), "check" TEXT);
    CREATE UNIQUE INDEX some ON mine (n) WHERE n > 1 AND (t IS NOT NULL)`,
  );
  using kv = new KVault(file, UNTRUSTED);
  expect(kv.get('a')).toEqual({ b: 1 });
});

test('names of the schema reach no terminal as they are', () => {
  const file = hostile('CREATE VIEW "a\u001b[31m" AS SELECT 1');
  expect((thrownBy(() => new KVault(file, UNTRUSTED)) as Error).message).toContain('"a\\u001b[31m"');
});

describe('a length that the file cannot have', () => {
  test('of a column of fixed size is refused before anything is allocated', () => {
    const file = hostile("UPDATE col_meta SET length = 1000000000000 WHERE name = 'x'");
    using columns = new ColumnVault(file, UNTRUSTED);
    const error = thrownBy(() => columns.column('x').slice(0, 5)) as Error;
    expect(error).toMatchObject({ code: 'KV_CORRUPT' });
    expect(error.message).toContain('8,000,000,000,000 bytes');
  });

  test('of an element index is refused', () => {
    const file = hostile("UPDATE col_meta SET length = 1000000000000 WHERE name = 's_idx'");
    using columns = new ColumnVault(file, UNTRUSTED);
    expect(codeOf(() => columns.column('s').length)).toBe('KV_CORRUPT');
  });

  test('of elements that all have the same bytes is refused', () => {
    const file = tempFile();
    const made = new ColumnVault(file, { pageSize: 4_096 });
    const column = made.createColumn('s', 'bytes');
    column.extend(Array.from({ length: 1_000 }, () => Buffer.alloc(100, 1)));
    made.close();
    const database = new Database(file);
    const entries = database
      .prepare('SELECT data FROM col_chunks WHERE col_id = (SELECT col_id FROM col_meta WHERE name = ?)')
      .pluck()
      .get('s_idx') as Buffer;
    // Every element becomes all of the chunk: 100 MB of a file of 300 KB. An entry is three int32: chunk, start, end.
    for (let at = 0; at < 1_000; at++) {
      entries.writeInt32LE(0, at * 12);
      entries.writeInt32LE(0, at * 12 + 4);
      entries.writeInt32LE(100_000, at * 12 + 8);
    }
    const write = 'UPDATE col_chunks SET data = ? WHERE col_id = (SELECT col_id FROM col_meta WHERE name = ?)';
    database.prepare(write).run(entries, 's_idx');
    database.close();
    using columns = new ColumnVault(file, UNTRUSTED);
    expect(columns.column('s', 'bytes').at(0)).toHaveLength(100_000);
    expect(codeOf(() => columns.column('s').slice())).toBe('KV_CORRUPT');
    expect(codeOf(() => columns.column('s').slice(0, 1_000, 2))).toBe('KV_CORRUPT');
  });

  test('of a value in parts is refused', () => {
    // The manifest says 2^40 bytes.
    const file = hostile(
      `UPDATE kv SET value = CAST(substr(value, 1, 10) || x'0000000000010000' || substr(value, 19) AS BLOB)
        WHERE key = x'6c6f6e67'`,
    );
    using kv = new KVault(file, UNTRUSTED);
    expect(codeOf(() => kv.get('long'))).toBe('KV_CORRUPT');
    expect(codeOf(() => kv.sizeOf('long'))).toBe('KV_CORRUPT');
  });
});

describe('a packed value that would take all memory', () => {
  /** An array of so many empty arrays, which has a byte for each of them. */
  const arrays = (count: number) => {
    const head = Buffer.alloc(5);
    head[0] = 0xdd;
    head.writeUInt32BE(count, 1);
    return Buffer.concat([head, Buffer.alloc(count, 0x90)]);
  };
  const HEADER = Buffer.from('894b010400000000564b', 'hex');
  const COUNT = 9 * 1024 * 1024;

  test('is not decoded, and its bytes can be read', () => {
    const file = whole();
    {
      using kv = new KVault(file, { autoPack: false, headers: false });
      kv.set('bomb', Buffer.concat([HEADER, arrays(COUNT)]));
      using rows = new KVault(kv, { autoPack: false, headers: false, maxBlobBytes: 2 * COUNT });
      rows.set('in a row', Buffer.concat([HEADER, arrays(COUNT)]));
      kv.set('bytes', Buffer.alloc(COUNT));
    }
    using kv = new KVault(file, UNTRUSTED);
    const error = thrownBy(() => kv.get('bomb')) as Error;
    expect(error).toMatchObject({ code: 'KV_UNTRUSTED' });
    expect(error.message).toContain('"bomb"');
    expect(codeOf(() => kv.get('in a row'))).toBe('KV_UNTRUSTED');
    expect(codeOf(() => [...kv.values('in a row')])).toBe('KV_UNTRUSTED');
    expect(kv.get('bytes')).toHaveLength(COUNT);
    using raw = new KVault(kv, { autoPack: false });
    expect(raw.get('in a row')).toHaveLength(COUNT + 15);
  });

  test('is not decoded in a column and beside a vector', () => {
    const file = whole();
    {
      using columns = new ColumnVault(file);
      columns.createColumn('raw', 'bytes').extend([arrays(COUNT)]);
      columns.database.exec("UPDATE col_meta SET dtype = 'msgpack' WHERE name = 'raw_data'");
      columns.database.prepare('UPDATE vectors_values SET value = ?').run(Buffer.concat([HEADER, arrays(COUNT)]));
    }
    using columns = new ColumnVault(file, UNTRUSTED);
    expect(codeOf(() => columns.column('raw').at(0))).toBe('KV_UNTRUSTED');
    expect(codeOf(() => columns.column('raw').slice())).toBe('KV_UNTRUSTED');
    using vectors = new VectorKVault(columns, SHAPE);
    expect(codeOf(() => vectors.search([1, 2, 3], 1))).toBe('KV_UNTRUSTED');
  });
});

describe('the command line', () => {
  const VIEW = 'CREATE VIEW peek AS SELECT * FROM kv';

  test('inspect names what could run, and reads the rest', async () => {
    const file = hostile(`${VIEW}; CREATE VIRTUAL TABLE v USING rtree(id, a, b)`);
    const { foreign, tables } = await json<{ foreign: string[]; tables: { table: string; rows: number | null }[] }>([
      'inspect',
      file,
    ]);
    expect(foreign).toEqual(['a view "peek"', 'a virtual table "v" of the module "rtree"']);
    expect(tables.find(({ table }) => table === 'v')?.rows).toBeNull();
    expect(await output(['inspect', file])).toContain('a view "peek"');
    expect((await json<{ foreign: string[] }>(['inspect', whole()])).foreign).toEqual([]);
  });

  test.each([
    ['inspect', []],
    ['verify', []],
    ['ls', []],
    ['get', ['a']],
    ['export', ['-', '--format', 'ndjson']],
  ] as const)('%s --untrusted refuses a view, and reads a file without one', async (command, words) => {
    const args = (file: string) => [command, file, ...words, '--untrusted'];
    expect(await run(args(hostile(VIEW)))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('a view "peek"'),
    });
    expect((await run(args(whole()))).status).toBe(0);
  });

  test('a view in place of the meta table is refused without the option', async () => {
    const file = hostile(
      `DROP TABLE kohakuvault_meta; CREATE VIEW kohakuvault_meta AS
        WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n AS key, n AS value FROM c`,
    );
    expect(await run(['inspect', file])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('a view "kohakuvault_meta"'),
    });
  });
});
