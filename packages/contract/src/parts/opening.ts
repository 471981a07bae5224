import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KohakuVaultError } from '@kohakuvault/core-native';
import type { ConnectionOptions, DatabaseSource, Vault } from '@kohakuvault/core-native/database';
import type { Fixture } from '../harness/fixture.ts';
import { assertCode } from '../harness/outcomes.ts';
import type { Check } from '../harness/part.ts';
import type { VaultKind } from '../harness/vault-kind.ts';

const NOT_PATHS = ['', ' vault.db', 'vault.db ', 'a\0b', 'file:vault.db'];
const NOT_SOURCES = [undefined, null, 1, true, {}, [], { database: 1 }, Symbol('source'), () => 1];

/** Options with a wrong value. The message names the option. */
const WRONG_OPTIONS: readonly (readonly [name: string, value: unknown])[] = [
  ['readonly', 1],
  ['retries', -1],
  ['backoffBase', '20'],
  ['busyTimeout', Number.POSITIVE_INFINITY],
  ['enableWal', 'yes'],
  ['pageSize', 1_000],
  ['mmapSize', -1],
  ['cacheKb', Number.NaN],
  ['synchronous', 'sometimes'],
];

/** Options that only the user can choose, for a `Database` that the user has opened. */
const USERS_OPTIONS: readonly ConnectionOptions[] = [
  { readonly: true },
  { busyTimeout: 1 },
  { enableWal: false },
  { pageSize: 4_096 },
  { mmapSize: 0 },
  { cacheKb: 1 },
  { synchronous: 'full' },
];

/** The sources that lead to the connection of a vault. */
const SOURCES: Readonly<Record<string, (vault: Vault) => DatabaseSource>> = {
  'its path': (vault) => vault.path,
  'the vault': (vault) => vault,
  'its Database': (vault) => vault.database,
  'an object with its Database': (vault) => ({ database: vault.database }),
};

/** Asserts that options are refused before the file is created, and returns the error. */
function assertRefused<V extends Vault>(fixture: Fixture<V>, options: unknown, file: string): KohakuVaultError {
  const error = assertCode('KV_INVALID_ARGUMENT', () => fixture.open(file, options as ConnectionOptions));
  assert.equal(existsSync(file), false, 'the file was created');
  return error;
}

