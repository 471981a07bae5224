import { type Key, type KeyRange, KVault } from '@kohakuvault/kvault';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

const seed = Date.now();
console.log(`seed ${seed}`);

describe('ranges', () => {
  test('equal what filtering and sorting all keys gives', () => {
    using vault = new KVault<number, 'bytes'>(tempFile(), { keyEncoding: 'bytes' });
    // Only a few different bytes, FF among them, so that prefixes and equal keys are frequent.
    const key = fc
      .array(fc.constantFrom(0, 0x61, 0x62, 0xfe, 0xff), { maxLength: 4 })
      .map((bytes) => Buffer.from(bytes));
    const end = fc.option(key, { nil: undefined });
    const range = fc
      .record({
        prefix: end,
        lower: end,
        lowerKind: fc.boolean(),
        upper: end,
        upperKind: fc.boolean(),
        reverse: fc.boolean(),
        limit: fc.option(fc.nat(9), { nil: undefined }),
      })
      .map(
        ({ prefix, lower, lowerKind, upper, upperKind, reverse, limit }): KeyRange => ({
          prefix,
          [lowerKind ? 'gte' : 'gt']: lower,
          [upperKind ? 'lte' : 'lt']: upper,
          reverse,
          limit,
        }),
      );
    const check = (all: Buffer[], wanted: KeyRange) => {
      const compare = (one: Buffer, other: Key | undefined) => Buffer.compare(one, other as Buffer);
      const expected = all
        .filter(
          (each) =>
            wanted.prefix === undefined ||
            each.subarray(0, (wanted.prefix as Buffer).length).equals(wanted.prefix as Buffer),
        )
        .filter((each) => wanted.gt === undefined || compare(each, wanted.gt) > 0)
        .filter((each) => wanted.gte === undefined || compare(each, wanted.gte) >= 0)
        .filter((each) => wanted.lt === undefined || compare(each, wanted.lt) < 0)
        .filter((each) => wanted.lte === undefined || compare(each, wanted.lte) <= 0)
        .sort((a, b) => (wanted.reverse ? -1 : 1) * Buffer.compare(a, b))
        .slice(0, wanted.limit);
      expect([...vault.keys(wanted)]).toEqual(expected);
      expect([...vault.entries(wanted)].map(([each]) => each)).toEqual(expected);
      expect([...vault.values(wanted)]).toHaveLength(expected.length);
    };
    fc.assert(
      fc.property(
        fc.array(key, { maxLength: 40 }),
        fc.array(key, { maxLength: 10 }),
        fc.array(range, { maxLength: 8 }),
        (keys, pending, ranges) => {
          vault.clear();
          vault.setMany(keys.map((each, index) => [each, index]));
          const all = new Map(keys.map((each) => [each.toString('hex'), each]));
          for (const wanted of ranges) check([...all.values()], wanted);
          // The same while some keys are pending and some deletions are.
          vault.cache({ autoFlush: false }, () => {
            for (const [index, each] of pending.entries()) {
              if (index % 2) {
                vault.set(each, index);
                all.set(each.toString('hex'), each);
              } else {
                expect(vault.delete(each)).toBe(all.delete(each.toString('hex')));
              }
            }
            expect(vault.size).toBe(all.size);
            for (const wanted of ranges) check([...all.values()], wanted);
          });
          for (const wanted of ranges) check([...all.values()], wanted);
        },
      ),
      { seed, numRuns: 60 },
    );
  });

  test('do not end at 10,000 keys, and a prefix finds keys that continue with FF bytes', () => {
    using vault = new KVault<number, 'bytes'>(tempFile(), { keyEncoding: 'bytes' });
    vault.setMany(Array.from({ length: 12_345 }, (_, index) => [`key ${String(index).padStart(6, '0')}`, index]));
    expect([...vault.keys()]).toHaveLength(12_345);
    expect([...vault.keys('key ')]).toHaveLength(12_345);
    expect([...vault.keys('key 0123')]).toHaveLength(45);
    vault.set(Buffer.from([0x61, 0xff, 0xff, 1]), 1);
    vault.set(Buffer.from([0xff, 0xff]), 1);
    expect([...vault.keys(Buffer.from([0x61, 0xff]))]).toHaveLength(1);
    expect([...vault.keys(Buffer.from([0xff]))]).toHaveLength(1);
    expect([...vault.keys('')]).toHaveLength(12_347);
    vault.clear();
    expect(vault.size).toBe(0);
  });
});

