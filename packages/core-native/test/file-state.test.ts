import { setImmediate as immediate } from 'node:timers/promises';
import { nativeCore } from '@kohakuvault/core-native/internal';
import { openDatabase } from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { mediaTable } from './support/media.ts';
import { Peer } from './support/processes.ts';

/** Our connection, and another one on the same file in this process. */
function vault() {
  const file = tempFile();
  const connection = openDatabase(file);
  const site = mediaTable(connection);
  const other = new Database(file, { timeout: 0 });
  const put = other.prepare("UPDATE media SET content = ? WHERE name = 'film'");
  return {
    file,
    connection,
    put: (text: string) => site.write('film', Buffer.from(text)),
    /** Unlike a BLOB write it changes SQLite's counter of changed rows. */
    updateRow: () => connection.write(() => nativeCore().binding.execute(connection.handle, update)),
    otherPuts: (text: string) => put.run(Buffer.from(text)),
    [Symbol.dispose]: () => {
      other.close();
      connection.close();
    },
  };
}

const update = "UPDATE media SET content = x'616263' WHERE name = 'film'";

describe('the version that shows whether a resident copy is stale', () => {
  test('stays the same while nothing is written, in one macrotask and in the next', async () => {
    using v = vault();
    const before = v.connection.version();
    expect(v.connection.version()).toBe(before);
    await immediate();
    expect(v.connection.version()).toBe(before);
  });

  test('stays the same when our own vaults write, with and without a transaction', async () => {
    using v = vault();
    const before = v.connection.version();
    v.put('one');
    v.connection.transaction(() => {
      v.put('two');
      expect(v.connection.version()).toBe(before);
    });
    await immediate();
    expect(v.connection.version()).toBe(before);
  });

  test('a commit of another connection changes it at once, in this thread too', () => {
    using v = vault();
    const first = v.connection.version();
    v.otherPuts('one');
    const second = v.connection.version();
    expect(second).not.toBe(first);
    expect(v.connection.version()).toBe(second);
    v.otherPuts('two');
    v.connection.transaction(() => expect(v.connection.version()).not.toBe(second));
    const third = v.connection.version();
    v.otherPuts('six');
    v.connection.snapshot(() => expect(v.connection.version()).not.toBe(third));
  });

  test("a commit that the user's transaction hides changes it after that has ended", () => {
    using v = vault();
    const { database } = v.connection;
    const first = v.connection.version();
    database.exec('BEGIN; SELECT 1 FROM media');
    v.otherPuts('one');
    expect(v.connection.version()).toBe(first);
    database.exec('COMMIT');
    expect(v.connection.version()).not.toBe(first);
  });

  test('outside WAL mode a commit of others changes it at once too', () => {
    const file = tempFile();
    // Different content each time: SQLite writes nothing if nothing changes.
    const put = (byte: number) => `UPDATE media SET content = x'0${byte}' WHERE name = 'film'`;
    const database = new Database(file);
    using connection = openDatabase(database);
    mediaTable(connection);
    const other = new Database(file);
    const first = connection.version();
    other.exec(put(1));
    const second = connection.version();
    expect(second).not.toBe(first);
    // The mode may change while we use the file, and change back.
    database.pragma('journal_mode = wal');
    const third = connection.version();
    other.exec(put(2));
    expect(connection.version()).not.toBe(third);
    other.close();
    database.pragma('journal_mode = delete');
    const fourth = connection.version();
    const another = new Database(file);
    another.exec(put(3));
    expect(connection.version()).not.toBe(fourth);
    another.close();
    database.close();
  });

  test("another process's commit has changed it in the callback that reports the commit", async () => {
    using v = vault();
    const peer = new Peer('peer-writes.ts', [v.file]);
    for (const text of ['abc', 'def']) {
      const before = v.connection.version();
      await peer.ask(text);
      expect(v.connection.version()).not.toBe(before);
    }
  });

  test('a commit of others between our last read and our own write is not missed', () => {
    using v = vault();
    const before = v.connection.version();
    v.otherPuts('one');
    v.put('two');
    expect(v.connection.version()).not.toBe(before);
  });

  test('a rollback changes it, also of a savepoint', () => {
    using v = vault();
    const fail = (): never => {
      throw new Error('mine');
    };
    const first = v.connection.version();
    expect(() => v.connection.transaction(fail)).toThrow('mine');
    const second = v.connection.version();
    expect(second).not.toBe(first);
    v.connection.transaction(() => {
      const within = v.connection.version();
      expect(() => v.connection.transaction(fail)).toThrow('mine');
      expect(v.connection.version()).not.toBe(within);
    });
  });

  test("the user's writes on our connection change it at once, and our writes do not", () => {
    using v = vault();
    const { database } = v.connection;
    const first = v.connection.version();
    database.exec(update);
    const second = v.connection.version();
    expect(second).not.toBe(first);
    v.put('one');
    v.updateRow();
    expect(v.connection.version()).toBe(second);
    database.exec(update);
    v.put('two');
    expect(v.connection.version()).not.toBe(second);
  });

  test("inside the user's transaction our writes do not change it, and the user's rollback does", () => {
    using v = vault();
    const { database } = v.connection;
    const before = v.connection.version();
    database.exec('BEGIN; SAVEPOINT theirs');
    expect(v.connection.version()).toBe(before);
    v.connection.transaction(() => {
      v.put('one');
      expect(v.connection.version()).toBe(before);
    });
    database.exec('ROLLBACK TO theirs');
    const undone = v.connection.version();
    expect(undone).not.toBe(before);
    database.exec('COMMIT');
    expect(v.connection.version()).toBe(undone);
  });

  test("what was read inside the user's transaction is stale after its rollback, even if we wrote nothing", () => {
    using v = vault();
    const { database } = v.connection;
    database.exec(`BEGIN; SAVEPOINT theirs; ${update}`);
    const within = v.connection.version();
    expect(within).toBeDefined();
    database.exec('ROLLBACK TO theirs');
    const undone = v.connection.version();
    expect(undone).not.toBe(within);
    database.exec('ROLLBACK');
    expect(v.connection.version()).not.toBe(undone);
  });

  test("the user's DDL changes it, and so does a trigger that a write of ours fires", () => {
    using v = vault();
    const { database } = v.connection;
    const first = v.connection.version();
    database.exec('CREATE TABLE other (x)');
    const second = v.connection.version();
    expect(second).not.toBe(first);
    database.exec('CREATE TRIGGER copies AFTER UPDATE ON media BEGIN INSERT INTO other VALUES (NEW.name); END');
    const third = v.connection.version();
    v.updateRow();
    expect(v.connection.version()).not.toBe(third);
  });

  test('there is none while a statement that writes is running, and another one afterwards', () => {
    using v = vault();
    const { database } = v.connection;
    const seen: unknown[] = [];
    database.function('seen', () => {
      seen.push(v.connection.version());
      return null;
    });
    const before = v.connection.version();
    database.exec("UPDATE media SET content = coalesce(seen(), x'00')");
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every((version) => version === undefined)).toBe(true);
    const after = v.connection.version();
    expect(after).toBeDefined();
    expect(after).not.toBe(before);
  });

  test("the rollback of a user's transaction in which only our vault wrote changes it", () => {
    using v = vault();
    const { database } = v.connection;
    const before = v.connection.version();
    database.exec('BEGIN');
    v.put('one');
    database.exec('ROLLBACK');
    expect(v.connection.version()).not.toBe(before);
  });
});

describe('a companion', () => {
  test('is one object per connection and key, for every vault on it', () => {
    using v = vault();
    using shared = openDatabase(v.connection);
    const made = v.connection.companion('chunks', () => ({}));
    expect(shared.companion('chunks', () => ({}))).toBe(made);
    expect(shared.companion('vectors', () => ({}))).not.toBe(made);
  });

  test('ends with the connection', () => {
    const file = tempFile();
    const first = openDatabase(file);
    const made = first.companion('chunks', () => ({}));
    first.close();
    using second = openDatabase(file);
    expect(second.companion('chunks', () => ({}))).not.toBe(made);
  });
});
