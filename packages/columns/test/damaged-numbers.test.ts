// Impossible numbers, names and dtypes in the tables: every method reports them as damage.
import { type Column, ColumnVault, KohakuVaultError } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { vaultOn } from './support/vault-on.ts';

/** Opens a file with a column of each kind, after running some foreign SQL on it. */
function tampered(sql: string): ColumnVault {
  const file = tempFile();
  const made = new ColumnVault(file);
  made.createColumn('fixed', 'i32', { minChunkBytes: 64, maxChunkBytes: 64 }).extend([1, 2, 3, 4]);
  made.createColumn('varying', 'str:utf8', { minChunkBytes: 64, maxChunkBytes: 64 }).extend(['a', 'bb', 'ccc']);
  made.close();
  const database = new Database(file);
  database.pragma('foreign_keys = OFF');
  database.unsafeMode();
  database.pragma('writable_schema = ON');
  database.exec(sql);
  database.close();
  return vaultOn(file);
}

const COLUMN_READS: Record<string, (column: Column) => unknown> = {
  length: (column) => column.length,
  bytes: (column) => column.bytes,
  stats: (column) => column.stats(),
  at: (column) => [column.at(0), column.at(-1)],
  slice: (column) => column.slice(),
  'slice backwards': (column) => column.slice(undefined, undefined, -1),
  'slice by steps': (column) => column.slice(0, undefined, 3),
  iteration: (column) => [...column],
  indexOf: (column) => column.indexOf('nothing of the kind'),
};
const COLUMN_WRITES: Record<string, (column: Column) => unknown> = {
  append: (column) => column.append(column.dtype === 'i32' ? 7 : 'x'),
  extend: (column) => column.extend(column.dtype === 'i32' ? [7, 8] : ['x', 'y']),
  insert: (column) => column.insert(0, column.dtype === 'i32' ? 7 : 'x'),
  set: (column) => column.set(0, column.dtype === 'i32' ? 7 : 'a longer one than before'),
  removeRange: (column) => column.removeRange(0, 1),
  reverse: (column) => column.reverse(),
  pop: (column) => column.pop(),
  compact: (column) => column.compact(),
  'a cached append': (column) => column.cache(() => column.append(column.dtype === 'i32' ? 7 : 'x')),
  clear: (column) => column.clear(),
};

/** Returns the code that each method of a column ends with. Throws errors of other classes. */
function codesOf(vault: ColumnVault, name: string): Set<string | undefined> {
  const codes = new Set<string | undefined>();
  for (const call of [...Object.values(COLUMN_READS), ...Object.values(COLUMN_WRITES)]) {
    try {
      call(vault.column(name));
      codes.add(undefined);
    } catch (error) {
      if (!(error instanceof KohakuVaultError)) throw error;
      codes.add(error.code);
    }
  }
  // Elements that could not be written are pending, and are dropped with the column.
  try {
    vault.deleteColumn(name);
  } catch (error) {
    if (!(error instanceof KohakuVaultError)) throw error;
    codes.add(error.code);
  }
  return codes;
}

const META = 'UPDATE col_meta SET';
describe.each(['fixed', 'varying'])('%s', (name) => {
  const row = name === 'fixed' ? "WHERE name = 'fixed'" : "WHERE name = 'varying_idx'";
  test.each([
    ['a length of 2^40', `${META} length = 1099511627776 ${row}`],
    ['a length of 2^33', `${META} length = 8589934592 ${row}`],
    ['a length beyond safe integers', `${META} length = 4611686018427387904 ${row}`],
    ['a real length', `${META} length = 1e300 ${row}`],
    ['a length below zero', `${META} length = -5 ${row}`],
    ['a length that is text', `${META} length = 'x' ${row}`],
    ['a length that is a BLOB', `${META} length = x'01' ${row}`],
    ['an element size that is text', `${META} elem_size = 'x' ${row}`],
    ['another element size', `${META} elem_size = 8 ${row}`],
    ['no element size', `${META} elem_size = 0 ${row}`],
    [
      'a smallest chunk of 2^40 bytes',
      `${META} min_chunk_bytes = 1099511627776, max_chunk_bytes = 1099511627776 ${row}`,
    ],
    ['chunks of no bytes', `${META} max_chunk_bytes = 0 ${row}`],
    ['chunks of half an element', `${META} max_chunk_bytes = 66 ${row}`],
    ['a col_id beyond safe integers', `${META} col_id = 1 << 62 ${row}`],
    ['a chunk number beyond 2^31', 'UPDATE col_chunks SET chunk_idx = 1 << 40; UPDATE col_chunks SET actual_size = 64'],
    ['a chunk number beyond safe integers', 'UPDATE col_chunks SET chunk_idx = 1 << 62'],
    ['a chunk number below zero', 'UPDATE col_chunks SET chunk_idx = -3'],
    ['a chunk number that is text', "UPDATE col_chunks SET chunk_idx = 'x'"],
    ['the highest chunk number', 'UPDATE col_chunks SET chunk_idx = 2147483647'],
  ])('%s leads to KV_CORRUPT or to an answer', (_, sql) => {
    const codes = codesOf(tampered(sql), name);
    expect(codes).toContain('KV_CORRUPT');
    codes.delete(undefined);
    // The highest possible number is in use, which is not damage.
    if (sql.includes('2147483647')) codes.delete('KV_ERROR');
    expect([...codes]).toEqual(['KV_CORRUPT']);
  });
});

