import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { InvalidArgument, nativeCore } from '@kohakuvault/core-native/internal';
import { openDatabase } from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tempFile, tempFolder } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { mediaTable } from './support/media.ts';
import { runScript, script } from './support/processes.ts';

const { binding } = nativeCore();

describe('rule a: one SQLite in the process', () => {
  test('a second copy is refused, whether of better-sqlite3 or of Node, and the first stays usable', async () => {
    expect(await runScript('two-sqlites.ts', [tempFolder()])).toContain('refused');
  });
});

describe('rule b: the library stays loaded', () => {
  test('50 workers in a row open, work and exit, while the main thread loads nothing', async () => {
    expect(await runScript('workers-only.ts', [tempFolder(), '50'])).toContain('50 workers');
  });
});

describe('rule c: the handle ends with the connection', () => {
  test('after close every function of the core says KV_CLOSED', () => {
    const connection = openDatabase(tempFile());
    const { handle } = connection;
    expect(binding.isOpen(handle)).toBe(true);
    connection.close();
    expect(binding.isOpen(handle)).toBe(false);
    expect(codeOf(() => binding.execute(handle, 'SELECT 1'))).toBe('KV_CLOSED');
    expect(codeOf(() => binding.holdSnapshot(handle))).toBe('KV_CLOSED');
    expect(codeOf(() => binding.releaseSnapshot(handle))).toBe('KV_CLOSED');
    expect(codeOf(() => binding.blobSize(handle, 0, 'k'))).toBe('KV_CLOSED');
    expect(codeOf(() => binding.blobRead(handle, 0, 'k', 0, new Uint8Array(1)))).toBe('KV_CLOSED');
    expect(codeOf(() => binding.blobWrite(handle, 0, 'k', 0, new Uint8Array(1)))).toBe('KV_CLOSED');
    expect(codeOf(() => binding.createBlobSite(handle, 't', 'c', ['k']))).toBe('KV_CLOSED');
    expect(codeOf(() => binding.finalizeStatements(handle))).toBe('KV_CLOSED');
  });

  test('a handle is never given out twice', () => {
    const seen = new Set<number>();
    for (let round = 0; round < 20; round++) {
      using connection = openDatabase(':memory:');
      seen.add(connection.handle);
    }
    expect(seen.size).toBe(20);
  });

  test('a handle that never was is closed, not a crash', () => {
    for (const handle of [0, 1, 2 ** 52, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(codeOf(() => binding.execute(handle, 'SELECT 1'))).toBe('KV_CLOSED');
    }
  });
});

describe('rule d: close really closes', () => {
  test('by us, with a held snapshot and cached statements', () => {
    const file = tempFile();
    const connection = openDatabase(file);
    mediaTable(connection).size('film');
    expect(existsSync(`${file}-wal`)).toBe(true);
    connection.close();
    expect(existsSync(`${file}-wal`)).toBe(false);
  });

  test('by the user, whose Database it is', () => {
    const file = tempFile();
    const database = new Database(file);
    database.pragma('journal_mode = WAL');
    const connection = openDatabase(database);
    const site = mediaTable(connection);
    site.size('film');
    expect(existsSync(`${file}-wal`)).toBe(true);
    database.close();
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(database.open).toBe(false);
    expect(connection.open).toBe(false);
    expect(codeOf(() => site.size('film'))).toBe('KV_CLOSED');
  });

  test('by the user, who took the Database of a connection of ours', () => {
    const file = tempFile();
    const connection = openDatabase(file);
    const site = mediaTable(connection);
    connection.database.close();
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(codeOf(() => site.size('film'))).toBe('KV_CLOSED');
    // The lifecycle knows that the file is closed, and opens it again.
    using again = openDatabase(file);
    expect(again.blobs({ table: 'media', column: 'content', key: 'name' }).size('film')).toBe(1_000);
  });

  test('a close that better-sqlite3 refuses leaves everything usable', () => {
    using connection = openDatabase(tempFile());
    const site = mediaTable(connection);
    const rows = connection.database.prepare('SELECT * FROM media').iterate();
    rows.next();
    expect(codeOf(() => connection.close())).toBe('KV_BUSY');
    expect(codeOf(() => connection.database.close())).toBe('KV_BUSY');
    expect(site.size('film')).toBe(1_000);
    rows.return?.();
  });

  test('nothing leaks over many rounds of open and close', async () => {
    const rounds = process.env.KOHAKUVAULT_LONG ? '10000' : '5000';
    expect(await runScript('open-close.ts', [tempFolder(), rounds])).toContain(`${rounds} rounds`);
  });

  test('a worker terminated inside a transaction leaves the file writable, and nothing it wrote', async () => {
    const file = tempFile();
    using connection = openDatabase(file, { busyTimeout: 0, retries: 0 });
    const site = mediaTable(connection);
    const worker = new Worker(script('worker-holds-transaction.ts'), {
      workerData: { file },
      execArgv: ['--conditions=@kohakuvault/source'],
    });
    await once(worker, 'message');
    expect(codeOf(() => site.write('film', Buffer.from('mine')))).toBe('KV_BUSY');
    await worker.terminate();
    site.write('film', Buffer.from('mine'), 4);
    const bytes = Buffer.alloc(8);
    site.read('film', bytes);
    expect(bytes).toEqual(Buffer.from('\0\0\0\0mine'));
    expect(binding.openConnections()).toBe(1);
  });
});

describe('rule e: only the owning thread', () => {
  test('a handle used in another thread is refused', async () => {
    using connection = openDatabase(':memory:');
    const worker = new Worker(script('worker-uses-handle.ts'), {
      workerData: { handle: connection.handle },
      execArgv: ['--conditions=@kohakuvault/source'],
    });
    const exit = once(worker, 'exit');
    const [answer] = await once(worker, 'message');
    expect(answer).toMatch(/^KV_INVALID_ARGUMENT: .*another thread/);
    await exit;
    expect(binding.isOpen(connection.handle)).toBe(true);
  });
});

describe('rule f: nothing outlives the call that opened it', () => {
  test('after reading and writing a BLOB another connection may write at once', () => {
    const file = tempFile();
    using connection = openDatabase(file);
    const site = mediaTable(connection);
    using other = openDatabase(new Database(file, { timeout: 0 }), { retries: 0 });
    const otherSite = other.blobs({ table: 'media', column: 'content', key: 'name' });
    site.write('film', Buffer.from('first'));
    site.size('film');
    otherSite.write('film', Buffer.from('second'));
    other.database.pragma('wal_checkpoint(PASSIVE)');
    other.database.close();
  });

  test('a row is found by its key, even if another row has its rowid now', () => {
    using connection = openDatabase(tempFile());
    const site = mediaTable(connection);
    site.write('film', Buffer.from('film'));
    const { database } = connection;
    database.exec("DELETE FROM media; INSERT INTO media VALUES ('song', zeroblob(7))");
    expect(site.size('film')).toBeUndefined();
    expect(site.size('song')).toBe(7);
  });
});

describe('rule g: defensive mode', () => {
  test('shadow tables of virtual tables cannot be written directly', () => {
    using connection = openDatabase(tempFile());
    connection.database.exec("CREATE VIRTUAL TABLE words USING fts5(word); INSERT INTO words VALUES ('one')");
    expect(() => connection.database.exec('DELETE FROM words_content')).toThrow(/may not be modified/);
  });
});

describe('a panic in Rust', () => {
  test('becomes a KohakuVaultError, prints nothing, and leaves the connection usable', async () => {
    const probe = join(import.meta.dirname, '../generated/probe.node');
    expect(await runScript('panics.ts', [tempFile()], { KOHAKUVAULT_NATIVE: probe })).toBe('usable\n');
  });

  test('the shipped core has none of the calls that panic on purpose', () => {
    const names: string[] = [];
    for (const name in binding) names.push(name);
    expect(names).toContain('kvGet');
    expect(names.filter((name) => name.startsWith('probe'))).toEqual([]);
    expect(readFileSync(nativeCore().file).includes('asked for by a test')).toBe(false);
  });
});

test('wrong types at the boundary are refused, not undefined behaviour', () => {
  using connection = openDatabase(':memory:');
  const site = mediaTable(connection);
  const { handle } = connection;
  const wrong = [undefined, null, {}, [], Symbol('s'), () => 1, true, -1, 1.5, Number.NaN];
  for (const value of wrong) {
    expect(() => binding.execute(handle, value as never)).toThrow(InvalidArgument);
    expect(() => binding.blobRead(handle, 0, 'film', value as never, new Uint8Array(1))).toThrow(InvalidArgument);
    expect(() => binding.blobRead(handle, 0, 'film', 0, value as never)).toThrow(InvalidArgument);
    expect(() => binding.blobSize(handle, (value === undefined ? 7 : value) as never, 'film')).toThrow(InvalidArgument);
    if (typeof value !== 'number') expect(() => binding.blobSize(handle, 0, value as never)).toThrow(InvalidArgument);
    if (typeof value !== 'number') expect(() => binding.execute(value as never, '')).toThrow(InvalidArgument);
  }
  expect(() => binding.execute(handle, 'no sql')).toThrow(/syntax error/);
  expect(() => binding.execute(handle, '')).toThrow(InvalidArgument);
  expect(() => binding.execute(handle, 'SELECT 1\0')).toThrow(InvalidArgument);
  expect(site.size('film')).toBe(1_000);
});
