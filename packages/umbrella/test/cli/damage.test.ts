import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ColumnVault } from '@kohakuvault/columns';
import { KohakuVaultError } from '@kohakuvault/core-native';
import { KVault } from '@kohakuvault/kvault';
import { VectorKVault } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../../../tools/testing/src/temp.ts';
import { runHere } from '../support/in-process.ts';
import { recorded } from '../support/recorded.ts';
import { makeSound, SHAPE } from '../support/sound-file.ts';

let made: Buffer | undefined;

/** Makes a copy of the sound file, and damages it by SQL, as a faulty program would. */
function damaged(statement: string): string {
  const file = join(tempFolder(), 'vault.db');
  if (made) {
    writeFileSync(file, made);
  } else {
    makeSound(file);
    made = readFileSync(file);
  }
  const database = new Database(file);
  database.pragma('foreign_keys = OFF');
  database.exec(statement);
  database.close();
  return file;
}

/** Reads a thing in all ways. Returns the error codes. */
function refusals(file: string, reads: ((file: string) => void)[]): unknown[] {
  return reads.flatMap((read) => {
    try {
      read(file);
      return [];
    } catch (error) {
      return [error instanceof KohakuVaultError ? error.code : error];
    }
  });
}

const readColumn = (name: string) => (file: string) => {
  using vault = new ColumnVault(file, { readonly: true });
  const column = vault.column(name);
  column.slice();
  Array.from(column);
};

const readKey = (key: string) => (file: string) => {
  using vault = new KVault(file, { readonly: true });
  vault.get(key);
};

const readVectors = [
  (file: string) => {
    using vault = new VectorKVault(file, { ...SHAPE, readonly: true });
    Array.from(vault);
  },
  (file: string) => {
    using vault = new VectorKVault(file, { ...SHAPE, readonly: true });
    vault.search(Array(8).fill(1), 20);
  },
  (file: string) => {
    using vault = new VectorKVault(file, { ...SHAPE, readonly: true });
    for (let id = 1; id <= 20; id++) vault.getById(id);
  },
];

const META = (what: string, name: string) => `UPDATE col_meta SET ${what} WHERE name = '${name}'`;
const ID = (name: string) => `(SELECT col_id FROM col_meta WHERE name = '${name}')`;
const CHUNK = (what: string, name: string, chunk = 0) =>
  `UPDATE col_chunks SET ${what} WHERE col_id = ${ID(name)} AND chunk_idx = ${chunk}`;

/** Impossible numbers for a column, in every storage class of SQLite. */
const IMPOSSIBLE = [
  '-5',
  '4611686018427387904',
  '9223372036854775807',
  '1e300',
  '1.5',
  "'x'",
  "x'00ff'",
  '9007199254740993',
];

