import assert from 'node:assert/strict';
import type { Vault } from '@kohakuvault/core-native/database';
import type { Check } from '../harness/part.ts';
import { UNDOINGS } from '../harness/undoings.ts';
import { HOLD, type VaultKind } from '../harness/vault-kind.ts';

/** How a vault tells of the items that anybody adds. */
type Follow<V extends Vault> = (vault: V) => AsyncIterableIterator<number>;

async function next(items: AsyncIterator<number>, count: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < count) {
    const { done, value } = await items.next();
    assert.notEqual(done, true, `the news ended after ${found.length} of ${count} items`);
    found.push(value);
  }
  return found;
}

export function newsOf<V extends Vault>(kind: VaultKind<V>, follow: Follow<V>, check: Check<V>): void {
  check('items that the vault and others add come each once, in the order of the commits', async (fixture) => {
    const { file, vault } = fixture.filled([1]);
    const news = follow(vault);
    const same = fixture.open(vault);
    const other = fixture.open(fixture.database(file));
    fixture.write(vault, 2);
    fixture.write(same, 3);
    fixture.write(other, 4);
    vault.transaction(() => fixture.write(vault, 5, 6));
    assert.deepEqual(await next(news, 5), [2, 3, 4, 5, 6]);
    for (const [nth, writer] of [vault, same, other].entries()) {
      const waiting = next(news, 1);
      fixture.write(writer, 10 + nth);
      assert.deepEqual(await waiting, [10 + nth]);
    }
  });

  for (const [name, undo] of Object.entries(UNDOINGS)) {
    check(`nothing that is undone comes: by ${name}`, async (fixture) => {
      const { vault, database } = fixture.borrowed(1);
      const news = follow(vault);
      undo({ vault, database }, () => fixture.write(vault, 2));
      fixture.write(vault, 3);
      assert.deepEqual(await next(news, 1), [3]);
    });
  }

  for (const [name, cacheOf] of Object.entries(kind.caches ?? {})) {
    check(`pending items come when they are flushed: ${name}`, async (fixture) => {
      const { file, vault } = fixture.filled([1]);
      const news = follow(vault);
      const waiting = next(news, 2);
      cacheOf(vault).enableCache(HOLD);
      fixture.write(vault, 2);
      fixture.write(fixture.open(fixture.database(file)), 3);
      cacheOf(vault).disableCache();
      assert.deepEqual(await waiting, [3, 2]);
    });
  }

  check('close ends the news, also while somebody waits', async (fixture) => {
    const { vault } = fixture.filled([1]);
    const [one, two] = [follow(vault), follow(vault)];
    const waiting = one.next();
    vault.close();
    assert.equal((await waiting).done, true);
    assert.equal((await two.next()).done, true);
  });
}
