// Elements of variable size in files as Python leaves them, and in damaged files.
import { type Column, ColumnVault } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { checkOrder, chunksOf, entriesOf } from './support/data-chunks.ts';
import { filled, TINY, VALUES } from './support/variable-values.ts';
import { vaultOn } from './support/vault-on.ts';

/** Opens a file with the column `v` of several chunks and another column, after running some foreign SQL on it. */
function tampered(
  sql: string | ((database: Database.Database) => void),
  limits = TINY,
): {
  vault: ColumnVault;
  column: Column<'bytes'>;
} {
  const file = tempFile();
  const made = new ColumnVault(file);
  made.createColumn('v', 'bytes', limits).extend(VALUES);
  made.createColumn('beside', 'bytes').extend(VALUES);
  made.close();
  const database = new Database(file);
  database.pragma('foreign_keys = OFF');
  if (typeof sql === 'string') database.exec(sql);
  else sql(database);
  database.close();
  const vault = vaultOn(file);
  return {
    vault,
    get column() {
      return vault.column('v', 'bytes');
    },
  };
}

const DATA = "(SELECT col_id FROM col_meta WHERE name = 'v_data')";
const INDEX = "(SELECT col_id FROM col_meta WHERE name = 'v_idx')";

/** Overwrites one entry of the index. */
function entry(index: number, values: [chunk: number, start: number, end: number]) {
  return (database: Database.Database) => {
    const max = database.prepare("SELECT max_chunk_bytes FROM col_meta WHERE name = 'v_idx'").pluck().get() as number;
    const chunk = Math.floor((index * 12) / max);
    const find = database.prepare(`SELECT data FROM col_chunks WHERE col_id = ${INDEX} AND chunk_idx = ?`);
    const data = find.pluck().get(chunk) as Buffer;
    for (const [nth, value] of values.entries()) data.writeInt32LE(value, ((index * 12) % max) + nth * 4);
    database.prepare(`UPDATE col_chunks SET data = ? WHERE col_id = ${INDEX} AND chunk_idx = ?`).run(data, chunk);
  };
}