const COLUMN_DAMAGE: [column: string, statement: string][] = [
  ...IMPOSSIBLE.flatMap((value): [string, string][] => [
    ['i64', META(`length = ${value}`, 'i64')],
    ['words', META(`length = ${value}`, 'words_idx')],
    ['fixed', META(`elem_size = ${value}`, 'fixed')],
    ['i64', META(`min_chunk_bytes = ${value}`, 'i64')],
    ['words', META(`max_chunk_bytes = ${value}`, 'words_idx')],
    ['words', META(`max_chunk_bytes = ${value}`, 'words_data')],
  ]),
  ['i64', META('elem_size = 7', 'i64')],
  ['i64', META('elem_size = 0', 'i64')],
  ['i64', META('length = 1099511627776', 'i64')],
  ['i64', META('max_chunk_bytes = 1020', 'i64')],
  ['i64', META("dtype = 'i65'", 'i64')],
  ['i64', META("dtype = x'ff'", 'i64')],
  ['i64', META("dtype = 'str'", 'i64')],
  ['fixed', META('elem_size = 4', 'fixed')],
  ['words', META('elem_size = 2', 'words_data')],
  ['words', META('length = 9999999', 'words_idx')],
  ['words', META("dtype = 'f64'", 'words_idx')],
  ['words', META("dtype = 'nothing'", 'words_data')],
  ['words', `DELETE FROM col_meta WHERE name = 'words_data'`],
  ['words', `DELETE FROM col_meta WHERE name = 'words_idx'`],
  ['i64', `DELETE FROM col_chunks WHERE col_id = ${ID('i64')} AND chunk_idx = 0`],
  ['i64', `DELETE FROM col_chunks WHERE col_id = ${ID('i64')} AND chunk_idx = 7`],
  ['i64', `DELETE FROM col_chunks WHERE col_id = ${ID('i64')}`],
  ['i64', CHUNK('data = substr(data, 2)', 'i64', 3)],
  ['i64', CHUNK("data = x''", 'i64')],
  ['i64', CHUNK('data = 5', 'i64')],
  ['i64', CHUNK('data = 1.5', 'i64')],
  ['i64', CHUNK('chunk_idx = 4611686018427387904', 'i64')],
  ['i64', CHUNK("chunk_idx = 'x'", 'i64')],
  ['i64', CHUNK('chunk_idx = -1', 'i64')],
  ['vec', CHUNK("data = x'09' || substr(data, 2)", 'vec')],
  ['words', CHUNK("data = x'ff' || substr(data, 2)", 'words_data')],
  ['words', CHUNK('data = substr(data, 1, 10)', 'words_data')],
  ['words', CHUNK('data = 7', 'words_data')],
  ['words', CHUNK('chunk_idx = 4611686018427387904', 'words_data')],
  ['words', CHUNK('chunk_idx = 2147483648', 'words_data')],
  ['words', `DELETE FROM col_chunks WHERE col_id = ${ID('words_data')}`],
  ['words', `DELETE FROM col_chunks WHERE col_id = ${ID('words_idx')}`],
  ['words', CHUNK('data = substr(data, 1, 13)', 'words_idx')],
  ['words', CHUNK("data = x'ffffffff' || substr(data, 5)", 'words_idx')],
  ['words', CHUNK("data = x'00000000ffffffff' || substr(data, 9)", 'words_idx')],
  ['words', CHUNK("data = x'000000000500000001000000' || substr(data, 13)", 'words_idx')],
  ['words', CHUNK("data = x'0000000000000000ffffff7f' || substr(data, 13)", 'words_idx')],
  ['words', CHUNK("data = x'ffffff7f0000000001000000' || substr(data, 13)", 'words_idx')],
  ['documents', CHUNK("data = x'c1' || substr(data, 2)", 'documents_data')],
];

const VALUE_DAMAGE: [key: string, statement: string][] = [
  ['text', "UPDATE kv SET value = x'894b010600000000564bff' WHERE key = CAST('text' AS BLOB)"],
  ['number', "UPDATE kv SET value = x'894b010400000000564bc1' WHERE key = CAST('number' AS BLOB)"],
  ['number', "UPDATE kv SET value = x'894b010400000000564b' WHERE key = CAST('number' AS BLOB)"],
  ['number', "UPDATE kv SET value = x'894b01041c000000564b01' WHERE key = CAST('number' AS BLOB)"],
  ['object', "UPDATE kv SET value = x'894b012000000000564bc1' WHERE key = CAST('object' AS BLOB)"],
  ['object', "UPDATE kv SET value = x'894b010300000000564b7b' WHERE key = CAST('object' AS BLOB)"],
  ['object', "UPDATE kv SET value = x'894b010500000000564bff' WHERE key = CAST('object' AS BLOB)"],
  ['object', "UPDATE kv SET value = x'894b010200000000564b0101' WHERE key = CAST('object' AS BLOB)"],
  ['object', "UPDATE kv SET value = x'894b010100000000564b8004' WHERE key = CAST('object' AS BLOB)"],
  ['bytes', "UPDATE kv SET value = 5 WHERE key = CAST('bytes' AS BLOB)"],
  ['parts', 'DELETE FROM kohakuvault_parts_kv WHERE part = 0'],
  ['parts', 'DELETE FROM kohakuvault_parts_kv WHERE part = 1'],
  ['parts', 'DELETE FROM kohakuvault_parts_kv WHERE part = 2'],
  ['parts', 'DELETE FROM kohakuvault_parts_kv'],
  ['parts', 'DROP TABLE kohakuvault_parts_kv'],
  ['parts', 'UPDATE kohakuvault_parts_kv SET data = substr(data, 2)'],
  ['parts', 'UPDATE kohakuvault_parts_kv SET data = 5'],
  ['parts', "UPDATE kohakuvault_parts_kv SET id = x'00'"],
  ['parts', 'UPDATE kohakuvault_parts_kv SET part = part + 4611686018427387904'],
  [
    'long text',
    "UPDATE kohakuvault_parts_kv SET data = CAST(substr(data, 1, 99) || x'ff' || substr(data, 101) AS BLOB)",
  ],
];

