// Errors and classes are the same, however a package is loaded, and by any of its names.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as core from '@kohakuvault/core-native';
import * as kvault from '@kohakuvault/kvault';
import * as umbrella from 'kohakuvault';
import * as subpath from 'kohakuvault/kvault';

const require = createRequire(import.meta.url);
const required = require('kohakuvault');
assert.equal(required.KVault, kvault.KVault);
assert.equal(require('kohakuvault/kvault').KVault, subpath.KVault);
assert.equal(require('kohakuvault/ordered').CSBTree, umbrella.CSBTree);
assert.equal(require('@kohakuvault/packer').DataPacker, umbrella.DataPacker);

const failures = [
  () => new kvault.KVault(':memory:').getOrThrow('missing'),
  () => new required.KVault(':memory:').getOrThrow('missing'),
  () => new umbrella.DataPacker('i65'),
  () => new umbrella.CSBTree({ order: 1 }),
];
for (const failure of failures) {
  for (const { KohakuVaultError } of [core, kvault, subpath, umbrella, required]) {
    assert.throws(failure, KohakuVaultError);
  }
}
assert.throws(failures[0], umbrella.NotFound);

// Vaults of both module formats share the connection of a file.
const vault = new umbrella.KVault(':memory:');
assert.equal(new required.KVault(vault, { table: 'other' }).database, vault.database);
console.log('one identity');
