// A call about a vector reads the rows of its chunk, and not those of all chunks. The pages of the others are damaged
// here, so a call that reads them fails.
import { closeSync, openSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import { getLoadablePath } from 'sqlite-vec';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { vaultOf } from './support/vaults.ts';

const DIMENSIONS = 8;
const CHUNKS = 6_000;
const SLOTS = 8;
const STORED = CHUNKS * SLOTS - 1;

const vectorOf = (number: number) => Array.from({ length: DIMENSIONS }, (_, at) => (at === 0 ? number : 1));

interface Leaf {
  start: number;
  length: number;
}

/** Returns the leaves of the rows of chunks, and of the indexes over them, but the first and the last ones. */
function middleLeaves(database: Database.Database, table: string): Leaf[] {
  const leaves = database
    .prepare(
      `SELECT pgoffset AS start, pgsize AS length FROM dbstat
        WHERE name IN (?, 'sqlite_autoindex_' || ? || '_1') AND pagetype = 'leaf' ORDER BY name, path`,
    )
    .all(table, table) as Leaf[];
  const perName = database
    .prepare(
      `SELECT count(*) FROM dbstat WHERE name IN (?, 'sqlite_autoindex_' || ? || '_1') AND pagetype = 'leaf'
        GROUP BY name ORDER BY name`,
    )
    .pluck()
    .all(table, table) as number[];
  const middle: Leaf[] = [];
  let first = 0;
  for (const count of perName) {
    expect(count).toBeGreaterThan(2);
    middle.push(...leaves.slice(first + 1, first + count - 1));
    first += count;
  }
  return middle;
}

/** Makes a table of small chunks, of which only the first and the last ones can be read. */
function damaged(): string {
  const file = tempFile();
  const database = new Database(file);
  database.loadExtension(getLoadablePath());
  database.exec(`CREATE VIRTUAL TABLE vec_kvault
      USING vec0(value_ref INTEGER, vector float[${DIMENSIONS}] distance_metric=L2, chunk_size=${SLOTS});
    CREATE TABLE vec_kvault_values (id INTEGER PRIMARY KEY AUTOINCREMENT, value BLOB NOT NULL)`);
  database.close();
  const vault = vaultOf<number>({ dimensions: DIMENSIONS, metric: 'l2' }, file);
  vault.insertMany(Array.from({ length: STORED }, (_, number) => [vectorOf(number), number]));
  vault.close();

  const plain = new Database(file);
  const leaves = ['vec_kvault_vector_chunks00', 'vec_kvault_metadatachunks00'].flatMap((table) =>
    middleLeaves(plain, table),
  );
  plain.pragma('wal_checkpoint(truncate)');
  plain.close();
  const descriptor = openSync(file, 'r+');
  for (const { start, length } of leaves) writeSync(descriptor, Buffer.alloc(length), 0, length, start);
  closeSync(descriptor);
  return file;
}

test('a call about a vector reads the rows of its chunk alone', () => {
  const vault = vaultOf<number>({ dimensions: DIMENSIONS, metric: 'l2' }, damaged());
  expect(() => vault.search(vectorOf(0))).toThrow(/damaged|malformed/);
  expect([...(vault.getById(1n)?.vector ?? [])]).toEqual(vectorOf(0));
  const id = vault.insert(vectorOf(-1), -1);
  expect(vault.getById(id)).toMatchObject({ value: -1 });
  vault.update(2n, { vector: vectorOf(-2), value: -2 });
  expect(vault.getById(2n)).toMatchObject({ value: -2 });
  expect(vault.delete(3n)).toBe(true);
  expect(vault.getById(3n)).toBeUndefined();
});