const VECTOR_DAMAGE = [
  'DELETE FROM docs_rowids WHERE rowid = 5',
  'UPDATE docs_rowids SET chunk_id = NULL WHERE rowid = 5',
  'UPDATE docs_rowids SET chunk_id = 4611686018427387904 WHERE rowid = 5',
  "UPDATE docs_rowids SET chunk_offset = 'x' WHERE rowid = 5",
  'UPDATE docs_rowids SET chunk_offset = -1 WHERE rowid = 5',
  'UPDATE docs_rowids SET chunk_offset = 4611686018427387904 WHERE rowid = 5',
  'INSERT INTO docs_rowids (rowid, chunk_id, chunk_offset) VALUES (99, 1, 30)',
  'DELETE FROM docs_chunks',
  'UPDATE docs_chunks SET size = -1',
  'UPDATE docs_chunks SET size = 4611686018427387904',
  "UPDATE docs_chunks SET size = 'x'",
  'UPDATE docs_chunks SET size = 2000',
  'UPDATE docs_chunks SET validity = substr(validity, 2)',
  "UPDATE docs_chunks SET validity = x'ffffff' || substr(validity, 4)",
  'UPDATE docs_chunks SET validity = zeroblob(length(validity))',
  'UPDATE docs_chunks SET rowids = substr(rowids, 9)',
  'UPDATE docs_chunks SET rowids = 5',
  'DELETE FROM docs_vector_chunks00',
  'UPDATE docs_vector_chunks00 SET vectors = substr(vectors, 5)',
  'UPDATE docs_vector_chunks00 SET vectors = 5',
  'DELETE FROM docs_metadatachunks00',
  'UPDATE docs_metadatachunks00 SET data = substr(data, 9)',
  'UPDATE docs_metadatachunks00 SET data = 1.5',
  'UPDATE docs_metadatachunks00 SET data = zeroblob(length(data))',
  'UPDATE docs_values SET value = 5 WHERE id = 3',
  "UPDATE docs_values SET value = x'894b010400000000564bc1' WHERE id = 3",
  "UPDATE docs_values SET value = x'894b012100000000564b00' WHERE id = 3",
  'DELETE FROM docs_values WHERE id = 3',
  'UPDATE docs_values SET id = 4611686018427387904 WHERE id = 3',
  'DROP TABLE docs_rowids',
  'DROP TABLE docs_values',
  'DROP TABLE docs_chunks',
  'DROP TABLE docs_vector_chunks00',
  'DROP TABLE docs_metadatachunks00',
];

/** The result of `verify`: its exit status, and its verdict. */
async function verdict(file: string): Promise<{ status: number | null; isFound: boolean; stderr: string }> {
  const { status, stdout, stderr } = await runHere(['verify', file]);
  return { status, isFound: /^damaged {2}/m.test(stdout), stderr };
}

const FOUND = { status: 3, isFound: true, stderr: '' };

/** Commands that read a file without verifying it. They may refuse it, with a message of ours. */
async function expectNoDefect(file: string): Promise<void> {
  const out = (name: string) => join(dirname(file), name);
  const commands = [
    ['inspect', file],
    ['inspect', file, '--json'],
    ['ls', file, '--long'],
    ['ls', file, '--json'],
    ['export', file, out('keys.ndjson')],
    ['export', file, out('folder')],
    ...['text', 'bytes', 'parts', 'long text'].map((key) => ['get', file, key, '-o', out('value')]),
    ...['i64', 'fixed'].map((name) => ['export', file, out(`${name}.arrow`), '-c', name]),
    ...['i64', 'vec'].map((name) => ['export', file, out(`${name}.npy`), '-c', name]),
    ...['words', 'documents'].map((name) => ['export', file, out(`${name}.csv`), '-c', name]),
    ['export', file, out('docs.npy'), '--vectors', 'docs'],
  ];
  for (const words of commands) {
    const { status, stderr } = await runHere(words);
    expect([0, 1, 3], `${words.join(' ')}: ${stderr}`).toContain(status);
    expect(stderr, words.join(' ')).not.toContain('a defect');
  }
}

