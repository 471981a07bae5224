import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Vault } from '@kohakuvault/core-native/database';
import type { Fixture } from '../harness/fixture.ts';
import { assertCode } from '../harness/outcomes.ts';
import type { Check } from '../harness/part.ts';
import type { VaultKind } from '../harness/vault-kind.ts';

/** Asserts that every write is refused, also when it would go to a cache. */
function assertNoWrites<V extends Vault>({ kind }: Fixture<V>, vault: V): void {
  assertCode('KV_READONLY', () => kind.write(vault, 2), 'write');
  assertCode('KV_READONLY', () => kind.remove(vault, 1), 'remove');
  for (const [name, write] of Object.entries({ ...kind.writes, ...kind.directWrites })) {
    assertCode('KV_READONLY', () => write(vault, 2), name);
  }
  for (const [name, cacheOf] of Object.entries(kind.caches ?? {})) {
    assertCode('KV_READONLY', () => cacheOf(vault).cache({}, () => kind.write(vault, 2)), `write in ${name}.cache`);
  }
}

export function readonly<V extends Vault>(kind: VaultKind<V>, check: Check<V>): void {
  check('a readonly vault reads, refuses every write and leaves the file as it is', (fixture) => {
    const { file, vault: writer } = fixture.filled([1]);
    writer.checkpoint('truncate');
    writer.close();
    const before = readFileSync(file);
    const vault = fixture.open(file, { readonly: true });
    fixture.assertItems(vault, [1]);
    assertNoWrites(fixture, vault);
    assertCode('KV_READONLY', () => vault.checkpoint());
    assertCode('KV_READONLY', () => vault.optimize());
    vault.transaction(() => fixture.assertItems(vault, [1], 'in transaction()'));
    vault.snapshot(() => fixture.assertItems(vault, [1], 'in snapshot()'));
    vault.transaction(() => assertNoWrites(fixture, vault));
    fixture.assertItems(vault, [1], 'after the writes');
    vault.close();
    assert.deepEqual(readFileSync(file), before);
  });

  check('so does a vault on a readonly Database of the user', (fixture) => {
    const { file, vault: writer } = fixture.filled([1]);
    writer.close();
    const vault = fixture.open(fixture.database(file, { readonly: true }));
    fixture.assertItems(vault, [1]);
    assertNoWrites(fixture, vault);
    fixture.assertItems(vault, [1], 'after the writes');
  });

  check('a readonly vault has its own connection, and sees what the writable one commits', (fixture) => {
    const { file, vault: writer } = fixture.filled([1]);
    const reader = fixture.open(file, { readonly: true });
    assert.notEqual(reader.database, writer.database);
    fixture.assertItems(reader, [1]);
    fixture.write(writer, 2);
    fixture.assertItems(reader, [1, 2], 'after a write');
    kind.remove(writer, 1);
    fixture.assertItems(reader, [2], 'after a removal');
    assertCode('KV_INVALID_ARGUMENT', () => fixture.open(writer, { readonly: true }));
  });

  check('snapshot() only reads', (fixture) => {
    const { vault } = fixture.filled([1]);
    const result = vault.snapshot(() => {
      assertNoWrites(fixture, vault);
      assertCode('KV_READONLY', () => vault.transaction(() => 1));
      vault.snapshot(() => fixture.assertItems(vault, [1], 'in the inner snapshot()'));
      return 'the result';
    });
    assert.equal(result, 'the result');
    fixture.write(vault, 3);
    fixture.assertBoth(vault, [1, 3]);
  });
}
