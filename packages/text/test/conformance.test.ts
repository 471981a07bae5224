// Files of two versions of the Python package: this package reads what was stored, and finds what Python found.
import { copyFileSync, readFileSync } from 'node:fs';
import { TextVault } from '@kohakuvault/text';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { type Tagged, untagged } from '../../packer/test/support/tagged.ts';

interface Section {
  table: string;
  columns: string[];
  count: number;
  rows: { id: number; texts: string | Record<string, string>; value: Tagged }[];
  searches: {
    query: string;
    k: number;
    escape: boolean;
    column: string | null;
    results: [id: number, score: number][];
  }[];
}

const FIXTURES = new URL('../../../tools/fixtures/conformance/', import.meta.url);
const SECTIONS = ['text-0.8.6', 'text-1.1.0', 'mixed-0.8.6', 'mixed-1.1.0'].flatMap((name) =>
  sectionsOf(name).map((section) => ({ name, table: section.table, section })),
);

function sectionsOf(name: string): Section[] {
  return JSON.parse(readFileSync(new URL(`${name}.expected.json`, FIXTURES), 'utf8')).text ?? [];
}

/** Opens a vault on a copy, because opening a file can change it. */
function vaultOf(name: string, { table, columns }: Section, readonly = false): TextVault<unknown, string> {
  const file = tempFile();
  copyFileSync(new URL(`${name}.db`, FIXTURES), file);
  const vault = new TextVault<unknown, string>(file, { table, columns, readonly });
  onTestFinished(() => vault.close());
  return vault;
}

function textsOf(texts: string | Record<string, string>): Record<string, string> {
  return typeof texts === 'string' ? { content: texts } : texts;
}

test('the kit has tables of several columns', () => {
  expect(SECTIONS.length).toBeGreaterThan(3);
  expect(SECTIONS.some(({ section }) => section.columns.length > 1)).toBe(true);
});

describe.each(SECTIONS)('$name, table $table', ({ name, section }) => {
  test('every text and value is as it was stored', () => {
    const vault = vaultOf(name, section);
    expect(vault.size).toBe(section.count);
    const rows = [...vault];
    expect(rows.map(([id, texts]) => [Number(id), texts])).toEqual(
      section.rows.map(({ id, texts }) => [id, textsOf(texts)]),
    );
    for (const [index, { id, texts, value }] of section.rows.entries()) {
      expect(rows[index]?.[2], `${id}`).toEqual(untagged(value));
      expect(vault.get(textsOf(texts)), `${id}`).toEqual(untagged(value));
    }
  });

  test('every recorded search has the same results', () => {
    for (const readonly of [true, false]) {
      const vault = vaultOf(name, section, readonly);
      for (const { query, k, escape: isPhrase, column, results } of section.searches) {
        const found = vault.search(query, {
          k,
          match: isPhrase ? 'phrase' : 'raw',
          ...(column !== null && { columns: [column] }),
        });
        const shown = (id: number, score: number) => `${id}: ${score.toFixed(9)}`;
        expect(new Set(found.map(({ id, score }) => shown(Number(id), score))), query).toEqual(
          new Set(results.map(([id, score]) => shown(id, score))),
        );
        for (const [place, { score }] of found.entries()) {
          expect(score).toBeLessThanOrEqual(found[place - 1]?.score ?? Number.POSITIVE_INFINITY);
        }
      }
    }
  });

  test('this package can write to it', () => {
    const vault = vaultOf(name, section);
    const texts = Object.fromEntries(section.columns.map((column) => [column, `written by us into ${column}`]));
    const id = vault.insert(texts, { written: 'by us' });
    expect(Number(id)).toBeGreaterThan(Math.max(0, ...section.rows.map((row) => row.id)));
    expect(vault.search('written', 1)[0]).toEqual({
      id,
      score: expect.any(Number),
      texts,
      value: { written: 'by us' },
    });
    for (const { id: stored } of section.rows) expect(vault.delete(stored)).toBe(true);
    expect(vault.size).toBe(1);
    expect(vault.database.prepare(`SELECT count(*) FROM ${section.table}_values`).pluck().get()).toBe(1);
  });
});

test('a table that this package makes is declared as those of Python', () => {
  const ours = new TextVault<unknown, string>(tempFile(), { columns: ['title', 'body'] });
  onTestFinished(() => ours.close());
  const theirs = vaultOf('text-1.1.0', sectionsOf('text-1.1.0')[0] as Section);
  const columns = ({ database, table }: TextVault<unknown, string>) =>
    ['_values', '_content', '_data', '_idx', '_docsize', '_config'].map((suffix) =>
      database
        .prepare('SELECT name, type, "notnull", pk FROM pragma_table_info(?)')
        .all(`${table}${suffix}`)
        .filter((column) => !/^c\d$/.test((column as { name: string }).name)),
    );
  expect(columns(ours)).toEqual(columns(theirs));
});
