import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { KVault } from '@kohakuvault/kvault';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../../../tools/testing/src/temp.ts';
import { openSpools, run, spools } from './support.ts';

const MiB = 1024 * 1024;

describe('a process that is killed during a copy', () => {
  test.each([
    ['path', 4 * MiB],
    ['path', 20 * MiB],
    ['bytes', 20 * MiB],
    ['iterable', 4 * MiB],
    ['write stream', 4 * MiB],
  ])('of storing a %s (%i bytes) leaves the old value and no garbage', async (way, size) => {
    const folder = tempFolder();
    const file = join(folder, 'vault.db');
    const before = new KVault(file);
    before.set('key', 'old');
    before.close();
    expect((await run('dies.ts', [file, way, String(size)])).signal).toBe('SIGKILL');
    expect(spools(folder)).toEqual([]);
    const vault = new KVault(file);
    expect(vault.get('key')).toBe('old');
    expect(vault.size).toBe(1);
    expect(spools(folder)).toEqual([]);
    expect(vault.database.pragma('integrity_check', { simple: true })).toBe('ok');
    vault.close();
    expect(readdirSync(folder).filter((name) => !name.endsWith('.source'))).toEqual(['vault.db']);
  });

  test('a worker that is terminated leaves no spool file, not even an open one', async () => {
    const folder = tempFolder();
    const worker = new Worker(join(import.meta.dirname, 'scripts', 'dies.ts'), {
      argv: [join(folder, 'vault.db'), 'hangs', String(MiB)],
      execArgv: ['--conditions=@kohakuvault/source'],
    });
    await once(worker, 'message');
    expect([spools(folder), openSpools(folder)]).toEqual([[], 1]);
    await worker.terminate();
    expect([spools(folder), openSpools(folder)]).toEqual([[], 0]);
  });

  test('spool files of running processes, and files of other names, stay', () => {
    const folder = tempFolder();
    const file = join(folder, 'vault.db');
    const names = [
      `vault.db-kohakuvault-spool-${process.ppid}-ab`,
      'vault.db-kohakuvault-spool-notes',
      'other.db-kohakuvault-spool-1-ab',
    ];
    for (const name of names) writeFileSync(join(folder, name), '');
    new KVault(file).close();
    expect(spools(folder).sort()).toEqual([...names].sort());
  });
});

test.each([
  'path',
  'parts',
  'parts, read',
  'beside parts',
  'iterable',
  'write stream',
  'read stream',
  'file',
  'writable',
])('memory stays bounded: 128 MiB by %s', async (way) => {
  const { output } = await run('memory.ts', [join(tempFolder(), 'vault.db'), way, String(128 * MiB)]);
  console.log(`${way}: ${output.trim()} MiB`);
  // Chunks that nobody uses any more stay until V8 collects them: up to 70 MiB, however long the value is.
  expect(Number(output)).toBeLessThan(96);
});

test('an iteration over a million keys takes no memory for them', async () => {
  const { output } = await run('walk.ts', [join(tempFolder(), 'vault.db'), String(1_000_000)]);
  console.log(`a million keys: ${output.trim()} MiB`);
  expect(Number(output)).toBeLessThan(8);
});
