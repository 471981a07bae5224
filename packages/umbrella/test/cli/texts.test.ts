import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TextVault } from '@kohakuvault/text';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { json, output, records, run } from '../support/command-line.ts';
import { recorded } from '../support/recorded.ts';

/** A file with two documents of two columns. */
function filled(): string {
  const file = tempFile('texts.db');
  using vault = new TextVault<unknown, 'title' | 'body'>(file, { columns: ['title', 'body'], tokenizer: 'porter' });
  vault.insert({ title: 'Locks', body: 'A writer takes the write lock,\nand others wait.' }, { page: 1 });
  vault.insert({ title: 'Fish', body: 'Fish swim.' }, new Date(0), { id: 7 });
  return file;
}

describe('search', () => {
  test('prints the documents with their matches', async () => {
    const file = filled();
    const { stdout, stderr } = await run(['search', file, 'waits']);
    expect(stdout).toMatch(/^1 {2}\d\.\d{3} {2}A writer takes the write lock,\\nand others wait\.\n$/);
    expect(stderr).toBe('1 document\n');
    expect(await output(['search', file, 'waits', '--color'])).toContain('\u001b[33mwait\u001b[39m');
    expect((await run(['search', file, 'lock fish', '--match', 'any', '--limit', '1'])).stderr).toBe(
      '1 of 2 documents\n',
    );
    expect(await output(['search', file, 'nothing'])).toBe('');
    expect((await run(['search', file, '"', '--match', 'raw'])).stderr).toContain('position 0');
  });

  test('prints JSON lines for programs', async () => {
    const found = records(await output(['search', filled(), 'fi', '--prefix', '--json']));
    expect(found).toEqual([
      {
        id: '7',
        score: expect.any(Number),
        texts: { title: 'Fish', body: 'Fish swim.' },
        highlights: { title: { ranges: [[0, 4]] }, body: { ranges: [[0, 4]] } },
        stored: expect.any(String),
        shown: '1970-01-01T00:00:00.000Z',
      },
    ]);
  });

  test('asks for the table if there are several, and finds those of Python', async () => {
    const file = recorded('text-1.1.0.db');
    expect((await run(['search', file, 'alpha'])).stderr).toContain('choose one with --texts: docs, text_vault');
    expect((await output(['search', file, 'alpha', '--texts', 'text_vault'])).trim().split('\n')).toHaveLength(6);
    expect((await run(['search', file, 'alpha', '--texts', 'doc'])).stderr).toContain('did you mean docs?');
  });
});

test('texts come back unchanged', async () => {
  const file = filled();
  const lines = join(dirname(file), 'texts.ndjson');
  expect((await run(['export', file, lines, '--texts', 'text_vault'])).stderr).toBe(
    `exported 2 documents to ${lines}\n`,
  );
  expect(records(readFileSync(lines, 'utf8'))).toMatchObject([
    { id: '1', texts: { title: 'Locks' }, value: { page: 1 } },
    { id: '7', texts: { title: 'Fish' }, shown: '1970-01-01T00:00:00.000Z' },
  ]);
  const copy = join(dirname(file), 'copy.db');
  const words = ['import', copy, lines, '--texts', 'text_vault', '--tokenizer', 'porter'];
  expect(await json(words)).toEqual({ imported: 2, into: 'text_vault' });
  const contents = (path: string) => {
    using vault = new TextVault<unknown, string>(path, { columns: ['title', 'body'] });
    return [...vault];
  };
  expect(contents(copy)).toEqual(contents(file));
  const report = await json<{ texts: unknown[] }>(['inspect', copy]);
  expect(report.texts).toEqual([
    { table: 'text_vault', documents: 2, columns: ['title', 'body'], tokenizer: 'porter' },
  ]);
  expect(await output(['inspect', copy])).toMatch(/Texts\n.*TOKENIZER\n.*text_vault +2 +title, body +porter/);
});

test('lines of other programs are imported, all or nothing', async () => {
  const file = tempFile('texts.db');
  const lines = join(dirname(file), 'lines.ndjson');
  writeFileSync(lines, '{"text":"one word"}\n{"text":"two words","value":[2]}\n');
  expect(await json(['import', file, lines, '--texts', 'notes'])).toEqual({ imported: 2, into: 'notes' });
  using vault = new TextVault(file, { table: 'notes' });
  expect(Array.from(vault, ([, { content }, value]) => [content, value])).toEqual([
    ['one word', null],
    ['two words', [2]],
  ]);
  vault.close();
  for (const [line, message] of [
    ['{"text":5}', /line 2 .*no "text" that is a string/],
    ['[]', /line 2 .*not an object/],
    ['{"id":1,"text":"taken"}', /line 2 .*document 1 exists already/],
    ['{"texts":{"title":"x"}}', /line 2 .*there is no column "title"/],
    ['{', /line 2 .*not JSON/],
  ] as const) {
    writeFileSync(lines, `{"text":"right"}\n${line}\n`);
    const { stderr, status } = await run(['import', file, lines, '--texts', 'notes']);
    expect(stderr).toMatch(message);
    expect(status).not.toBe(0);
  }
  const report = await json<{ texts: { documents: number }[] }>(['inspect', file]);
  expect(report.texts[0]?.documents).toBe(2);
});

describe('verify', () => {
  test.each([
    ['a value that is gone', 'DELETE FROM text_vault_values WHERE id = 1', 'document 1 has no value'],
    ['a value of no document', "INSERT INTO text_vault_values VALUES (99, x'00')", 'value 99 belongs to no document'],
    ['a value that is not bytes', "UPDATE text_vault_values SET value = 'x' WHERE id = 1", 'value 1 is not bytes'],
    [
      'a reference that is not a number',
      "UPDATE text_vault SET value_ref = 'x' WHERE rowid = 1",
      'document 1 refers to its value by x',
    ],
    [
      'a value that does not decode',
      "UPDATE text_vault_values SET value = x'894b010300000000564b7b' WHERE id = 1",
      'value 1',
    ],
  ])('finds %s', async (_, sql, problem) => {
    const file = filled();
    expect((await run(['verify', file])).stdout).toContain('texts text_vault: 2 documents');
    const database = new Database(file);
    database.exec(sql);
    database.close();
    const { stdout, status } = await run(['verify', file]);
    expect([status, stdout.includes(problem)], stdout).toEqual([3, true]);
  });

  test('finds an index that does not agree with the texts', async () => {
    const file = filled();
    const database = new Database(file);
    database.unsafeMode(true);
    database.exec("UPDATE text_vault_content SET c0 = 'changed words' WHERE id = 1");
    database.close();
    const { stdout, status } = await run(['verify', file]);
    expect([status, stdout]).toEqual([3, expect.stringMatching(/text_vault/)]);
  });

  test('knows the tokenizer words, and texts of Python', async () => {
    const file = tempFile('words.db');
    using vault = new TextVault(file, { tokenizer: 'words' });
    vault.insert('京都の寺、커피를');
    vault.close();
    expect((await run(['verify', file])).stdout).toContain('texts text_vault: 1 document');
    expect((await run(['verify', recorded('text-0.8.6.db')])).status).toBe(0);
  });
});
