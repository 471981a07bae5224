import { truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../../../tools/testing/src/temp.ts';
import { output, run } from '../support/command-line.ts';
import { fingerprint, recorded } from '../support/recorded.ts';

const COMMANDS: [string, ...string[]][] = [
  ['inspect'],
  ['get', 'key'],
  ['export', 'out.ndjson'],
  ['verify'],
  ['compact'],
  ['rm', 'key'],
];

/** Every command that needs a file, with a file that is not a database. */
async function expectOneLine(file: string, status: number, message: RegExp): Promise<void> {
  const folder = tempFolder();
  const ended = await Promise.all(COMMANDS.map(([command, ...rest]) => run([command, file, ...rest], { cwd: folder })));
  for (const [index, one] of ended.entries()) {
    expect(one, COMMANDS[index]?.[0]).toMatchObject({ status, stdout: '' });
    expect(one.stderr).toMatch(message);
    expect(one.stderr.trimEnd().split('\n')).toHaveLength(1);
  }
  expect(fingerprint(folder)).toEqual({});
}

describe('a wrong file gives one helpful line', () => {
  test('missing', () => expectOneLine('nowhere/vault.db', 1, /^kohakuvault: there is no file nowhere\/vault\.db\n$/));

  test('a folder', () => expectOneLine(tempFolder(), 1, /is a folder; give the database file in it/));

  test('empty', () => {
    const file = join(tempFolder(), 'empty.db');
    writeFileSync(file, '');
    return expectOneLine(file, 1, /is empty; store something in it first/);
  });

  test('not a database', () => {
    const file = join(tempFolder(), 'photo.jpg');
    writeFileSync(file, 'GIF89a, or anything else that is longer than a header of sixteen bytes');
    return expectOneLine(file, 3, /photo\.jpg is not a SQLite database/);
  });

  test('cut off', () => {
    const file = recorded('kv-0.7.1.db');
    truncateSync(file, 40_000);
    return expectOneLine(file, 3, /malformed|damaged|corrupt/i);
  });

  test('with --json, as JSON', async () => {
    const { status, stdout, stderr } = await run(['ls', 'nowhere.db', '--json']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({ error: { code: 'KV_IO', message: 'there is no file nowhere.db' } });
  });
});

describe("somebody else's database", () => {
  function stranger(): string {
    const file = join(tempFolder(), 'stranger.db');
    const database = new Database(file);
    database.exec('CREATE TABLE people (name TEXT, age INTEGER); INSERT INTO people VALUES (1, 2), (3, 4)');
    database.close();
    return file;
  }

  test('is shown, and no command changes it', async () => {
    const file = stranger();
    const before = fingerprint(dirname(file));
    expect(await output(['inspect', file])).toContain('people     2');
    for (const words of [
      ['put', file, 'key', file],
      ['rm', file, 'key'],
      ['compact', file],
      ['import', file, file],
    ]) {
      const { status, stderr } = await run([...words, ...(words[0] === 'import' ? ['--format', 'ndjson'] : [])]);
      expect(status).toBe(1);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    }
    expect(fingerprint(dirname(file))).toEqual(before);
  });

  test('gets a table of ours if --table asks for it', async () => {
    const file = stranger();
    await output(['put', file, 'key', '-', '--table', 'kv', '--as', 'text'], { input: 'hello' });
    expect(await output(['get', file, 'key'])).toBe('hello');
    expect(await output(['inspect', file])).toContain('people     2');
  });
});

test('a missing table, or one of several, must be chosen by name', async () => {
  const file = recorded('kv-0.7.1.db');
  const missing = await run(['ls', file, '--table', 'kw']);
  expect(missing).toMatchObject({ status: 1 });
  expect(missing.stderr).toContain('has no table "kw"; it has kv, media');
  const two = join(tempFolder(), 'two.db');
  for (const table of ['a', 'b']) await output(['put', two, 'key', file, '--table', table]);
  expect((await run(['ls', two])).stderr).toContain('several key-value tables; it has a, b; choose one with --table');
});
