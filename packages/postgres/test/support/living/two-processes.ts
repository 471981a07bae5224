import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { next } from '../../../../../tools/testing/src/items.ts';
import { message, start } from '../peers.ts';
import type { LivingContext } from './living-context.ts';
import { shown } from './shown-changes.ts';

/** Registers the tests of vaults that two processes share. */
export function testTwoProcesses(living: LivingContext): void {
  const { nameOf } = living;

  describe('two processes', () => {
    test('increment one number', async () => {
      const name = nameOf();
      const vault = await living.place.open(name);
      const peers = [1, 2].map(() => start([...living.place.peer, name, 'increment', '40']));
      await Promise.all(peers.map((peer) => once(peer, 'exit')));
      expect(await vault.get('n')).toBe(80);
    });

    test('see the changes of each other, and a watch that was killed goes on', async () => {
      const name = nameOf();
      const vault = await living.place.open(name);
      const watch = vault.watch();
      await watch.begun;
      const watcher = start([...living.place.peer, name, 'watch']);
      while ((await message(watcher)) !== 'watches');
      const writers = [1, 2].map(() => start([...living.place.peer, name, 'write', '40']));
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
      const vault = await living.place.open(name);
      const queue = vault.queue<number>('work');
      await queue.clear();
      await queue.push(1_000);
      const killed = start([...living.place.peer, name, 'hang']);
      let took = await message(killed);
      while (took === 'ready') took = await message(killed);
      expect(took).toEqual({ took: 1_000 });
      killed.kill('SIGKILL');
      await once(killed, 'exit');
      const workers = [1, 2].map(() => start([...living.place.peer, name, 'work']));
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
