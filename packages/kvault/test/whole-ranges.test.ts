// sizeOf, count, deleteRange and rename: in the file and in the cache, for all kinds of values.
import { KVault, type KVaultOptions } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';

const seed = Date.now();
console.log(`seed ${seed}`);

function opened(options: KVaultOptions = {}, cached = false): KVault {
  const vault = new KVault(tempFile(), { pageSize: 512, ...options });
  onTestFinished(() => vault.close());
  if (cached) vault.enableCache({ autoFlush: false });
  return vault;
}

function outside(vault: KVault): KVault {
  const database = new Database(vault.path, { readonly: true });
  onTestFinished(() => void database.close());
  return new KVault(database);
}

/** What a vault holds, by any key, in the order of the keys. */
function held(vault: KVault): [string, unknown][] {
  return Array.from(vault, ([key, value]) => [String(key), String(value)]);
}

const KINDS: [string, KVaultOptions][] = [
  ['ordinary', {}],
  ['with keys as bytes', { keyEncoding: 'bytes' }],
  ['without headers', { headers: false }],
  ['with values in parts', { maxBlobBytes: 64 }],
];

describe.each(KINDS)('a vault %s', (_, options) => {
  test.each([false, true])('does what a Map does, with a cache: %s', (cached) => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 3 });
    const value = fc.constantFrom('', 'text', 'x'.repeat(60), 'long'.repeat(50), 'longer'.repeat(20_000));
    const step = fc.oneof(
      fc.record({ do: fc.constant('set' as const), key, value }),
      fc.record({ do: fc.constant('delete' as const), key }),
      fc.record({ do: fc.constant('flush' as const) }),
      fc.record({ do: fc.constant('rename' as const), key, to: key }),
      fc.record({
        do: fc.constant('range' as const),
        remove: fc.boolean(),
        range: fc.record(
          {
            prefix: key,
            gte: key,
            lt: key,
            reverse: fc.boolean(),
            limit: fc.integer({ min: 0, max: 5 }),
          },
          { requiredKeys: [] },
        ),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        using vault = new KVault(':memory:', options);
        if (cached) vault.enableCache({ autoFlush: false });
        const model = new Map<string, string>();
        for (const now of steps) {
          if (now.do === 'set') {
            vault.set(now.key, Buffer.from(now.value));
            model.set(now.key, now.value);
          } else if (now.do === 'delete') {
            expect(vault.delete(now.key)).toBe(model.delete(now.key));
          } else if (now.do === 'flush') {
            vault.flushCache();
          } else if (now.do === 'rename') {
            const moved = model.get(now.key);
            if (moved === undefined) {
              expect(codeOf(() => vault.rename(now.key, now.to))).toBe('KV_NOT_FOUND');
            } else {
              vault.rename(now.key, now.to);
              model.delete(now.key);
              model.set(now.to, moved);
            }
          } else {
            const keys = Array.from(vault.keys(now.range), String);
            expect(vault.count(now.range)).toBe(keys.length);
            if (!now.remove) continue;
            expect(vault.deleteRange(now.range)).toBe(keys.length);
            for (const each of keys) model.delete(each);
          }
          expect(vault.count()).toBe(model.size);
          expect(vault.size).toBe(model.size);
          for (const [each, value] of model) expect(vault.sizeOf(each)).toBe(Buffer.byteLength(value));
        }
        const expected = [...model].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(held(vault)).toEqual(expected);
      }),
      { seed, numRuns: 60 },
    );
  });
});

describe('sizeOf', () => {
  test.each([false, true])('is what bytes and text have, and undefined without the key; cached: %s', (cached) => {
    const vault = opened({}, cached);
    const disguised = Buffer.concat([Buffer.from([0x89, 0x4b]), Buffer.alloc(20)]);
    vault.set('bytes', Buffer.alloc(10)).set('text', 'é').set('empty', Buffer.alloc(0)).set('disguised', disguised);
    expect(['bytes', 'text', 'empty', 'disguised', 'none'].map((key) => vault.sizeOf(key))).toEqual([
      10,
      2,
      0,
      22,
      undefined,
    ]);
    vault.delete('bytes');
    expect(vault.sizeOf('bytes')).toBe(undefined);
  });

  test('is the length that a stream has', async () => {
    const vault = opened({ maxBlobBytes: 1_000 });
    await vault.putFile('film', Buffer.alloc(5_500, 1));
    expect(vault.sizeOf('film')).toBe(vault.openBlob('film').size);
  });
});

