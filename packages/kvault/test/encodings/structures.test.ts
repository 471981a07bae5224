// The structures that the values of a file share: how they are numbered, by several at once, and what undoes them.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CorruptData, KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../../tools/testing/src/thrown.ts';

const WRITER = join(import.meta.dirname, 'scripts/writer.ts');
const CONDITIONS = ['--conditions=@kohakuvault/source'];

type Library = 'msgpack' | 'cbor';

function opened(file: string, library: Library, options: object = {}): KVault {
  const vault = new KVault(file, { valueEncoding: library, ...options });
  onTestFinished(() => vault.close());
  return vault;
}

/** Returns the structures of a file, as another connection sees them. */
function structuresOf(file: string): string[][] {
  const database = new Database(file, { readonly: true });
  try {
    const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'kohakuvault_structures'").get();
    if (!table) return [];
    const rows = database.prepare('SELECT id, keys FROM kohakuvault_structures ORDER BY id').all();
    return (rows as { id: number; keys: string }[]).map(({ id, keys }, index) => {
      expect(id).toBe(index);
      return JSON.parse(keys);
    });
  } finally {
    database.close();
  }
}

/** Returns an object with one key, whose structure nobody has yet. */
function shaped(name: string, value = 1): object {
  return { [name]: value };
}

/** Sets a value so often that its structure is shared. */
function share(vault: KVault, key: string, value: unknown): void {
  vault.set(key, value).set(key, value).set(key, value);
}