test('the file is sound before it is damaged', async () => {
  const file = damaged('SELECT 1');
  expect(await verdict(file)).toEqual({ status: 0, isFound: false, stderr: '' });
  expect(refusals(file, [readColumn('i64'), readColumn('words'), readKey('parts'), ...readVectors])).toEqual([]);
});

describe('verify finds everything that a read refuses', () => {
  test.each(COLUMN_DAMAGE)('column %s: %s', async (name, statement) => {
    const file = damaged(statement);
    expect(refusals(file, [readColumn(name)])).not.toEqual([]);
    expect(await verdict(file)).toEqual(FOUND);
    await expectNoDefect(file);
  });

  test.each(VALUE_DAMAGE)('key %s: %s', async (key, statement) => {
    const file = damaged(statement);
    expect(refusals(file, [readKey(key)])).toEqual(['KV_CORRUPT']);
    expect(await verdict(file)).toEqual(FOUND);
    await expectNoDefect(file);
  });

  test.each(VECTOR_DAMAGE)('vectors: %s', async (statement) => {
    const file = damaged(statement);
    expect(refusals(file, readVectors)).not.toEqual([]);
    expect(await verdict(file)).toEqual(FOUND);
    await expectNoDefect(file);
  });
});

/** The columns of Python 1.x, which no read of ours covers. */
const PYTHON_DAMAGE = [
  'UPDATE kvault_col_blocks SET row_count = 4611686018427387904',
  'UPDATE kvault_col_blocks SET row_count = -1',
  "UPDATE kvault_col_blocks SET row_count = 'x'",
  "UPDATE kvault_col_blocks SET first_row = x'00'",
  'UPDATE kvault_col_columns SET length = 4611686018427387904',
  "UPDATE kvault_col_columns SET length = 'x'",
  'UPDATE kvault_col_columns SET elem_size = 1e300 WHERE elem_size > 0',
  'UPDATE kvault_col_data SET payload = 5',
  'UPDATE kvault_col_data SET payload = substr(payload, 1, 5)',
  'UPDATE kvault_col_data SET offsets = NULL',
  "UPDATE kvault_col_data SET offsets = 'x'",
  'UPDATE kvault_col_data SET offsets = zeroblob(8)',
  "UPDATE kvault_col_data SET offsets = CAST(x'ffffffffffffffff' || substr(offsets, 9) AS BLOB)",
  "UPDATE kvault_col_columns SET dtype = x'ff' WHERE elem_size = 0",
  'DELETE FROM kvault_col_data',
  'DROP TABLE kvault_col_data',
];

test.each(PYTHON_DAMAGE)('verify finds damage in the layout of Python 1.x: %s', async (statement) => {
  const file = recorded('mixed-1.1.0.db');
  const database = new Database(file);
  database.pragma('foreign_keys = OFF');
  database.pragma('ignore_check_constraints = ON');
  database.exec(statement);
  database.close();
  expect(await verdict(file)).toEqual(FOUND);
  expect((await runHere(['inspect', file])).stderr).not.toContain('a defect');
});

