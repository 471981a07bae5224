// One process with two copies of SQLite: the second must be refused, and the first must stay usable.
import assert from 'node:assert/strict';
import { cpSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { KohakuVaultError, nativeCore } from '@kohakuvault/core-native/internal';
import { openDatabase } from '@kohakuvault/core-native/internal/database';

const folder = process.argv[2] as string;
const require = createRequire(import.meta.url);
const first = openDatabase(join(folder, 'first.db'));

// Another copy of better-sqlite3, as a package manager may install one.
const copy = join(folder, 'better-sqlite3');
cpSync(dirname(realpathSync(require.resolve('better-sqlite3/package.json'))), copy, { recursive: true });
const OtherDatabase = require(copy);
const foreign = new OtherDatabase(join(folder, 'second.db'));
assert.throws(
  () => openDatabase(foreign),
  (error) => error instanceof KohakuVaultError && error.code === 'KV_TWO_SQLITE' && error.cause instanceof Error,
);
foreign.close();

// Node's own SQLite, through the core's file and through the API.
const node = new DatabaseSync(':memory:', { allowExtension: true });
assert.throws(() => node.loadExtension(nativeCore().file), /KV_TWO_SQLITE/);
assert.throws(
  () => openDatabase(node),
  (error) => error instanceof KohakuVaultError && error.code === 'KV_TWO_SQLITE',
);
node.close();

// The first one still works.
first.transaction(() => first.database.exec('CREATE TABLE t (x)'));
first.close();
assert.equal(nativeCore().binding.openConnections(), 0);
console.log('refused');
