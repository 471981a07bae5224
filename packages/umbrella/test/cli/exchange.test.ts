import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { KVault } from '@kohakuvault/kvault';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../../../tools/testing/src/temp.ts';
import { json, output, records, run, start } from '../support/command-line.ts';
import { fingerprint, recorded } from '../support/recorded.ts';

/** Keys that are not file names, or that a file system treats as equal. */
const KEYS = [
  '', '.', '..', '../../escape', '/absolute', 'a', 'a/b', 'a/b/c', 'A', 'a//b', 'ends.', 'CON', 'nul.txt', 'q?*<>|":\\',
  'line\nfeed', 'sep\u2028arator', 'kohakuvault.ndjson', 'KOHAKUVAULT.ndjson', '%2E', 'long/'.repeat(300), 'x'.repeat(400),
  '日本語/ファイル',
]; // biome-ignore format: names, not structure

function awkward(): string {
  const file = join(tempFolder(), 'awkward.db');
  // The long value is in parts.
  using vault = new KVault(file, { maxBlobBytes: 1_000_000 });
  for (const [index, key] of KEYS.entries()) vault.set(key, Buffer.from(`value ${index}`));
  vault.set(Buffer.from([0xff, 0x2f, 0xfe]), Buffer.from('no text'));
  vault.update({
    'v:text': 'a "text"\u2028with\nlines',
    'v:object': { nested: [1, null, { x: true }], __proto__x: 'y' },
    'v:date': new Date(5),
    'v:map': new Map([['a', 1n]]),
    'v:floats': Float32Array.of(1.5, -0),
    'v:minus': -0,
    'v:bigint': 7n,
    'v:nan': Number.NaN,
    'v:marked': Buffer.from([0x89, 0x4b, 1, 6, 0, 0, 0, 0, 0x56, 0x4b, 65]),
    'v:empty': Buffer.alloc(0),
    'v:surrogate': '\ud800',
    'v:long': Buffer.alloc(15_000_000, 'long'),
    'v:long text': 'long text '.repeat(150_000),
  });
  return file;
}

/** Returns all keys and values of a file, to compare files. */
function contents(file: string, table = 'kv'): [string, unknown][] {
  using vault = new KVault(file, { readonly: true, table, keyEncoding: 'bytes' });
  return Array.from(vault.entries(), ([key, value]) => [(key as unknown as Buffer).toString('latin1'), short(value)]);
}

/** Returns the hash of long bytes, because comparing them takes long. */
function short(value: unknown): unknown {
  const isLong = Buffer.isBuffer(value) && value.length > 10_000;
  return isLong ? createHash('sha256').update(value).digest('hex') : value;
}

describe('an export can be imported exactly', () => {
  test('from a folder', async () => {
    const file = awkward();
    const folder = join(dirname(file), 'exported');
    const before = fingerprint(dirname(file));
    expect((await run(['export', file, folder])).stderr).toBe(`exported ${KEYS.length + 14} keys to ${folder}\n`);
    expect(readdirSync(dirname(file)).sort()).toEqual([...Object.keys(before), 'exported'].sort());
    expect(readFileSync(join(folder, '日本語/ファイル'), 'utf8')).toBe(`value ${KEYS.indexOf('日本語/ファイル')}`);
    expect(readFileSync(join(folder, 'v%3Along')).length).toBe(15_000_000);
    const copy = join(dirname(file), 'copy.db');
    expect(await json(['import', copy, folder])).toEqual({ imported: KEYS.length + 14, into: 'kv' });
    expect(contents(copy)).toEqual(contents(file));
  });

  test('from JSON lines, also through a pipe', async () => {
    const file = awkward();
    const lines = join(dirname(file), 'exported.ndjson');
    await output(['export', file, lines]);
    const piped = await output(['export', file, '-', '--format', 'ndjson']);
    expect(piped).toBe(readFileSync(lines, 'utf8'));
    const copy = join(dirname(file), 'copy.db');
    await output(['import', copy, '-', '--format', 'ndjson', '--table', 'other'], { input: piped });
    expect(contents(copy, 'other')).toEqual(contents(file));
  });

  test('from files of the Python package, pickles included', async () => {
    const file = recorded('kv-0.7.1.db');
    const [folder, copy] = [join(dirname(file), 'folder'), join(dirname(file), 'copy.db')];
    await output(['export', file, folder]);
    await output(['import', copy, folder]);
    expect(contents(copy)).toEqual(contents(file));
  });
});

