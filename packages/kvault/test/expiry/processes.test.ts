// Several processes write entries that soon expire, and read those of the others.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { expect, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { stored } from './support.ts';

const SCRIPT = join(import.meta.dirname, 'scripts', 'short-lives.ts');

function run(...args: string[]): Promise<{ seen: number; gone: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=@kohakuvault/source', SCRIPT, ...args]);
    let [printed, failed] = ['', ''];
    child.stdout.on('data', (chunk) => {
      printed += chunk;
    });
    child.stderr.on('data', (chunk) => {
      failed += chunk;
    });
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(printed)) : reject(new Error(`${args}: ${failed}`))));
  });
}

test('none of them is given an entry that had expired before it asked', async () => {
  const file = tempFile();
  new KVault(file).close();
  const seed = Date.now() % 1e9;
  const counts = await Promise.all([
    run(file, '1500', String(seed), 'direct'),
    run(file, '1500', String(seed + 1), 'direct'),
    run(file, '3000', String(seed + 2), 'cached'),
  ]);
  for (const { seen, gone } of counts) expect(Math.min(seen, gone), `seed ${seed}`).toBeGreaterThan(0);
  using kv = new KVault<{ until: number }>(file);
  // The last entries expire within 40 ms; then those that never expire are left, in the file as well.
  while (Object.keys(stored(file).times).length > 0) kv.purgeExpired();
  expect([...kv.keys()]).toEqual(stored(file).keys);
  for (const [key, { until }] of kv)
    expect([until, kv.ttlOf(key)]).toEqual([Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]);
});