describe.each<[Library]>([['msgpack'], ['cbor']])('%s', (library) => {
  test('several processes and threads add structures at once, and all read all', async () => {
    const SHAPES = 60;
    const file = tempFile();
    const vault = opened(file, library);
    const names = ['a', 'bb', 'ccc', 'dddd'];
    const args = (name: string) => [file, name, library, String(SHAPES)];
    const peers = names.map((name, index) => {
      if (index % 2 === 0) return fork(WRITER, args(name), { execArgv: CONDITIONS });
      return new Worker(WRITER, { argv: args(name), execArgv: CONDITIONS });
    });
    const ended = peers.map((peer) => once(peer, 'exit'));
    for (const [code] of await Promise.all(ended)) expect(code).toBe(0);
    const structures = structuresOf(file);
    // Each object and each inner object: none is twice.
    expect(new Set(structures.map(String)).size).toBe(structures.length);
    expect(structures).toHaveLength(2 * SHAPES);
    for (const reader of [vault, opened(file, library, { readonly: true })]) {
      let count = 0;
      for (const [key, value] of reader.entries()) {
        const [writer, nth, row] = key.split(' ');
        expect(value).toEqual({
          [`shape ${nth}`]: Number(nth),
          row: Number(row),
          writer,
          more: { [`inner ${nth}`]: Number(row) },
        });
        count++;
      }
      expect(count).toBe(names.length * SHAPES * 3);
    }
  });

  test('a reader that meets a number which it does not know reads the structures again', () => {
    const file = tempFile();
    const writer = opened(file, library);
    const reader = opened(file, library, { readonly: true });
    for (let nth = 0; nth < 80; nth++) {
      share(writer, 'a', shaped(`key ${nth}`, nth));
      expect(reader.get('a')).toEqual(shaped(`key ${nth}`, nth));
      expect(reader.getMany(['a'])).toEqual([shaped(`key ${nth}`, nth)]);
      expect([...reader.values()]).toEqual([shaped(`key ${nth}`, nth)]);
    }
    expect(structuresOf(file)).toHaveLength(80);
  });

  test('a snapshot that is older than a structure reads the old value', () => {
    const file = tempFile();
    const writer = opened(file, library);
    share(writer, 'a', shaped('old'));
    const reader = opened(file, library, { readonly: true });
    reader.snapshot(() => {
      expect(reader.get('a')).toEqual(shaped('old'));
      share(writer, 'a', shaped('new'));
      expect(reader.get('a')).toEqual(shaped('old'));
    });
    expect(reader.get('a')).toEqual(shaped('new'));
  });

  test('a rollback takes structures back; their numbers go to others, and everybody reads right', () => {
    const file = tempFile();
    const vault = opened(file, library);
    const second = opened(file, library, { table: 'second' });
    const reader = opened(file, library, { readonly: true });
    share(vault, 'kept', shaped('kept'));
    const stop = new Error('stop');
    expect(() =>
      vault.transaction(() => {
        share(vault, 'a', shaped('undone'));
        share(second, 'a', shaped('undone too'));
        expect([vault.get('a'), second.get('a')]).toEqual([shaped('undone'), shaped('undone too')]);
        throw stop;
      }),
    ).toThrow(stop);
    expect(structuresOf(file)).toEqual([['kept']]);
    // Another process takes the number.
    const other = new Database(file);
    const vaultOfOther = new KVault(other, { valueEncoding: library });
    share(vaultOfOther, 'b', shaped('taken'));
    vaultOfOther.close();
    other.close();
    share(second, 'c', shaped('undone'));
    expect(vault.get('b')).toEqual(shaped('taken'));
    expect(reader.get('b')).toEqual(shaped('taken'));
    expect(second.get('c')).toEqual(shaped('undone'));
    expect(structuresOf(file)).toEqual([['kept'], ['taken'], ['undone']]);
  });

  test("savepoints and the user's own transactions undo structures too", () => {
    const file = tempFile();
    const vault = opened(file, library);
    const { database } = vault;
    database.exec('BEGIN; SAVEPOINT one');
    share(vault, 'a', shaped('one'));
    database.exec('SAVEPOINT two');
    share(vault, 'b', shaped('two'));
    database.exec('ROLLBACK TO two');
    share(vault, 'b', shaped('three'));
    expect([vault.get('a'), vault.get('b')]).toEqual([shaped('one'), shaped('three')]);
    database.exec('RELEASE one; COMMIT');
    expect(structuresOf(file)).toEqual([['one'], ['three']]);
    database.exec('BEGIN');
    share(vault, 'c', shaped('four'));
    database.exec('ROLLBACK');
    share(vault, 'c', shaped('five'));
    expect(opened(file, library, { readonly: true }).getMany(['a', 'b', 'c'])).toEqual(
      ['one', 'three', 'five'].map((n) => shaped(n)),
    );
    expect(structuresOf(file)).toEqual([['one'], ['three'], ['five']]);
  });

  test('pending writes keep their structures through a rollback around their flush', () => {
    const file = tempFile();
    const vault = opened(file, library);
    vault.enableCache({ autoFlush: false });
    share(vault, 'a', shaped('pending'));
    const stop = new Error('stop');
    expect(() =>
      vault.transaction(() => {
        share(vault, 'b', shaped('inside'));
        vault.flushCache();
        throw stop;
      }),
    ).toThrow(stop);
    share(vault, 'c', shaped('after'));
    vault.flushCache();
    expect(opened(file, library, { readonly: true }).getMany(['a', 'b', 'c'])).toEqual([
      shaped('pending'),
      undefined,
      shaped('after'),
    ]);
    vault.disableCache();
  });

  test('a file that another process has locked does not keep a cache from taking new shapes', () => {
    const file = tempFile();
    const vault = opened(file, library, { busyTimeout: 0, retries: 0 });
    vault.enableCache({ autoFlush: false });
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    share(vault, 'a', shaped('without a structure'));
    expect(vault.get('a')).toEqual(shaped('without a structure'));
    other.exec('COMMIT');
    other.close();
    vault.flushCache();
    vault.disableCache();
    expect(structuresOf(file)).toEqual([]);
    expect(opened(file, library, { readonly: true }).get('a')).toEqual(shaped('without a structure'));
  });

  test('a vault in a running statement of the user reads values with new structures', () => {
    const file = tempFile();
    const vault = opened(file, library);
    vault.set('a', 1);
    const other = new Database(file);
    const writer = new KVault(other, { valueEncoding: library });
    share(writer, 'a', shaped('new'));
    writer.close();
    other.close();
    vault.database.function('look', () => JSON.stringify(vault.get('a')));
    expect(vault.database.prepare('SELECT look()').pluck().get()).toBe('{"new":1}');
  });

  test('the file takes 1,024 structures, and no object with too many keys; others are stored with their keys', () => {
    const file = tempFile();
    const vault = opened(file, library);
    const wide = Object.fromEntries(Array.from({ length: 129 }, (_, nth) => [`key ${nth}`, nth]));
    const long = shaped('x'.repeat(5_000));
    share(vault, 'wide', wide);
    share(vault, 'long', long);
    expect(structuresOf(file)).toEqual([]);
    vault.transaction(() => {
      for (let nth = 0; nth < 1_100; nth++) share(vault, `key ${nth}`, { [`shape ${nth}`]: nth });
    });
    expect(structuresOf(file)).toHaveLength(1_024);
    const reader = opened(file, library, { readonly: true });
    for (let nth = 0; nth < 1_100; nth++) expect(reader.get(`key ${nth}`)).toEqual({ [`shape ${nth}`]: nth });
    expect([reader.get('wide'), reader.get('long')]).toEqual([wide, long]);
  });

  test('objects that serve as dictionaries do not fill the file with structures', () => {
    const file = tempFile();
    const vault = opened(file, library);
    vault.transaction(() => {
      for (let nth = 0; nth < 12_000; nth++) vault.set(`key ${nth % 10}`, { [`user ${nth}`]: nth });
    });
    expect(structuresOf(file)).toEqual([]);
    expect(vault.get('key 9')).toEqual({ 'user 11999': 11_999 });
  });

  test.each<[string, string, string]>([
    [
      'a missing structure',
      'UPDATE kohakuvault_structures SET id = 1',
      'structure 0 in kohakuvault_structures is missing',
    ],
    ['keys that are not JSON', "UPDATE kohakuvault_structures SET keys = '['", 'is not JSON'],
    ['keys that are not texts', "UPDATE kohakuvault_structures SET keys = '[1]'", 'is not a list of different keys'],
    ['the same key twice', `UPDATE kohakuvault_structures SET keys = '["a","a"]'`, 'is not a list of different keys'],
    ['__proto__', `UPDATE kohakuvault_structures SET keys = '["__proto__"]'`, 'has keys that no structure may have'],
    ['a BLOB', `UPDATE kohakuvault_structures SET keys = x'5b5d'`, 'is not a list of keys'],
    ['no table', 'DROP TABLE kohakuvault_structures', 'its structure is not in the file'],
    [
      'a view instead',
      `DROP TABLE kohakuvault_structures; CREATE VIEW kohakuvault_structures AS SELECT 0 AS id, '["a"]' AS keys`,
      "is not KohakuVault's table",
    ],
  ])('%s is damage', (_, sql, message) => {
    const file = tempFile();
    const writer = new KVault(file, { valueEncoding: library });
    share(writer, 'a', { a: 1 });
    writer.set('plain', [1]);
    writer.close();
    const database = new Database(file);
    database.exec(sql);
    database.close();
    for (const options of [{ readonly: true }, ...(message.includes('table') ? [] : [{ untrusted: true }])]) {
      const reader = opened(file, library, options);
      expect(codeOf(() => reader.get('a'))).toBe('KV_CORRUPT');
      expect(() => reader.get('a')).toThrow(message);
    }
  });

  test('a file of strangers is read with its structures, and only what we write', () => {
    const file = tempFile();
    const writer = new KVault(file, { valueEncoding: library });
    const value = { id: 1, at: new Date(5), list: [{ id: 2, at: new Date(6), list: [] }], map: new Map([[1, 2]]) };
    share(writer, 'a', value);
    share(writer, 'b', { id: 1, at: new Date(5), list: [null] });
    const set = library === 'msgpack' ? 'd47300 91 01' : 'd90102 81 01';
    const put = writer.database.prepare('INSERT INTO kv VALUES (?, ?)');
    put.run(Buffer.from('set'), Buffer.from(set.replaceAll(' ', ''), 'hex'));
    put.run(Buffer.from('long'), Buffer.alloc(9 * 1024 * 1024));
    expect(writer.get('set')).toEqual(new Set([1]));
    writer.close();
    const reader = opened(file, library, { untrusted: true });
    expect(reader.get('a')).toEqual(value);
    expect(reader.get('b')).toEqual({ id: 1, at: new Date(5), list: [null] });
    expect(() => reader.get('set')).toThrow(CorruptData);
    expect(codeOf(() => reader.get('long'))).toBe('KV_UNTRUSTED');
  });

  test('compact, and a copy of the file, keep the structures', () => {
    const file = tempFile();
    const vault = opened(file, library);
    for (let nth = 0; nth < 40; nth++) share(vault, `key ${nth}`, shaped(`shape ${nth}`));
    vault.optimize();
    const copy = tempFile();
    vault.database.exec(`VACUUM INTO '${copy}'`);
    const reader = opened(copy, library, { readonly: true });
    for (let nth = 0; nth < 40; nth++) expect(reader.get(`key ${nth}`)).toEqual(shaped(`shape ${nth}`));
  });
});

test('both libraries and all tables share the structures of a file', () => {
  const file = tempFile();
  const rows = opened(file, 'msgpack', { table: 'rows' });
  const more = opened(file, 'cbor', { table: 'more' });
  share(rows, 'a', { id: 1 });
  share(more, 'a', { id: 2 });
  share(more, 'b', { name: 2 });
  share(rows, 'b', { name: 1 });
  expect(structuresOf(file)).toEqual([['id'], ['name']]);
  rows.dropTable();
  const again = opened(file, 'msgpack', { table: 'rows' });
  share(again, 'b', { name: 1 });
  expect([again.get('b'), more.get('a')]).toEqual([{ name: 1 }, { id: 2 }]);
  expect(structuresOf(file)).toEqual([['id'], ['name']]);
});
