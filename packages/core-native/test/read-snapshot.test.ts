import { execFileSync } from 'node:child_process';
import { setImmediate as immediate, setTimeout as later } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { mediaTable } from './support/media.ts';
import { Peer } from './support/processes.ts';

function vault(options = {}) {
  const file = tempFile();
  const connection = openDatabase(file, options);
  const site = mediaTable(connection);
  // Another connection in this process shows exactly what the snapshot hides.
  const other = new Database(file, { timeout: 0 });
  const put = other.prepare("UPDATE media SET content = ? WHERE name = 'film'");
  return {
    file,
    connection,
    site,
    content(): string {
      const bytes = Buffer.alloc(3);
      return bytes.toString('utf8', 0, site.read('film', bytes));
    },
    otherPuts: (text: string) => put.run(Buffer.from(text)),
    otherCheckpoints: () => other.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }],
    [Symbol.dispose]: () => {
      other.close();
      connection.close();
    },
  };
}

describe('the snapshot that successive reads share', () => {
  test('shows every commit to the next read, also one of this thread in the same macrotask', async () => {
    using v = vault();
    expect(v.content()).toBe('\0\0\0');
    v.otherPuts('one');
    expect(v.content()).toBe('one');
    v.otherPuts('two');
    await immediate();
    expect(v.content()).toBe('two');
    v.otherPuts('six');
    await later(0);
    expect(v.content()).toBe('six');
  });

  test("shows another process's commit in the callback that reports it", async () => {
    using v = vault();
    const peer = new Peer('peer-writes.ts', [v.file]);
    for (const text of ['abc', 'def', 'ghi']) {
      const answer = peer.ask(text);
      v.content();
      await answer;
      expect(v.content()).toBe(text);
    }
  });

  test('ends after each callback, even if several run in one turn of the event loop', async () => {
    using v = vault();
    v.otherPuts('one');
    const seen: string[] = [];
    await new Promise<void>((done) => {
      setImmediate(() => {
        seen.push(v.content());
        v.otherPuts('two');
        seen.push(v.content());
      });
      setImmediate(() => {
        seen.push(v.content());
        done();
      });
    });
    expect(seen).toEqual(['one', 'two', 'two']);
  });

  test('ends before our write, which therefore succeeds after their commit', () => {
    using v = vault();
    v.content();
    v.otherPuts('one');
    v.site.write('film', Buffer.from('me!'));
    expect(v.content()).toBe('me!');
    v.otherPuts('two');
    v.connection.transaction(() => expect(v.content()).toBe('two'));
  });

  test('does not block the checkpoints of others after the macrotask has ended', async () => {
    using v = vault();
    v.content();
    v.otherPuts('one');
    expect(v.otherCheckpoints()[0].busy).toBe(1);
    await immediate();
    expect(v.otherCheckpoints()[0].busy).toBe(0);
  });

  test('ends before a checkpoint of another connection of this thread, which would wait for it in vain', () => {
    using v = vault();
    const database = new Database(v.file, { timeout: 0 });
    using beside = openDatabase(database);
    using reader = openDatabase(v.file, { readonly: true });
    const count = reader.query<number>('SELECT count(*) FROM media', { pluck: true });
    const read = () => [v.content(), reader.read(() => count.get())];
    for (const [mode, text] of [
      ['full', 'one'],
      ['restart', 'two'],
      ['truncate', 'six'],
    ] as const) {
      read();
      v.otherPuts(text);
      expect(beside.checkpoint(mode), mode).toMatchObject({ busy: 0 });
      expect(read()).toEqual([text, 1]);
    }
    // But a body still sees the one state that it was promised.
    v.connection.consistently(() => {
      read();
      v.otherPuts('ten');
      expect(beside.checkpoint('truncate')).toMatchObject({ busy: 1 });
      expect(v.content()).toBe('six');
    });
    expect(beside.checkpoint('truncate')).toMatchObject({ busy: 0 });
    database.close();
  });

  test('is the one state of a read with several steps, however long it takes', () => {
    using v = vault();
    v.connection.consistently(() => {
      expect(v.content()).toBe('\0\0\0');
      v.otherPuts('one');
      const end = performance.now() + 150;
      while (performance.now() < end) expect(v.content()).toBe('\0\0\0');
    });
    // If none is shared, such a read has its own.
    using beside = openDatabase(new Database(v.file));
    const site = beside.blobs({ table: 'media', column: 'content', key: 'name' });
    const read = () => {
      const bytes = Buffer.alloc(3);
      return bytes.toString('utf8', 0, site.read('film', bytes));
    };
    expect(beside.consistently(() => [read(), v.otherPuts('two') && read()])).toEqual(['one', 'one']);
    expect(read()).toBe('two');
    beside.database.close();
  });

  test("shows another process's commit after the thread has waited for it", () => {
    using v = vault();
    v.content();
    const script = fileURLToPath(new URL('scripts/writes-once.ts', import.meta.url));
    execFileSync(process.execPath, [...process.execArgv, script, v.file, 'two'], { stdio: 'inherit' });
    expect(v.content()).toBe('two');
  });

  test('does not keep the process alive, and closing ends it', () => {
    using v = vault();
    v.content();
    v.connection.close();
  });
});

describe('no snapshot is held', () => {
  test('after the user has taken the Database, whose writes would fail from a stale one', () => {
    using v = vault();
    const { database } = v.connection;
    v.content();
    v.otherPuts('one');
    expect(v.content()).toBe('one');
    database.prepare("UPDATE media SET content = ? WHERE name = 'film'").run(Buffer.from('two'));
    expect(v.content()).toBe('two');
  });

  test('taking the Database ends the one that is held', () => {
    using v = vault();
    v.content();
    v.otherPuts('one');
    v.connection.database.prepare("UPDATE media SET content = ? WHERE name = 'film'").run(Buffer.from('two'));
    expect(v.content()).toBe('two');
  });

  test('on a Database the user opened', () => {
    const file = tempFile();
    using ours = openDatabase(file);
    const site = mediaTable(ours);
    const database = new Database(file);
    using theirs = openDatabase(database);
    const bytes = Buffer.alloc(3);
    const read = theirs.blobs({ table: 'media', column: 'content', key: 'name' });
    read.read('film', bytes);
    site.write('film', Buffer.from('new'));
    read.read('film', bytes);
    expect(bytes.toString()).toBe('new');
    database.close();
  });

  test('outside WAL mode, since it would block every writer', () => {
    using v = vault({ enableWal: false });
    v.content();
    v.otherPuts('one');
    expect(v.content()).toBe('one');
  });
});
