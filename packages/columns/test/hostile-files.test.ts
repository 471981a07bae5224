// Files as Python leaves them, and damaged files: read if possible, otherwise refused with the column and the chunk.
import { type Column, ColumnVault } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

/** Opens a file with a column of three chunks and another column, after running some foreign SQL on it. */
function tampered(sql: string): { vault: ColumnVault; column: Column<'f64'>; beside: Column<'f64'> } {
  const file = tempFile();
  const made = new ColumnVault(file);
  made
    .createColumn('a', 'f64', { minChunkBytes: 64, maxChunkBytes: 64 })
    .extend(Float64Array.from({ length: 20 }, (_, i) => i));
  made.createColumn('beside', 'f64').extend([1, 2]);
  made.close();
  const database = new Database(file);
  database.pragma('foreign_keys = OFF');
  database.exec(sql);
  database.close();
  const vault = new ColumnVault(file);
  onTestFinished(() => vault.close());
  return {
    vault,
    get column() {
      return vault.column('a', 'f64');
    },
    beside: vault.column('beside', 'f64'),
  };
}

const ALL = Float64Array.from({ length: 20 }, (_, i) => i);

describe('files that Python leaves are read and extended', () => {
  test.each([
    ['a chunk of the class TEXT', 'UPDATE col_chunks SET data = CAST(data AS TEXT) WHERE col_id = 1'],
    [
      'a chunk longer than it says',
      'UPDATE col_chunks SET data = CAST(data || zeroblob(100) AS BLOB) WHERE col_id = 1',
    ],
    [
      'a last chunk cut to its elements',
      'UPDATE col_chunks SET data = substr(data, 1, 32) WHERE col_id = 1 AND chunk_idx = 2',
    ],
    ['a wrong actual_size', 'UPDATE col_chunks SET actual_size = 7 WHERE col_id = 1'],
    [
      'an empty chunk behind the end',
      'INSERT INTO col_chunks (col_id, chunk_idx, data, actual_size) VALUES (1, 3, zeroblob(64), 64)',
    ],
    [
      'a chunk far behind the end',
      "INSERT INTO col_chunks (col_id, chunk_idx, data, actual_size) VALUES (1, 99, x'00', 1)",
    ],
    ['other limits unknown', 'UPDATE col_meta SET chunk_bytes = 1 WHERE col_id = 1'],
  ])('%s', (what, sql) => {
    const { column, vault } = tampered(sql);
    expect(column.slice()).toEqual(ALL);
    expect(column.at(17)).toBe(17);
    column.set(19, 190);
    column.extend([20, 21, 22, 23, 24, 25]);
    column.insert(0, -1);
    expect([...column]).toEqual([-1, ...ALL.slice(0, 19), 190, 20, 21, 22, 23, 24, 25]);
    // Python adds up the sizes of all chunks but the last.
    const chunks = vault.database.prepare('SELECT chunk_idx, actual_size FROM col_chunks WHERE col_id = 1').raw().all();
    expect((chunks as number[][]).map(([index]) => index)).toEqual([0, 1, 2, 3]);
    const grown = vault.database.prepare(
      'SELECT octet_length(data), actual_size FROM col_chunks WHERE col_id = 1 AND chunk_idx = 2',
    );
    expect(grown.raw().get()).toEqual([64, what === 'a wrong actual_size' ? 7 : 64]);
    column.clear();
    expect(vault.database.prepare('SELECT count(*) FROM col_chunks WHERE col_id = 1').pluck().get()).toBe(0);
  });
});

test('a full last chunk that is too long is cut before a new chunk is added', () => {
  const { column, vault } = tampered(
    `UPDATE col_chunks SET data = CAST(data || zeroblob(100) AS BLOB), actual_size = 164
      WHERE col_id = 1 AND chunk_idx = 1`,
  );
  column.removeRange(16, 20);
  column.append(16);
  const sizes = vault.database.prepare('SELECT octet_length(data), actual_size FROM col_chunks WHERE col_id = 1');
  expect(sizes.raw().all()).toEqual([
    [64, 64],
    [64, 64],
    [64, 64],
  ]);
  expect(column.slice()).toEqual(ALL.slice(0, 17));
});