describe('files that Python leaves are read and extended', () => {
  test.each([
    ['chunks of the class TEXT', `UPDATE col_chunks SET data = CAST(data AS TEXT) WHERE col_id = ${DATA}`],
    [
      'chunks longer than they say',
      `UPDATE col_chunks SET data = CAST(data || zeroblob(99) AS BLOB) WHERE col_id = ${DATA}`,
    ],
    [
      'an index of the class TEXT, longer than it says',
      `UPDATE col_chunks SET data = data || zeroblob(24) WHERE col_id = ${INDEX} AND chunk_idx = 1`,
    ],
    [
      'first data chunk 1, and holes between the others',
      (database: Database.Database) => {
        database.exec(`UPDATE col_chunks SET chunk_idx = -1 - chunk_idx * 3 WHERE col_id = ${DATA}`);
        database.exec(`UPDATE col_chunks SET chunk_idx = -chunk_idx WHERE col_id = ${DATA}`);
        const chunks = database.prepare(`SELECT chunk_idx, data FROM col_chunks WHERE col_id = ${INDEX}`);
        const put = database.prepare(`UPDATE col_chunks SET data = ? WHERE col_id = ${INDEX} AND chunk_idx = ?`);
        for (const { chunk_idx, data } of chunks.all() as { chunk_idx: number; data: Buffer }[]) {
          for (let at = 0; at < data.length; at += 12) data.writeInt32LE(1 + data.readInt32LE(at) * 3, at);
          put.run(data, chunk_idx);
        }
      },
    ],
    [
      'chunks that no element is in, the last among them',
      `INSERT INTO col_chunks (col_id, chunk_idx, data, actual_size, bytes_used)
        VALUES (${DATA}, 99, zeroblob(64), 64, 7)`,
    ],
    [
      'a limit of the data that is not that of the index',
      `UPDATE col_meta SET max_chunk_bytes = 250 WHERE name = 'v_data'`,
    ],
    [
      'elements in chunks above the limit',
      "UPDATE col_meta SET max_chunk_bytes = 96, min_chunk_bytes = 48 WHERE name = 'v_data'",
    ],
    [
      'a high-water mark just beyond the chunk',
      `UPDATE col_chunks SET bytes_used = octet_length(data) + 1 WHERE col_id = ${DATA}`,
    ],
    ['a high-water mark far beyond the chunk', `UPDATE col_chunks SET bytes_used = 100000 WHERE col_id = ${DATA}`],
    ['a high-water mark below nothing', `UPDATE col_chunks SET bytes_used = -5 WHERE col_id = ${DATA}`],
  ])('%s', (_, sql) => {
    const { column, vault } = tampered(sql);
    const model = [...VALUES];
    expect(column.slice()).toEqual(model);
    expect(VALUES.map((__, index) => column.at(index))).toEqual(model);
    column.append(filled(20, 99));
    model.push(filled(20, 99));
    for (const [at, size] of [
      [0, 31],
      [20, 3],
      [39, 50],
      [40, 0],
    ] as const) {
      column.set(at, filled(size, 77));
      model[at] = filled(size, 77);
      column.insert(at, filled(size, 78));
      model.splice(at, 0, filled(size, 78));
      expect(column.remove(at + 2 < model.length ? at + 2 : 0)).toEqual(
        model.splice(at + 2 < model.length ? at + 2 : 0, 1)[0],
      );
      expect(column.slice()).toEqual(model);
    }
    const limits = vault.database.prepare(
      "SELECT DISTINCT max_chunk_bytes FROM col_meta WHERE name LIKE 'v\\_%' ESCAPE '\\'",
    );
    // Python mistakes one for the other.
    expect(limits.pluck().all()).toEqual([240]);
    column.compact();
    expect(column.slice()).toEqual(model);
    checkOrder(vault.database, 'v');
  });

  test.each([
    ['in one chunk', 2, 3],
    ['in two chunks', 2, 30],
  ])('elements that have changed places %s, which no release writes', (_, left, right) => {
    const swapped = (database: Database.Database) => {
      const entries = entriesOf(database, 'v');
      for (const [at, from] of [
        [left, right],
        [right, left],
      ] as const) {
        const { chunk, start, end } = entries[from] as (typeof entries)[0];
        entry(at, [chunk, start, end])(database);
      }
    };
    const changes: ((column: Column<'bytes'>, model: Buffer[]) => void)[] = [
      (column, model) => {
        column.insert(3, filled(9, 9));
        model.splice(3, 0, filled(9, 9));
      },
      (column, model) => {
        column.set(2, filled(60, 8));
        model[2] = filled(60, 8);
      },
      (column, model) => {
        column.removeRange(2, 3);
        model.splice(2, 1);
      },
      (column, model) => {
        const values = model.map(({ length }) => filled(length + 5, 7));
        column.setSlice(0, values);
        model.splice(0, values.length, ...values);
      },
    ];
    for (const change of changes) {
      const { column, vault } = tampered(swapped);
      const model = [...VALUES];
      [model[left], model[right]] = [model[right] as Buffer, model[left] as Buffer];
      expect(column.slice()).toEqual(model);
      change(column, model);
      expect(column.slice()).toEqual(model);
      checkOrder(vault.database, 'v');
    }
  });
});

test('elements of one long chunk that have changed places are replaced, and then are in several chunks', () => {
  const { column, vault } = tampered(
    (database) => {
      const [first, second] = entriesOf(database, 'v').slice(2, 4);
      if (!first || !second) throw new Error('too few');
      entry(2, [second.chunk, second.start, second.end])(database);
      entry(3, [first.chunk, first.start, first.end])(database);
      database.exec("UPDATE col_meta SET max_chunk_bytes = 480 WHERE name LIKE 'v!_%' ESCAPE '!'");
    },
    { minChunkBytes: 960, maxChunkBytes: 960 },
  );
  expect(chunksOf(vault.database, 'v').length).toBe(1);
  const grown = VALUES.map(({ length }) => filled(length + 5, 7));
  column.setSlice(0, grown);
  expect(column.slice()).toEqual(grown);
  checkOrder(vault.database, 'v');
});

