import assert from 'node:assert/strict';
import { setImmediate as nextMacrotask } from 'node:timers/promises';
import type { CacheOptions, Vault } from '@kohakuvault/core-native/database';
import type { Fixture } from '../harness/fixture.ts';
import { assertCode, thrownBy } from '../harness/outcomes.ts';
import type { Check } from '../harness/part.ts';
import { UNDOINGS } from '../harness/undoings.ts';
import { HOLD, type VaultKind, type WriteCache } from '../harness/vault-kind.ts';

const WRONG_OPTIONS = [
  { capBytes: 0 },
  { flushThreshold: -1 },
  { flushInterval: 0 },
  { autoFlush: 1 },
  { flushOnSignals: 1 },
  { capByte: 1 },
  1,
];

/** The tests of one cache of the vault. */
export function cacheOf<V extends Vault>(kind: VaultKind<V>, cache: (vault: V) => WriteCache, check: Check<V>): void {
  /** A vault with item 1 in the file and item 2 pending. */
  const pending = (fixture: Fixture<V>, options: CacheOptions = HOLD) => {
    const { file, vault } = fixture.filled([1], { busyTimeout: 0, retries: 0 });
    cache(vault).enableCache(options);
    fixture.write(vault, 2);
    return { file, vault, cache: cache(vault) };
  };
  /** Locks the file for writing until the function returned is called. */
  const lock = (fixture: Fixture<V>, file: string) => {
    const other = fixture.database(file);
    other.exec('BEGIN IMMEDIATE');
    return () => void other.exec('ROLLBACK');
  };

  check('shows pending writes in every read, and writes them when it is flushed', (fixture) => {
    const { file, vault, cache } = pending(fixture);
    fixture.write(vault, 3);
    fixture.assertItems(vault, [1, 2, 3]);
    fixture.assertStored(file, [1]);
    assert.equal(cache.flushCache(), 2);
    fixture.assertBoth(vault, [1, 2, 3]);
    assert.equal(cache.flushCache(), 0);
  });

  check('holds what every kind of write adds', (fixture) => {
    for (const [name, write] of Object.entries(kind.writes ?? {})) {
      const { file, vault, cache } = pending(fixture);
      write(vault, 3);
      fixture.assertItems(vault, [1, 2, 3], name);
      fixture.assertStored(file, [1], name);
      cache.flushCache();
      fixture.assertBoth(vault, [1, 2, 3], name);
    }
  });

  check('is written before what is written past it', (fixture) => {
    for (const [name, write] of Object.entries(kind.directWrites ?? {})) {
      const { vault, cache } = pending(fixture);
      write(vault, 3);
      fixture.assertItems(vault, [1, 2, 3], name);
      cache.disableCache();
      fixture.write(vault, 4);
      fixture.assertBoth(vault, [1, 2, 3, 4], name);
    }
  });

  check('is flushed when flushInterval is over, also in a loop that never yields', (fixture) => {
    const { file, vault } = pending(fixture, { flushInterval: 1 });
    const reader = kind.open(fixture.database(file, { readonly: true }));
    let item = 2;
    while (kind.read(reader).length === 1 && item < 9_999) fixture.write(vault, ++item);
    assert.ok(kind.read(reader).length > 1, `another connection sees none of ${item} items`);
    cache(vault).flushCache();
    fixture.assertBoth(
      vault,
      Array.from({ length: item }, (_, index) => index + 1),
    );
  });

  check('removes pending items, and those of the file', (fixture) => {
    const { vault, cache } = pending(fixture);
    fixture.write(vault, 3);
    kind.remove(vault, 2);
    kind.remove(vault, 1);
    fixture.assertItems(vault, [3]);
    cache.disableCache();
    fixture.assertBoth(vault, [3]);
  });

  check('is written when it is disabled, and not when it is enabled again', (fixture) => {
    const { file, vault, cache } = pending(fixture);
    cache.enableCache({ ...HOLD, capBytes: 1_000_000 });
    fixture.assertItems(vault, [1, 2]);
    fixture.assertStored(file, [1]);
    cache.disableCache();
    fixture.assertBoth(vault, [1, 2]);
    fixture.write(vault, 3);
    fixture.assertBoth(vault, [1, 2, 3]);
  });

  check('cache() writes at the end of the outermost body, also when the body throws', (fixture) => {
    const { file, vault } = fixture.filled([1]);
    const result = cache(vault).cache(HOLD, () => {
      cache(vault).cache(HOLD, () => fixture.write(vault, 2));
      fixture.assertItems(vault, [1, 2], 'inside');
      fixture.assertStored(file, [1], 'the file meanwhile');
      return 'the result';
    });
    assert.equal(result, 'the result');
    fixture.assertBoth(vault, [1, 2]);
    const error = new RangeError('of the body');
    const failing = () => {
      fixture.write(vault, 3);
      throw error;
    };
    assert.equal(
      thrownBy(() => cache(vault).cache(HOLD, failing)),
      error,
    );
    fixture.assertBoth(vault, [1, 2, 3]);
  });

  check('cache() takes an asynchronous body', async (fixture) => {
    const { file, vault } = fixture.filled([1]);
    await cache(vault).cache(HOLD, async () => {
      fixture.write(vault, 2);
      await nextMacrotask();
      fixture.assertItems(vault, [1, 2], 'inside');
      fixture.assertStored(file, [1], 'the file meanwhile');
    });
    fixture.assertBoth(vault, [1, 2]);
    const error = new RangeError('of the body');
    await assert.rejects(
      cache(vault).cache(HOLD, async () => {
        await nextMacrotask();
        throw error;
      }),
      error,
    );
    fixture.write(vault, 3);
    fixture.assertBoth(vault, [1, 2, 3]);
  });

  check('lockCache() lets nothing be written, and then everything', (fixture) => {
    const { file, vault, cache } = pending(fixture, { capBytes: 1_000_000 });
    if (!cache.lockCache) return;
    cache.lockCache(() => {
      cache.enableCache({ capBytes: 1 });
      fixture.write(vault, 3);
      vault.transaction(() => fixture.write(vault, 4));
      assert.equal(cache.flushCache(), 0);
      cache.disableCache();
      fixture.assertItems(vault, [1, 2, 3, 4], 'inside');
      fixture.assertStored(file, [1], 'the file meanwhile');
    });
    fixture.assertBoth(vault, [1, 2, 3, 4]);
    assertCode('KV_INVALID_ARGUMENT', () => cache.lockCache?.(1 as never));
  });

  check('is written when it is full', (fixture) => {
    for (const options of [{ flushThreshold: 1 }, { capBytes: 1 }]) {
      const { vault } = pending(fixture, options);
      fixture.assertBoth(vault, [1, 2], JSON.stringify(options));
      fixture.write(vault, 3);
      fixture.assertBoth(vault, [1, 2, 3], JSON.stringify(options));
    }
  });

  check('is written some time after the first pending write', async (fixture) => {
    const { file, vault } = pending(fixture, { flushInterval: 1 });
    const isStored = () => {
      const database = fixture.database(file, { readonly: true });
      const items = kind.read(kind.open(database));
      database.close();
      return items.includes(2);
    };
    while (!isStored()) await nextMacrotask();
    fixture.assertBoth(vault, [1, 2]);
  });

  check('is written when the vault closes, and when the user closes the Database', (fixture) => {
    for (const close of [(vault: V) => vault.close(), (vault: V) => void vault.database.close()]) {
      const { file, vault } = pending(fixture);
      close(vault);
      fixture.assertStored(file, [1, 2], String(close));
    }
  });

  check('is written when one vault of several closes', (fixture) => {
    const { vault, file } = pending(fixture);
    const other = fixture.open(vault);
    vault.close();
    fixture.assertBoth(other, [1, 2]);
    fixture.assertStored(file, [1, 2]);
  });

  check('is written when the vault closes in a transaction of the user that is undone', (fixture) => {
    for (const isOpenedAgain of [true, false]) {
      const { file, database, vault } = fixture.borrowed(1);
      cache(vault).enableCache(HOLD);
      fixture.write(vault, 2);
      database.exec('BEGIN');
      vault.close();
      database.exec('ROLLBACK');
      if (isOpenedAgain) fixture.assertItems(fixture.open(database), [1, 2]);
      database.close();
      fixture.assertStored(file, [1, 2], isOpenedAgain ? 'with another vault' : 'without another vault');
    }
  });

  check('keeps everything when the file is busy, and says KV_BUSY', (fixture) => {
    const { file, vault, cache } = pending(fixture);
    const free = lock(fixture, file);
    for (const [name, call] of Object.entries({
      flushCache: () => cache.flushCache(),
      disableCache: () => cache.disableCache(),
      enableCache: () => cache.enableCache({ capBytes: 1 }),
      close: () => vault.close(),
    })) {
      assertCode('KV_BUSY', call, name);
      fixture.assertItems(vault, [1, 2], `after ${name}`);
      fixture.assertStored(file, [1], `after ${name}`);
    }
    free();
    // The cache is as it was: enabled, and not full.
    fixture.write(vault, 3);
    fixture.assertStored(file, [1]);
    assert.equal(cache.flushCache(), 2);
    fixture.assertBoth(vault, [1, 2, 3]);
  });

  check('is written by the next write when cache() could not write it', (fixture) => {
    const { file, vault } = fixture.filled([1], { busyTimeout: 0, retries: 0 });
    const free = lock(fixture, file);
    assertCode('KV_BUSY', () => cache(vault).cache(HOLD, () => fixture.write(vault, 2)));
    fixture.assertItems(vault, [1, 2]);
    assertCode('KV_BUSY', () => fixture.write(vault, 3));
    fixture.assertItems(vault, [1, 2], 'after a write that failed');
    free();
    fixture.write(vault, 4);
    fixture.assertBoth(vault, [1, 2, 4]);
  });

  check('is written with transaction(), and comes back when that is undone', (fixture) => {
    const { file, vault, cache } = pending(fixture);
    const body = () => {
      fixture.write(vault, 3);
      cache.flushCache();
      fixture.assertItems(vault, [1, 2, 3], 'inside');
      fixture.write(vault, 4);
    };
    UNDOINGS['transaction()']({ vault, database: vault.database }, body);
    fixture.assertItems(vault, [1, 2]);
    fixture.assertStored(file, [1]);
    vault.transaction(() => fixture.write(vault, 5));
    fixture.assertBoth(vault, [1, 2, 5]);
  });

  check('belongs to all vaults on the connection', (fixture) => {
    const { file, vault } = pending(fixture);
    const other = fixture.open(vault);
    fixture.assertItems(other, [1, 2], 'the other vault');
    // Without a cache: in the file when it returns, behind what was pending.
    fixture.write(other, 3);
    fixture.assertStored(file, [1, 2, 3]);
    fixture.write(vault, 4);
    kind.remove(other, 4);
    kind.remove(other, 2);
    fixture.assertItems(vault, [1, 3]);
    cache(vault).disableCache();
    fixture.assertBoth(vault, [1, 3]);
  });

  check('refuses wrong options and bodies, and changes nothing', (fixture) => {
    const { file, vault, cache } = pending(fixture);
    for (const options of WRONG_OPTIONS) {
      assertCode('KV_INVALID_ARGUMENT', () => cache.enableCache(options as never), JSON.stringify(options));
      assertCode('KV_INVALID_ARGUMENT', () => cache.cache(options as never, () => 1), JSON.stringify(options));
    }
    assertCode('KV_INVALID_ARGUMENT', () => cache.cache({}, 1 as never));
    fixture.assertItems(vault, [1, 2]);
    fixture.assertStored(file, [1]);
  });
}
