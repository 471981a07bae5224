import { existsSync, linkSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { InvalidArgument } from '@kohakuvault/core-native';
import {
  type ConnectionOptions,
  connectionOf,
  openDatabase,
  quoteIdentifier,
} from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tempFile, tempFolder } from '../../../tools/testing/src/temp.ts';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';
import { mediaTable } from './support/media.ts';

function pragmas(database: Database.Database): Record<string, unknown> {
  const names = [
    'journal_mode',
    'synchronous',
    'mmap_size',
    'cache_size',
    'page_size',
    'wal_autocheckpoint',
    'temp_store',
    'foreign_keys',
    'busy_timeout',
  ];
  return Object.fromEntries(names.map((name) => [name, database.pragma(name, { simple: true })]));
}

const MiB = 1024 * 1024;

describe('a path', () => {
  test('is opened with the settings the format prescribes', () => {
    using connection = openDatabase(tempFile());
    expect(pragmas(connection.database)).toEqual({
      journal_mode: 'wal',
      synchronous: 1,
      mmap_size: 2_048 * MiB - 65_536,
      cache_size: -100_000,
      page_size: 8_192,
      wal_autocheckpoint: 4_000,
      temp_store: 2,
      foreign_keys: 1,
      busy_timeout: 5_000,
    });
  });

  test.each([
    [512, 1_000],
    [4_096, 1_000],
    [8_192, 4_000],
    [16_384, 2_000],
    [32_768, 1_000],
    [65_536, 1_000],
  ])('that exists keeps its pages of %i bytes, and its WAL is moved after %i of them', (pageSize, pages) => {
    const file = tempFile();
    openDatabase(file, { pageSize }).close();
    new Database(file).exec('CREATE TABLE t (a)').close();
    using connection = openDatabase(file);
    expect(pragmas(connection.database)).toMatchObject({ page_size: pageSize, wal_autocheckpoint: pages });
    connection.database.exec('INSERT INTO t VALUES (1); VACUUM');
    expect(connection.database.pragma('page_size', { simple: true })).toBe(pageSize);
  });

  test('takes other settings', () => {
    using connection = openDatabase(tempFile(), {
      enableWal: false,
      pageSize: 4_096,
      mmapSize: 0,
      cacheKb: 500,
      busyTimeout: 7,
      synchronous: 'full',
    });
    expect(pragmas(connection.database)).toMatchObject({
      journal_mode: 'delete',
      synchronous: 2,
      mmap_size: 0,
      cache_size: -500,
      page_size: 4_096,
      busy_timeout: 7,
    });
  });

  test('an existing file keeps its page size', () => {
    const file = tempFile();
    const before = new Database(file);
    before.pragma('page_size = 1024');
    before.exec('CREATE TABLE t (x)');
    before.close();
    using connection = openDatabase(file);
    expect(connection.database.pragma('page_size', { simple: true })).toBe(1_024);
  });

  test('missing parent folders are made', () => {
    const file = join(tempFolder(), 'a/b/c/vault.db');
    openDatabase(file).close();
    expect(statSync(file).isFile()).toBe(true);
  });

  test(':memory: is a database of its own each time', () => {
    using one = openDatabase(':memory:');
    using two = openDatabase(':memory:');
    expect(one.database).not.toBe(two.database);
    expect(mediaTable(one).size('film')).toBe(1_000);
  });

  test(':memory: cannot be readonly', () => {
    expect(codeOf(() => openDatabase(':memory:', { readonly: true }))).toBe('KV_INVALID_ARGUMENT');
  });

  test.each(['', ' vault.db', 'vault.db ', 'a\0b', 'file:vault.db'])('%j is refused', (path) => {
    expect(codeOf(() => openDatabase(path))).toBe('KV_INVALID_ARGUMENT');
  });

  test.each([undefined, null, 1, true, {}, [], { database: 1 }, Symbol('s'), () => 1])(
    '%s is not a source',
    (source) => {
      expect(codeOf(() => openDatabase(source as never))).toBe('KV_INVALID_ARGUMENT');
    },
  );
});

