// What a process that only opens, writes and reads a vault need not load.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

/** An `import` of `node:fs` or `node:util` would load the last two, because it reads what those load lazily. */
const NEEDED_BY_STREAMS = ['worker_threads', 'fs/promises', 'stream/web', 'timers/promises'];
const BEHIND_GETTERS = ['internal/fs/streams', 'internal/util/parse_args/parse_args'];

test("a start loads none of Node's modules that only streams need", () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@kohakuvault/source', join(import.meta.dirname, 'scripts/start.ts'), tempFile()],
    { encoding: 'utf8' },
  );
  const loaded = stdout.split('\n');
  expect(loaded, stderr).toContain('fs');
  expect(loaded.filter((name) => [...NEEDED_BY_STREAMS, ...BEHIND_GETTERS].includes(name))).toEqual([]);
});

/** What Node, Bun and Deno say. */
const REFUSED = /Cannot transfer|key doesn't match/;

describe('bytes that share memory with other values cannot be transferred', () => {
  test.each([
    ['the first values', 1],
    ['later ones', 1_000],
  ])('%s', (_, reads) => {
    using vault = new KVault(tempFile());
    vault.set('key', Buffer.alloc(100, 7));
    let value = vault.get('key') as Buffer<ArrayBuffer>;
    for (let read = 1; read < reads; read++) value = vault.get('key');
    expect(() => structuredClone(value, { transfer: [value.buffer] })).toThrow(REFUSED);
    expect(value).toEqual(Buffer.alloc(100, 7));
  });

  test.each([0, 16, 101, 1_024, 1 << 20])('if the program has set the size of Node’s pool to %i', (size) => {
    const before = Buffer.poolSize;
    Buffer.poolSize = size;
    try {
      using vault = new KVault(tempFile());
      const values = Array.from({ length: 50 }, (_, i) => Buffer.alloc(i * 20, i));
      for (const [i, value] of values.entries()) vault.set(`${i}`, value);
      const read = values.map((_, i) => vault.get(`${i}`) as Buffer<ArrayBuffer>);
      expect(read).toEqual(values);
      for (const value of read.slice(1)) {
        expect(value.byteOffset % 8).toBe(0);
        expect(() => structuredClone(value, { transfer: [value.buffer] })).toThrow(REFUSED);
      }
    } finally {
      Buffer.poolSize = before;
    }
  });
});
