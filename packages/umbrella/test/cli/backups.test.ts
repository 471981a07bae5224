import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { expect, test } from 'vitest';
import { tempFolder } from '../../../../tools/testing/src/temp.ts';
import { json, run } from '../support/command-line.ts';
import { recorded } from '../support/recorded.ts';

test('backup copies a file that a program has open, and restore makes a file of it', async () => {
  const folder = tempFolder();
  const file = join(folder, 'vault.db');
  using vault = new KVault<number>(file);
  for (let number = 0; number < 500; number++) vault.set(`key ${number}`, number);
  const copy = join(folder, 'copy.db');
  const { stderr } = await run(['backup', file, copy]);
  expect(stderr).toMatch(/^copied .* to .*copy\.db\n$/);
  vault.set('later', 1);
  const restored = join(folder, 'restored.db');
  const { bytes } = await json<{ bytes: number }>(['restore', copy, restored]);
  expect(readFileSync(copy).length).toBe(bytes);
  using found = new KVault<number>(restored);
  expect([...found.entries()].length).toBe(500);
  expect(await json(['backup', file, copy])).toEqual({ file: copy, bytes: readFileSync(copy).length });
});

test('files of every release are copied, and reading them leaves nothing', async () => {
  for (const name of ['kv-0.7.1.db', 'mixed-0.8.6.db', 'text-1.1.0.db']) {
    const file = recorded(name);
    const copy = `${file}.copy`;
    const restored = `${file}.restored`;
    await json(['backup', file, copy]);
    await json(['restore', copy, restored]);
    for (const path of [file, copy, restored]) expect(existsSync(`${path}-wal`), path).toBe(false);
    expect(await run(['verify', restored])).toMatchObject({ status: 0 });
  }
});

test('what cannot be restored is refused, and makes nothing', async () => {
  const folder = tempFolder();
  const file = recorded('mixed-0.8.6.db');
  const copy = join(folder, 'copy.db');
  await json(['backup', file, copy]);
  const over = await run(['restore', copy, file]);
  expect(over).toMatchObject({ status: 1 });
  expect(over.stderr).toContain('exists; move it away');
  const bytes = readFileSync(copy);
  bytes.fill(0xaa, 5000, 9000);
  writeFileSync(copy, bytes);
  const target = join(folder, 'target.db');
  expect(await run(['restore', copy, target])).toMatchObject({ status: 3 });
  expect(existsSync(target)).toBe(false);
  expect(await run(['backup', join(folder, 'missing.db'), target])).toMatchObject({ status: 1 });
  expect(await run(['backup', file, file])).toMatchObject({ status: 1 });
  expect(existsSync(target)).toBe(false);
});
