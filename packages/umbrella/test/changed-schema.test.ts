// DDL of the user on our tables while a connection is open, and names that SQLite treats as equal.
import Database from 'better-sqlite3';
import { ColumnVault, KohakuVaultError, KVault, VectorKVault } from 'kohakuvault';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';

function vaults(source: Database.Database | string = new Database(tempFile())) {
  const database = typeof source === 'string' ? new Database(source) : source;
  onTestFinished(() => void database.close());
  const kv = new KVault(database);
  const cv = new ColumnVault(database);
  const vk = new VectorKVault(database, { dimensions: 2, metric: 'l2' });
  kv.set('a', 1);
  const fixed = cv.createColumn('fixed', 'i32');
  const varying = cv.createColumn('varying', 'str:utf8');
  fixed.extend([1, 2, 3]);
  varying.extend(['a', 'bb', 'ccc']);
  vk.insertMany([
    [[1, 2], 'one'],
    [[2, 1], 'two'],
  ]);
  const reads: Record<string, () => unknown> = {
    'kv.get': () => kv.get('a'),
    'kv.getMany': () => kv.getMany(['a']),
    'kv.entries': () => [...kv],
    'fixed.at': () => fixed.at(0),
    'fixed.slice': () => fixed.slice(),
    'fixed iteration': () => [...fixed],
    'fixed.length': () => fixed.length,
    'varying.at': () => varying.at(0),
    'varying.slice': () => varying.slice(),
    'varying.length': () => varying.length,
    'vk.search': () => vk.search([1, 2], 2),
    'vk.searchMany': () => vk.searchMany([[1, 2]], 2),
    'vk.getById': () => vk.getById(1),
    'vk iteration': () => [...vk],
  };
  // Everything that can be in memory is now.
  for (let round = 0; round < 3; round++) for (const read of Object.values(reads)) read();
  return { database, kv, cv, vk, reads };
}

const outcome = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    if (error instanceof KohakuVaultError) return error.code;
    throw error;
  }
};
const outcomes = (reads: Record<string, () => unknown>) =>
  Object.fromEntries(Object.entries(reads).map(([name, read]) => [name, outcome(read)]));

/** `elsewhere` has no sqlite-vec, so the shadow tables are ordinary tables there. */
const DDL: Record<string, { sql: string; elsewhere?: string; gone: (name: string) => boolean }> = {
  'DROP of the kv table': { sql: 'DROP TABLE kv', gone: (name) => name.startsWith('kv') },
  'ALTER of the kv table': { sql: 'ALTER TABLE kv RENAME TO other', gone: (name) => name.startsWith('kv') },
  'DROP of the tables of columns': {
    sql: 'DROP TABLE col_chunks; DROP TABLE col_meta',
    gone: (name) => name.startsWith('fixed') || name.startsWith('varying'),
  },
  'ALTER of col_meta': {
    sql: 'ALTER TABLE col_meta RENAME TO other',
    gone: (name) => name.startsWith('fixed') || name.startsWith('varying'),
  },
  'ALTER of col_chunks': {
    sql: 'ALTER TABLE col_chunks RENAME TO other',
    gone: (name) => name.startsWith('fixed') || name.startsWith('varying'),
  },
  'DROP of the vectors': {
    sql: 'DROP TABLE vec_kvault',
    elsewhere: 'DROP TABLE vec_kvault_chunks',
    gone: (name) => name.startsWith('vk'),
  },
  'ALTER of the vectors': {
    sql: 'ALTER TABLE vec_kvault_vector_chunks00 RENAME TO other',
    gone: (name) => name.startsWith('vk'),
  },
  'DROP of the values of vectors': { sql: 'DROP TABLE vec_kvault_values', gone: (name) => name.startsWith('vk') },
};

test.each(Object.entries(DDL))('after a %s nothing of the table is in memory', (_, { sql, gone }) => {
  const { database, reads } = vaults();
  const before = outcomes(reads);
  const after = Object.fromEntries(
    Object.entries(before).map(([name, result]) => [name, gone(name) ? 'KV_CORRUPT' : result]),
  );
  // Inside a transaction that is rolled back, and then permanently.
  database.exec(`BEGIN; ${sql}`);
  expect(outcomes(reads)).toEqual(after);
  database.exec('ROLLBACK');
  expect(outcomes(reads)).toEqual(before);
  database.exec(sql);
  expect(outcomes(reads)).toEqual(after);
});

test('after DDL of another connection, no memory of the table is used', () => {
  const file = tempFile();
  for (const { sql, elsewhere = sql, gone } of Object.values(DDL)) {
    const { database, reads } = vaults(`${file}${Math.random()}`);
    const before = outcomes(reads);
    const other = new Database(database.name);
    other.exec(elsewhere);
    other.close();
    for (const [name, result] of Object.entries(outcomes(reads))) {
      expect(result, `${name} after ${sql}`).toEqual(gone(name) ? 'KV_CORRUPT' : before[name]);
    }
  }
});

test('a recreated table is another table', () => {
  const { database, kv, cv, reads } = vaults();
  database.exec('DROP TABLE kv; CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)');
  expect([kv.get('a'), kv.size]).toEqual([undefined, 0]);
  kv.set('a', 2);
  expect(kv.get('a')).toBe(2);
  database.exec('DELETE FROM col_meta');
  expect([cv.listColumns(), outcome(reads['fixed.at'] as () => unknown)]).toEqual([[], 'KV_NOT_FOUND']);
});

test('table names that differ only in case name one table for all vaults', () => {
  const database = new Database(tempFile());
  onTestFinished(() => void database.close());
  const one = new KVault(database, { table: 'Media' });
  const two = new KVault(database, { table: 'MEDIA' });
  one.set('film', Buffer.from('old'));
  using handle = two.openBlob('film');
  one.set('film', Buffer.from('new'));
  expect(codeOf(() => handle.read(0, 3))).toBe('KV_STALE');
  using again = one.openBlob('film');
  two.cache(() => two.set('film', Buffer.from('set')));
  expect(codeOf(() => again.read(0, 3))).toBe('KV_STALE');

  const first = new VectorKVault<string>(database, { table: 'Vectors', dimensions: 2 });
  const second = new VectorKVault<string>(database, { table: 'vectors', dimensions: 2 });
  for (let round = 0; round < 3; round++) {
    const id = first.insert([round, 1], `round ${round}`);
    expect(second.search([round, 1], 1)[0]?.value).toBe(`round ${round}`);
    second.delete(id);
    expect(first.search([round, 1], 1)).toEqual([]);
  }
});

test('an asynchronous search of a database in memory keeps no copy beyond residentBytes', async () => {
  const vault = new VectorKVault<number>(':memory:', { dimensions: 256, metric: 'l2', residentBytes: 1_000 });
  onTestFinished(() => vault.close());
  const vector = (n: number) => Float32Array.from({ length: 256 }, (_, index) => (n * 31 + index * 7) % 97);
  const COUNT = 40_000;
  vault.insertMany(Array.from({ length: COUNT }, (_, n) => [vector(n), n] as const));
  const expected = vault.search(vector(123), 3);
  const before = process.memoryUsage.rss();
  for (let round = 0; round < 3; round++) expect(await vault.searchAsync(vector(123), 3)).toEqual(expected);
  // The copy would take 40 MB.
  expect(process.memoryUsage.rss() - before).toBeLessThan(25 * 1024 * 1024);
});
