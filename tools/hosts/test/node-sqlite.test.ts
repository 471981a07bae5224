// Node's own SQLite as the host: what the contract of vaults does not cover.
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { buffer } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { KVault } from '@kohakuvault/kvault';
import { VectorKVault } from '@kohakuvault/vector';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile, tempFolder } from '../../testing/src/temp.ts';
import { codeOf, thrownBy } from '../../testing/src/thrown.ts';

const MIB = 1024 * 1024;
const driver = 'node:sqlite';

function opened(file: string): KVault {
  const vault = new KVault(file, { driver });
  onTestFinished(() => vault.close());
  return vault;
}

/** Opens a `DatabaseSync` as its user does. */
function synchronous(file = ':memory:', options: object = {}): DatabaseSync {
  const sync = new DatabaseSync(file, { allowExtension: true, ...options });
  onTestFinished(() => {
    if (sync.isOpen) sync.close();
  });
  return sync;
}

for (const [way, open] of Object.entries({
  'a path': opened,
  'a DatabaseSync': (file: string) => new KVault(synchronous(file)),
  'a DatabaseSync in WAL mode': (file: string) => {
    const sync = synchronous(file);
    sync.exec('PRAGMA journal_mode = WAL');
    return new KVault(sync);
  },
})) {
  test(`streams of short and long values: ${way}`, async () => {
    const folder = tempFolder();
    const vault = open(join(folder, 'vault.db'));
    for (const size of [0, 1, 300_000, 9 * MIB + 5]) {
      const value = Buffer.alloc(size, 'some text ');
      const source = join(folder, 'source');
      writeFileSync(source, value);
      const seen: number[] = [];
      await vault.putFile('file', source, { onProgress: (done) => seen.push(done) });
      expect(seen.at(-1) ?? 0).toBe(size);
      await vault.putFile('iterable', [value.subarray(0, 7), value.subarray(7)]);
      const writing = vault.createWriteStream('written');
      writing.end(value);
      await once(writing, 'finish');
      for (const key of ['file', 'iterable', 'written']) {
        expect(value.equals(vault.get(key) as Buffer)).toBe(true);
        const stream = vault.createReadStream(key);
        // What others write does not disturb it.
        vault.set('other', size);
        expect(value.equals(await buffer(stream))).toBe(true);
        expect(await vault.getToFile(key, join(folder, 'target'))).toBe(size);
        expect(value.equals(readFileSync(join(folder, 'target')))).toBe(true);
      }
    }
  });
}

test('searches in other threads', async () => {
  for (const residentBytes of [0, undefined]) {
    const vault = new VectorKVault<string>(tempFile(), { driver, dimensions: 4, residentBytes });
    const id = vault.insert(new Float32Array([1, 2, 3, 4]), 'near');
    vault.insert(new Float32Array([4, 3, 2, 1]), 'far');
    for (let round = 0; round < 3; round++) {
      expect(await vault.searchAsync([1, 2, 3, 4], 1)).toMatchObject([{ id, value: 'near' }]);
    }
    vault.close();
  }
});

test('better-sqlite3 is refused then, and before it touches the file', () => {
  const file = tempFile();
  const vault = opened(file);
  expect(codeOf(() => new KVault(tempFile()))).toBe('KV_TWO_SQLITE');
  expect(codeOf(() => new KVault(file, { driver: 'better-sqlite3' }))).toBe('KV_INVALID_ARGUMENT');
  vault.set('a', 1);
  expect(vault.get('a')).toBe(1);
});

test('another SQLite in another thread is refused too, and releases no lock of the process', async () => {
  const vault = opened(tempFile());
  vault.database.exec('BEGIN IMMEDIATE');
  const program = `
    import { KVault } from '@kohakuvault/kvault';
    import { parentPort, workerData } from 'node:worker_threads';
    try {
      new KVault(workerData);
    } catch ({ code }) {
      parentPort.postMessage(code);
    }`;
  // Beside this file, from where it finds the packages.
  const script = join(import.meta.dirname, `other-${process.pid}.mjs`);
  writeFileSync(script, program);
  onTestFinished(() => rmSync(script));
  const worker = new Worker(script, { workerData: vault.path });
  expect(await once(worker, 'message')).toEqual(['KV_TWO_SQLITE']);
  await once(worker, 'exit');
  // The lock that the transaction holds keeps other processes from writing.
  const write = `new (require('node:sqlite').DatabaseSync)(${JSON.stringify(vault.path)}).exec('BEGIN IMMEDIATE')`;
  const { stderr } = spawnSync(process.execPath, ['-e', write], { encoding: 'utf8' });
  expect(stderr).toContain('database is locked');
  vault.database.exec('ROLLBACK');
});

