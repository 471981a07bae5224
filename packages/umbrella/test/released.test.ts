// What vaults leave when they are closed, and when they are dropped.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../../tools/testing/src/temp.ts';

/** Runs a program of `scripts`. Returns the last line of its output. */
async function report(name: string, ...args: string[]): Promise<unknown> {
  const child = fork(join(import.meta.dirname, 'scripts', name), args, {
    execArgv: ['--conditions=@kohakuvault/source', '--expose-gc', '--no-warnings'],
    silent: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => {
      output += data;
    });
  }
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`${name} ended with ${status}:\n${output}`);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '');
}

test('dropped vaults release their files, warn, and lose no pending writes', {
  timeout: 600_000,
}, async () => {
  const found = (await report('dropped-vaults.ts', tempFolder())) as Record<string, Record<string, unknown>>;
  expect(found.wrong).toEqual({});
  expect(found.locked).toEqual({ isTold: true, seen: 2, stored: { pending: 2 }, areReleased: true });
  for (const how of ['path', 'database', 'shared']) {
    expect(found[how], how).toMatchObject({ areReleased: true, complete: 60 });
  }
  // A Database of the user is closed by the user.
  expect([found.path?.named, found.database?.named, found.shared?.named]).toEqual([60, 0, 60]);
  expect(found.path?.sample).toMatch(/path \d+\.db was dropped without close\(\)/);
});

test('vaults that are opened and closed beside another vault leave nothing in memory', {
  timeout: 600_000,
}, async () => {
  const grown = (await report('opened-beside.ts', tempFolder(), '2000')) as Record<string, number>;
  // Before the fix they took 11 to 34 KB each.
  for (const [name, bytes] of Object.entries(grown)) expect(bytes, name).toBeLessThan(15 * 1024 * 1024);
});
