import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../../../tools/testing/src/temp.ts';
import { json, output, records, run } from '../support/command-line.ts';
import { fingerprint, recorded } from '../support/recorded.ts';

const FIXTURES = resolve(import.meta.dirname, '../../../../tools/fixtures/conformance');

interface Report {
  isVault: boolean;
  kv: { table: string; keys: number; bytes: number }[];
  columns: { name: string; dtype: string; length: number; layout: string }[];
  vectors: { table: string; vectors: number; dimensions: number; metric: string; type: string }[];
  texts: { table: string; documents: number }[];
}

describe('inspect', () => {
  test.each(['0.7.1', '0.8.6', '1.1.0'])('lists everything in a file of Python %s', async (version) => {
    const file = recorded(`mixed-${version}.db`);
    const expected = JSON.parse(readFileSync(join(FIXTURES, `mixed-${version}.expected.json`), 'utf8'));
    const report = await json<Report>(['inspect', file]);
    expect(report.isVault).toBe(true);
    const columns = expected.columns as { name: string; dtype: string; length: number }[];
    expect(report.columns.map(({ name, dtype, length }) => [name, dtype, length])).toEqual(
      columns.map(({ name, dtype, length }) => [name, dtype, length]).sort(),
    );
    const layout = version === '1.1.0' ? 'kvault_col' : 'col';
    expect(new Set(report.columns.map((column) => column.layout))).toEqual(new Set([layout]));
    expect(report.kv.map(({ table, keys }) => [table, keys])).toEqual([['media', 36]]);
    expect(report.vectors).toEqual([{ table: 'runs', vectors: 18, dimensions: 6, metric: 'cosine', type: 'f32' }]);
    expect(report.texts.length).toBe(version === '0.7.1' ? 0 : 1);
  });

  test('prints tables for people', async () => {
    const text = await output(['inspect', recorded('mixed-0.8.6.db')]);
    expect(text).toContain('Key-value tables\n  TABLE  KEYS     SIZE\n  media    36  4.1 KiB\n');
    expect(text).toMatch(/^ {2}emb {6}vec:f32:6 {6}29 {2}/m);
    expect(text).toContain('journal wal; 41 pages of 4.0 KiB');
  });
});

test('reading changes neither the file nor its folder', async () => {
  const file = recorded('mixed-0.8.6.db');
  const before = fingerprint(dirname(file));
  const commands = [['inspect'], ['ls', '--long'], ['verify'], ['get', 'no such key']];
  for (const [command = '', ...rest] of commands) {
    await run([command, file, ...rest]);
    expect(fingerprint(dirname(file)), command).toEqual(before);
  }
});

describe('ls', () => {
  test('lists keys in byte order, one per line, with escapes', async () => {
    const file = recorded('mixed-0.8.6.db');
    const lines = (await output(['ls', file])).split('\n');
    expect(lines.slice(0, 5)).toEqual(['', '\\u0000', 'a', 'a\\xff', 'a\\xff\\xff']);
    expect(await output(['ls', file, 'tmp:'])).toBe('tmp:0\ntmp:2\ntmp:4\n');
    expect(await output(['ls', file, 'tmp:', '--reverse', '-n', '1'])).toBe('tmp:4\n');
    expect(await output(['ls', file, '61ff', '--hex'])).toBe('61ff\n61ffff\n');
    expect(await output(['ls', file, 'nothing begins so'])).toBe('');
  });

  test('prints sizes and encodings, for people and programs', async () => {
    const file = recorded('mixed-0.8.6.db');
    expect(await output(['ls', file, 's', '-l'])).toBe(
      '      35 B  text        str:001\n   2.9 KiB  bytes       stream\n',
    );
    expect(records(await output(['ls', file, 'a', '--json']))).toEqual([
      { key: 'a', bytes: 18, encoding: 'packed' },
      { keyHex: '61ff', bytes: 18, encoding: 'packed' },
      { keyHex: '61ffff', bytes: 18, encoding: 'packed' },
    ]);
  });
});

describe('get', () => {
  function values(): string {
    const file = join(tempFolder(), 'values.db');
    using vault = new KVault(file);
    vault.update({
      text: 'two\nlines',
      user: { name: 'Ada', tags: ['a'], since: 1815 },
      big: 2n ** 80n,
      date: new Date(0),
      bytes: Buffer.from([0, 255, 10]),
      marked: Buffer.from([0x89, 0x4b, 1, 2]),
      long: Buffer.alloc(3_000_000, 'x'),
      minus: -0,
    });
    return file;
  }

  test('prints text and bytes exactly, other values as JSON or as Node prints them', async () => {
    const file = values();
    expect(await output(['get', file, 'text'])).toBe('two\nlines');
    expect(JSON.parse(await output(['get', file, 'user']))).toEqual({ name: 'Ada', tags: ['a'], since: 1815 });
    expect(await output(['get', file, 'big'])).toBe(`${2n ** 80n}n\n`);
    expect(await output(['get', file, 'date'])).toBe('1970-01-01T00:00:00.000Z\n');
    expect((await output(['get', file, 'long'])).length).toBe(3_000_000);
  });

  test('saves to a file, bytes unchanged', async () => {
    const file = values();
    const target = join(dirname(file), 'out');
    for (const key of ['bytes', 'marked', 'long', 'text']) {
      await output(['get', file, key, '-o', target]);
      using vault = new KVault(file, { readonly: true });
      expect(readFileSync(target).equals(Buffer.from(vault.get(key))), key).toBe(true);
    }
    await output(['get', file, 'marked', '--raw', '-o', target]);
    expect(readFileSync(target).toString('hex')).toBe('894b010000000000564b894b0102');
  });

  test('prints the stored bytes with --json, if JSON cannot represent the value', async () => {
    const file = values();
    expect(await json(['get', file, 'user'])).toEqual({
      key: 'user',
      value: { name: 'Ada', tags: ['a'], since: 1815 },
    });
    expect(await json(['get', file, 'bytes'])).toEqual({ key: 'bytes', bytes: 'AP8K' });
    expect(await json(['get', file, 'date'])).toMatchObject({ key: 'date', shown: '1970-01-01T00:00:00.000Z' });
    expect(await json(['get', file, 'minus'])).toMatchObject({ key: 'minus', shown: '-0' });
  });

  test('a missing key exits with 1, and the closest key is suggested', async () => {
    const file = values();
    expect(await run(['get', file, 'uesr'])).toEqual({
      status: 1,
      stdout: '',
      stderr: 'kohakuvault: there is no key uesr; did you mean user?\n',
    });
    const { stderr } = await run(['get', file, 'uesr', '--json']);
    expect(JSON.parse(stderr).error.code).toBe('KV_NOT_FOUND');
  });

  test('a damaged value exits with 3', async () => {
    const file = values();
    {
      using raw = new KVault(file, { autoPack: false });
      raw.set('user', Buffer.from('894b010400000000564bc1', 'hex'));
    }
    const { status, stderr } = await run(['get', file, 'user']);
    expect(status).toBe(3);
    expect(stderr).toContain('"user"');
  });

  test('a target that cannot be written exits with 1, without a stack trace', async () => {
    const file = values();
    writeFileSync(join(dirname(file), 'plain'), '');
    for (const key of ['bytes', 'text']) {
      const { status, stderr } = await run(['get', file, key, '-o', join(dirname(file), 'plain', 'out')]);
      expect(status).toBe(1);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    }
  });
});
