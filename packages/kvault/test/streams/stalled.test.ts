// Streams out whose reader stalls: they give their state of the file up, and go on if the value is still the same.
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { failureCode, pattern, readAll, same, tempVault } from './support.ts';

const bytes = pattern(2_500_000);

/** Waits until nothing keeps the WAL from being emptied. Otherwise the test's time limit ends it. */
async function untilFree(vault: KVault): Promise<void> {
  while (vault.checkpoint('truncate').busy !== 0) await turn();
}

describe.each([
  ['in its row', 8_000_000],
  ['in parts', 100_000],
])('a value %s', (_, maxBlobBytes) => {
  async function stalled() {
    const { vault, file } = tempVault({ busyTimeout: 0, maxBlobBytes });
    vault.set('key', bytes);
    const stream = vault.createReadStream('key', { holdMs: 1, chunkSize: 50_000 });
    await once(stream, 'readable');
    vault.set('other', 1);
    await untilFree(vault);
    const database = new Database(file);
    onTestFinished(() => void database.close());
    return { vault, stream, foreign: new KVault(database, { maxBlobBytes }) };
  }

  test.each(['nothing', 'another key'])('goes on to its end after a change of %s', async (what) => {
    const { vault, stream, foreign } = await stalled();
    if (what === 'another key') {
      vault.set('other', bytes);
      foreign.delete('other');
    }
    expect(same(await readAll(stream), bytes)).toBe(true);
  });

  test.each<[string, (vault: KVault) => unknown]>([
    ['replaced', (vault) => vault.set('key', pattern(1_000))],
    ['replaced by one of the same length', (vault) => vault.set('key', pattern(bytes.length, 2))],
    ['deleted', (vault) => vault.delete('key')],
  ])('is stale if it has been %s, by anybody', async (__, change) => {
    for (const who of ['vault', 'foreign'] as const) {
      const made = await stalled();
      change(made[who]);
      expect(await failureCode(() => readAll(made.stream))).toBe('KV_STALE');
    }
  });

  test('gives its state up again and again', async () => {
    const { vault, stream } = await stalled();
    const chunks: Buffer[] = [];
    for await (const chunk of stream) {
      chunks.push(chunk);
      if (chunks.length % 10 !== 0) continue;
      vault.set('other', chunks.length);
      await untilFree(vault);
    }
    expect(same(Buffer.concat(chunks), bytes)).toBe(true);
  });
});

test('holdMs is checked', async () => {
  const { vault } = tempVault();
  vault.set('key', bytes);
  for (const holdMs of [-1, 1.5, '1', 2 ** 31]) {
    expect(await failureCode(() => vault.createReadStream('key', { holdMs } as never))).toBe('KV_INVALID_ARGUMENT');
    expect(await failureCode(() => vault.getToFile('key', '/dev/null', { holdMs } as never))).toBe(
      'KV_INVALID_ARGUMENT',
    );
  }
});