describe('iterating', () => {
  test('survives writes: it sees a key that stays exactly once, a deleted one not, and may see an added one', () => {
    fc.assert(
      fc.property(
        fc.infiniteStream(fc.record({ at: fc.nat(2_999), what: fc.constantFrom('set', 'delete', 'add') })),
        fc.boolean(),
        (changes, reverse) => {
          using vault = new KVault<number>(':memory:');
          const name = (index: number) => String(index).padStart(5, '0');
          vault.setMany(Array.from({ length: 3_000 }, (_, index) => [name(index), index]));
          const deleted = new Set<string>();
          const added = new Set<string>();
          const seen: string[] = [];
          for (const [key] of vault.entries({ reverse })) {
            seen.push(key);
            if (seen.length % 7) continue;
            const { at, what } = changes.next().value;
            if (what === 'set') vault.set(name(at), -1);
            else if (what === 'add') added.add(`${name(at)}+`) && vault.set(`${name(at)}+`, -1);
            else if (vault.delete(name(at))) deleted.add(name(at));
            if (what === 'set') deleted.delete(name(at));
          }
          expect(seen).toEqual([...new Set(seen)]);
          expect(seen).toEqual([...seen].sort((a, b) => (reverse ? -1 : 1) * (a < b ? -1 : 1)));
          const throughout = Array.from({ length: 3_000 }, (_, index) => name(index)).filter(
            (key) => vault.has(key) && !deleted.has(key),
          );
          const missed = throughout.filter((key) => !seen.includes(key) && vault.get(key) !== -1);
          expect(missed).toEqual([]);
        },
      ),
      { seed, numRuns: 10 },
    );
  });

  test('sees what becomes pending meanwhile, on later pages', () => {
    using vault = new KVault<number>(tempFile());
    const name = (index: number) => `key ${String(index).padStart(4, '0')}`;
    vault.setMany(Array.from({ length: 1_500 }, (_, index) => [name(index), index]));
    vault.enableCache({ autoFlush: false });
    vault.set(name(0), -1);
    const seen = new Map<string, number>();
    for (const [key, value] of vault) {
      if (seen.size === 0) vault.set('new', -2).set(name(1_400), -3).delete(name(1_300));
      seen.set(key, value);
    }
    expect(seen.size).toBe(1_500);
    expect([name(0), 'new', name(1_400), name(1_300)].map((key) => seen.get(key))).toEqual([-1, -2, -3, undefined]);
    vault.disableCache();
  });

  test('may be stopped early, and holds nothing open', () => {
    const file = tempFile();
    using vault = new KVault<number>(file);
    vault.setMany(Array.from({ length: 2_000 }, (_, index) => [String(index), index]));
    for (const [key] of vault) if (key === '10') break;
    const open = vault.entries();
    open.next();
    vault.optimize();
    vault.close();
    expect(() => open.next()).not.toThrow(/SQLITE/);
  });

  test('gives values longer than a page', () => {
    using vault = new KVault<Buffer>(tempFile());
    vault.set('a', Buffer.alloc(10, 1));
    vault.set('b', Buffer.alloc(1_000_000, 2));
    vault.set('c'.repeat(600_000), Buffer.alloc(10, 3));
    vault.set('d', Buffer.alloc(10, 4));
    expect([...vault.values()].map((value) => [value.length, value[0]])).toEqual([
      [10, 1],
      [1_000_000, 2],
      [10, 3],
      [10, 4],
    ]);
  });
});
