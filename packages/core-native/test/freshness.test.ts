import { setImmediate as immediate } from 'node:timers/promises';
import { nativeCore } from '@kohakuvault/core-native';
import { openDatabase } from '@kohakuvault/core-native/database';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { mediaTable } from './support/media.ts';
import { Peer } from './support/processes.ts';
import { tempFile } from './support/temp.ts';

/** A connection of ours, and another one on the same file in this process. */
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
    /** Unlike a BLOB's write it moves SQLite's counter of changed rows. */
    updateRow: () => connection.write(() => nativeCore().binding.execute(connection.handle, update)),
    otherPuts: (text: string) => put.run(Buffer.from(text)),
    [Symbol.dispose]: () => {
      other.close();
      connection.close();
    },
  };
}

const update = "UPDATE media SET content = x'616263' WHERE name = 'film'";

describe('the version by which resident copies are known to be fresh', () => {
  test('stays while nothing is written, in one macrotask and in the next', async () => {
    using v = vault();
    const before = v.connection.version();
    expect(v.connection.version()).toBe(before);
    await immediate();
    expect(v.connection.version()).toBe(before);
  });

  test('stays over what our own vaults write, with and without a transaction', async () => {
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

  test("another connection's commit changes it in the next macrotask, or in the next transaction", async () => {
    using v = vault();
    const first = v.connection.version();
    v.otherPuts('one');
    expect(v.connection.version()).toBe(first);
    await immediate();
    const second = v.connection.version();
    expect(second).not.toBe(first);
    v.otherPuts('two');
    v.connection.transaction(() => expect(v.connection.version()).not.toBe(second));
    const third = v.connection.version();
    v.otherPuts('six');
    v.connection.snapshot(() => expect(v.connection.version()).not.toBe(third));
  });

  test("another process's commit has changed it in the callback that tells of it", async () => {
    using v = vault();
    const peer = new Peer('peer-writes.ts', [v.file]);
    for (const text of ['abc', 'def']) {
      const before = v.connection.version();
      await peer.ask(text);
      expect(v.connection.version()).not.toBe(before);
    }
  });

  test('a commit of others between our last look and our own write is not lost in ours', () => {
    using v = vault();
    const before = v.connection.version();
    v.otherPuts('one');
    v.put('two');
    expect(v.connection.version()).not.toBe(before);
  });

  test('a rollback changes it, of a savepoint too', () => {
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

  test('what the user writes on our connection changes it at once, and our writes beside theirs do not', () => {
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

  test('there is none inside a transaction of the user, nor in ours within it, and another one after it', () => {
    using v = vault();
    const { database } = v.connection;
    const before = v.connection.version();
    database.exec('BEGIN; SAVEPOINT theirs');
    expect(v.connection.version()).toBeUndefined();
    v.connection.transaction(() => {
      v.put('one');
      expect(v.connection.version()).toBeUndefined();
    });
    // Neither of SQLite's counters moves when this undoes what was written.
    database.exec('ROLLBACK TO theirs; COMMIT');
    expect(v.connection.version()).not.toBe(before);
  });

  test('a transaction of the user in which only our vault wrote has another version after its rollback', () => {
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

  test('is gone with the connection', () => {
    const file = tempFile();
    const first = openDatabase(file);
    const made = first.companion('chunks', () => ({}));
    first.close();
    using second = openDatabase(file);
    expect(second.companion('chunks', () => ({}))).not.toBe(made);
  });
});