describe('options', () => {
  test('a misspelt name is refused with a suggestion', () => {
    const error = thrownBy(() => openDatabase(':memory:', { readOnly: true } as never));
    expect(error).toBeInstanceOf(InvalidArgument);
    expect(error.message).toContain('did you mean readonly?');
  });

  test.each<[string, unknown]>([
    ['readonly', 1],
    ['retries', -1],
    ['retries', 1.5],
    ['backoffBase', '20'],
    ['busyTimeout', Number.POSITIVE_INFINITY],
    ['enableWal', 'yes'],
    ['pageSize', 1_000],
    ['pageSize', 131_072],
    ['mmapSize', -1],
    ['cacheKb', Number.NaN],
    ['synchronous', 'sometimes'],
    ['synchronous', 1],
  ])('%s: %j is refused', (name, value) => {
    const file = tempFile();
    const error = thrownBy(() => openDatabase(file, { [name]: value }));
    expect(error.code).toBe('KV_INVALID_ARGUMENT');
    expect(error.message).toContain(name);
    expect(existsSync(file)).toBe(false);
  });

  test.each([1, 'readonly', null, [], true])('%j is not an options object', (options) => {
    expect(codeOf(() => openDatabase(':memory:', options as never))).toBe('KV_INVALID_ARGUMENT');
  });

  test('undefined means left out', () => {
    openDatabase(':memory:', { readonly: undefined, pageSize: undefined }).close();
  });
});

describe('one connection per file', () => {
  test('two vaults on one path share it, and the last closes it', () => {
    const file = tempFile();
    const one = openDatabase(file);
    const two = openDatabase(file);
    expect(two.handle).toBe(one.handle);
    const site = mediaTable(two);
    one.close();
    expect(codeOf(() => one.handle)).toBe('KV_CLOSED');
    expect(site.size('film')).toBe(1_000);
    two.close();
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(codeOf(() => site.size('film'))).toBe('KV_CLOSED');
  });

  test('with any spelling of the path: relative, through a link, through a hard link', () => {
    const folder = tempFolder();
    const file = join(folder, 'vault.db');
    using one = openDatabase(file);
    symlinkSync(file, join(folder, 'link.db'));
    linkSync(file, join(folder, 'hard.db'));
    for (const spelling of [relative(process.cwd(), file), join(folder, 'link.db'), join(folder, 'hard.db')]) {
      using other = openDatabase(spelling);
      expect(other.handle).toBe(one.handle);
    }
  });

  test('readonly and writable are two connections', () => {
    const file = tempFile();
    using writable = openDatabase(file);
    using readonly = openDatabase(file, { readonly: true });
    expect(readonly.handle).not.toBe(writable.handle);
    expect(readonly.readonly).toBe(true);
  });

  test('an option that differs from the open connection is refused, the same value is not', () => {
    const file = tempFile();
    using one = openDatabase(file, { cacheKb: 500 });
    expect(thrownBy(() => openDatabase(file, { cacheKb: 600 })).message).toContain('cacheKb must be 500');
    expect(codeOf(() => openDatabase(file, { synchronous: 'full' }))).toBe('KV_INVALID_ARGUMENT');
    using same = openDatabase(file, { cacheKb: 500, synchronous: 'normal' });
    expect(same.handle).toBe(one.handle);
  });

  test('a vault made from a vault shares its connection', () => {
    const vault = { [connectionOf]: openDatabase(tempFile()) };
    const other = openDatabase(vault as never);
    expect(other.handle).toBe(vault[connectionOf].handle);
    vault[connectionOf].close();
    expect(mediaTable(other).size('film')).toBe(1_000);
    expect(codeOf(() => openDatabase(vault as never))).toBe('KV_CLOSED');
    other.close();
  });

  test('the Database taken from a vault leads back to its connection', () => {
    using one = openDatabase(tempFile());
    using two = openDatabase(one.database);
    using three = openDatabase({ database: one.database });
    expect([two.handle, three.handle]).toEqual([one.handle, one.handle]);
  });

  test('close is idempotent, and `using` closes', () => {
    const connection = openDatabase(tempFile());
    connection.close();
    connection.close();
    connection[Symbol.dispose]();
    expect(connection.open).toBe(false);
  });
});