describe('verify ends for any numbers in a file', () => {
  test('ids of vectors, of their values and of chunks beyond 2^53 are legal', async () => {
    const file = join(tempFolder(), 'far.db');
    {
      using vault = new VectorKVault(file, SHAPE);
      vault.insert(Array(8).fill(1), 'near');
      vault.clear();
    }
    const far = 2n ** 62n;
    const database = new Database(file);
    database.exec(`DELETE FROM sqlite_sequence WHERE name LIKE 'docs%'`);
    for (const table of ['values', 'rowids', 'chunks']) {
      database.exec(`INSERT INTO sqlite_sequence (name, seq) VALUES ('docs_${table}', ${far})`);
    }
    database.close();
    {
      using vault = new VectorKVault(file, SHAPE);
      const vectors = Array.from({ length: 1_500 }, (_, index) => [Array(8).fill(index), index] as [number[], number]);
      expect(vault.insertMany(vectors).at(-1)).toBe(far + 1_500n);
    }
    expect(await verdict(file)).toEqual({ status: 0, isFound: false, stderr: '' });
    expect((await runHere(['verify', file])).stdout).toContain('vectors docs: 1,500 vectors');
    {
      const again = new Database(file);
      again.exec(`DELETE FROM docs_values WHERE id = ${far + 3n}`);
      again.close();
    }
    expect((await runHere(['verify', file])).stdout).toContain(
      `vector ${far + 3n} has no value: value ${far + 3n} does not exist`,
    );
  });

  test('rows of a key-value table beyond 2^53, below 0 and at both ends are legal', async () => {
    const file = join(tempFolder(), 'far.db');
    new KVault(file).close();
    const database = new Database(file);
    const insert = database.prepare('INSERT INTO kv (rowid, key, value) VALUES (?, ?, ?)');
    const far = Array.from({ length: 600 }, (_, row) => 2n ** 62n + BigInt(row));
    for (const row of [-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n, ...far]) {
      insert.run(row, Buffer.from(String(row)), Buffer.from('value'));
    }
    database.close();
    expect((await runHere(['verify', file])).stdout).toContain('key-value table kv: 604 keys');
  });

  test('an index whose elements all share bytes is read in bounded time', async () => {
    const file = join(tempFolder(), 'same.db');
    {
      using vault = new ColumnVault(file);
      vault.createColumn('words', 'str').extend(['x'.repeat(100_000), ...Array.from({ length: 40_000 }, () => '')]);
    }
    const database = new Database(file);
    const entry = Buffer.alloc(12);
    entry.writeInt32LE(100_000, 8);
    database
      .prepare(`UPDATE col_chunks SET data = ? WHERE col_id = (SELECT col_id FROM col_meta WHERE name = 'words_idx')`)
      .run(Buffer.concat(Array.from({ length: 40_001 }, () => entry)));
    database.close();
    const { status, stdout } = await runHere(['verify', file]);
    expect(status).toBe(0);
    expect(stdout).toContain('many elements share bytes; not all of them were read');
  });
});

describe('the command line shows a damaged file as far as possible', () => {
  test('a length that is a BLOB, and missing tables', async () => {
    const file = damaged(`${META("length = x'00ff'", 'i64')}; DROP TABLE docs_rowids`);
    const { status, stdout } = await runHere(['inspect', file]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/i64 +i64 +\? /);
    expect(stdout).toMatch(/docs +\? /);
    expect(JSON.parse((await runHere(['inspect', file, '--json'])).stdout)).toMatchObject({
      vectors: [{ table: 'docs', vectors: null }],
    });
  });

  test('a name that is NULL, as in a damaged page', async () => {
    const file = damaged(`CREATE TABLE copied AS SELECT * FROM col_meta; DROP TABLE col_meta;
      ALTER TABLE copied RENAME TO col_meta; UPDATE col_meta SET name = NULL WHERE name = 'i64'`);
    expect((await runHere(['inspect', file])).status).toBe(0);
    expect(await verdict(file)).toEqual(FOUND);
    await expectNoDefect(file);
    expect((await runHere(['compact', file])).stderr).not.toContain('a defect');
  });

  test('a value without its parts is never exported as its manifest', async () => {
    const file = damaged('DELETE FROM kohakuvault_parts_kv');
    for (const target of ['folder', 'keys.ndjson']) {
      const { status, stderr } = await runHere(['export', file, join(dirname(file), target)]);
      expect(status).toBe(3);
      expect(stderr).toContain('in parts, which do not exist');
    }
    expect((await runHere(['get', file, 'parts'])).status).toBe(3);
  });

  test("somebody else's tables are left alone, whatever they are called", async () => {
    const file = damaged(`CREATE TABLE rowless (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;
      INSERT INTO rowless VALUES (x'00', x'00'); CREATE TABLE "odd ""name""" (a); CREATE VIEW seen AS SELECT 1`);
    expect(await verdict(file)).toEqual({ status: 0, isFound: false, stderr: '' });
    expect((await runHere(['ls', file, '--table', 'rowless'])).status).toBe(1);
    await expectNoDefect(file);
  });
});