export function opening<V extends Vault>(_: VaultKind<V>, check: Check<V>): void {
  check('creates a file that does not exist, and the folders above it', (fixture) => {
    const file = join(fixture.folder(), 'a/b/vault.db');
    const vault = fixture.open(file);
    fixture.assertItems(vault, []);
    fixture.write(vault, 1);
    fixture.assertBoth(vault, [1]);
  });

  check('finds again what a closed vault has left', (fixture) => {
    const { file, vault } = fixture.filled([1, 2]);
    vault.close();
    fixture.assertBoth(fixture.open(file), [1, 2]);
  });

  for (const [name, source] of Object.entries(SOURCES)) {
    check(`opens ${name}, and shares the connection`, (fixture) => {
      const { vault } = fixture.filled([1]);
      const other = fixture.open(source(vault));
      assert.equal(other.database, vault.database);
      fixture.assertItems(other, [1]);
      fixture.write(other, 2);
      fixture.write(vault, 3);
      fixture.assertItems(vault, [1, 2, 3]);
      fixture.assertItems(other, [1, 2, 3]);
      fixture.assertStored(vault.path, [1, 2, 3]);
    });
  }

  check("opens the user's Database and leaves its settings alone", (fixture) => {
    const file = fixture.newFile();
    const database = fixture.database(file, { timeout: 123 });
    const settings = () =>
      ['journal_mode', 'synchronous', 'cache_size', 'mmap_size', 'busy_timeout', 'foreign_keys'].map((name) =>
        database.pragma(name, { simple: true }),
      );
    const before = settings();
    const vault = fixture.open(database, { retries: 1, backoffBase: 1 });
    fixture.write(vault, 1);
    assert.equal(vault.database, database);
    assert.deepEqual(settings(), before);
    fixture.assertBoth(vault, [1]);
  });

  check(':memory: is a database of its own each time', (fixture) => {
    const one = fixture.open(':memory:');
    const two = fixture.open(':memory:');
    fixture.write(one, 1);
    fixture.write(two, 2);
    fixture.assertItems(one, [1]);
    fixture.assertItems(two, [2]);
    fixture.assertItems(fixture.open(one), [1], 'another vault on it');
  });

  check('works in a transaction of the user, and is undone with it', (fixture) => {
    const file = fixture.newFile();
    const database = fixture.database(file);
    database.exec('BEGIN');
    const vault = fixture.open(database);
    fixture.write(vault, 1);
    fixture.assertItems(vault, [1]);
    database.exec('ROLLBACK');
    vault.close();
    const again = fixture.open(database);
    fixture.assertItems(again, []);
    fixture.write(again, 2);
    fixture.assertBoth(again, [2]);
  });

  check('refuses what is not a path', (fixture) => {
    for (const path of NOT_PATHS) assertCode('KV_INVALID_ARGUMENT', () => fixture.open(path), JSON.stringify(path));
  });

  check('refuses what is not a source', (fixture) => {
    for (const source of NOT_SOURCES) {
      assertCode('KV_INVALID_ARGUMENT', () => fixture.open(source as never), String(source));
    }
  });

  check('refuses a closed vault and a closed Database', (fixture) => {
    const { vault } = fixture.filled([1]);
    vault.close();
    assertCode('KV_CLOSED', () => fixture.open(vault));
    const database = fixture.database(fixture.newFile());
    database.close();
    assertCode('KV_CLOSED', () => fixture.open(database));
  });

  check('refuses unknown options and wrong values before it creates a file', (fixture) => {
    const file = fixture.newFile();
    assert.match(assertRefused(fixture, { readOnly: true }, file).message, /readonly/);
    for (const [name, value] of WRONG_OPTIONS) {
      const { message } = assertRefused(fixture, { [name]: value }, file);
      assert.ok(message.includes(name), `the message does not name ${name}: ${message}`);
    }
    fixture.open(file, { readonly: undefined, pageSize: undefined });
  });

  check('refuses an option that differs from how the file is open, and takes the same one', (fixture) => {
    const file = fixture.newFile();
    const vault = fixture.open(file, { cacheKb: 500 });
    fixture.write(vault, 1);
    assertCode('KV_INVALID_ARGUMENT', () => fixture.open(file, { cacheKb: 600 }));
    assertCode('KV_INVALID_ARGUMENT', () => fixture.open(vault, { synchronous: 'full' }));
    fixture.assertItems(fixture.open(file, { cacheKb: 500, synchronous: 'normal' }), [1]);
  });

  check('refuses options of the connection for a Database of the user', (fixture) => {
    const { database } = fixture.borrowed(1);
    for (const options of USERS_OPTIONS) {
      assertCode('KV_INVALID_ARGUMENT', () => fixture.open(database, options), JSON.stringify(options));
    }
  });

  check('creates no file to read from', (fixture) => {
    const file = fixture.newFile();
    assertCode('KV_IO', () => fixture.open(file, { readonly: true }));
    assert.equal(existsSync(file), false);
    assertCode('KV_INVALID_ARGUMENT', () => fixture.open(':memory:', { readonly: true }));
  });

  check('refuses a folder, and a file that is not a database, and leaves it as it is', (fixture) => {
    const folder = fixture.folder();
    assertCode('KV_IO', () => fixture.open(folder));
    const file = join(folder, 'text.db');
    const text = 'This is not a database. '.repeat(200);
    writeFileSync(file, text);
    assertCode('KV_CORRUPT', () => fixture.open(file));
    assert.equal(readFileSync(file, 'utf8'), text);
  });

  check('refuses a file from the future and leaves it as it is', (fixture) => {
    const { file, vault } = fixture.filled([1]);
    vault.close();
    const database = fixture.database(file);
    database.exec("UPDATE kohakuvault_meta SET value = '99' WHERE key = 'schema_version'");
    database.pragma('wal_checkpoint(truncate)');
    const before = readFileSync(file);
    assertCode('KV_ERROR', () => fixture.open(database));
    database.close();
    assertCode('KV_ERROR', () => fixture.open(file));
    assertCode('KV_ERROR', () => fixture.open(file, { readonly: true }));
    assert.deepEqual(readFileSync(file), before);
  });
}