test('a key is refused, since this SQLite would ignore it', () => {
  expect(codeOf(() => new KVault(tempFile(), { driver, key: 'secret' }))).toBe('KV_RUNTIME_UNSUPPORTED');
});

test('a DatabaseSync that may not load extensions is refused with the cure', () => {
  const error = thrownBy(() => new KVault(synchronous(':memory:', { allowExtension: false })));
  expect(error.code).toBe('KV_INVALID_ARGUMENT');
  expect(error.message).toContain('allowExtension: true');
  const disabled = synchronous();
  disabled.enableLoadExtension(false);
  expect(codeOf(() => new KVault(disabled))).toBe('KV_INVALID_ARGUMENT');
  const closed = synchronous();
  closed.close();
  expect(codeOf(() => new KVault(closed))).toBe('KV_CLOSED');
});

test('a DatabaseSync has one adapter, and writes what is pending when it closes', () => {
  const file = tempFile();
  for (const close of [(sync: DatabaseSync) => sync.close(), (sync: DatabaseSync) => sync[Symbol.dispose]()]) {
    const sync = synchronous(file);
    const vault = new KVault(sync);
    expect(new KVault(sync).database).toBe(vault.database);
    expect((vault.database as unknown as { sync: DatabaseSync }).sync).toBe(sync);
    vault.enableCache({ autoFlush: false });
    vault.set('pending', close.toString());
    close(sync);
    expect(sync.isOpen).toBe(false);
    expect(codeOf(() => vault.get('pending'))).toBe('KV_CLOSED');
    const again = opened(file);
    expect(again.get('pending')).toBe(close.toString());
    again.close();
  }
});

test('a DatabaseSync that is closed and opened again is another connection', () => {
  const sync = synchronous(tempFile());
  for (let round = 0; round < 3; round++) {
    const vault = new KVault(sync);
    expect(vault.get('round', -1)).toBe(round - 1);
    vault.enableCache({ autoFlush: false });
    vault.set('round', round);
    sync.close();
    expect(codeOf(() => vault.get('round'))).toBe('KV_CLOSED');
    sync.open();
  }
});

test('a readonly DatabaseSync makes readonly vaults', () => {
  const file = tempFile();
  opened(file).set('a', 1);
  opened(file).close();
  const vault = new KVault(synchronous(file, { readOnly: true }));
  expect(vault.database.readonly).toBe(true);
  expect(vault.get('a')).toBe(1);
  expect(codeOf(() => vault.set('b', 1))).toBe('KV_READONLY');
});

test('the database of a vault has the methods of a better-sqlite3 Database', () => {
  const { database } = opened(tempFile());
  database.exec('CREATE TABLE own (a, b BLOB)');
  const insert = database.prepare('INSERT INTO own VALUES (?, ?)');
  expect(insert.run(5, Buffer.from('x'))).toEqual({ changes: 1, lastInsertRowid: 1 });
  insert.run(9_007_199_254_740_993n, null);
  insert.run(0.5, null);
  // Whole numbers are stored as integers, and read as numbers unless bigints are asked for.
  expect(database.prepare('SELECT typeof(a) FROM own').pluck().all()).toEqual(['integer', 'integer', 'real']);
  expect(database.prepare('SELECT * FROM own').get()).toStrictEqual({ a: 5, b: Buffer.from('x') });
  expect(database.prepare('SELECT a FROM own').pluck().all()).toEqual([5, 9_007_199_254_740_992, 0.5]);
  expect(database.prepare('SELECT a FROM own').pluck().safeIntegers().all()).toEqual([5n, 9_007_199_254_740_993n, 0.5]);
  expect(database.prepare('SELECT a, b FROM own').raw().get()).toEqual([5, Buffer.from('x')]);
  expect([...database.prepare('SELECT a FROM own WHERE a > :least').pluck().iterate({ least: 1 })]).toHaveLength(2);
  expect(database.pragma('user_version', { simple: true })).toBe(0);
  expect(database.pragma('journal_mode')).toEqual([{ journal_mode: 'wal' }]);
  const add = database.transaction((value: number) => insert.run(value, null).changes);
  expect(add(6)).toBe(1);
  const undone = database.transaction(() => {
    add(7);
    throw new RangeError('undo');
  });
  expect(undone.immediate).toThrow(RangeError);
  expect(database.prepare('SELECT count(*) FROM own WHERE a IN (6, 7)').pluck().get()).toBe(1);
  database.function('twice', { deterministic: true }, (value: number) => value * 2);
  expect(database.prepare('SELECT twice(4)').pluck().get()).toBe(8);
});