describe("the user's own Database", () => {
  test('is used as it is, and never closed', () => {
    const file = tempFile();
    const database = new Database(file, { timeout: 123 });
    const before = pragmas(database);
    const connection = openDatabase(database);
    expect(pragmas(database)).toEqual(before);
    mediaTable(connection);
    connection.close();
    expect(database.open).toBe(true);
    expect(database.prepare('SELECT name FROM media').pluck().get()).toBe('film');
    database.close();
  });

  test('may be used again after the last vault on it was closed', () => {
    const database = new Database(':memory:');
    openDatabase(database).close();
    using again = openDatabase(database);
    expect(mediaTable(again).size('film')).toBe(1_000);
    database.close();
  });

  test.each<ConnectionOptions>([
    { mmapSize: 0 },
    { cacheKb: 1 },
    { enableWal: false },
    { pageSize: 4_096 },
    { synchronous: 'full' },
    { busyTimeout: 1 },
    { readonly: true },
  ])('%j is for the program that opened it', (options) => {
    const database = new Database(':memory:');
    expect(codeOf(() => openDatabase(database, options))).toBe('KV_INVALID_ARGUMENT');
    openDatabase(database, { retries: 1, backoffBase: 1, readonly: false }).close();
    database.close();
  });

  test('a closed one is KV_CLOSED', () => {
    const database = new Database(':memory:');
    database.close();
    expect(codeOf(() => openDatabase(database))).toBe('KV_CLOSED');
  });

  test('their transaction contains ours, and its rollback undoes ours', () => {
    const database = new Database(':memory:');
    using connection = openDatabase(database);
    const site = mediaTable(connection);
    const content = Buffer.alloc(4);
    database.exec('BEGIN');
    connection.transaction(() => {
      site.write('film', Buffer.from('ours'));
    });
    expect(database.inTransaction).toBe(true);
    site.read('film', content);
    expect(content.toString()).toBe('ours');
    database.exec('ROLLBACK');
    site.read('film', content);
    expect(content).toEqual(Buffer.alloc(4));
  });

  test('their savepoints and db.transaction work around and inside ours', () => {
    const database = new Database(':memory:');
    using connection = openDatabase(database);
    const site = mediaTable(connection);
    const content = Buffer.alloc(5);
    connection.transaction(() => {
      site.write('film', Buffer.from('outer'));
      const inner = database.transaction(() => {
        site.write('film', Buffer.from('inner'));
        throw new Error('undo the inner one');
      });
      expect(inner).toThrow('undo the inner one');
    });
    site.read('film', content);
    expect(content.toString()).toBe('outer');
    database.transaction(() => {
      connection.transaction(() => site.write('film', Buffer.from('third')));
    })();
    site.read('film', content);
    expect(content.toString()).toBe('third');
  });

  test('a vault is opened inside their transaction', () => {
    const database = new Database(':memory:');
    database.exec('BEGIN');
    const connection = openDatabase(database);
    database.exec('ROLLBACK');
    expect(mediaTable(connection).size('film')).toBe(1_000);
    database.close();
  });
});

describe('the meta table', () => {
  function version(database: Database.Database): unknown {
    return database.prepare("SELECT value FROM kohakuvault_meta WHERE key = 'schema_version'").pluck().get();
  }

  test('a new file has it, and opening again changes nothing', () => {
    const file = tempFile();
    openDatabase(file).close();
    const before = readFileSync(file);
    const again = openDatabase(file);
    expect(version(again.shared.database)).toBe('2');
    again.close();
    expect(readFileSync(file)).toEqual(before);
  });

  test('an empty one, as Python leaves it, is filled', () => {
    const file = tempFile();
    const python = new Database(file);
    python.exec('CREATE TABLE kohakuvault_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)');
    python.exec("INSERT INTO kohakuvault_meta VALUES ('kv_features', 'headers_v1')");
    python.close();
    using connection = openDatabase(file);
    expect(version(connection.database)).toBe('2');
    expect(connection.database.prepare('SELECT count(*) FROM kohakuvault_meta').pluck().get()).toBe(2);
  });

  test.each(['path', 'Database', 'readonly'])('a file from the future is refused and left as it is (%s)', (how) => {
    const file = tempFile();
    const later = new Database(file);
    later.exec('CREATE TABLE kohakuvault_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)');
    later.exec("INSERT INTO kohakuvault_meta VALUES ('schema_version', '3')");
    later.close();
    const before = readFileSync(file);
    if (how === 'Database') {
      const database = new Database(file);
      expect(thrownBy(() => openDatabase(database)).message).toContain('schema version 3');
      expect(database.open).toBe(true);
      database.close();
    } else {
      expect(codeOf(() => openDatabase(file, { readonly: how === 'readonly' }))).toBe('KV_ERROR');
    }
    expect(readFileSync(file)).toEqual(before);
    expect(existsSync(`${file}-wal`)).toBe(false);
  });

  test('a version that is not a number, and a table that is not a meta table, are KV_CORRUPT', () => {
    const file = tempFile();
    const odd = new Database(file);
    odd.exec('CREATE TABLE kohakuvault_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)');
    odd.exec("INSERT INTO kohakuvault_meta VALUES ('schema_version', 'two')");
    expect(codeOf(() => openDatabase(odd))).toBe('KV_CORRUPT');
    odd.exec('DROP TABLE kohakuvault_meta; CREATE TABLE kohakuvault_meta (other)');
    expect(codeOf(() => openDatabase(odd))).toBe('KV_CORRUPT');
    odd.close();
  });
});

