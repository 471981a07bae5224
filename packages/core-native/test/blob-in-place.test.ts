// Ranges of values that are read from the pages of the file, without SQLite.
import { setImmediate as immediate } from 'node:timers/promises';
import { openDatabase } from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

/** Bytes that tell where they are. */
function bytesOf(length: number): Buffer {
  return Buffer.from(
    Uint32Array.from({ length: Math.ceil(length / 4) }, (_, index) => index * 7_919).buffer,
    0,
    length,
  );
}

function opened(file: string, pageSize?: number) {
  const connection = openDatabase(file, { pageSize });
  onTestFinished(() => connection.close());
  return connection;
}

const LENGTHS = [0, 1, 100, 455, 900, 5_000, 200_000];

test.each([512, 1_024, 8_192, 65_536])('every range is what SQLite reads, with pages of %i bytes', (pageSize) => {
  const file = tempFile();
  const connection = opened(file, pageSize);
  const db = new Database(file);
  onTestFinished(() => void db.close());
  // Values before the column reach into its overflow pages, and so may it.
  db.exec(`CREATE TABLE media (name TEXT, early BLOB, id INTEGER, content BLOB, doubled AS (id * 2), more BLOB);
    CREATE INDEX media_name ON media (name)`);
  const add = db.prepare('INSERT INTO media (name, early, id, content, more) VALUES (?, ?, ?, ?, ?)');
  let id = 0;
  for (const early of [0, 3, 2_000])
    for (const length of LENGTHS) add.run(`${id}`, bytesOf(early), id++, bytesOf(length), Buffer.from('x'));
  db.pragma('wal_checkpoint(TRUNCATE)');
  const content = connection.blobs({ table: 'media', column: 'content', key: 'name' });
  const more = connection.blobs({ table: 'media', column: 'more', key: 'name' });
  let inPlace = 0;
  for (let row = 0; row < id; row++) {
    const all = bytesOf(LENGTHS[row % LENGTHS.length] as number);
    for (const [from, to] of [
      [0, all.length],
      [all.length >> 1, all.length],
      [3, 4],
      [0, 0],
      [pageSize - 4, pageSize + 9],
    ]) {
      const [start, end] = [from as number, to as number];
      const target = Buffer.alloc(end - start, 0xee);
      const isRead = content.readInPlace(`${row}`, target, start);
      if (end > all.length) expect(isRead).toBe(false);
      if (!isRead) continue;
      expect(target.equals(all.subarray(start, end)), `row ${row}, ${start} to ${end}`).toBe(true);
      inPlace++;
    }
    const last = Buffer.alloc(1);
    if (more.readInPlace(`${row}`, last, 0)) expect(last.toString()).toBe('x');
  }
  expect(inPlace).toBeGreaterThan(60);
  expect(content.readInPlace('absent', Buffer.alloc(0), 0)).toBe(false);
});

test('what is not as it mostly is, is left to SQLite', async () => {
  const file = tempFile();
  const connection = opened(file);
  const db = new Database(file);
  onTestFinished(() => void db.close());
  db.exec(`CREATE TABLE media (name TEXT, content); INSERT INTO media VALUES ('bytes', x'010203'), ('text', 'abc'),
    ('number', 7), ('nothing', NULL); PRAGMA wal_checkpoint(TRUNCATE)`);
  const content = connection.blobs({ table: 'media', column: 'content', key: 'name' });
  const read = (name: string, length = 3, site = content) => {
    const target = Buffer.alloc(length);
    return site.readInPlace(name, target, 0) ? target.toString('hex') : undefined;
  };
  expect(['bytes', 'text', 'number', 'nothing', 'absent'].map((name) => read(name))).toEqual(['010203', ...Array(4)]);
  expect(read('bytes', 4)).toBeUndefined();
  // A row that is older than the column does not have its value.
  await immediate();
  db.exec("ALTER TABLE media ADD COLUMN late DEFAULT x'0405'; PRAGMA wal_checkpoint(TRUNCATE)");
  const late = connection.blobs({ table: 'media', column: 'late', key: 'name' });
  expect(read('bytes', 2, late)).toBeUndefined();
  expect(read('bytes')).toBe('010203');
  // Another table has the name.
  await immediate();
  db.exec(`DROP TABLE media; CREATE TABLE filler (x); CREATE TABLE media (first, content, name TEXT);
    INSERT INTO media VALUES (x'00', x'0a0b0c', 'bytes'); PRAGMA wal_checkpoint(TRUNCATE)`);
  expect(read('bytes')).toBe('0a0b0c');
  // In a transaction the pages of the file are not what it sees.
  connection.transaction(() => {
    content.write('bytes', Buffer.from('ffffff', 'hex'));
    expect(read('bytes')).toBeUndefined();
  });
  expect(content.read('bytes', Buffer.alloc(3))).toBe(3);
  // The page is in the WAL: SQLite reads it when it is wanted for the first time, and then it is copied.
  const again = [read('bytes'), read('bytes'), read('bytes')];
  expect(again.filter((hex) => hex !== undefined)).toContain('ffffff');
  expect(new Set(again.filter((hex) => hex !== undefined)).size).toBe(1);
  // The user may write on a database that they have.
  expect(connection.database.open).toBe(true);
  expect(read('bytes')).toBeUndefined();
});
