import { describe, expect, test } from 'vitest';
import { rejects } from '../contract.ts';
import type { LivingContext } from './living-context.ts';

/** Registers the tests of queues. */
export function testQueues(living: LivingContext): void {
  const { fresh, nameOf } = living;

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
      const vault = await living.place.open(name);
      const queue = vault.queue(nameOf());
      await queue.pushMany(['a', 'b']);
      const [one, two] = await queue.takeMany(2);
      await living.place.settle(name, 'kept', one as never, false);
      await living.place.settle(name, 'undone', two as never, true);
      expect([await vault.has('kept'), await vault.has('undone')]).toEqual([true, false]);
      expect((await queue.counts()).taken).toBe(1);
    });
  });
}