test.each(['bytes:2000000000', 'bytes:2147483648', 'vec:f64:16384:16384'])(
  'a dtype whose elements are larger than the memory, %s, is KV_CORRUPT',
  (dtype) => {
    const codes = codesOf(tampered(`${META} dtype = '${dtype}' WHERE name = 'fixed'`), 'fixed');
    expect([...codes]).toEqual(['KV_CORRUPT']);
  },
);

test.each(['bytes_used', 'actual_size'])('%s that is not a number changes no answer', (column) => {
  for (const value of ["'x'", '1e300', '1 << 62', "x'00'", '-1']) {
    const vault = tampered(`UPDATE col_chunks SET ${column} = ${value}`);
    const varying = vault.column('varying', 'str:utf8');
    expect(varying.slice()).toEqual(['a', 'bb', 'ccc']);
    varying.extend(['dddd', 'e']);
    varying.insert(0, '0');
    expect(varying.slice()).toEqual(['0', 'a', 'bb', 'ccc', 'dddd', 'e']);
    expect(Object.values(varying.stats()).every(Number.isSafeInteger)).toBe(true);
    expect(vault.column('fixed', 'i32').slice()).toEqual(Int32Array.of(1, 2, 3, 4));
  }
});

test.each([
  ['an unknown dtype', `${META} dtype = 'i33' WHERE name = 'fixed'`, 'fixed'],
  ['an empty dtype', `${META} dtype = '' WHERE name = 'fixed'`, 'fixed'],
  ['the dtype of an index', `${META} dtype = 'adaptive_idx' WHERE name = 'fixed'`, 'fixed'],
  ['an unknown dtype of variable size', `${META} dtype = 'str:utf9' WHERE name = 'varying_data'`, 'varying'],
  ['a fixed-size dtype for elements of variable size', `${META} dtype = 'i64' WHERE name = 'varying_data'`, 'varying'],
  ['half of a column', "DELETE FROM col_meta WHERE name = 'varying_idx'", 'varying_data'],
])('%s is KV_CORRUPT, and the column can be deleted', (_, sql, name) => {
  const vault = tampered(sql);
  for (const use of [() => vault.column(name), () => vault.ensure(name, 'i32')]) {
    expect(thrownBy(use).code).toBe('KV_CORRUPT');
  }
  expect(vault.listColumns().map((column) => column.name)).toContain(name);
  expect(vault.deleteColumn(name)).toBe(true);
  expect(vault.has(name)).toBe(false);
});

test.each(['name', 'dtype'])('a %s that is NULL on a damaged page is KV_CORRUPT', (column) => {
  const vault = tampered(
    `UPDATE sqlite_schema SET sql = replace(sql, '${column} TEXT NOT NULL', '${column} TEXT') WHERE name = 'col_meta';
    UPDATE sqlite_schema SET sql = replace(sql, 'name TEXT UNIQUE NOT NULL', 'name TEXT UNIQUE')
      WHERE name = 'col_meta'`,
  );
  const { path } = vault;
  vault.close();
  const database = new Database(path);
  database.exec(`UPDATE col_meta SET ${column} = NULL WHERE col_id = 1`);
  database.close();
  const damaged = vaultOn(path);
  expect(thrownBy(() => damaged.listColumns()).code).toBe('KV_CORRUPT');
  expect(thrownBy(() => damaged.has('fixed')).code).toBe('KV_CORRUPT');
  expect(damaged.column('varying').slice()).toEqual(['a', 'bb', 'ccc']);
});

