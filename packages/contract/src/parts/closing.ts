import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { inspect } from 'node:util';
import type { Vault } from '@kohakuvault/core-native/database';
import { assertCode, thrownBy } from '../harness/outcomes.ts';
import type { Check } from '../harness/part.ts';
import { HOLD, type VaultKind } from '../harness/vault-kind.ts';

function enableCaches<V extends Vault>(kind: VaultKind<V>, vault: V): void {
  for (const cacheOf of Object.values(kind.caches ?? {})) cacheOf(vault).enableCache(HOLD);
}

/** The items from 1 to the last one. */
function items(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

export function closing<V extends Vault>(kind: VaultKind<V>, check: Check<V>): void {
  check('twice does what closing once does', (fixture) => {
    const { file, vault } = fixture.filled([1]);
    vault.close();
    vault.close();
    vault[Symbol.dispose]();
    fixture.assertStored(file, [1]);
  });

  check('is what open tells, and what util.inspect shows, without the file', (fixture) => {
    const { file, vault } = fixture.filled([1]);
    assert.equal(vault.open, true);
    assert.ok(inspect(vault).includes(`path: '${file}'`), inspect(vault));
    assert.ok(inspect(vault).includes('open: true'), inspect(vault));
    vault.close();
    rmSync(file);
    assert.equal(vault.open, false);
    assert.ok(inspect(vault).includes(`path: '${file}'`), inspect(vault));
    assert.ok(inspect(vault).includes('open: false'), inspect(vault));
    const borrowed = fixture.borrowed(1);
    borrowed.database.close();
    assert.equal(borrowed.vault.open, false);
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
        walStats: () => vault.walStats(),
        optimize: () => vault.optimize(),
        database: () => vault.database,
      };
      for (const [name, write] of Object.entries({ ...kind.writes, ...kind.directWrites }))
        calls[name] = () => write(vault, 2);
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

  check(
    'in transaction() waits for its end: what was written stays, and every call is KV_CLOSED at once',
    (fixture) => {
      const { file, vault } = fixture.filled([1]);
      for (const caches of [false, true]) {
        const item = caches ? 3 : 2;
        const result = vault.transaction(() => {
          using inside = fixture.open(vault);
          if (caches) enableCaches(kind, inside);
          fixture.write(inside, item);
          inside.close();
          assertCode('KV_CLOSED', () => kind.read(inside));
          assertCode('KV_CLOSED', () => kind.write(inside, 9));
          assertCode('KV_CLOSED', () => inside.transaction(() => 1));
          fixture.assertItems(vault, items(item), 'in the transaction');
          fixture.assertStored(file, items(item - 1), 'in the transaction');
          return 'done';
        });
        assert.equal(result, 'done');
        fixture.assertBoth(vault, items(item));
      }
    },
  );

  check('in transaction() shares the fate of the transaction, and what was pending before is written', (fixture) => {
    const { vault } = fixture.filled([1]);
    const inside = fixture.open(vault);
    enableCaches(kind, inside);
    fixture.write(inside, 2);
    const error = new Error('rolls back');
    const thrown = thrownBy(() =>
      vault.transaction(() => {
        fixture.write(inside, 3);
        inside.close();
        throw error;
      }),
    );
    assert.equal(thrown, error);
    fixture.assertBoth(vault, [1, 2]);
  });

  check('of the last vault in transaction() or snapshot() closes the file when that has ended', (fixture) => {
    for (const method of ['transaction', 'snapshot'] as const) {
      const { file, vault } = fixture.filled([1]);
      enableCaches(kind, vault);
      fixture.write(vault, 2);
      vault[method](() => {
        vault.close();
        assertCode('KV_CLOSED', () => kind.read(vault));
      });
      assert.equal(existsSync(`${file}-wal`), false, 'the WAL is still there');
      fixture.assertStored(file, [1, 2], method);
    }
  });

  check("is refused to the user's Database in transaction() and snapshot(), and changes nothing", (fixture) => {
    const { vault } = fixture.filled([1]);
    const { database } = vault;
    const refused = () => void assertCode('KV_INVALID_ARGUMENT', () => database.close());
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
