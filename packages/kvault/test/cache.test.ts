import { EventEmitter, once } from 'node:events';
import { statSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

const MiB = 1024 * 1024;
const seed = Date.now();
console.log(`seed ${seed}`);

/** Returns what another connection sees. */
function outside(file: string): Record<string, unknown> {
  using vault = new KVault(new Database(file, { readonly: true }));
  const seen = Object.fromEntries(vault.entries());
  vault.database.close();
  return seen;
}

describe('the write-back cache', () => {
  test('holds pending writes, shows them at once, and flushes them at its end', () => {
    const file = tempFile();
    using vault = new KVault(file);
    vault.set('old', 1);
    vault.cache((same) => {
      expect(same).toBe(vault);
      vault.set('a', 1).set('b', 2).delete('old');
      expect(outside(file)).toEqual({ old: 1 });
      expect([vault.get('a'), vault.has('old'), vault.size, [...vault.keys()]]).toEqual([1, false, 2, ['a', 'b']]);
      expect(vault.pop('b')).toBe(2);
      expect(vault.cacheStats).toMatchObject({ capBytes: 64 * 1024 * 1024 });
    });
    expect(outside(file)).toEqual({ a: 1 });
    expect(vault.cacheStats).toBeUndefined();
  });

  test('a flush leaves the WAL to another thread, however much it has written', async () => {
    const file = tempFile();
    using vault = new KVault(file, { idleCheckpoint: 0 });
    vault.enableCache({ capBytes: 128 * MiB, autoFlush: false });
    for (let key = 0; key < 64; key++) vault.set(`${key}`, Buffer.alloc(MiB, key));
    expect(vault.flushCache()).toBe(64);
    // A checkpoint in the commit would have moved all of it.
    expect(statSync(file).size).toBeLessThan(32 * MiB);
    // Otherwise the test's time limit ends it.
    while (statSync(file).size < 64 * MiB) await turn();
    expect(vault.get('63')).toEqual(Buffer.alloc(MiB, 63));
  });

  test('delete, pop, clear, size and iteration see what is pending', () => {
    using vault = new KVault(tempFile());
    vault.enableCache({ autoFlush: false });
    vault.set('a', 1);
    expect(vault.delete('a')).toBe(true);
    expect(vault.delete('a')).toBe(false);
    vault.set('b', 2);
    expect([vault.size, [...vault]]).toEqual([1, [['b', 2]]]);
    vault.clear();
    expect([vault.size, vault.get('b')]).toEqual([0, undefined]);
    vault.disableCache();
    expect(vault.size).toBe(0);
  });

  test('counts the pending bytes, less those that are overwritten', () => {
    using vault = new KVault(tempFile());
    vault.enableCache({ capBytes: 1_000, autoFlush: false });
    for (let round = 0; round < 50; round++) vault.set('key', Buffer.alloc(100));
    expect(vault.cacheStats).toEqual({ entries: 1, bytes: 103, capBytes: 1_000 });
    vault.delete('key');
    expect(vault.cacheStats).toMatchObject({ entries: 1, bytes: 3 });
    vault.disableCache();
  });

  test('flushes at the threshold and before the cap, and writes entries longer than the cap directly, in order', () => {
    const file = tempFile();
    using vault = new KVault(file);
    vault.enableCache({ capBytes: 1_000, flushThreshold: 500 });
    vault.set('a', Buffer.alloc(300));
    expect(Object.keys(outside(file))).toEqual([]);
    vault.set('b', Buffer.alloc(300));
    expect(Object.keys(outside(file))).toEqual(['a', 'b']);
    vault.set('c', 'pending');
    vault.set('c', Buffer.alloc(5_000));
    expect((outside(file).c as Buffer).length).toBe(5_000);
    vault.disableCache();
    expect((vault.get('c') as Buffer).length).toBe(5_000);
  });

  test('flushes at most flushInterval after the first pending write', async () => {
    const file = tempFile();
    using vault = new KVault(file);
    vault.enableCache({ flushInterval: 20 });
    vault.set('a', 1);
    expect(outside(file)).toEqual({});
    await vi.waitUntil(() => 'a' in outside(file), 60_000);
    expect(vault.cacheStats?.entries).toBe(0);
  });

  test('enabling it again keeps pending writes, and after a nested scope the outer settings apply', () => {
    const file = tempFile();
    using vault = new KVault(file);
    vault.enableCache({ capBytes: 5_000, autoFlush: false });
    vault.set('a', 1);
    vault.enableCache({ capBytes: 6_000, autoFlush: false });
    vault.cache({ capBytes: 7_000, autoFlush: false }, () => {
      vault.set('b', 2);
      vault.cache({ capBytes: 8_000, autoFlush: false }, () => {
        vault.set('c', 3);
        expect(vault.cacheStats).toMatchObject({ entries: 3, capBytes: 8_000 });
      });
      expect(vault.cacheStats).toMatchObject({ entries: 3, capBytes: 7_000 });
    });
    expect(vault.cacheStats).toMatchObject({ capBytes: 6_000 });
    vault.disableCache();
    expect(outside(file)).toEqual({ a: 1, b: 2, c: 3 });
  });

  test('of overlapping asynchronous bodies, the newest running one sets the limits', async () => {
    using vault = new KVault(tempFile());
    const gate = new EventEmitter();
    const first = vault.cache({ capBytes: 1_111 }, () => once(gate, 'first'));
    const second = vault.cache({ capBytes: 2_222 }, () => once(gate, 'second'));
    vault.set('a', 1);
    expect(vault.cacheStats?.capBytes).toBe(2_222);
    gate.emit('first');
    await first;
    expect(vault.cacheStats?.capBytes).toBe(2_222);
    gate.emit('second');
    await second;
    expect(vault.cacheStats).toBeUndefined();
    await expect(vault.cache(async () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
    expect(vault.cacheStats).toBeUndefined();
  });

  test('lockCache defers flushes and drops nothing, also past the cap, or if the vault is closed meanwhile', () => {
    const file = tempFile();
    using vault = new KVault(file);
    vault.enableCache({ capBytes: 1_000, flushThreshold: 200 });
    vault.lockCache(() => {
      for (let index = 0; index < 20; index++) vault.set(`k${index}`, Buffer.alloc(200));
      vault.set('long', Buffer.alloc(4_000));
      expect(vault.flushCache()).toBe(0);
      expect(outside(file)).toEqual({});
      expect(vault.size).toBe(21);
      vault.disableCache();
      vault.set('k0', 'newer');
    });
    expect(Object.keys(outside(file))).toHaveLength(21);
    expect(outside(file).k0).toBe('newer');
    vault.lockCache(() => {
      vault.enableCache();
      vault.set('last', 1);
      vault.close();
    });
    expect(outside(file).last).toBe(1);
  });

  test('a flush that fails keeps everything pending and throws', () => {
    const file = tempFile();
    using vault = new KVault(file, { busyTimeout: 0, retries: 0 });
    vault.enableCache({ autoFlush: false });
    vault.set('a', 1).set('b', 2);
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    expect(thrownBy(() => vault.flushCache()).code).toBe('KV_BUSY');
    expect(thrownBy(() => vault.close()).code).toBe('KV_BUSY');
    expect([vault.get('a'), vault.cacheStats?.entries]).toEqual([1, 2]);
    other.exec('COMMIT');
    other.close();
    expect(vault.flushCache()).toBe(2);
    expect(outside(file)).toEqual({ a: 1, b: 2 });
  });

  test('a rollback restores what was pending before the transaction, and only that', () => {
    const file = tempFile();
    using vault = new KVault(file);
    vault.enableCache({ autoFlush: false });
    vault.set('before', 1).set('changed', 'old');
    expect(() =>
      vault.transaction(() => {
        vault.set('inside', 2).set('changed', 'new').delete('before');
        vault.flushCache();
        vault.set('later', 3);
        expect(() =>
          vault.transaction(() => {
            vault.set('later', 4).set('deep', 5);
            throw new Error('inner');
          }),
        ).toThrow('inner');
        expect(vault.get('later')).toBe(3);
        expect(vault.has('deep')).toBe(false);
        throw new Error('outer');
      }),
    ).toThrow('outer');
    expect(Object.fromEntries(vault)).toEqual({ before: 1, changed: 'old' });
    expect(vault.cacheStats?.entries).toBe(2);
    expect(outside(file)).toEqual({});
    vault.transaction(() => vault.set('inside', 2));
    expect(outside(file)).toEqual({ before: 1, changed: 'old', inside: 2 });
  });

  test('a rollback undoes a flush inside the transaction: what was written is pending again', () => {
    const file = tempFile();
    using vault = new KVault(file);
    vault.enableCache({ autoFlush: false });
    vault.set('before', 1);
    const body = () => {
      vault.set('inside', 2);
      expect(vault.flushCache()).toBe(2);
      vault.set('before', 3).delete('inside');
      throw new Error('undo');
    };
    expect(() => vault.transaction(body)).toThrow('undo');
    expect([vault.get('before'), vault.has('inside'), vault.cacheStats?.entries]).toEqual([1, false, 1]);
    expect(outside(file)).toEqual({});
    expect([vault.flushCache(), outside(file)]).toEqual([1, { before: 1 }]);
  });

  test("flushes into a transaction of the user's; what its rollback undoes is pending again", () => {
    const database = new Database(tempFile());
    using vault = new KVault(database);
    vault.enableCache({ capBytes: 1_000, flushThreshold: 100 });
    vault.set('before', 1);
    database.exec('BEGIN');
    for (let index = 0; index < 10; index++) vault.set(`k${index}`, Buffer.alloc(200));
    expect(vault.size).toBe(11);
    expect(vault.cacheStats?.entries).toBe(0);
    database.exec('ROLLBACK');
    expect([...vault]).toEqual([['before', 1]]);
    expect(vault.cacheStats?.entries).toBe(1);
    vault.disableCache();
    expect(vault.size).toBe(1);
    database.close();
  });

  test('a threshold above the cap is accepted, and the cap applies', () => {
    using vault = new KVault(tempFile());
    vault.enableCache({ capBytes: 100, flushThreshold: 1_000 });
    vault.set('a', Buffer.alloc(50));
    expect(vault.cacheStats?.entries).toBe(1);
    vault.set('b', Buffer.alloc(60));
    vault.set('c', Buffer.alloc(38));
    expect(vault.cacheStats?.entries).toBe(0);
  });

  test('after a rollback by the user, every next call sees what is pending again', () => {
    const db = new Database(tempFile());
    const cached = new KVault(db);
    const direct = new KVault(db);
    cached.enableCache();
    cached.set('a', 'pending');
    const stats = cached.cacheStats;
    const flushed = () => {
      db.exec('BEGIN');
      cached.flushCache();
      db.exec('SAVEPOINT s');
      cached.set('a', 'undone');
      db.exec('ROLLBACK TO s');
    };
    flushed();
    expect(cached.getMany(['a'])).toEqual(['pending']);
    db.exec('ROLLBACK');
    expect(cached.getMany(['a'])).toEqual(['pending']);
    flushed();
    db.exec('ROLLBACK');
    expect(cached.cacheStats).toEqual(stats);
    flushed();
    db.exec('ROLLBACK');
    direct.set('a', 'newer');
    expect(cached.flushCache()).toBe(0);
    expect(cached.get('a')).toBe('newer');
    db.close();
  });

  test('pending values of every length are read, alone, together and in a scan', () => {
    using vault = new KVault(tempFile());
    const lengths = [0, 1, 4_095, 4_097, 8_192, 100_000, 300_000, 5_000_000];
    const values = lengths.map((length, index) => Buffer.alloc(length, index + 1));
    vault.lockCache(() => {
      vault.enableCache();
      for (const value of values) vault.set(`length ${value.length}`, value).set(`text ${value.length}`, `${value}`);
      const keys = lengths.map((length) => `length ${length}`);
      expect(keys.map((key) => vault.get(key).equals(values[keys.indexOf(key)]))).not.toContain(false);
      expect(vault.getMany(keys).map((value, index) => value.equals(values[index]))).not.toContain(false);
      expect(vault.get('text 300000')).toHaveLength(300_000);
      const scanned = new Map(vault.entries({ prefix: 'length ' }));
      for (const [index, key] of keys.entries()) expect(values[index]?.equals(scanned.get(key))).toBe(true);
    });
  });

  test('bytes that look like a manifest stay ordinary bytes', () => {
    using vault = new KVault<Buffer>(tempFile(), { maxBlobBytes: 1_000 });
    vault.set('in parts', Buffer.alloc(5_000));
    const sql = `SELECT value FROM "${vault.table}" WHERE key = CAST('in parts' AS BLOB)`;
    const manifest = vault.database.prepare(sql).pluck().get() as Buffer;
    vault.disableAutoPack();
    vault.enableCache();
    vault.set('key', manifest);
    expect(vault.get('key')).toEqual(manifest);
    expect(vault.getMany(['key', 'none'])).toEqual([manifest, undefined]);
    expect([...vault.values({ gte: 'key' })]).toEqual([manifest]);
    vault.delete('key');
  });

  test("a trigger's function cannot write to the vault during a flush, and nothing is lost", () => {
    using vault = new KVault(tempFile());
    const refusals: string[] = [];
    vault.database.function('meddle', () => {
      refusals.push(thrownBy(() => vault.set('meddled', 1)).message);
      return vault.get('key');
    });
    vault.database.exec(`CREATE TEMP TRIGGER meddler AFTER INSERT ON "${vault.table}" BEGIN SELECT meddle(); END`);
    vault.cache(() => vault.set('key', 1));
    expect(refusals).toEqual([expect.stringMatching(/cannot be written while a statement is running/)]);
    expect([...vault]).toEqual([['key', 1]]);
  });

  test('a vault that was opened inside a transaction follows its rollback', () => {
    using vault = new KVault(tempFile());
    const fails = () => {
      const inner = new KVault(vault, { table: 'inner' });
      inner.cache({ autoFlush: false }, () => inner.set('key', 1));
      vault.set('key', 2);
      throw new RangeError('rolled back');
    };
    expect(() => vault.transaction(fails)).toThrow(RangeError);
    expect([...vault]).toEqual([]);
    using again = new KVault(vault, { table: 'inner' });
    expect([...again]).toEqual([]);
  });

  test('bad options and bodies are refused', () => {
    using vault = new KVault(tempFile());
    for (const options of [
      { capBytes: 0 },
      { flushThreshold: -1 },
      { flushInterval: 0 },
      { autoFlush: 1 },
      { capByte: 1 },
      1,
    ]) {
      expect(thrownBy(() => vault.enableCache(options as never)).code).toBe('KV_INVALID_ARGUMENT');
    }
    expect(thrownBy(() => vault.cache(1 as never)).code).toBe('KV_INVALID_ARGUMENT');
    expect(thrownBy(() => vault.cache({}, 1 as never)).code).toBe('KV_INVALID_ARGUMENT');
    expect(thrownBy(() => vault.lockCache(1 as never)).code).toBe('KV_INVALID_ARGUMENT');
    expect(vault.cacheStats).toBeUndefined();
  });
});

describe('a vault is a Map', () => {
  interface Real {
    vault: KVault<unknown>;
  }
  type Model = Map<string, unknown>;

  const key = fc.constantFrom('', 'a', 'b', 'aa', 'é', '😀', 'zzz', 'key', 'k1', 'k2', 'k3');
  const value = fc.oneof(
    fc.integer(),
    fc.string(),
    fc.constant(null),
    fc.array(fc.integer()),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  );
  const step = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), key, value }),
    fc.record({ kind: fc.constant('delete' as const), key }),
    fc.record({ kind: fc.constant('pop' as const), key }),
    fc.record({ kind: fc.constant('setDefault' as const), key, value }),
    fc.record({ kind: fc.constant('setMany' as const), entries: fc.array(fc.tuple(key, value), { maxLength: 5 }) }),
    fc.record({ kind: fc.constant('clear' as const) }),
    fc.record({ kind: fc.constant('flush' as const) }),
    fc.record({
      kind: fc.constant('enable' as const),
      capBytes: fc.integer({ min: 50, max: 2_000 }),
      autoFlush: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('disable' as const) }),
    fc.record({ kind: fc.constant('reopen' as const) }),
  );
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
  const program = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: step },
      fc.record({
        kind: fc.constant('transaction' as const),
        steps: fc.array(step, { maxLength: 6 }),
        fails: fc.boolean(),
      }),
    ),
    { maxLength: 30 },
  );

  function apply(step: Step, model: Model, real: Real, reopen: () => void): void {
    const { vault } = real;
    switch (step.kind) {
      case 'set':
        vault.set(step.key, step.value);
        model.set(step.key, step.value);
        return;
      case 'delete':
        expect(vault.delete(step.key)).toBe(model.delete(step.key));
        return;
      case 'pop':
        expect(vault.pop(step.key)).toEqual(model.get(step.key));
        model.delete(step.key);
        return;
      case 'setDefault':
        if (!model.has(step.key)) model.set(step.key, step.value);
        expect(vault.setDefault(step.key, step.value)).toEqual(model.get(step.key));
        return;
      case 'setMany':
        vault.setMany(step.entries);
        for (const [each, of] of step.entries) model.set(each, of);
        return;
      case 'clear':
        vault.clear();
        model.clear();
        return;
      case 'flush':
        vault.flushCache();
        return;
      case 'enable':
        vault.enableCache({ capBytes: step.capBytes, autoFlush: step.autoFlush });
        return;
      case 'disable':
        vault.disableCache();
        return;
      case 'reopen':
        reopen();
    }
  }

  test('over many writes at once, some of one key, with deletions between them', () => {
    type Write = [string, Buffer | null];
    const number = fc.nat({ max: 150 });
    const writes = fc.array(fc.tuple(number, fc.option(fc.uint8Array({ maxLength: 20 }))), { maxLength: 400 });
    fc.assert(
      fc.property(writes, writes, fc.boolean(), (first, second, together) => {
        using vault = new KVault<Buffer>(tempFile());
        const model = new Map<string, Buffer>();
        for (const list of [first, second]) {
          const entries = list.map(([key, value]): Write => [`key ${key}`, value && Buffer.from(value)]);
          const present = entries.filter((entry): entry is [string, Buffer] => entry[1] !== null);
          if (together) vault.setMany(present);
          else {
            vault.cache(() => {
              for (const [key, value] of entries) {
                if (value) vault.set(key, value);
                else vault.delete(key);
              }
            });
          }
          for (const [key, value] of together ? present : entries) {
            if (value) model.set(key, value);
            else model.delete(key);
          }
          expect(new Map(vault)).toEqual(model);
        }
      }),
      { seed, numRuns: 60 },
    );
  });

  test('over random operations with cache, transactions, rollback and reopening', () => {
    fc.assert(
      fc.property(program, (steps) => {
        const file = tempFile();
        let model: Model = new Map();
        const real: Real = { vault: new KVault(file) };
        const reopen = () => {
          real.vault.close();
          real.vault = new KVault(file);
        };
        const compare = () => {
          const expected = [...model].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
          expect([...real.vault]).toEqual(expected);
          expect(real.vault.size).toBe(model.size);
        };
        for (const each of steps) {
          if (each.kind !== 'transaction') {
            apply(each, model, real, reopen);
          } else {
            const before = new Map(model);
            const inner = each.steps.filter(({ kind }) => kind !== 'reopen');
            try {
              real.vault.transaction(() => {
                for (const one of inner) apply(one, model, real, reopen);
                compare();
                if (each.fails) throw new RangeError('rolled back');
              });
            } catch (error) {
              if (!(error instanceof RangeError)) throw error;
              model = before;
            }
          }
          compare();
        }
        reopen();
        compare();
        real.vault.close();
      }),
      { seed, numRuns: 120 },
    );
  });
});
