import assert from 'node:assert/strict';
import type { Vault } from '@kohakuvault/core-native/database';
import type { Check } from '../harness/part.ts';
import type { VaultKind } from '../harness/vault-kind.ts';
import { WorkerThread } from '../harness/worker-thread.ts';

/** Items that a thread writes while another one writes too. */
const EACH = 40;

function numbers(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => start + index);
}

function sorted(items: number[]): number[] {
  return items.sort((a, b) => a - b);
}

export function workers<V extends Vault>(kind: VaultKind<V>, module: string, check: Check<V>): void {
  /** Runs a body with worker threads on a file, and terminates them. */
  async function withThreads(file: string, count: number, body: (threads: WorkerThread[]) => Promise<void>) {
    const threads = numbers(0, count).map(() => new WorkerThread({ module, kind: kind.name, file }));
    try {
      await body(threads);
    } finally {
      await Promise.all(threads.map((thread) => thread.terminate()));
    }
  }

  check('a thread sees what another one commits, in both directions', async (fixture) => {
    const { file, vault } = fixture.filled([1]);
    await withThreads(file, 1, async ([thread]) => {
      assert.deepEqual(await thread?.ask({ do: 'read' }), [1]);
      assert.deepEqual(sorted((await thread?.ask({ do: 'write', items: [2] })) ?? []), [1, 2]);
      fixture.assertItems(vault, [1, 2]);
      fixture.write(vault, 3);
      assert.deepEqual(sorted((await thread?.ask({ do: 'read' })) ?? []), [1, 2, 3]);
    });
    fixture.assertBoth(vault, [1, 2, 3], 'when the thread has ended');
  });

  check('threads that write at the same time lose nothing', async (fixture) => {
    const { file, vault } = fixture.filled([1]);
    const shares = [numbers(100, EACH), numbers(200, EACH)];
    await withThreads(file, shares.length, async (threads) => {
      await Promise.all(threads.map((thread, index) => thread.ask({ do: 'write', items: shares[index] ?? [] })));
    });
    fixture.assertBoth(vault, [1, ...shares.flat()]);
    assert.equal(vault.database.pragma('integrity_check', { simple: true }), 'ok');
  });

  check('a thread that is terminated in a transaction leaves nothing of it, and no lock', async (fixture) => {
    const { file, vault } = fixture.filled([1], { busyTimeout: 0, retries: 0 });
    await withThreads(file, 1, async ([thread]) => {
      await thread?.ask({ do: 'hold', item: 2 });
      fixture.assertItems(vault, [1], 'meanwhile');
    });
    fixture.assertBoth(vault, [1]);
    fixture.write(vault, 3);
    fixture.assertBoth(vault, [1, 3]);
  });

  check('a thread that ends writes what is pending in its caches', async (fixture) => {
    const { file, vault } = fixture.filled([1]);
    await withThreads(file, 1, async ([thread]) => {
      await thread?.ask({ do: 'write', items: [2] });
      await thread?.exit([3, 4]);
    });
    fixture.assertBoth(vault, [1, 2, 3, 4]);
  });

  check('a thread that is terminated loses what is pending in its caches, and nothing else', async (fixture) => {
    const { file, vault } = fixture.filled([1], { busyTimeout: 0, retries: 0 });
    await withThreads(file, 1, async ([thread]) => {
      await thread?.ask({ do: 'write', items: [2] });
      const items = await thread?.ask({ do: 'pend', items: [3] });
      assert.deepEqual(sorted(items ?? []), [1, 2, 3]);
    });
    fixture.assertBoth(vault, kind.caches ? [1, 2] : [1, 2, 3]);
    fixture.write(vault, 4);
    assert.equal(vault.database.pragma('integrity_check', { simple: true }), 'ok');
  });
}
