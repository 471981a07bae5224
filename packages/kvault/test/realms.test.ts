// Values from another realm (a context of `node:vm`, as test runners make them), whose classes are others.
import { createRequire } from 'node:module';
import { runInNewContext } from 'node:vm';
import { Cbor, Json, KohakuVaultError, KVault, MsgPack, Pickle } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

/** Evaluates an expression in another realm. */
function there<T>(expression: string, globals: object = {}): T {
  return runInNewContext(`(${expression})`, { ...globals }) as T;
}

function stored<T>(value: T): T {
  using vault = new KVault(tempFile());
  vault.set('key', value);
  return vault.get('key') as T;
}

test('the other realm has classes of its own', () => {
  expect(there('new Map()')).not.toBeInstanceOf(Map);
  expect(there('new Error()')).not.toBeInstanceOf(Error);
  expect(there('new Uint8Array(1)')).not.toBeInstanceOf(Uint8Array);
});

describe('values of another realm are stored as what they are', () => {
  test.each<[string, unknown]>([
    ['new Map([["a", new Set([1n])]])', new Map([['a', new Set([1n])]])],
    ['new Date(5)', new Date(5)],
    ['/x/g', /x/g],
    ['({ a: [{ b: undefined }] })', { a: [{ b: undefined }] }],
    ['[1, , 3]', Object.assign(new Array(3), { 0: 1, 2: 3 })],
    ['Object("text")', Object('text')],
    ['Float32Array.of(1, 2)', Float32Array.of(1, 2)],
    ['({ dtype: "f32", shape: [1, 2], data: Float32Array.of(1, 2) })', undefined],
  ])('%s', (expression, expected) => {
    const value = there(expression);
    if (expected === undefined) expect(stored(value)).toMatchObject({ shape: [1, 2], dtype: 'f32' });
    else expect(stored(value)).toEqual(expected);
  });

  test('an error, with its class and cause', () => {
    const error = stored(there<Error>('new RangeError("no", { cause: new TypeError("why") })'));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toBe('no');
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test.each([Json, Cbor, MsgPack, Pickle])('plain objects, in the encoding of %o', (Wrapper) => {
    expect(stored(new Wrapper(there('({ a: { b: [1] } })')))).toEqual({ a: { b: [1] } });
  });

  test('bytes, as values and as keys', () => {
    using vault = new KVault(tempFile());
    for (const bytes of [
      'Uint8Array.of(1, 2)',
      'Uint8Array.of(1, 2).buffer',
      'new DataView(Uint8Array.of(1, 2).buffer)',
    ]) {
      vault.set(there<Uint8Array>(bytes), there<Uint8Array>('Uint8Array.of(7)'));
      expect(vault.get(Buffer.of(1, 2))).toEqual(Buffer.of(7));
      expect([...vault.keys(there<Uint8Array>(bytes))]).toHaveLength(1);
    }
  });

  test('a class of the user is refused as one of this realm is', () => {
    expect(() => stored(there('new WeakRef({})'))).toThrow('cannot be stored');
    expect(() => stored(there('Promise.resolve(1)'))).toThrow('await it first');
  });
});

test('a stream takes its chunks, its target and its signal from another realm', async () => {
  using vault = new KVault(tempFile());
  const chunks = there<Iterable<Uint8Array>>(
    '(function* () { yield Uint8Array.of(1).buffer; yield Uint8Array.of(2); })()',
  );
  expect(await vault.putFile('key', chunks)).toBe(2);
  expect(await vault.putFile('key', there<Uint8Array>('Uint8Array.of(1, 2, 3)'))).toBe(3);
  expect(vault.get('key')).toEqual(Buffer.of(1, 2, 3));
});

test('a promise of another realm is refused in a transaction', () => {
  using vault = new KVault(tempFile());
  expect(() => vault.transaction(there('async () => 1') as () => number)).toThrow('does not return a promise');
  expect(() => vault.transaction(there('() => Promise.resolve(1)') as () => number)).toThrow('promise');
});

describe('a Database whose JavaScript was loaded in another realm', () => {
  /** Loads better-sqlite3 again, as the sandbox of a test runner does, over the same native class. */
  function databaseOfAnotherRealm(file: string): Database.Database {
    const require = createRequire(import.meta.url);
    const kept = Object.keys(require.cache).filter((name) => /better-sqlite3.*\.js$/.test(name));
    const modules = kept.map((name) => [name, require.cache[name]] as const);
    for (const name of kept) delete require.cache[name];
    try {
      const Again = require('better-sqlite3') as typeof Database;
      expect(Again).not.toBe(Database);
      return new Again(file);
    } finally {
      for (const [name, module] of modules) require.cache[name] = module;
    }
  }

  test('stores, and its errors become ours', () => {
    const database = databaseOfAnotherRealm(tempFile());
    const vault = new KVault(database, { table: 'values' });
    vault.set('a', 1);
    expect(vault.get('a')).toBe(1);
    database.close();
    expect(() => vault.get('a')).toThrow(KohakuVaultError);
  });

  test('what a function of the user throws is the cause of our error', () => {
    const database = databaseOfAnotherRealm(tempFile());
    const vault = new KVault(database, { table: 'held' });
    const thrown = there<Error>('new RangeError("of the function")');
    database.function('fails', () => {
      throw thrown;
    });
    database.exec('CREATE TEMP TRIGGER t AFTER INSERT ON main.held BEGIN SELECT fails(); END');
    let error: unknown;
    try {
      vault.set('a', 1);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(KohakuVaultError);
    expect(error).toMatchObject({ cause: thrown, message: expect.stringContaining('of the function') });
    database.close();
  });
});
