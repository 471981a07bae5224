import { finished, pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { failureCode, failureOf, memoryVault, pattern, pieces, reasonOf, same, spools, tempVault } from './support.ts';

const MiB = 1024 * 1024;

describe('a write stream', () => {
  test.each([0, 5, 3 * MiB, 9 * MiB])('makes %i bytes the value when it finishes, and not before', async (length) => {
    const { vault, folder } = tempVault();
    for (const subject of [vault, memoryVault()]) {
      const bytes = pattern(length);
      subject.set('key', 'old');
      const stream = subject.createWriteStream('key');
      for (const piece of pieces(bytes, 333_333)) stream.write(piece);
      expect(subject.get('key')).toBe('old');
      stream.end();
      await finished(stream);
      expect(same(subject.get('key'), bytes)).toBe(true);
    }
    expect(spools(folder)).toEqual([]);
  });

  test('copies from a read stream, also onto its own key', async () => {
    const { vault } = tempVault();
    const bytes = pattern(3 * MiB);
    vault.set('key', bytes);
    await pipeline(vault.createReadStream('key'), vault.createWriteStream('copy'));
    await pipeline(vault.createReadStream('key', { start: 1 }), vault.createWriteStream('key'));
    expect(same(vault.get('copy'), bytes)).toBe(true);
    expect(same(vault.get('key'), bytes.subarray(1))).toBe(true);
  });

  test('that is destroyed, aborted, or of another size than expected leaves the old value and no file', async () => {
    const { vault, folder } = tempVault();
    vault.set('key', 'old');
    const destroyed = vault.createWriteStream('key');
    destroyed.write(pattern(MiB));
    destroyed.destroy(new Error('enough'));
    await expect(finished(destroyed)).rejects.toThrow('enough');

    const controller = new AbortController();
    const aborted = vault.createWriteStream('key', { signal: controller.signal });
    aborted.write(pattern(MiB));
    controller.abort();
    expect(await reasonOf(() => finished(aborted))).toBe(controller.signal.reason);

    for (const size of [9, 11]) {
      const stream = vault.createWriteStream('key', { size });
      stream.end(pattern(10));
      expect((await failureOf(() => finished(stream))).code).toBe('KV_INVALID_ARGUMENT');
    }
    const closed = vault.createWriteStream('key');
    const ended = failureCode(() => finished(closed));
    expect(vault.get('key')).toBe('old');
    vault.close();
    expect(await ended).toBe('KV_CLOSED');
    expect(spools(folder)).toEqual([]);
  });

  test('reports its progress', async () => {
    const { vault } = tempVault();
    const told: unknown[] = [];
    const onProgress = (...args: unknown[]) => told.push(args);
    const stream = vault.createWriteStream('key', { onProgress, size: 10 });
    stream.write(pattern(4));
    stream.end(pattern(6));
    await finished(stream);
    expect(told).toEqual([
      [4, 10],
      [10, 10],
    ]);
  });
});