describe('damage is reported with column and chunk, and the rest stays readable', () => {
  test.each([
    ['a missing chunk', 'DELETE FROM col_chunks WHERE col_id = 1 AND chunk_idx = 1', 'chunk 1 is missing'],
    [
      'a short chunk',
      "UPDATE col_chunks SET data = x'00' WHERE col_id = 1 AND chunk_idx = 1",
      'chunk 1 ends after 1 bytes',
    ],
    ['a number instead of a chunk', 'UPDATE col_chunks SET data = 7 WHERE col_id = 1 AND chunk_idx = 1', 'chunk 1'],
  ])('%s', (_, sql, message) => {
    const { column, beside, vault } = tampered(sql);
    for (const use of [
      () => column.slice(),
      () => column.at(8),
      () => [...column],
      () => column.set(8, 1),
      () => column.insert(0, 1),
      () => column.remove(2),
      () => column.indexOf(-5),
      () => column.slice(undefined, undefined, 3),
    ]) {
      const error = thrownBy(use);
      expect([error.code, error.message.includes('"a"'), error.message.includes(message)]).toEqual([
        'KV_CORRUPT',
        true,
        true,
      ]);
    }
    expect([column.length, column.at(0), column.at(19), column.slice(16)]).toEqual([20, 0, 19, ALL.slice(16)]);
    expect([beside.slice(), beside.append(3)]).toEqual([Float64Array.of(1, 2), 3]);
    expect(vault.listColumns().map(({ name }) => name)).toEqual(['a', 'beside']);
    expect(vault.deleteColumn('a')).toBe(true);
  });

  test.each([
    ['length', -1],
    ['length', "'many'"],
    ['length', 1e15],
    ['length', 2 ** 60],
    ['elem_size', 4],
    ['elem_size', 0],
    ['max_chunk_bytes', 0],
    ['max_chunk_bytes', 63],
    ['min_chunk_bytes', "'x'"],
    ['max_chunk_bytes', 'NULL'],
  ])('%s %s in col_meta', (column, value) => {
    const { vault, beside } = tampered(`UPDATE col_meta SET ${column} = ${value} WHERE name = 'a'`);
    const damaged = () => vault.column('a');
    for (const use of [() => damaged().slice(), () => damaged().append(1), () => damaged().at(-1)]) {
      const error = thrownBy(use);
      expect([error.code, error.message.includes('"a"')]).toEqual(['KV_CORRUPT', true]);
    }
    expect([...beside]).toEqual([1, 2]);
    expect(vault.listColumns().length).toBe(2);
    expect(vault.deleteColumn('a')).toBe(true);
  });

  test('a name that is not text, or a length that is not a number, does not hide other columns', () => {
    const { vault } = tampered("UPDATE col_meta SET name = x'6162', length = 'many' WHERE name = 'a'");
    expect(vault.listColumns()).toEqual([
      { name: 'ab', dtype: 'f64', length: Number.NaN },
      { name: 'beside', dtype: 'f64', length: 2 },
    ]);
  });

  test('an unknown dtype', () => {
    const { vault } = tampered("UPDATE col_meta SET dtype = 'quaternion' WHERE name = 'a'");
    expect(thrownBy(() => vault.column('a')).message).toContain('"quaternion", which this release does not know');
    expect(vault.listColumns()[0]).toEqual({ name: 'a', dtype: 'quaternion', length: 20 });
    expect(vault.deleteColumn('a')).toBe(true);
  });

  test('one half of a column of variable-size elements', () => {
    for (const half of ['data', 'idx']) {
      const { vault } = tampered('SELECT 1');
      vault.createColumn('v', 'bytes').append(Buffer.from('x'));
      vault.database.prepare('DELETE FROM col_meta WHERE name = ?').run(`v_${half}`);
      const left = half === 'data' ? 'v_idx' : 'v_data';
      expect(thrownBy(() => vault.column('v'))).toMatchObject({ code: 'KV_NOT_FOUND' });
      expect(thrownBy(() => vault.column(left)).message).toContain(JSON.stringify(left));
      expect(thrownBy(() => vault.createColumn('v', 'bytes')).message).toContain(JSON.stringify(left));
      expect(vault.deleteColumn(left)).toBe(true);
      expect(vault.createColumn('v', 'bytes').length).toBe(0);
    }
  });

  test('text instead of a vector, bytes instead of a document', () => {
    const { vault } = tampered('SELECT 1');
    const vectors = vault.createColumn('v', 'vec:f32:2');
    vectors.append([1, 2]);
    vault.database
      .prepare(
        "UPDATE col_chunks SET data = zeroblob(131076) WHERE col_id = (SELECT col_id FROM col_meta WHERE name = 'v')",
      )
      .run();
    expect(thrownBy(() => vectors.at(0)).message).toContain('column "v"');
    expect(thrownBy(() => vectors.slice())).toMatchObject({ code: 'KV_CORRUPT' });
  });
});
