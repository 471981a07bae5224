import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { collect, rejects } from '../contract.ts';
import type { LivingContext } from './living-context.ts';

/** Registers the tests of sublevels. */
export function testSublevels(living: LivingContext): void {
  const { fresh } = living;

  describe('a sublevel', () => {
    test('has the keys with its prefix, and the calls of a vault', async () => {
      const vault = await fresh();
      await vault.update({ a: 0, 'media/a': 1, 'media/b': 2, 'media!': 3 });
      const media = vault.sub('media');
      expect(await collect(media.keys())).toEqual(['a', 'b']);
      expect([await media.size(), await media.count({ gt: 'a' }), await media.get('a')]).toEqual([2, 1, 1]);
      await media.set('c', 3);
      await media.setMany([['d', 4]]);
      await media.putFile('file', Buffer.from('bytes'));
      expect(String(await vault.get('media/file'))).toBe('bytes');
      expect(String(await buffer(media.createReadStream('file')))).toBe('bytes');
      await using blob = await media.openBlob('file');
      expect(String(await blob.read(0, 2))).toBe('by');
      const error = await rejects('KV_NOT_FOUND', () => media.getToFile('none', '/nowhere'));
      expect(error.message).toContain('"media/none"');
      const inner = media.sub('inner', { ttl: 60_000 });
      expect([await inner.increment('n'), await vault.get('media/inner/n')]).toEqual([1, 1]);
      expect(await inner.ttlOf('n')).toBeLessThanOrEqual(60_000);
      expect([await media.delete('a'), await media.deleteRange('b'), await media.has('a')]).toEqual([true, 1, false]);
      expect((await media.toArray({ reverse: true, limit: 1 }))[0]?.[0]).toBe('inner/n');
      await media.clear();
      expect(await collect(vault.keys())).toEqual(['a', 'media!']);
      await media.close();
      expect([await vault.get('a'), vault.open]).toEqual([0, true]);
      for (const name of ['', 'a/b']) await rejects('KV_INVALID_ARGUMENT', async () => vault.sub(name));
      await rejects('KV_INVALID_ARGUMENT', async () => vault.sub('a', { ttl: -1 }));
    });
  });
}
