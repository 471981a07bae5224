// Worker threads that are terminated, no matter what they do at that moment.
import { once } from 'node:events';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { tempFolder } from '../../../testing/src/temp.ts';
import { program, THREAD } from '../support/processes.ts';
import { stepsIn } from '../support/state.ts';

/** The long run has a thousand. */
const TERMINATIONS = Number(process.env.KOHAKUVAULT_TERMINATIONS ?? 14);
const WAYS = ['idle', 'in a transaction', 'writing', 'reading', 'searching', 'copying', 'pending'];
const MiB = 1024 * 1024;

/** Returns how many descriptors of files in a folder this process has open; 0 if the system does not tell. */
function descriptorsIn(folder: string): number {
  if (process.platform !== 'linux') return 0;
  return readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(join('/proc/self/fd', name)).startsWith(join(folder, 'vault.db'));
    } catch {
      return false; // The descriptor with which the folder is read.
    }
  }).length;
}

test(`${TERMINATIONS} terminations leave no lock, no open file and a sound database`, {
  timeout: 1_800_000,
}, async () => {
  const folder = tempFolder();
  const file = join(folder, 'vault.db');
  const path = join(folder, 'source');
  writeFileSync(path, Buffer.alloc(9 * MiB, 7));
  for (let round = 0; round < TERMINATIONS; round++) {
    const workerData = { file, path, how: WAYS[round % WAYS.length] };
    const worker = new Worker(program('terminated.ts'), { workerData, ...THREAD });
    await once(worker, 'message');
    const ended = once(worker, 'exit');
    await worker.terminate();
    await ended;
  }
  expect(await settled(() => descriptorsIn(folder))).toBe(0);
  stepsIn(file);
});

/** Returns 0 as soon as a number has become 0, and the number if it does not: some runtimes clean up a moment later. */
async function settled(count: () => number): Promise<number> {
  for (let turn = 0; turn < 500 && count() > 0; turn++) await new Promise((resolve) => setTimeout(resolve, 10));
  return count();
}