test('values that JSON can represent are readable in the export', async () => {
  const file = awkward();
  const lines = records(await output(['export', file, '-', '--format', 'ndjson', '--prefix', 'v:o']));
  expect(lines).toEqual([{ key: 'v:object', value: { nested: [1, null, { x: true }], __proto__x: 'y' } }]);
});

test('an export shows one state while others write', async () => {
  const file = join(tempFolder(), 'busy.db');
  using vault = new KVault(file);
  const keys = Array.from({ length: 5_000 }, (_, index) => `key:${String(index).padStart(5, '0')}`);
  vault.setMany(keys.map((key) => [key, 'old'.repeat(200)]));
  const child = start(['export', file, '-', '--format', 'ndjson']);
  // The pipe is full long before the last key, so the export waits for its reader.
  await once(child.stdout, 'readable');
  const first = child.stdout.read() as Buffer;
  vault.transaction(() => {
    for (const key of keys.slice(2_500)) vault.delete(key);
    vault.set('key:04999', 'new');
  });
  const lines = records(Buffer.concat([first, await buffer(child.stdout)]).toString());
  expect(lines.length).toBe(5_000);
  expect(lines.at(-1)).toEqual({ key: 'key:04999', value: 'old'.repeat(200) });
});

test('any folder is imported, with paths as keys', async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'photos/2024'), { recursive: true });
  writeFileSync(join(folder, 'photos/2024/cat.jpg'), 'cat');
  writeFileSync(join(folder, 'notes.txt'), 'note');
  symlinkSync('/', join(folder, 'photos/root'));
  const file = join(tempFolder(), 'vault.db');
  expect((await run(['import', file, folder])).stderr).toBe('imported 2 keys into kv\n');
  expect(contents(file)).toEqual([
    ['notes.txt', Buffer.from('note')],
    ['photos/2024/cat.jpg', Buffer.from('cat')],
  ]);
});

describe('all or nothing', () => {
  test.each([
    ['{"key": "b", "value": 2', 'it is not JSON'],
    ['{"value": 2}', 'it has neither a "key"'],
    ['{"key": "b"}', 'it has no "value", "bytes" or "stored"'],
    ['{"key": "b", "bytes": "?"}', 'its "bytes" is not base64'],
    ['[]', 'it is not an object'],
    [`{"key": "${'k'.repeat(1_100_000)}", "value": 1}`, 'the key is'],
  ])('JSON lines with %.30s', async (line, message) => {
    const file = recorded('kv-0.7.1.db');
    const before = contents(file);
    const input = `{"key": "a", "value": 1}\n\n${line}\n`;
    const { status, stderr } = await run(['import', file, '-', '--format', 'ndjson'], { input });
    expect(status).toBe(1);
    expect(stderr).toContain(`kohakuvault: line 3 of stdin: ${message}`);
    expect(stderr).toContain('; nothing was imported\n');
    expect(contents(file)).toEqual(before);
  });

  test('an index that leads outside its folder, by a path or by a link, is refused', async () => {
    const outer = tempFolder();
    const folder = join(outer, 'folder');
    mkdirSync(folder);
    writeFileSync(join(outer, 'secret'), 'secret');
    symlinkSync(join(outer, 'secret'), join(folder, 'link'));
    const file = join(outer, 'vault.db');
    mkdirSync(join(folder, 'inner'));
    for (const path of ['../secret', 'link', 'missing', 'inner']) {
      writeFileSync(
        join(folder, 'kohakuvault.ndjson'),
        `{"key":"ok","value":1}\n${JSON.stringify({ key: 'k', file: path })}\n`,
      );
      const { status, stderr } = await run(['import', file, folder]);
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /line 2 of .*(is outside the folder|does not exist|is not a regular file); nothing was imported/,
      );
      expect(await json(['inspect', file])).toMatchObject({ kv: [] });
    }
  });

  test('a failed export leaves nothing, and no export overwrites a folder', async () => {
    const file = awkward();
    {
      using vault = new KVault(file, { autoPack: false });
      vault.set('zzz', Buffer.from('894b010400000000564bc1', 'hex'));
    }
    const folder = tempFolder();
    for (const target of ['folder', 'lines.ndjson']) {
      expect(await run(['export', file, join(folder, target)])).toMatchObject({ status: 3 });
    }
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(join(folder, 'mine'), '');
    const { status, stderr } = await run(['export', file, folder]);
    expect(status).toBe(1);
    expect(stderr).toContain('is not empty');
    expect(existsSync(join(folder, 'mine'))).toBe(true);
  });
});
