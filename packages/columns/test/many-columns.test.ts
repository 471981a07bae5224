// A file may have very many columns: a short one takes few bytes, and a long one still grows in few steps.
import { statSync } from 'node:fs';
import { type Column, ColumnVault, type DType } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { vaultOn } from './support/vault-on.ts';

const KINDS: [DType, (index: number) => unknown][] = [
  ['f64', (index) => index / 2],
  ['i64', (index) => BigInt(index)],
  ['u8', (index) => index & 0xff],
  ['str:utf8', (index) => `number ${index}`],
  ['bytes:12', (index) => Buffer.alloc(12, index)],
  ['bytes', (index) => Buffer.alloc(index % 40, index)],
  ['msgpack', (index) => ({ index })],
  ['vec:f32:3', (index) => Float32Array.of(index, 1, 2)],
];

/** The most bytes of the file that a column of five short elements may take. */
const MOST = 4_096;

describe.each(KINDS)('columns of %s', (dtype, value) => {
  test.each([undefined, 4_096, 32_768])('with five elements take little of a file with pages of %s', (pageSize) => {
    using vault = new ColumnVault(tempFile(), { pageSize });
    const bytes = () => {
      vault.checkpoint('truncate');
      return statSync(vault.path).size;
    };
    const empty = bytes();
    vault.transaction(() => {
      for (let name = 0; name < 300; name++) {
        const column: Column = vault.createColumn(`column ${name}`, dtype);
        for (let index = 0; index < 5; index++) column.append(value(name + index));
      }
    });
    expect((bytes() - empty) / 300).toBeLessThan(MOST / 2);
    expect([...vault.column('column 7')]).toEqual([7, 8, 9, 10, 11].map(value));
  });

  test('grow by doubling: in all, little more is copied than a column has', () => {
    const file = tempFile();
    const vault = vaultOn(file);
    const column: Column = vault.createColumn('a', dtype);
    const observer = new Database(file);
    onTestFinished(() => void observer.close());
    const sizes = observer.prepare(
      `SELECT col_id || '/' || chunk_idx AS chunk, octet_length(data) AS size FROM col_chunks`,
    );
    const seen = new Map<string, number>();
    let [copied, changes] = [0, 0];
    const look = () => {
      for (const { chunk, size } of sizes.all() as { chunk: string; size: number }[]) {
        if (seen.get(chunk) === size) continue;
        seen.set(chunk, size);
        copied += size;
        changes++;
      }
    };
    for (let count = 0; count < 3_000; count++) {
      column.append(value(count));
      look();
    }
    const total = [...seen.values()].reduce((sum, size) => sum + size, 0);
    expect(copied).toBeLessThan(2 * total);
    expect(changes).toBeLessThan(40);
    expect(column.at(1_234)).toEqual(value(1_234));
    expect(column.stats().deadBytes).toBe(0);
  });
});

test('a chunk after a full one has room at once', () => {
  const vault = vaultOn(tempFile());
  const column: Column = vault.createColumn('a', 'bytes');
  for (let count = 0; count < 1_400; count++) column.append(Buffer.alloc(100, count));
  const sizes = vault.database.prepare(
    "SELECT octet_length(data) FROM col_chunks JOIN col_meta USING (col_id) WHERE name = 'a_data' ORDER BY chunk_idx",
  );
  expect(sizes.pluck().all()).toEqual([131_072, 131_072]);
});

test('chunks grow up to 256 KiB, and up to 4 MiB if elements vary in size', () => {
  const vault = vaultOn(tempFile());
  vault.createColumn('numbers', 'f64').extend(new Float64Array(300_000));
  const texts = vault.createColumn('texts', 'str:utf8');
  texts.extend(Array.from({ length: 400_000 }, () => ''));
  const sizes = vault.database.prepare(
    'SELECT octet_length(data) FROM col_chunks JOIN col_meta USING (col_id) WHERE name = ? ORDER BY chunk_idx',
  );
  const MiB = 1024 * 1024;
  expect(sizes.pluck().all('numbers')).toEqual([...Array.from({ length: 9 }, () => MiB / 4), MiB / 8]);
  expect(sizes.pluck().all('texts_idx')[0]).toBe(4 * MiB - 4);
  expect(texts.length).toBe(400_000);
});

describe('the list of many columns', () => {
  const COUNT = 500;

  /** A file with columns of both kinds, and some whose names look like parts of others. */
  function filled() {
    const file = tempFile();
    const vault = vaultOn(file);
    vault.transaction(() => {
      for (let index = 0; index < COUNT; index++) {
        const dtype = index % 2 ? 'str:utf8' : 'i32';
        (vault.createColumn(`name ${index}`, dtype) as Column).extend(index % 2 ? ['a', 'b'] : [1]);
      }
      vault.createColumn('lonely_data', 'i32');
      vault.createColumn('other_idx', 'i32');
      vault.createColumn('deep_data', 'str:utf8');
    });
    return { file, vault };
  }

  const expected = (index: number, length: number) => ({
    name: `name ${index}`,
    dtype: index % 2 ? 'str:utf8' : 'i32',
    length,
  });

  test('has them in the order of creation, with what is pending in any vault of the connection', () => {
    const { vault } = filled();
    using second = new ColumnVault(vault);
    vault.enableCache({ autoFlush: false });
    second.enableCache({ autoFlush: false });
    for (let index = 0; index < COUNT; index += 2) vault.column(`name ${index}`, 'i32').append(2);
    (second.column('name 3') as Column).extend(['c', 'd', 'e']);
    const wanted = Array.from({ length: COUNT }, (_, index) => expected(index, index === 3 ? 5 : 2));
    const others = [
      { name: 'lonely_data', dtype: 'i32', length: 0 },
      { name: 'other_idx', dtype: 'i32', length: 0 },
      { name: 'deep_data', dtype: 'str:utf8', length: 0 },
    ];
    expect(vault.listColumns()).toEqual([...wanted, ...others]);
    expect(second.listColumns()).toEqual([...wanted, ...others]);
    vault.flushCache();
    second.flushCache();
    expect(vault.listColumns()).toEqual([...wanted, ...others]);
  });

  test('has() agrees with it, also about the rows that are parts of a column', () => {
    const { vault } = filled();
    // Python and we take the other one.
    vault.database.exec(`INSERT INTO col_meta (name, dtype, elem_size, length, chunk_bytes)
      VALUES ('name 1', 'i64', 8, 3, 131072)`);
    expect(vault.listColumns().filter(({ name }) => name === 'name 1')).toEqual([expected(1, 2)]);
    const names = new Set(vault.listColumns().map(({ name }) => name));
    const rows = vault.database.prepare('SELECT name FROM col_meta').pluck().all() as string[];
    for (const name of [...rows, ...names, 'missing', 'deep', 'lonely', 'other', '_data', '_idx']) {
      expect(vault.has(name), name).toBe(names.has(name));
    }
  });

  test('shows names with quotes, line ends and other characters as they are', () => {
    const vault = vaultOn(tempFile());
    const names = ['"', "'", '\\', 'two\nlines', 'tab\t', 'ä', '漢字', '😀', '[1,2]', '\u2028', '\u0001'];
    for (const name of names) vault.createColumn(name, 'i32').extend([1, 2]);
    expect(vault.listColumns()).toEqual(names.map((name) => ({ name, dtype: 'i32', length: 2 })));
  });
});
