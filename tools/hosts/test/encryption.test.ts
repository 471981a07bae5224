// Encrypted files: nothing of a value can be read on the disk, and everything works that works in the clear.
import { existsSync, readdirSync, readFileSync, readlinkSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault, type KVaultOptions, restore } from '@kohakuvault/kvault';
import { VectorKVault } from '@kohakuvault/vector';
import Database from 'better-sqlite3-multiple-ciphers';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile, tempFolder } from '../../testing/src/temp.ts';
import { codeOf, thrownBy } from '../../testing/src/thrown.ts';

const MARK = 'nobody may read this on the disk';
const KEY = "it's a secret";
const driver = 'better-sqlite3-multiple-ciphers';
const MIB = 1024 * 1024;

/** A value of so many bytes that tells everywhere what it is. */
function marked(size: number): Buffer {
  return Buffer.alloc(size, `${MARK} `);
}

async function* inChunks(bytes: Buffer, between = () => {}): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 100_001) {
    yield bytes.subarray(at, at + 100_001);
    between();
  }
}

function isMarked(bytes: Buffer): boolean {
  return bytes.includes(MARK) || bytes.includes(KEY);
}

/** Returns the files of a folder in which something can be read. */
function readable(folder: string): string[] {
  return readdirSync(folder).filter((name) => isMarked(readFileSync(join(folder, name))));
}

/** Returns the beginning of each spool file that is open. On Linux they are found though they have no name. */
function spools(): Buffer[] {
  if (!existsSync('/proc/self/fd')) return [];
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      if (!readlinkSync(`/proc/self/fd/${descriptor}`).includes('kohakuvault-spool')) return [];
      const bytes = Buffer.alloc(MIB);
      return [bytes.subarray(0, readSync(Number(descriptor), bytes, 0, bytes.length, 0))];
    } catch {
      return []; // The descriptor by which the folder was listed.
    }
  });
}

function opened(file: string, options: KVaultOptions = {}): KVault {
  const vault = new KVault(file, { driver, key: KEY, ...options });
  onTestFinished(() => vault.close());
  return vault;
}

/** The ways to a vault on an encrypted file. */
const WAYS: Record<string, (file: string, more?: KVaultOptions) => KVault> = {
  'a path with a driver by name': (file, more) => opened(file, more),
  'a path with a driver as a class': (file, more) => opened(file, { driver: Database, ...more }),
  'a key of bytes': (file, more) => opened(file, { key: Buffer.from([0, 39, 200, 255]), ...more }),
  'another cipher': (file, more) => opened(file, { cipher: 'aes256cbc', ...more }),
  'a cipher with settings': (file, more) => opened(file, { cipher: { cipher: 'sqlcipher', legacy: 4 }, ...more }),
  'a Database with its key': (file, more) => withDatabase(file, { key: KEY, ...more }),
  'a Database whose key we do not know': (file, more) => withDatabase(file, { ...more }),
};

function withDatabase(file: string, options: KVaultOptions): KVault {
  const database = new Database(file);
  onTestFinished(() => void database.close());
  database.key(Buffer.from(KEY));
  database.pragma('journal_mode = WAL');
  const vault = new KVault(database, options);
  onTestFinished(() => vault.close());
  return vault;
}

