// The WAL begins at its front again however many streams overlap: some of them always read a state of the WAL.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { KVault } from '@kohakuvault/kvault';
import { describe, expect, onTestFinished, test } from 'vitest';
import { keepMessages, message } from '../../../../tools/testing/src/messages.ts';
import { ENOUGH, READ, readOverlapping } from './overlapping.ts';
import { failureCode, pattern, readAll, same, tempVault } from './support.ts';

const MiB = 1024 * 1024;
const WRITTEN = 300 * MiB;
/** From 64 MiB on streams make way. The rest is what is written until the WAL has been moved, on a slow disk. */
const BOUND = 220 * MiB;

/** Writes so much by values that replace each other, and until `isEnough`. Returns the longest length of the WAL. */
async function write(vault: KVault, file: string, isEnough: () => boolean): Promise<number> {
  const bytes = pattern(4 * MiB, 2);
  let longest = 0;
  for (let written = 0; written < WRITTEN || !isEnough(); written += bytes.length) {
    await vault.putFile(`written ${(written / bytes.length) % 4}`, bytes);
    longest = Math.max(longest, statSync(`${file}-wal`).size);
    await turn();
  }
  console.log(`the WAL had ${Math.round(longest / MiB)} MiB at most`);
  return longest;
}

describe.each([
  ['in their rows', 8 * MiB],
  ['in parts', 100_000],
])('values %s', (_, maxBlobBytes) => {
  test('streams of this process', async () => {
    const { vault, file } = tempVault({ maxBlobBytes });
    vault.set('read', READ);
    let over = false;
    let count = 0;
    const reading = readOverlapping(
      vault,
      'read',
      () => over,
      (read) => {
        count = read;
      },
    );
    try {
      expect(await write(vault, file, () => count >= ENOUGH)).toBeLessThan(BOUND);
    } finally {
      over = true;
    }
    await reading;
  });

  test('streams of another process', async () => {
    const { vault, file } = tempVault({ maxBlobBytes });
    vault.set('read', READ);
    const program = join(import.meta.dirname, 'scripts/reads-overlapping.ts');
    const reader = fork(program, [file, String(maxBlobBytes)], { execArgv: ['--conditions=@kohakuvault/source'] });
    onTestFinished(() => void reader.kill('SIGKILL'));
    keepMessages(reader);
    expect(await message(reader)).toBe('ready');
    let hasRead = false;
    const enough = message(reader).then((said) => {
      expect(said).toBe('enough');
      hasRead = true;
    });
    const ended = once(reader, 'exit');
    expect(await write(vault, file, () => hasRead)).toBeLessThan(BOUND);
    await enough;
    reader.send('end');
    expect(await ended).toEqual([0, null]);
  });
});

describe('a stream that is open while the WAL becomes long', () => {
  async function long(maxBlobBytes: number, holdMs?: number) {
    const { vault, file } = tempVault({ maxBlobBytes });
    vault.set('read', READ);
    const other = new KVault(file);
    onTestFinished(() => other.close());
    const stream = vault.createReadStream('read', { chunkSize: 50_000, ...(holdMs !== undefined && { holdMs }) });
    await once(stream, 'readable');
    for (let count = 0; count < 20; count++) other.set('written', pattern(4 * MiB, count));
    // It reads on, and sees the length.
    for (let count = 0; count < 3; count++) stream.read(50_000) ?? (await once(stream, 'readable'));
    return { vault, stream, other };
  }

  test.each([
    ['in its row', 8 * MiB, undefined],
    ['in parts, with holdMs', 100_000, 60_000],
  ])('gives the value as it was when it is replaced (%s)', async (_, maxBlobBytes, holdMs) => {
    const { vault, stream } = await long(maxBlobBytes, holdMs);
    vault.set('read', pattern(READ.length, 9));
    const rest = await readAll(stream);
    expect(same(rest, READ.subarray(READ.length - rest.length))).toBe(true);
  });

  test('is stale when it is replaced, if it is in parts', async () => {
    const { vault, stream } = await long(100_000);
    vault.set('read', pattern(READ.length, 9));
    expect(await failureCode(() => readAll(stream))).toBe('KV_STALE');
  });
});
