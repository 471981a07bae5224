import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { type AsyncChange, Version } from '@kohakuvault/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { next } from '../../../../tools/testing/src/items.ts';
import { collect, rejects } from './contract.ts';
import type { LivingPlace } from './living-places.ts';
import { message, start } from './peers.ts';
import type { AnyVault, SharedOptions } from './places.ts';

const NEVER = Number.POSITIVE_INFINITY;
/** Long ago: what expires then has expired. */
const PAST = { expiresAt: 1 };

/** Registers the tests that vaults of living data pass wherever they are. */
export function testLivingKVault(make: () => Promise<LivingPlace>, isShared: boolean): void {
  let place: LivingPlace;
  let count = 0;
  beforeAll(async () => {
    place = await make();
  });
  afterAll(async () => await place?.close());

  const nameOf = () => `l${count++}`;
  const fresh = (options?: SharedOptions) => place.open(nameOf(), options);

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
      const vault = await place.open(name);
      const watch = vault.watch();
      await watch.begun;
      await place.rollBack(name, 'gone');
      await vault.set('a', 1);
      await place.rollBack(name, 'gone');
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
      const vault = await place.open(name);
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
      const other = await place.open(name);
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
      const vault = await place.open(name);
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
      const again = await place.open(name);
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

  describe('a queue', () => {
    test('gives jobs in the order in which they came, each to one worker', async () => {
      const vault = await fresh();
      const queue = vault.queue(nameOf());
      expect(await queue.take()).toBeUndefined();
      await queue.push({ to: 'ada', at: new Date(5) });
      const ids = await queue.pushMany(Array.from({ length: 20 }, (_, n) => n));
      expect(new Set(ids).size).toBe(20);
      expect(await queue.counts()).toEqual({ ready: 21, delayed: 0, taken: 0, dead: 0 });
      const first = await queue.take();
      expect([first?.value, first?.attempts, first?.settled]).toEqual([{ to: 'ada', at: new Date(5) }, 1, false]);
      const some = await queue.takeMany(15);
      expect(some.map(({ value }) => value)).toEqual(Array.from({ length: 15 }, (_, n) => n));
      expect(await queue.counts()).toEqual({ ready: 5, delayed: 0, taken: 16, dead: 0 });
      await first?.ack();
      expect([first?.settled, await queue.size()]).toEqual([true, 20]);
      await rejects('KV_INVALID_ARGUMENT', async () => await first?.ack());
      await rejects('KV_INVALID_ARGUMENT', async () => await first?.extend());
      await Promise.all(some.map((job) => job.ack()));
      expect((await queue.takeMany(100)).map(({ value }) => value)).toEqual([15, 16, 17, 18, 19]);
      expect([await queue.clear(), await queue.size()]).toEqual([5, 0]);
      expect(await queue.pushMany([])).toEqual([]);
    });

    test('tries again, and keeps what has failed too often', async () => {
      const vault = await fresh();
      const queue = vault.queue(nameOf(), { maxAttempts: 2, backoff: 3_600_000 });
      await queue.pushMany(['a', 'b', 'c']);
      await (await queue.take())?.nack({ delay: 0, error: new Error('no') });
      const again = await queue.take();
      expect([again?.value, again?.attempts]).toEqual(['a', 2]);
      await again?.nack({ error: new Error('really\0not \ud800') });
      await (await queue.take())?.nack({ dead: true });
      await (await queue.take())?.nack();
      expect(await queue.counts()).toEqual({ ready: 0, delayed: 1, taken: 0, dead: 2 });
      const dead = await queue.dead();
      expect(dead.map(({ value, attempts, error }) => [value, attempts, error])).toEqual([
        ['a', 2, 'really not \ufffd'],
        ['b', 1, undefined],
      ]);
      expect(await queue.dead(1)).toHaveLength(1);
      expect([await queue.revive(dead[0]?.id), await queue.removeDead(), await queue.revive()]).toEqual([1, 1, 0]);
      const revived = await queue.take();
      expect([revived?.value, revived?.attempts]).toEqual(['a', 1]);
      await queue.push('later', { delay: 3_600_000 });
      expect(await queue.take()).toBeUndefined();
      expect((await queue.counts()).delayed).toBe(2);
    });

    test('gives a job whose time is over to another worker', async () => {
      const vault = await fresh();
      const name = nameOf();
      const short = vault.queue(name, { visibility: 1, maxAttempts: 2 });
      await short.push('a');
      const late = await short.take();
      let other: Awaited<ReturnType<typeof short.take>>;
      while (!other) other = await short.take();
      expect([other.value, other.attempts]).toEqual(['a', 2]);
      await rejects('KV_STALE', async () => await late?.ack());
      await rejects('KV_STALE', async () => await late?.extend());
      await rejects('KV_STALE', async () => await late?.nack());
      await other.extend(60_000);
      expect(await short.take()).toBeUndefined();
      await other.extend(1);
      while ((await short.dead()).length === 0) expect(await short.take()).toBeUndefined();
      expect((await short.dead())[0]?.error).toBe('the worker did not finish it in time');
    });

    test('wakes workers, which end by a signal and give back what they have not begun', async () => {
      const vault = await fresh();
      const name = nameOf();
      const queue = vault.queue<number>(name);
      const ending = new AbortController();
      const jobs = queue.jobs({ signal: ending.signal, prefetch: 4 });
      const waiting = jobs.next();
      await queue.pushMany([1, 2, 3, 4]);
      const { value: first } = await waiting;
      expect(first?.value).toBe(1);
      await first?.ack();
      await jobs.return();
      expect(await queue.counts()).toEqual({ ready: 3, delayed: 0, taken: 0, dead: 0 });
      expect((await queue.takeMany(9)).map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
      const idle = queue.jobs({ signal: ending.signal });
      const pending = idle.next();
      ending.abort(new Error('enough'));
      await expect(pending).rejects.toThrow('enough');
      await rejects('KV_INVALID_ARGUMENT', async () => vault.queue(''));
      await rejects('KV_INVALID_ARGUMENT', async () => vault.queue('a', { visibility: 0 }));
      await rejects('KV_INVALID_ARGUMENT', () => queue.takeMany(0));
      await rejects('KV_INVALID_ARGUMENT', () => queue.pushMany('ab' as never));
      await rejects('KV_INVALID_ARGUMENT', () => queue.push(1, { delay: -1 }));
      await rejects('KV_INVALID_ARGUMENT', () => queue.process(5 as never));
    });

    test('is processed by a function, several jobs at a time', async () => {
      const vault = await fresh();
      const queue = vault.queue<number>(nameOf(), { backoff: 0, maxAttempts: 2 });
      await queue.pushMany(Array.from({ length: 12 }, (_, n) => n));
      const ending = new AbortController();
      const done: number[] = [];
      await queue.process(
        async (n) => {
          if (n === 5) throw new Error('five');
          done.push(n);
          if (done.length === 11) ending.abort();
        },
        { concurrency: 3, signal: ending.signal },
      );
      expect(done.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]);
      const rest = await queue.counts();
      expect(rest.ready + rest.dead + rest.delayed).toBe(1);
    });

    test('ends a job with what a transaction writes, or not at all', async () => {
      const name = nameOf();
      const vault = await place.open(name);
      const queue = vault.queue(nameOf());
      await queue.pushMany(['a', 'b']);
      const [one, two] = await queue.takeMany(2);
      await place.settle(name, 'kept', one as never, false);
      await place.settle(name, 'undone', two as never, true);
      expect([await vault.has('kept'), await vault.has('undone')]).toEqual([true, false]);
      expect((await queue.counts()).taken).toBe(1);
    });
  });

  if (!isShared) return;
  describe('two processes', () => {
    test('increment one number', async () => {
      const name = nameOf();
      const vault = await place.open(name);
      const peers = [1, 2].map(() => start([...place.peer, name, 'increment', '40']));
      await Promise.all(peers.map((peer) => once(peer, 'exit')));
      expect(await vault.get('n')).toBe(80);
    });

    test('see the changes of each other, and a watch that was killed goes on', async () => {
      const name = nameOf();
      const vault = await place.open(name);
      const watch = vault.watch();
      await watch.begun;
      const watcher = start([...place.peer, name, 'watch']);
      while ((await message(watcher)) !== 'watches');
      const writers = [1, 2].map(() => start([...place.peer, name, 'write', '40']));
      await Promise.all(writers.map((peer) => once(peer, 'exit')));
      const found = shown(await next(watch, 80));
      for (const { pid } of writers) {
        const own = found.filter((change) => change.startsWith(`+ ${pid} `));
        expect(own).toEqual(Array.from({ length: 40 }, (_, nth) => `+ ${pid} ${nth}`));
      }
      await vault.set('last', 1);
      let last: { key: string; position: string };
      do last = (await message(watcher)) as typeof last;
      while (last.key !== 'last');
      watcher.kill('SIGKILL');
      await once(watcher, 'exit');
      await vault.set('missed', 1);
      const again = vault.watch(undefined, { since: last.position });
      const missed: string[] = [];
      while (missed.at(-1) !== '+ missed') missed.push(...shown(await next(again, 1)));
      expect(new Set(missed).size).toBe(missed.length);
      await Promise.all([again.return(), watch.return()]);
    });

    test('do each job once, also that of a worker that is killed', async () => {
      const name = nameOf();
      const vault = await place.open(name);
      const queue = vault.queue<number>('work');
      await queue.clear();
      await queue.push(1_000);
      const killed = start([...place.peer, name, 'hang']);
      let took = await message(killed);
      while (took === 'ready') took = await message(killed);
      expect(took).toEqual({ took: 1_000 });
      killed.kill('SIGKILL');
      await once(killed, 'exit');
      const workers = [1, 2].map(() => start([...place.peer, name, 'work']));
      const ends = workers.map((worker) => once(worker, 'exit'));
      await queue.pushMany(Array.from({ length: 60 }, (_, n) => n));
      while (!(await vault.has('done 1000'))) await new Promise((resolve) => setTimeout(resolve, 20));
      while ((await queue.size()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      await queue.pushMany([-1, -1]);
      // The job that ends a worker is done by it once more or less: each of them aborts itself.
      await Promise.race(ends);
      await queue.pushMany([-1]);
      await Promise.all(ends);
      expect(await vault.count('done ')).toBe(61);
      for await (const times of vault.values('done ')) expect(times).toBe(1);
      await queue.clear();
    });
  });
}

/** Returns a watch that has begun, and the first change of it, of a key that is set. */
async function begun(vault: AnyVault, key: string): Promise<AsyncIterable<unknown>> {
  const watch = vault.watch();
  await vault.set(key, 1);
  return watch;
}

/** Returns changes as texts: "+ key" and "- key". */
function shown(changes: readonly AsyncChange<string | Buffer>[]): string[] {
  return changes.map(({ kind, key }) => `${kind === 'set' ? '+' : '-'} ${key}`);
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
