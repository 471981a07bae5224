import { Version } from '@kohakuvault/postgres';
import { describe, expect, test } from 'vitest';
import { rejects } from '../contract.ts';
import type { LivingContext } from './living-context.ts';

/** Registers the tests of atomic writes. */
export function testAtomicWrites(living: LivingContext): void {
  const { fresh } = living;

  describe('atomic writes', () => {
    test('depend on a version or a value', async () => {
      const vault = await fresh({ maxBlobBytes: 2_000 });
      const none = await vault.getWithVersion('a');
      expect([none.value, String(none.version)]).toEqual([undefined, 'none']);
      expect(await vault.compareAndSet('a', none.version, { n: 1 })).toBe(true);
      expect(await vault.compareAndSet('a', none.version, { n: 2 })).toBe(false);
      const { value, version } = await vault.getWithVersion('a');
      expect(value).toEqual({ n: 1 });
      expect(await vault.compareAndSet('a', version, { n: 3 })).toBe(true);
      expect(await vault.compareAndSet('a', version, { n: 4 })).toBe(false);
      expect(await vault.compareAndSet('a', new Version(String((await vault.getWithVersion('a')).version)), 5)).toBe(
        true,
      );
      expect(await vault.compareAndSet('a', 6, 7)).toBe(false);
      expect(await vault.compareAndSet('a', 5, { b: 1, c: 2 })).toBe(true);
      expect(await vault.compareAndSet('a', { c: 2, b: 1 }, 'next')).toBe(true);
      const long = 'x'.repeat(5_000);
      expect(await vault.compareAndSet('a', 'next', long)).toBe(true);
      const { version: ofLong } = await vault.getWithVersion('a');
      expect(await vault.compareAndSet('a', long, `${long}y`)).toBe(true);
      expect(await vault.compareAndSet('a', ofLong, 1)).toBe(false);
      expect(await vault.compareAndSet('a', `${long}y`, undefined)).toBe(true);
      expect(await vault.has('a')).toBe(false);
      expect(await vault.compareAndSet('a', undefined, undefined)).toBe(true);
      expect(await vault.compareAndSet('a', 1, 2)).toBe(false);
      expect([await vault.setIfAbsent('a', long), await vault.setIfAbsent('a', 1)]).toEqual([true, false]);
      expect(await vault.compareAndSet('a', undefined, 1)).toBe(false);
    });

    test('increment numbers, and refuse the rest', async () => {
      const vault = await fresh();
      expect([await vault.increment('n'), await vault.increment('n', 10), await vault.increment('n', -0.5)]).toEqual([
        1, 11, 10.5,
      ]);
      expect([await vault.increment('big', 2n ** 60n), await vault.increment('big', 1n)]).toEqual([
        2n ** 60n,
        2n ** 60n + 1n,
      ]);
      await vault.setMany([
        ['text', 'a'],
        ['max', Number.MAX_SAFE_INTEGER],
      ]);
      await rejects('KV_INVALID_ARGUMENT', () => vault.increment('text'));
      await rejects('KV_INVALID_ARGUMENT', () => vault.increment('max'));
      await rejects('KV_INVALID_ARGUMENT', () => vault.increment('n', 1n));
      await rejects('KV_INVALID_ARGUMENT', () => vault.increment('n', NaN));
      expect(await vault.get('n')).toBe(10.5);
    });

    test('do not come between each other', async () => {
      const vault = await fresh();
      const sums = await Promise.all(Array.from({ length: 30 }, () => vault.increment('n')));
      expect(sums.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
      const first = await Promise.all(Array.from({ length: 10 }, (_, n) => vault.setIfAbsent('first', n)));
      expect(first.filter(Boolean)).toHaveLength(1);
      const swaps = await Promise.all(Array.from({ length: 10 }, (_, n) => vault.compareAndSet('n', 30, 100 + n)));
      expect(swaps.filter(Boolean)).toHaveLength(1);
    });
  });
}
