// Requires each given entry in a Node that cannot require an ES module, and uses what came.
const assert = require('node:assert/strict');
const { rmSync } = require('node:fs');

assert.equal(process.features.require_module, false);
const errorClasses = new Set();
for (const specifier of process.argv.slice(2)) {
  const entry = require(specifier);
  assert.ok(Object.keys(entry).length > 0, `${specifier} exports nothing`);
  if (entry.KohakuVaultError) errorClasses.add(entry.KohakuVaultError);
}
assert.equal(errorClasses.size, 1, 'the packages do not share one KohakuVaultError');

const { DataPacker, KVault, VectorKVault } = require('kohakuvault');
const vault = new KVault('common-js.db');
vault.set('key', new Map([['a', 1n]]));
assert.deepEqual(vault.get('key'), new Map([['a', 1n]]));
const vectors = new VectorKVault(vault, { dimensions: 2 });
vectors.insert([1, 0], 'east');
assert.equal(vectors.search([1, 0], 1)[0].value, 'east');
assert.throws(() => DataPacker.withJsonSchema({ type: 'object' }).pack(5), { code: 'KV_INVALID_ARGUMENT' });

// Long enough for the copying thread.
vault
  .putFile('long', Buffer.alloc(9 << 20, 7))
  .then(() => {
    assert.equal(vault.get('long').length, 9 << 20);
    vectors.close();
    vault.close();
    rmSync('common-js.db');
  })
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
