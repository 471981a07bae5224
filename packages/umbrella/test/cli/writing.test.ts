import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../../../tools/testing/src/temp.ts';
import { json, output, run } from '../support/command-line.ts';
import { recorded } from '../support/recorded.ts';

describe('put', () => {
  test('stores a file, stdin, text and JSON, and creates the database', async () => {
    const folder = tempFolder();
    const file = join(folder, 'new', 'vault.db');
    const source = join(folder, 'source.bin');
    const bytes = Buffer.alloc(2_500_000, 'some bytes ');
    writeFileSync(source, bytes);
    expect((await run(['put', file, 'file', source])).stderr).toBe('stored 2.4 MiB under file\n');
    await output(['put', file, 'piped', '-'], { input: bytes });
    await output(['put', file, 'text', '-', '--as', 'text'], { input: 'grüße' });
    await output(['put', file, 'object', '-', '--as', 'json'], { input: '{"a": [1, null]}' });
    expect(await json(['put', file, 'ff00', '-', '--hex'], { input: 'x' })).toEqual({ key: 'ff00', bytes: 1 });
    using vault = new KVault(file);
    expect(bytes.equals(vault.get('file'))).toBe(true);
    expect(bytes.equals(vault.get('piped'))).toBe(true);
    expect(vault.get('text')).toBe('grüße');
    expect(vault.get('object')).toEqual({ a: [1, null] });
    expect(vault.get(Buffer.from([0xff, 0]))).toEqual(Buffer.from('x'));
  });

  test('a source that cannot be stored creates and changes nothing', async () => {
    const folder = tempFolder();
    const file = join(folder, 'vault.db');
    const missing = await run(['put', file, 'key', join(folder, 'missing')]);
    expect(missing).toMatchObject({ status: 1 });
    expect(missing.stderr).toContain('there is no file');
    const wrong = await run(['put', file, 'key', '-', '--as', 'json'], { input: '{"a":' });
    expect(wrong).toMatchObject({ status: 1 });
    expect(wrong.stderr).toContain('stdin is not JSON');
    expect(existsSync(file)).toBe(false);
    expect((await run(['put', ':memory:', 'key', '-'], { input: 'x' })).stderr).toContain('ends with the command');
  });

  test('waits for another writer, and exits with 4 after the timeout', async () => {
    const file = recorded('kv-0.7.1.db');
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    const { status, stderr } = await run(['put', file, 'key', '-', '--busy-timeout', '50'], { input: 'x' });
    other.close();
    expect(status).toBe(4);
    expect(stderr).toMatch(/^kohakuvault: .*busyTimeout.*\n$/);
  });
});

describe('rm', () => {
  test('deletes all keys or none', async () => {
    const file = recorded('mixed-0.8.6.db');
    const refused = await run(['rm', file, 'tmp:0', 'tmp:1']);
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain('there is no key tmp:1');
    expect(await output(['ls', file, 'tmp:'])).toBe('tmp:0\ntmp:2\ntmp:4\n');
    expect(await json(['rm', file, 'tmp:0', 'tmp:1', '--force'])).toEqual({ deleted: 1 });
    expect((await run(['rm', file, 'tmp:2'])).stderr).toBe('deleted 1 key\n');
    expect(await output(['ls', file, 'tmp:'])).toBe('tmp:4\n');
    expect(await json(['rm', file, '61ff', '--hex'])).toEqual({ deleted: 1 });
  });
});

test('compact releases the space of deleted values', async () => {
  const file = join(tempFolder(), 'vault.db');
  {
    using vault = new KVault(file);
    for (let index = 0; index < 20; index++) vault.set(`key${index}`, Buffer.alloc(200_000, index));
    vault.deleteMany(Array.from({ length: 19 }, (_, index) => `key${index}`));
  }
  const { before, after } = await json<{ before: number; after: number }>(['compact', file]);
  expect(before).toBeGreaterThan(4_000_000);
  expect(after).toBeLessThan(500_000);
  expect(existsSync(`${file}-wal`)).toBe(false);
  expect(await output(['ls', file])).toBe('key19\n');
});
