// The real Python package reads, searches and changes our tables of texts, and we read its changes.
import { TextVault } from '@kohakuvault/text';
import { textInspector } from '@kohakuvault/text/inspect';
import { expect, test } from 'vitest';
import { tempFile } from '../../../testing/src/temp.ts';
import { check, type ExpectedTexts, program, runPython } from '../../src/kit.ts';

const TABLES = [
  { table: 'text_vault', columns: ['content'] },
  { table: 'docs', columns: ['title', 'body'], tokenizer: 'porter', prefixes: [2] },
  { table: 'parts', columns: ['content'], tokenizer: 'trigram' },
] as const;

const WORDS = ['alpha', 'beta', 'running', "it's", 'Straße', '東京', '😀', 'c++', 'OR', 'naïve', 'delta'];

/** Writes in every way: single, many, updates of texts or value, deletes, ids of the user. */
function write(file: string, options: (typeof TABLES)[number]): ExpectedTexts {
  using vault = new TextVault<string, string>(file, options);
  let state = options.columns.length * 7 + 1;
  const next = (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const texts = () =>
    Object.fromEntries(
      options.columns.map((column) => [
        column,
        Array.from({ length: 1 + next(9) }, () => WORDS[next(WORDS.length)]).join(' '),
      ]),
    );
  vault.insert(texts(), 'before it is cleared');
  vault.clear();
  const ids = vault.insertMany(Array.from({ length: 200 }, (_, number) => [texts(), `many ${number}`]));
  for (const id of ids.slice(0, 20)) vault.delete(id);
  for (const [number, id] of ids.slice(30, 60).entries()) {
    vault.update(
      id,
      [{ texts: texts() }, { value: `changed ${number}` }, { texts: texts(), value: 'both' }][number % 3] ?? {},
    );
  }
  vault.insert(texts(), 'far away', { id: 5_000 });
  vault.insert(texts(), 'between', { id: 3_000 });
  vault.insert(texts(), 'after');
  vault.merge();
  const searches = ['alpha', 'alpha beta', "it's", 'straße', 'running', '東京', 'OR', 'nothing at all'].map(
    (query) => ({
      query,
      k: 500,
      escape: true,
      column: null,
      results: vault
        .search(query, { k: 500, match: 'phrase' })
        .map(({ id, score }): [number, number] => [Number(id), score]),
    }),
  );
  const rows = Array.from(vault, ([id, stored, value]) => ({
    id: Number(id),
    texts: options.columns.length === 1 ? (stored.content as string) : stored,
    value: { t: 'str' as const, v: value },
  }));
  return { table: options.table, columns: options.columns, rows, searches };
}

async function expectSound(file: string): Promise<void> {
  using vault = new TextVault(file);
  for await (const { problems } of textInspector.verify(vault)) expect(problems).toEqual([]);
}

export function textsOfOurs(python: string): void {
  test('Python reads and finds them', () => {
    const file = tempFile();
    const expected = TABLES.map((options) => write(file, options));
    expect(check(python, file, { text: expected })).toMatch(/^[1-9]\d+ passed, 0 failed$/);
  });

  test.each(TABLES)('what Python then deletes, changes and inserts in $table, ours finds', async (options) => {
    const file = tempFile();
    write(file, TABLES[0]);
    if (options !== TABLES[0]) write(file, options);
    const printed = runPython(python, program('go_on_texts.py'), [file, options.table, options.columns.join()]);
    const { deleted, changed, inserted, found } = JSON.parse(printed);
    using vault = new TextVault<unknown, string>(file, options);
    expect(vault.has(deleted)).toBe(false);
    expect(vault.getById(changed)?.value).toBe('changed by Python');
    expect(vault.getById(inserted)?.value).toEqual({ inserted: 'by Python' });
    const ours = vault.search('zebra', { k: 100, match: 'phrase' });
    expect(new Map(ours.map(({ id, score }) => [Number(id), score.toFixed(6)]))).toEqual(
      new Map(found.map(([id, score]: [number, number]) => [id, score.toFixed(6)])),
    );
    // Ours goes on where Python has written.
    const id = vault.insert(Object.fromEntries(options.columns.map((column) => [column, 'zebra of ours'])), 'ours');
    expect(vault.search('zebra', 100).map((one) => one.id)).toContain(id);
    expect(vault.delete(inserted)).toBe(true);
    vault.close();
    await expectSound(file);
    const again = JSON.parse(
      runPython(python, program('go_on_texts.py'), [file, options.table, options.columns.join()]),
    );
    // Python deletes the document that it has changed before, changes another one, and inserts one.
    expect(again.found.length).toBe(found.length + 1);
    await expectSound(file);
  });

  test('Python goes on in a file that has a table with the tokenizer words', () => {
    const file = tempFile();
    write(file, TABLES[0]);
    using vault = new TextVault(file, { table: 'words', tokenizer: 'words' });
    vault.insert('東京の寺');
    vault.close();
    const { inserted } = JSON.parse(runPython(python, program('go_on_texts.py'), [file, 'text_vault', 'content']));
    using again = new TextVault(file);
    expect(again.has(inserted)).toBe(true);
    using words = new TextVault(file, { table: 'words' });
    expect(words.count('京の')).toBe(1);
  });
}