describe('names', () => {
  test.each(['select', 'bad name', 'a"b', "a'b", 'ü', '[x]', 'kv;drop table kv', '1'])(
    'a table may be called %s',
    (name) => {
      using connection = openDatabase(':memory:');
      const { database } = connection;
      database.exec(`CREATE TABLE ${quoteIdentifier(name)} (${quoteIdentifier(name)} PRIMARY KEY, "va""lue" BLOB)`);
      database.prepare(`INSERT INTO ${quoteIdentifier(name)} VALUES ('k', zeroblob(3))`).run();
      const site = connection.blobs({ table: name, column: 'va"lue', key: name });
      expect(site.write('k', Buffer.from('abc'))).toBe(3);
      expect(site.size('k')).toBe(3);
    },
  );

  test.each(['', 'a\0b', 1, undefined])('%j is not a name', (name) => {
    expect(codeOf(() => quoteIdentifier(name as never))).toBe('KV_INVALID_ARGUMENT');
  });
});

test('close hooks run in order before the file closes, and a failing one keeps everything open', () => {
  const connection = openDatabase(tempFile());
  const site = mediaTable(connection);
  const ran: string[] = [];
  let full = true;
  connection.onClose(() => {
    ran.push('first');
    site.write('film', Buffer.from('pending'));
  });
  connection.onClose(() => {
    ran.push('second');
    if (full) throw new Error('disk full');
  });
  expect(() => connection.close()).toThrow('disk full');
  expect(connection.open).toBe(true);
  expect(site.size('film')).toBe(1_000);
  full = false;
  connection.close();
  expect(connection.open).toBe(false);
  expect(ran).toEqual(['first', 'second', 'first', 'second']);
});

test('a readonly connection leaves the file untouched', () => {
  const file = tempFile();
  const database = new Database(file);
  database.exec('CREATE TABLE t (x)');
  database.close();
  const before = readFileSync(file);
  const connection = openDatabase(file, { readonly: true });
  expect(connection.transaction(() => connection.database.prepare('SELECT count(*) FROM t').pluck().get())).toBe(0);
  expect(codeOf(() => connection.write(() => connection.shared.database.exec('DELETE FROM t')))).toBe('KV_READONLY');
  expect(codeOf(() => connection.checkpoint())).toBe('KV_READONLY');
  expect(codeOf(() => connection.optimize())).toBe('KV_READONLY');
  connection.close();
  expect(readFileSync(file)).toEqual(before);
});

test('an empty file is a new database', () => {
  const file = tempFile();
  writeFileSync(file, '');
  openDatabase(file).close();
  expect(statSync(file).size).toBeGreaterThan(0);
});

test('a folder that was removed is created again', () => {
  const file = join(tempFolder(), 'gone', 'vault.db');
  mkdirSync(join(file, '..'));
  using connection = openDatabase(file);
  expect(mediaTable(connection).size('film')).toBe(1_000);
});

test('a Database that something closes past our close is really closed: no lock stays, and no WAL', () => {
  const file = tempFile();
  const database = new Database(file);
  const connection = openDatabase(database);
  const query = connection.query('SELECT 1', { pluck: true });
  database.exec('BEGIN IMMEDIATE');
  expect(connection.read(() => query.get())).toBe(1);
  // As better-sqlite3 itself does it when a worker is terminated.
  Object.getPrototypeOf(database).close.call(database);
  expect(existsSync(`${file}-wal`)).toBe(false);
  using other = openDatabase(file, { busyTimeout: 0, retries: 0 });
  other.transaction(() => {});
});
