import type { AsyncChange } from '@kohakuvault/postgres';
import { describe, expect, test } from 'vitest';
import { next } from '../../../../../tools/testing/src/items.ts';
import { rejects } from '../contract.ts';
import type { AnyVault } from '../places.ts';
import { type LivingContext, PAST } from './living-context.ts';
import { shown } from './shown-changes.ts';

/** Registers the tests of watches. */
export function testWatches(living: LivingContext): void {
  const { fresh, nameOf } = living;

  describe('a watch', () => {
    test('has each change once, in the order of the commits', async () => {
      const vault = await fresh({ maxBlobBytes: 64 });
      await vault.set('before', 1);
      const watch = vault.watch();
      await vault.set('a', 1);
      await vault.setMany([
        ['b', 1],
        ['c', 1],
      ]);
      await vault.set('a', 1);
      await vault.rename('a', 'd');
      await vault.set('long', Buffer.alloc(500_000));
      await vault.putFile('file', Buffer.alloc(400_000));
      await vault.setDefault('default', 'x'.repeat(500));
      await vault.increment('n');
      await vault.touch('n', { ttl: 60_000 });
      await vault.delete('b');
      await vault.delete('none');
      await vault.compareAndSet('n', 5, 6);
      await vault.clear();
      await vault.set('end', 0);
      const found = await untilEnd(watch);
      expect(found.slice(0, 11)).toEqual([
        ...['+ a', '+ b', '+ c', '+ a', '- a', '+ d', '+ long', '+ file', '+ default', '+ n', '- b'],
      ]);
      expect(found.slice(11).sort()).toEqual(['- before', '- c', '- d', '- default', '- file', '- long', '- n']);
      await watch.return();
    });

    test('has no change of a transaction that was rolled back', async () => {
      const name = nameOf();
      const vault = await living.place.open(name);
      const watch = vault.watch();
      await watch.begun;
      await living.place.rollBack(name, 'gone');
      await vault.set('a', 1);
      await living.place.rollBack(name, 'gone');
      await vault.set('end', 0);
      expect(await untilEnd(watch)).toEqual(['+ a']);
      expect(await vault.has('gone')).toBe(false);
      await watch.return();
    });

    test('has the entries that are removed because they have expired', async () => {
      const vault = await fresh();
      await vault.set('a', 1, PAST);
      const watch = vault.watch();
      await watch.begun;
      await vault.purgeExpired();
      await vault.set('end', 0);
      const found = await untilEnd(watch);
      // A write beside may have removed it before.
      expect([[], ['- a']]).toContainEqual(found);
      await watch.return();
      const again = vault.watch('b');
      await vault.set('b', 1, { ttl: 20 });
      while (await vault.has('b')) await new Promise(setImmediate);
      await vault.purgeExpired();
      expect(shown(await next(again, 2))).toEqual(['+ b', '- b']);
      await again.return();
    });

    test('has the keys of its range, or of its sublevel, and their values now', async () => {
      const vault = await fresh();
      const ranged = vault.watch({ prefix: 'a', lt: 'ab' });
      const sub = vault.sub('a').watch('k');
      await vault.update({ a: 1, ab: 2, b: 3, 'a/k': { n: 1 }, 'a/l': 5 });
      expect(shown(await next(ranged, 3)).sort()).toEqual(['+ a', '+ a/k', '+ a/l']);
      const [change] = await next(sub, 1);
      expect([change?.key, await change?.value()]).toEqual(['k', { n: 1 }]);
      await vault.delete('a/k');
      expect(await change?.value()).toBeUndefined();
      await Promise.all([ranged.return(), sub.return()]);
      for (const range of [{ reverse: true }, { limit: 1 }, { gt: 'a', gte: 'a' }]) {
        await rejects('KV_INVALID_ARGUMENT', async () => await vault.watch(range as object).begun);
      }
      await rejects('KV_INVALID_ARGUMENT', async () => await vault.watch(undefined, { since: 'x' }).begun);
      await rejects('KV_INVALID_ARGUMENT', async () => await vault.watch(undefined, { keep: -1 }).begun);
    });

    test('goes on from a position, and says if it cannot', async () => {
      const name = nameOf();
      const vault = await living.place.open(name);
      const first = vault.watch(undefined, { keep: 60_000 });
      await vault.setMany([
        ['a', 1],
        ['b', 1],
        ['c', 1],
      ]);
      const [a] = await next(first, 1);
      const position = await first.position();
      expect(position).toBe(a?.position);
      await first.return();
      await vault.set('d', 1);
      const other = await living.place.open(name);
      const second = other.watch(undefined, { since: position });
      expect(shown(await next(second, 3))).toEqual(['+ b', '+ c', '+ d']);
      const last = await second.position();
      await second.return();
      const unkept = await fresh();
      const ended = unkept.watch();
      const lost = await ended.position();
      await ended.return();
      await rejects('KV_STALE', async () => await unkept.watch(undefined, { since: lost }).begun);
      await rejects('KV_STALE', async () => await unkept.watch(undefined, { since: last }).next());
    });

    test('ends by a signal, by break, by return and by close', async () => {
      const name = nameOf();
      const vault = await living.place.open(name);
      const ending = new AbortController();
      const watch = vault.watch(undefined, { signal: ending.signal });
      await watch.begun;
      const waiting = watch.next();
      ending.abort(new Error('enough'));
      await expect(waiting).rejects.toThrow('enough');
      const early = vault.watch(undefined, { signal: AbortSignal.abort(new Error('before')) });
      await expect(early.next()).rejects.toThrow('before');
      const returned = vault.watch();
      await returned.begun;
      const pending = returned.next();
      await returned.return();
      expect((await pending).done).toBe(true);
      await vault.set('a', 1);
      for await (const _ of await begun(vault, 'b')) break;
      const closed = vault.watch();
      await closed.begun;
      const open = closed.next();
      await vault.close();
      expect((await open).done).toBe(true);
      const again = await living.place.open(name);
      expect(await again.get('a')).toBe(1);
    });

    test('calls listeners', async () => {
      const vault = await fresh();
      const found: string[] = [];
      let tell = () => {};
      const listener = (change: AsyncChange<string | Buffer>) => {
        found.push(...shown([change]));
        tell();
      };
      vault.on('change', listener);
      const told = new Promise<void>((resolve) => {
        tell = resolve;
      });
      await vault.set('a', 1);
      await told;
      expect(found).toEqual(['+ a']);
      vault.off('change', listener);
      await vault.set('b', 1);
      await rejects('KV_INVALID_ARGUMENT', async () => vault.on('nothing' as 'change', () => {}));
    });

    test('of one key gives its value as it changes', async () => {
      const vault = await fresh();
      await vault.set('a', { n: 1 });
      const observed = vault.observe('a');
      const values = observed.values();
      expect((await values.next()).value).toEqual({ n: 1 });
      const waiting = values.next();
      await vault.set('b', 1);
      await vault.set('a', { n: 2 });
      expect((await waiting).value).toEqual({ n: 2 });
      await values.return();
      let tell = () => {};
      let unsubscribe = () => {};
      const isThree = new Promise<void>((resolve) => {
        tell = () => {
          const now = observed.getSnapshot();
          if (now === 3) resolve();
        };
        unsubscribe = observed.subscribe(() => tell());
      });
      await vault.set('a', 3);
      await isThree;
      unsubscribe();
      await rejects('KV_INVALID_ARGUMENT', async () => observed.subscribe(5 as never));
    });
  });
}

/** Returns a watch that has begun, and the first change of it, of a key that is set. */
async function begun(vault: AnyVault, key: string): Promise<AsyncIterable<unknown>> {
  const watch = vault.watch();
  await vault.set(key, 1);
  return watch;
}

/** Returns the changes up to that of the key "end". */
async function untilEnd(watch: AsyncIterator<AsyncChange<string | Buffer>>): Promise<string[]> {
  const found: AsyncChange<string | Buffer>[] = [];
  for (;;) {
    const [change] = await next(watch, 1);
    if (String(change?.key) === 'end') return shown(found);
    found.push(change as AsyncChange);
  }
}
