// Streams that are dropped without being ended. The tests wait until they have been collected, and for what must
// follow.
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { collect } from '../../../../tools/testing/src/collect.ts';
import { openSpools, pattern, tempVault } from './support.ts';

/** Collects garbage until a condition holds. Otherwise the test's time limit ends it. */
async function untilCollected(isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    collect();
    await turn();
  }
}

const { signal } = new AbortController();

test('a read stream ends its snapshot, so that the WAL can be emptied', async () => {
  const { vault } = tempVault({ busyTimeout: 0 });
  vault.set('key', pattern(2_500_000));
  await (async () => {
    const stream = vault.createReadStream('key', { signal });
    await new Promise((done) => stream.once('readable', done));
  })();
  vault.set('key', 1);
  expect(vault.checkpoint('truncate').busy).toBe(1);
  await untilCollected(() => vault.checkpoint('truncate').busy === 0);
});

test('a write stream removes its file, and leaves the old value', async () => {
  const { vault, folder } = tempVault();
  vault.set('key', 'old');
  await (async () => {
    const stream = vault.createWriteStream('key', { signal });
    await new Promise((done) => stream.write(pattern(100_000), done));
  })();
  expect(openSpools(folder)).toBe(1);
  await untilCollected(() => openSpools(folder) === 0);
  expect(vault.get('key')).toBe('old');
});