describe('damage is reported with column and chunk, and the rest stays readable', () => {
  test.each([
    ['a missing data chunk', `DELETE FROM col_chunks WHERE col_id = ${DATA} AND chunk_idx = 1`, 'chunk 1 is missing'],
    [
      'a short data chunk',
      `UPDATE col_chunks SET data = x'00' WHERE col_id = ${DATA} AND chunk_idx = 1`,
      'chunk 1 ends after 1 byte',
    ],
    [
      'a number instead of a data chunk',
      `UPDATE col_chunks SET data = 7 WHERE col_id = ${DATA} AND chunk_idx = 1`,
      'chunk 1',
    ],
    ['an entry of a missing chunk', entry(20, [77, 0, 5]), 'chunk 77 is missing'],
    ['an entry of a negative chunk', entry(20, [-2, 0, 5]), 'element 20: chunk -2'],
    ['an entry that ends before it begins', entry(20, [1, 9, 5]), 'element 20: chunk 1, bytes 9 to 5'],
    ['an entry that begins before its chunk', entry(20, [1, -9, 5]), 'element 20: chunk 1, bytes -9 to 5'],
    ['an entry that ends after its chunk', entry(20, [1, 0, 100_000]), 'chunk 1 ends after'],
  ])('%s', (_, sql, message) => {
    const { column, vault } = tampered(sql);
    const uses = [
      () => column.slice(),
      () => column.at(20),
      () => [...column],
      () => column.remove(20),
      () => column.reverse(),
    ];
    for (const use of uses) {
      const error = thrownBy(use);
      expect(error).toMatchObject({ code: 'KV_CORRUPT' });
      expect(error.message).toContain('column "v"');
      expect(error.message).toContain(message);
    }
    expect([column.length, column.at(0), column.at(39), column.slice(35)]).toEqual([
      40,
      VALUES[0],
      VALUES[39],
      VALUES.slice(35),
    ]);
    expect([vault.column('beside').slice(), vault.column('beside').append(filled(1, 1))]).toEqual([VALUES, 41]);
    expect([vault.deleteColumn('v'), vault.has('v')]).toEqual([true, false]);
  });

  test.each([
    [
      'a missing chunk of the index',
      `DELETE FROM col_chunks WHERE col_id = ${INDEX} AND chunk_idx = 0`,
      'chunk 0 is missing',
    ],
    ['a length beyond the index', "UPDATE col_meta SET length = 70 WHERE name = 'v_idx'", 'chunk'],
    ['an impossible length', "UPDATE col_meta SET length = -1 WHERE name = 'v_idx'", 'length'],
    ['an impossible limit', "UPDATE col_meta SET max_chunk_bytes = 0 WHERE name = 'v_data'", 'max_chunk_bytes'],
  ])('%s', (_, sql, message) => {
    const { vault } = tampered(sql);
    const column = () => vault.column('v', 'bytes');
    for (const use of [() => column().slice(), () => column().insert(0, filled(1, 1)), () => [...column()]]) {
      const error = thrownBy(use);
      expect(error).toMatchObject({ code: 'KV_CORRUPT' });
      expect(error.message).toMatch(/column "v/);
      expect(error.message).toContain(message);
    }
    expect(vault.column('beside').slice()).toEqual(VALUES);
    expect(vault.deleteColumn('v')).toBe(true);
  });

  test('elements of a missing chunk can be removed, and the others stay', () => {
    const { column, vault } = tampered(`DELETE FROM col_chunks WHERE col_id = ${DATA} AND chunk_idx = 1`);
    const gone = entriesOf(vault.database, 'v').flatMap(({ chunk, start, end }, index) =>
      chunk === 1 && end > start ? [index] : [],
    );
    const [first, last] = [gone[0] as number, gone.at(-1) as number];
    column.removeRange(first, last + 1);
    expect(column.slice()).toEqual([...VALUES.slice(0, first), ...VALUES.slice(last + 1)]);
  });
});