describe('deleteRange', () => {
  test('takes the parts of values with them, and leaves others', () => {
    const vault = opened({ maxBlobBytes: 64 });
    for (const key of ['a:1', 'a:2', 'b']) vault.set(key, Buffer.alloc(200));
    expect(vault.deleteRange('a:')).toBe(2);
    expect(vault.database.prepare('SELECT DISTINCT CAST(key AS TEXT) FROM kohakuvault_parts_kv').pluck().all()).toEqual(
      ['b'],
    );
  });

  test('in a cache is pending, also in a lock, and comes back with a rollback', () => {
    const vault = opened({}, true);
    vault.setMany(Array.from({ length: 10_000 }, (_, at) => [`key ${at}`, at]));
    vault.flushCache();
    const seen = outside(vault);
    vault.lockCache(() => {
      expect(vault.deleteRange('key')).toBe(10_000);
      expect([vault.size, vault.count('key'), seen.size]).toEqual([0, 0, 10_000]);
    });
    expect(seen.size).toBe(10_000);
    const undo = new Error('undo');
    vault.set('key 1', 1);
    expect(() =>
      vault.transaction(() => {
        vault.deleteRange({});
        throw undo;
      }),
    ).toThrow(undo);
    expect([...vault]).toEqual([['key 1', 1]]);
  });

  test('without a cache writes what another vault has pending, and deletes it with the rest', () => {
    const vault = opened();
    const other = new KVault(vault);
    other.enableCache({ autoFlush: false });
    other.set('a', 1).set('b', 2);
    expect(vault.deleteRange({ lt: 'b' })).toBe(1);
    expect([...outside(vault)]).toEqual([['b', 2]]);
  });

  test('ends the handles on what it deletes, and no others', () => {
    const vault = opened();
    vault.set('a', Buffer.from('a')).set('b', Buffer.from('b'));
    const [first, second] = [vault.openBlob('a'), vault.openBlob('b')];
    vault.deleteRange({ lte: 'a' });
    expect(codeOf(() => first.read(0, 1))).toBe('KV_STALE');
    expect(second.read(0, 1).toString()).toBe('b');
  });

  test('and count leave out what no vault finds', () => {
    const vault = opened();
    vault.set('a', 1);
    vault.database.exec("INSERT INTO kv VALUES ('text', x'00'), (5, x'00')");
    expect([vault.count(), vault.count({ lt: 'b' }), vault.size]).toEqual([1, 1, 3]);
    expect(vault.deleteRange({})).toBe(1);
    expect(vault.size).toBe(2);
  });

  test('refuses a forgotten range', () => {
    expect(codeOf(() => opened().deleteRange(undefined as never))).toBe('KV_INVALID_ARGUMENT');
  });
});

describe('rename', () => {
  test.each([false, true])('moves a value in parts with its parts, and replaces another; cached: %s', (cached) => {
    const vault = opened({ maxBlobBytes: 1_000 });
    const bytes = Buffer.alloc(100_000, 3);
    vault.set('from', bytes).set('to', Buffer.alloc(5_000, 4));
    if (cached) vault.enableCache({ autoFlush: false });
    vault.rename('from', 'to');
    vault.flushCache();
    expect([...vault]).toEqual([['to', bytes]]);
    expect(vault.database.prepare('SELECT count(*) FROM kohakuvault_parts_kv').pluck().get()).toBe(100);
  });

  test('that throws changes nothing', () => {
    const vault = opened({}, true);
    vault.set('to', 1);
    expect(codeOf(() => vault.rename('from', 'to'))).toBe('KV_NOT_FOUND');
    expect(vault.get('to')).toBe(1);
    expect(vault.cacheStats?.entries).toBe(1);
  });

  test('makes handles on both keys stale', () => {
    const vault = opened();
    vault.set('a', Buffer.from('a')).set('b', Buffer.from('b'));
    const handles = [vault.openBlob('a'), vault.openBlob('b')];
    vault.rename('a', 'b');
    for (const handle of handles) expect(codeOf(() => handle.read(0, 1))).toBe('KV_STALE');
  });
});