for (const [way, open] of Object.entries(WAYS)) {
  test(`nothing can be read on the disk: ${way}`, async () => {
    const folder = tempFolder();
    // Once as values are stored by default, and else with shorter parts, of which fewer bytes are enough.
    const isDefault = way === 'a path with a driver by name';
    const vault = open(join(folder, 'vault.db'), isDefault ? {} : { maxBlobBytes: MIB });
    const seen: Buffer[] = [];
    const look = () => seen.push(...spools());
    const values = {
      row: marked(5_000),
      parts: marked((isDefault ? 9 : 2) * MIB + 7),
      // Long enough for a thread of its own, where that can have the key.
      iterable: marked((isDefault ? 9 : 1) * MIB + 3),
      stream: marked(400_000),
    };
    vault.set(MARK, values.row);
    vault.enableCache();
    vault.set('row', values.row);
    vault.disableCache();
    await vault.putFile('parts', values.parts);
    await vault.putFile('iterable', inChunks(values.iterable, look));
    const writing = vault.createWriteStream('stream');
    const ended = new Promise((done, fail) => writing.once('finish', done).once('error', fail));
    Readable.from(inChunks(values.stream, look)).pipe(writing);
    await ended;
    expect(readable(folder)).toEqual([]);
    vault.checkpoint('truncate');
    expect(readable(folder)).toEqual([]);
    vault.optimize();
    expect(readable(folder)).toEqual([]);
    if (process.platform === 'linux') expect(Math.max(...seen.map(({ length }) => length))).toBeGreaterThan(200_000);
    expect(seen.filter(isMarked)).toEqual([]);

    for (const [key, value] of Object.entries(values)) {
      expect(value.equals(vault.get(key) as Buffer)).toBe(true);
      expect(value.equals(await buffer(vault.createReadStream(key)))).toBe(true);
      const target = join(tempFolder(), 'target');
      expect(await vault.getToFile(key, target)).toBe(value.length);
      expect(value.equals(readFileSync(target))).toBe(true);
      const ranged = vault.snapshot(() => vault.createReadStream(key, { start: 1_001, end: 4_000 }));
      expect(value.subarray(1_001, 4_001).equals(await buffer(ranged))).toBe(true);
    }
    vault.close();
    expect(readable(folder)).toEqual([]);
  });

  test(`a stream reads one state while the value is replaced, or ends: ${way}`, async () => {
    const vault = open(tempFile());
    const value = marked(3 * MIB);
    vault.set('key', value);
    const stream = vault.createReadStream('key');
    vault.set('key', 'another');
    const outcome = await buffer(stream).catch((error: unknown) => (error as { code?: string }).code);
    if (way === 'a Database whose key we do not know') expect(outcome).toBe('KV_STALE');
    else expect(value.equals(outcome as Buffer)).toBe(true);
  });

  test(`columns and searches in other threads: ${way}`, async () => {
    const kv = open(tempFile());
    const columns = new ColumnVault(kv);
    const column = columns.ensure('numbers', 'f64');
    column.extend([1, 2, 3]);
    expect([...column]).toEqual([1, 2, 3]);
    for (const residentBytes of [0, undefined]) {
      const vectors = new VectorKVault<string>(kv, { dimensions: 4, residentBytes, table: `v${residentBytes}` });
      const id = vectors.insert(new Float32Array([1, 2, 3, 4]), MARK);
      vectors.insert(new Float32Array([4, 3, 2, 1]), 'far');
      for (let round = 0; round < 3; round++) {
        const [found] = await vectors.searchAsync(new Float32Array([1, 2, 3, 4]), 1);
        expect(found?.id).toBe(id);
        expect(found?.value).toBe(MARK);
      }
      vectors.close();
    }
    columns.close();
  });
}

test('a missing or wrong key, or another cipher, is an error that does not show the key', () => {
  const file = tempFile();
  opened(file).set('a', 1);
  opened(file).close();
  const wrong = "a wrong ' key";
  const attempts: KVaultOptions[] = [
    { key: wrong },
    { key: Buffer.from(wrong) },
    { cipher: 'aes256cbc' },
    { key: undefined },
    { key: wrong, readonly: true },
  ];
  for (const attempt of attempts) {
    // In another thread's place: this one has the file open, and would join.
    const copy = join(tempFolder(), 'copy.db');
    writeFileSync(copy, readFileSync(file));
    const error = thrownBy(() => opened(copy, attempt));
    expect(error.code).toBe('KV_WRONG_KEY');
    expect(error.message).not.toContain(wrong);
    expect(error.message).not.toContain(KEY);
    const database = new Database(copy);
    onTestFinished(() => void database.close());
    if (attempt.key !== undefined) database.key(Buffer.from(attempt.key as string));
    if (!attempt.cipher) expect(codeOf(() => new KVault(database))).toBe('KV_WRONG_KEY');
    database.close();
    // Nothing was changed.
    expect(readFileSync(copy).equals(readFileSync(file))).toBe(true);
  }
});

test('a key for a file in the clear is refused', () => {
  const file = tempFile();
  new KVault(file, { driver }).close();
  expect(codeOf(() => opened(file))).toBe('KV_WRONG_KEY');
});

test('vaults on one file share its connection, and a key that differs is refused', () => {
  const file = tempFile();
  const vault = opened(file);
  vault.set('a', 1);
  for (const options of [{}, { driver: Database }, { driver: undefined }, { key: undefined }, { key: KEY }]) {
    expect(opened(file, options).get('a')).toBe(1);
  }
  const error = thrownBy(() => opened(file, { key: 'different key' }));
  expect(error.code).toBe('KV_INVALID_ARGUMENT');
  expect(error.message).not.toMatch(/different key|secret/);
  expect(codeOf(() => opened(file, { cipher: 'aes256cbc' }))).toBe('KV_INVALID_ARGUMENT');
  expect(codeOf(() => new KVault(vault, { key: 'different key' }))).toBe('KV_INVALID_ARGUMENT');
  expect(new KVault(vault, { key: KEY }).get('a')).toBe(1);
});