test('what a function throws is the cause of our error, no matter how it was defined, and later errors are reported', () => {
  const sync = synchronous();
  sync.function('early', () => {
    throw new RangeError('early');
  });
  sync.aggregate('summed', {
    start: 0,
    step: (sum, value) => {
      throw new RangeError(`${sum} ${value}`);
    },
  });
  const vault = new KVault(sync);
  sync.function('late', () => {
    throw new RangeError('late');
  });
  vault.database.function('adapted', () => {
    throw new RangeError('adapted');
  });
  for (const call of ['early()', 'summed(1)', 'late()', 'adapted()']) {
    sync.exec(`CREATE TRIGGER t BEFORE INSERT ON kv BEGIN SELECT ${call}; END`);
    // Many times: an exception must not stay anywhere.
    for (let time = 0; time < 200; time++) {
      const error = thrownBy(() => vault.set('a', time));
      expect(error.code).toBe('KV_ERROR');
      expect(error.message).toContain('a SQL function that the statement called threw an error');
      if (!['early()', 'summed(1)'].includes(call)) expect(error.cause).toBeInstanceOf(RangeError);
      expect(() => sync.exec('nonsense')).toThrow('syntax error');
    }
    sync.exec('DROP TRIGGER t');
    if (call !== 'summed(1)') expect(() => sync.prepare(`SELECT ${call}`).get()).toThrow(RangeError);
  }
  vault.set('a', 1);
  expect([...vault.keys()]).toEqual(['a']);
});

test('errors of SQL of the user reach them unchanged, and failures of ours have a code', () => {
  const vault = opened(tempFile());
  expect(() => vault.database.exec('nonsense')).toThrow(expect.objectContaining({ code: 'ERR_SQLITE_ERROR' }));
  const folder = tempFolder();
  writeFileSync(join(folder, 'text.db'), 'this is not a database'.repeat(100));
  expect(codeOf(() => opened(join(folder, 'text.db')))).toBe('KV_CORRUPT');
  expect(codeOf(() => new KVault(join(folder, 'absent.db'), { driver, readonly: true }))).toBe('KV_IO');
  const holder = synchronous(vault.path);
  holder.exec('BEGIN IMMEDIATE');
  expect(codeOf(() => new KVault(synchronous(vault.path, { timeout: 0 })).set('a', 1))).toBe('KV_BUSY');
});

test('shadow tables of virtual tables are protected', () => {
  const { database } = opened(tempFile());
  database.exec('CREATE VIRTUAL TABLE words USING fts5(word)');
  expect(() => database.exec("INSERT INTO words_config VALUES ('x', 1)")).toThrow('may not be modified');
});

test('threads that are terminated leave nothing locked', async () => {
  const file = tempFile();
  opened(file).set('a', 1);
  for (let round = 0; round < 5; round++) {
    const worker = new Worker(new URL('./support/node-writer.ts', import.meta.url), { workerData: file });
    await once(worker, 'message');
    await worker.terminate();
    opened(file).set('a', round);
  }
  expect(opened(file).database.pragma('integrity_check', { simple: true })).toBe('ok');
});

test('a process that ends, and vaults that are dropped, lose nothing', () => {
  const file = tempFile();
  const script = join(import.meta.dirname, 'support/node-drops.ts');
  execFileSync(process.execPath, ['--expose-gc', '--conditions=@kohakuvault/source', script, file], { stdio: 'pipe' });
  const vault = opened(file);
  expect([...vault.entries()]).toEqual([
    ['at the end', 1],
    ['dropped', 1],
    ['of a dropped DatabaseSync', 1],
  ]);
});
