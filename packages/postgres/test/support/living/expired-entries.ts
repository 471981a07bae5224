import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { collect, rejects } from '../contract.ts';
import { type LivingContext, PAST } from './living-context.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** Registers the tests of entries that expire. */
export function testExpiredEntries(living: LivingContext): void {
  const { fresh } = living;

  describe('an entry that has expired', () => {
    test('is gone for every read', async () => {
      const vault = await fresh();
      await vault.set('a', 1, PAST);
      await vault.set('b', 2);
      await vault.setMany([['c', 3]], PAST);
      await vault.set('d', 4, { ttl: 3_600_000 });
      expect(await vault.get('a')).toBeUndefined();
      expect(await vault.get('a', 7)).toBe(7);
      await rejects('KV_NOT_FOUND', () => vault.getOrThrow('a'));
      expect([await vault.has('a'), await vault.has('d')]).toEqual([false, true]);
      expect(await vault.getMany(['a', 'b', 'c', 'd'])).toEqual([undefined, 2, undefined, 4]);
      expect(await vault.getMany({ prefix: '' })).toEqual([2, 4]);
      expect([await vault.size(), await vault.count(), await vault.count('a')]).toEqual([2, 2, 0]);
      expect([await vault.count({ limit: 1 }), await vault.count({ limit: 9 })]).toEqual([1, 2]);
      expect(await collect(vault.keys())).toEqual(['b', 'd']);
      expect(await collect(vault.values({ reverse: true }))).toEqual([4, 2]);
      expect(await vault.toArray({ limit: 1 })).toEqual([['b', 2]]);
      expect([await vault.sizeOf('a'), await vault.ttlOf('a')]).toEqual([undefined, undefined]);
      expect((await vault.getWithVersion('a')).value).toBeUndefined();
      await rejects('KV_NOT_FOUND', () => vault.getToFile('a', '/nowhere'));
      await rejects('KV_NOT_FOUND', () => buffer(vault.createReadStream('a')));
      await rejects('KV_NOT_FOUND', () => vault.openBlob('a'));
    });

    test('is not there for writes either', async () => {
      const vault = await fresh();
      const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
      await vault.setMany(
        keys.map((key) => [key, 1] as const),
        PAST,
      );
      expect([await vault.delete('a'), await vault.deleteMany(['a', 'b']), await vault.deleteRange('a')]).toEqual([
        false,
        0,
        0,
      ]);
      expect([await vault.pop('a'), await vault.pop('a', 'none')]).toEqual([undefined, 'none']);
      await rejects('KV_NOT_FOUND', () => vault.rename('a', 'z'));
      expect(await vault.touch('b', { ttl: 1_000 })).toBe(false);
      expect(await vault.setDefault('c', 5)).toBe(5);
      expect(await vault.setIfAbsent('d', 6)).toBe(true);
      expect(await vault.increment('e', 7)).toBe(7);
      expect(await vault.compareAndSet('f', 1, 2)).toBe(false);
      expect(await vault.compareAndSet('f', undefined, 8)).toBe(true);
      await vault.set('g', 9);
      expect(await vault.toArray()).toEqual([
        ['c', 5],
        ['d', 6],
        ['e', 7],
        ['f', 8],
        ['g', 9],
      ]);
      expect(await vault.ttlOf('g')).toBe(NEVER);
      expect(await vault.purgeExpired()).toBeGreaterThanOrEqual(0);
      expect(await vault.purgeExpired()).toBe(0);
      expect(await vault.size()).toBe(5);
    });

    test('is gone when its time comes', async () => {
      const vault = await fresh();
      await vault.set('a', 1, { ttl: 40 });
      await vault.set('long', Buffer.alloc(400_000, 1), { ttl: 40 });
      while ((await vault.has('a')) || (await vault.has('long'))) await new Promise(setImmediate);
      expect(await vault.size()).toBe(0);
      // A write beside may have removed some.
      expect(await vault.purgeExpired()).toBeLessThanOrEqual(2);
      expect(await vault.purgeExpired()).toBe(0);
    });

    test('ends handles, and can come back as another one', async () => {
      const vault = await fresh({ maxBlobBytes: 64 });
      for (const bytes of [Buffer.from('short'), Buffer.alloc(300_000, 'long')]) {
        await vault.putFile('a', bytes, { ttl: 60_000 });
        await using blob = await vault.openBlob('a');
        expect((await blob.read(0, 4)).length).toBe(4);
        await vault.touch('a', PAST);
        await rejects('KV_STALE', () => blob.read(0, 4));
        await vault.set('a', 1);
        expect(await vault.get('a')).toBe(1);
      }
    });

    test('has the time that was asked for', async () => {
      const vault = await fresh({ ttl: 60_000, maxBlobBytes: 64 });
      await vault.set('a', 1);
      await vault.set('b', 2, { ttl: NEVER });
      await vault.set('c', 3, { expiresAt: new Date(Date.now() + 3_600_000) });
      await vault.update({ d: 4 }, { ttl: 1_000_000 });
      await vault.set('e', 'x'.repeat(500));
      await vault.putFile('f', Buffer.alloc(10), { ttl: 5_000_000 });
      const about = async (key: string, ttl: number) => {
        const left = (await vault.ttlOf(key)) ?? 0;
        expect(left, key).toBeLessThanOrEqual(ttl + 2_000);
        expect(left, key).toBeGreaterThan(ttl - 30_000);
      };
      await about('a', 60_000);
      expect(await vault.ttlOf('b')).toBe(NEVER);
      await about('c', 3_600_000);
      await about('d', 1_000_000);
      await about('e', 60_000);
      await about('f', 5_000_000);
      expect(await vault.touch('a', { ttl: 900_000 })).toBe(true);
      await about('a', 900_000);
      expect(await vault.touch('b')).toBe(true);
      await about('b', 60_000);
      await vault.rename('c', 'g');
      await about('g', 3_600_000);
      await vault.rename('e', 'h');
      await about('h', 60_000);
      expect(await vault.increment('a', 1)).toBe(2);
      await about('a', 900_000);
      expect(await vault.increment('n', 1, { ttl: 700_000 })).toBe(1);
      await about('n', 700_000);
      expect(await vault.compareAndSet('a', 2, 3, { ttl: 800_000 })).toBe(true);
      await about('a', 800_000);
    });

    test('needs options that make sense', async () => {
      const vault = await fresh();
      for (const options of [
        { ttl: 0 },
        { ttl: -1 },
        { ttl: '5' },
        { ttl: 1, expiresAt: 1 },
        { expiresAt: 'x' },
        { tll: 1 },
      ]) {
        await rejects('KV_INVALID_ARGUMENT', () => vault.set('a', 1, options as object), JSON.stringify(options));
      }
      await rejects('KV_INVALID_ARGUMENT', () => vault.touch('a'));
      await rejects('KV_INVALID_ARGUMENT', () => fresh({ ttl: 0 }));
      expect(await vault.size()).toBe(0);
    });
  });
}