test.each([
  ['an empty key', { key: '' }],
  ['a key with NUL', { key: 'a\0b' }],
  ['a key that is a number', { key: 5 as never }],
  ['a cipher without a key', { key: undefined, cipher: 'aes256cbc' }],
  ['a cipher that is a number', { cipher: 5 as never }],
  ['a setting that is not a pragma', { cipher: { 'legacy = 4; DROP TABLE kvault': 1 } }],
  ['a setting that is an object', { cipher: { legacy: {} as never } }],
  ['a driver that is unknown', { driver: 'sqlite3' as never }],
  ['a driver that is another class', { driver: Map as never }],
])('refuses %s, and makes no file', (_, options) => {
  const folder = tempFolder();
  expect(codeOf(() => opened(join(folder, 'vault.db'), options))).toBe('KV_INVALID_ARGUMENT');
  expect(codeOf(() => opened(':memory:'))).toBe('KV_INVALID_ARGUMENT');
  expect(readdirSync(folder)).toEqual([]);
});

test('a cipher with a page size that it would not find again is refused at once', () => {
  const sqlcipher = { cipher: 'sqlcipher', legacy: 4 };
  expect(codeOf(() => opened(tempFile(), { cipher: sqlcipher, pageSize: 32_768 }))).toBe('KV_INVALID_ARGUMENT');
  expect(codeOf(() => opened(tempFile(), { cipher: 'no such cipher' }))).toBe('KV_ERROR');
});

for (const [name, next] of Object.entries({ text: "another's key", bytes: Buffer.from([1, 2, 3]) })) {
  test(`a file gets another key: ${name}`, async () => {
    const folder = tempFolder();
    const file = join(folder, 'vault.db');
    const vault = opened(file);
    const value = marked(9 * MIB);
    await vault.putFile('key', value);
    vault.rekey(next);
    // Further connections use the new key: of a stream, and of the thread that copies.
    expect(value.equals(await buffer(vault.createReadStream('key')))).toBe(true);
    await vault.putFile('second', value);
    expect(value.equals(vault.get('second'))).toBe(true);
    vault.close();
    expect(readable(folder)).toEqual([]);
    expect(codeOf(() => opened(file))).toBe('KV_WRONG_KEY');
    expect(opened(file, { key: next }).get('key').length).toBe(value.length);
  });
}

test('a file in the clear gets a key as the guide says', async () => {
  const folder = tempFolder();
  const file = join(folder, 'vault.db');
  const vault = new KVault(file, { driver });
  vault.set('key', marked(MIB));
  expect(codeOf(() => vault.rekey(KEY))).toBe('KV_INVALID_ARGUMENT');
  vault.close();
  const database = new Database(file);
  database.pragma('journal_mode = DELETE');
  database.rekey(Buffer.from(KEY));
  database.close();
  expect(readable(folder)).toEqual([]);
  expect(opened(file).get('key').length).toBe(MIB);
});

test('rekey is refused in a transaction, on a closed vault, and with a key that cannot be one', () => {
  const vault = opened(tempFile());
  for (const key of ['', 5, undefined]) expect(codeOf(() => vault.rekey(key as never))).toBe('KV_INVALID_ARGUMENT');
  expect(codeOf(() => vault.transaction(() => vault.rekey('new')))).toBe('KV_INVALID_ARGUMENT');
  vault.close();
  expect(codeOf(() => vault.rekey('new'))).toBe('KV_CLOSED');
});

test('after the user has changed the key past us, streams read by the connection that has it', async () => {
  const vault = opened(tempFile());
  const value = marked(9 * MIB);
  await vault.putFile('key', value);
  vault.database.pragma("rekey = 'unknown to us'");
  expect(value.equals(await buffer(vault.createReadStream('key')))).toBe(true);
});

test('what a function of the user throws in a statement of ours is the cause of our error', () => {
  const vault = opened(tempFile());
  vault.database.function('refuse', () => {
    throw new RangeError('not today');
  });
  vault.database.exec('CREATE TRIGGER t BEFORE INSERT ON kv BEGIN SELECT refuse(); END');
  const error = thrownBy(() => vault.set('a', 1));
  expect(error.message).toContain('not today');
  expect(error.cause).toBeInstanceOf(RangeError);
  expect(codeOf(() => vault.set('a', 1))).toBe('KV_ERROR');
});

test('a backup has the key of the file, and nothing of it can be read', async () => {
  const folder = tempFolder();
  const vault = opened(join(folder, 'vault.db'));
  vault.set('long', marked(2 * MIB));
  for (let number = 0; number < 200; number++) vault.set(`key ${number}`, MARK);
  const copy = join(folder, 'copy.db');
  const { bytes } = await vault.backup(copy);
  expect(readFileSync(copy).length).toBe(bytes);
  await vault.backup(copy);
  vault.set('later', 1);
  const target = join(folder, 'restored.db');
  await expect(restore(copy, target, { driver })).rejects.toMatchObject({ code: 'KV_WRONG_KEY' });
  await expect(restore(copy, target, { driver, key: 'another' })).rejects.toMatchObject({ code: 'KV_WRONG_KEY' });
  await restore(copy, target, { driver, key: KEY });
  const restored = opened(target);
  expect([restored.size, restored.get('key 7'), restored.has('later')]).toEqual([201, MARK, false]);
  expect(readable(folder)).toEqual([]);
});
