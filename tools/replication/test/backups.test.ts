// Backups while other processes write, and while those and the process that makes them are killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { restore } from '@kohakuvault/kvault';
import { expect, onTestFinished, test } from 'vitest';
import { CONDITIONS } from '../../tasks/built.ts';
import { tempFolder } from '../../testing/src/temp.ts';
import { countsOf, Vaults } from '../src/content.ts';
import { Writer } from '../src/writer.ts';

async function writing(file: string): Promise<Writer[]> {
  const writers = [0, 1].map((number) => new Writer(file, number, 'own'));
  onTestFinished(async () => {
    for (const writer of writers) await writer.kill();
  });
  for (const writer of writers) await writer.start();
  for (const writer of writers) writer.go();
  await Promise.all(writers.map((writer) => writer.writes(10)));
  return writers;
}

test('a backup under two writers has one state, not older than the call', async () => {
  const folder = tempFolder();
  const file = join(folder, 'vault.db');
  const writers = await writing(file);
  using vaults = new Vaults(file, { busyTimeout: 60_000 });
  for (let round = 0; round < 2; round++) {
    const before = writers.map(({ acknowledged }) => acknowledged);
    const copy = join(folder, `copy ${round}.db`);
    // Writers commit between the steps.
    let steps = 0;
    await vaults.kv.backup(copy, { onProgress: () => steps++ });
    await Promise.all(writers.map((writer) => writer.writes(1)));
    expect(steps).toBeGreaterThan(0);
    const restored = join(folder, `restored ${round}.db`);
    await restore(copy, restored);
    const counts = countsOf(restored);
    for (const [number, count] of counts.entries()) expect(count).toBeGreaterThanOrEqual(before[number] as number);
  }
  for (const writer of writers) await writer.pause();
});

test('kill -9 leaves the older backup or the whole new one', async () => {
  const folder = tempFolder();
  const file = join(folder, 'vault.db');
  const target = join(folder, 'backups.db');
  const writers = await writing(file);
  let newest = writers.map(() => 0);
  for (let round = 0; round < 3; round++) {
    const program = join(import.meta.dirname, '../src/backup-process.ts');
    const child = spawn(process.execPath, [...CONDITIONS, program, file, target], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    for await (const line of createInterface(child.stdout)) if (Number(line) > round) break;
    // Somewhere in the next one.
    for (const end = performance.now() + round * 8; performance.now() < end; );
    child.kill('SIGKILL');
    if (round === 1) {
      // A writer that dies as well leaves a WAL, from which the next one goes on.
      await writers[0]?.kill();
      await writers[0]?.start();
      writers[0]?.go();
    }
    await closed;
    const counts = countsOf(target);
    for (const [number, count] of counts.entries()) expect(count).toBeGreaterThanOrEqual(newest[number] as number);
    newest = [...counts];
    expect(existsSync(`${target}-journal`)).toBe(false);
  }
  for (const writer of writers) await writer.pause();
  for (const writer of writers) await writer.kill();
  // What a killed backup leaves has another name, and does not keep the next one from working.
  const left = readdirSync(folder).filter((name) => name.startsWith('backups.db.kohakuvault-'));
  using vaults = new Vaults(file);
  await vaults.kv.backup(target);
  expect(countsOf(target)).toEqual(countsOf(file));
  expect(readdirSync(folder).filter((name) => name.startsWith('backups.db.kohakuvault-'))).toEqual(left);
});
