import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { Vault } from '@kohakuvault/core-native/database';
import { assertCode } from '../harness/outcomes.ts';
import type { Check } from '../harness/part.ts';
import type { VaultKind } from '../harness/vault-kind.ts';

export function closing<V extends Vault>(kind: VaultKind<V>, check: Check<V>): void {
  check('twice does what closing once does', (fixture) => {
    const { file, vault } = fixture.filled([1]);
    vault.close();
    vault.close();
    vault[Symbol.dispose]();
    fixture.assertStored(file, [1]);
  });

  check('happens at the end of `using`', (fixture) => {
    const file = fixture.newFile();
    let kept: V;
    {
      using vault = kind.open(file);
      kept = vault;
      fixture.write(vault, 1);
    }
    assertCode('KV_CLOSED', () => kind.read(kept));
    fixture.assertStored(file, [1]);
  });

  check('makes every later call KV_CLOSED, also when another vault keeps the connection open', (fixture) => {
    for (const isShared of [false, true]) {
      const { vault } = fixture.filled([1]);
      if (isShared) fixture.open(vault);
      const caches = Object.entries(kind.caches ?? {}).map(([name, cacheOf]) => [name, cacheOf(vault)] as const);
      // What was read once may be in memory, and must not be answered from there.
      fixture.assertItems(vault, [1]);
      vault.close();
      const calls: Record<string, () => unknown> = {
        write: () => kind.write(vault, 2),
        remove: () => kind.remove(vault, 1),
        read: () => kind.read(vault),
        transaction: () => vault.transaction(() => 1),
        snapshot: () => vault.snapshot(() => 1),
        checkpoint: () => vault.checkpoint(),
        optimize: () => vault.optimize(),
        database: () => vault.database,
      };
      for (const [name, write] of Object.entries(kind.writes ?? {})) calls[name] = () => write(vault, 2);
      for (const [name, read] of Object.entries(kind.reads ?? {})) calls[name] = () => read(vault);
      for (const [name, cache] of caches) {
        calls[`${name}.enableCache`] = () => cache.enableCache();
        calls[`${name}.disableCache`] = () => cache.disableCache();
        calls[`${name}.flushCache`] = () => cache.flushCache();
        calls[`${name}.cache`] = () => cache.cache({}, () => 1);
        if (cache.lockCache) calls[`${name}.lockCache`] = () => cache.lockCache?.(() => 1);
      }
      for (const [name, call] of Object.entries(calls)) assertCode('KV_CLOSED', call, name);
    }
  });

  check('of one vault leaves the others on the file open, and the last one closes the file', (fixture) => {
    const { file, vault } = fixture.filled([1]);
    const other = fixture.open(vault);
    vault.close();
    fixture.write(other, 2);
    fixture.assertBoth(other, [1, 2]);
    other.close();
    assert.equal(existsSync(`${file}-wal`), false, 'the WAL is still there');
  });

  check("never closes the user's Database", (fixture) => {
    const { file, database, vault } = fixture.borrowed(1);
    vault.close();
    assert.equal(database.open, true);
    const again = fixture.open(database);
    fixture.write(again, 2);
    fixture.assertBoth(again, [1, 2]);
    database.close();
    assertCode('KV_CLOSED', () => kind.read(again));
    fixture.assertStored(file, [1, 2]);
  });

  check('is refused in transaction() and snapshot(), whoever asks, and changes nothing', (fixture) => {
    const { vault } = fixture.filled([1]);
    const refused = () => {
      assertCode('KV_INVALID_ARGUMENT', () => vault.close());
      assertCode('KV_INVALID_ARGUMENT', () => vault.database.close());
    };
    vault.transaction(() => {
      fixture.write(vault, 2);
      refused();
    });
    vault.snapshot(refused);
    fixture.assertBoth(vault, [1, 2]);
  });

  check('is refused while a statement of the user runs, and works when that has ended', (fixture) => {
    const { file, vault } = fixture.filled([1]);
    const iterator = vault.database.prepare('SELECT 1 UNION ALL SELECT 2').iterate();
    iterator.next();
    assertCode('KV_BUSY', () => vault.close());
    fixture.assertItems(vault, [1]);
    iterator.return?.();
    vault.close();
    fixture.assertStored(file, [1]);
  });

  check('undoes a transaction of the user that is open on the connection', (fixture) => {
    const { file, vault } = fixture.filled([1]);
    vault.database.exec('BEGIN');
    fixture.write(vault, 2);
    vault.close();
    fixture.assertStored(file, [1]);
  });

  check("leaves a transaction on the user's Database to the user", (fixture) => {
    const { file, database, vault } = fixture.borrowed(1);
    database.exec('BEGIN');
    fixture.write(vault, 2);
    vault.close();
    assert.equal(database.inTransaction, true);
    database.exec('COMMIT');
    fixture.assertStored(file, [1, 2]);
  });
}