test.each([
  ['elements longer than their chunks', 'start', [0, 0, 2_000_000_000]],
  ['one chunk for many elements', 'all', [0, 0, 60]],
])('an index with %s allocates no memory', (_, __, [chunk, start, end]) => {
  const file = tempFile();
  const made = new ColumnVault(file);
  const column = made.createColumn('v', 'bytes');
  column.extend(Array.from({ length: 20_000 }, () => Buffer.alloc(1)));
  made.close();
  const database = new Database(file);
  const entry = Buffer.alloc(12);
  for (const [at, value] of [chunk, start, end].entries()) entry.writeInt32LE(value as number, at * 4);
  const chunks = database
    .prepare(
      `SELECT rowid, octet_length(data) AS size FROM col_chunks
        WHERE col_id = (SELECT col_id FROM col_meta WHERE name = 'v_idx')`,
    )
    .all() as { rowid: number; size: number }[];
  const update = database.prepare('UPDATE col_chunks SET data = ? WHERE rowid = ?');
  for (const { rowid, size } of chunks) update.run(Buffer.alloc(size, entry), rowid);
  database.close();
  const damaged = vaultOn(file).column('v');
  for (const use of [() => damaged.slice(), () => damaged.slice(0, 100), () => damaged.at(5)]) {
    const before = process.memoryUsage().rss;
    try {
      use();
    } catch (error) {
      expect((error as KohakuVaultError).code).toBe('KV_CORRUPT');
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 2 ** 20);
  }
});

test.each([
  ['col_meta', 'length', 'l'],
  ['col_meta', 'name', 'n'],
  ['col_chunks', 'data', 'd'],
  ['col_chunks', 'chunk_idx', 'c'],
  ['col_chunks', 'bytes_used', 'b'],
])('%s.%s renamed under an open vault is KV_CORRUPT', (table, column, other) => {
  const database = new Database(tempFile());
  onTestFinished(() => void database.close());
  const vault = new ColumnVault(database);
  vault.createColumn('fixed', 'i32').extend([1, 2, 3]);
  vault.createColumn('varying', 'str:utf8').extend(['a', 'b']);
  database.exec(`ALTER TABLE ${table} RENAME COLUMN ${column} TO ${other}`);
  for (const name of ['fixed', 'varying']) {
    const codes = codesOf(vault, name);
    codes.delete(undefined);
    codes.delete('KV_CORRUPT');
    expect([...codes]).toEqual([]);
  }
  const appended = thrownBy(() => vault.createColumn('new', 'str:utf8').append('x'));
  expect(appended.code).toBe('KV_CORRUPT');
});

test('tables dropped under an open vault are KV_CORRUPT', () => {
  const database = new Database(tempFile());
  onTestFinished(() => void database.close());
  const vault = new ColumnVault(database);
  vault.createColumn('fixed', 'i32').extend([1, 2, 3]);
  database.exec('DROP TABLE col_chunks');
  expect(thrownBy(() => vault.column('fixed').append(1)).code).toBe('KV_CORRUPT');
  database.exec('DROP TABLE col_meta');
  for (const use of [() => vault.listColumns(), () => vault.column('fixed'), () => vault.has('fixed')]) {
    expect(thrownBy(use).code).toBe('KV_CORRUPT');
  }
});

test('a target with detached memory is refused', () => {
  const vault = vaultOn(tempFile());
  const numbers = vault.createColumn('n', 'i32');
  const vectors = vault.createColumn('v', 'vec:f32:2');
  numbers.extend([1, 2, 3]);
  vectors.extend([[1, 2]]);
  for (const [column, target] of [
    [numbers, new Int32Array(3)],
    [vectors, new Float32Array(2)],
  ] as const) {
    structuredClone(target.buffer, { transfer: [target.buffer] });
    expect(thrownBy(() => (column as Column).readInto(target)).code).toBe('KV_INVALID_ARGUMENT');
  }
  expect(numbers.readInto(new Int32Array(0))).toBe(0);
});
