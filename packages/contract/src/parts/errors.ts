import assert from 'node:assert/strict';
import { DatabaseBusy, InvalidArgument } from '@kohakuvault/core-native';
import type { Vault } from '@kohakuvault/core-native/database';
import { assertCode } from '../harness/outcomes.ts';
import type { Check } from '../harness/part.ts';
import type { VaultKind } from '../harness/vault-kind.ts';

/** More items than the free pages of a small file have room for. */
const MANY = 5_000;

export function errors<V extends Vault>(kind: VaultKind<V>, check: Check<V>): void {
  check('what cannot be stored is InvalidArgument, and changes nothing', (fixture) => {
    const { file, vault } = fixture.filled([1]);
    for (const [name, call] of Object.entries(kind.refused ?? {})) {
      assert.ok(assertCode('KV_INVALID_ARGUMENT', () => call(vault), name) instanceof InvalidArgument);
      fixture.assertBoth(vault, [1], name);
      assertCode('KV_INVALID_ARGUMENT', () => vault.transaction(() => call(vault)), `${name} in transaction()`);
      fixture.assertBoth(vault, [1], name);
    }
    for (const cacheOf of Object.values(kind.caches ?? {})) {
      cacheOf(vault).enableCache({ autoFlush: false });
      fixture.write(vault, 2);
      for (const [name, call] of Object.entries(kind.refused ?? {})) {
        assertCode('KV_INVALID_ARGUMENT', () => call(vault), `${name} with a cache`);
        fixture.assertItems(vault, [1, 2], `${name} with a cache`);
      }
      fixture.assertStored(file, [1]);
      cacheOf(vault).disableCache();
      kind.remove(vault, 2);
    }
  });

  check('a file that another connection has locked is DatabaseBusy for writes, and free for reads', (fixture) => {
    const { file, vault } = fixture.filled([1], { busyTimeout: 5, retries: 1, backoffBase: 1 });
    const other = fixture.database(file);
    other.exec('BEGIN IMMEDIATE');
    const writes: Record<string, (vault: V) => unknown> = {
      write: (vault) => kind.write(vault, 2),
      remove: (vault) => kind.remove(vault, 1),
      transaction: (vault) => vault.transaction(() => 1),
    };
    for (const [name, write] of Object.entries({ ...kind.writes, ...kind.directWrites }))
      writes[name] = (vault) => write(vault, 2);
    for (const [name, call] of Object.entries(writes)) {
      assert.ok(assertCode('KV_BUSY', () => call(vault), name) instanceof DatabaseBusy);
      fixture.assertItems(vault, [1], name);
    }
    vault.snapshot(() => fixture.assertItems(vault, [1], 'in snapshot()'));
    other.exec('ROLLBACK');
    fixture.write(vault, 2);
    fixture.assertBoth(vault, [1, 2]);
  });

  check('a full disk is KV_IO, undoes the transaction, and the vault works when there is room', (fixture) => {
    const { vault } = fixture.filled([1], { pageSize: 512 });
    const { database } = vault;
    const writeMany = () => {
      for (let item = 2; item < MANY; item++) fixture.write(vault, item);
    };
    database.pragma(`max_page_count = ${database.pragma('page_count', { simple: true })}`);
    assertCode('KV_IO', () => vault.transaction(writeMany), 'transaction()');
    fixture.assertBoth(vault, [1], 'after transaction()');
    database.pragma('max_page_count = 1000000');
    fixture.write(vault, 2);
    fixture.assertBoth(vault, [1, 2]);
  });
}
