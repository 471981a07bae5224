// Snippets and highlights are ranges of the texts, whatever characters those have.
import { expect, test } from 'vitest';
import { vaultOf, vaultWith } from './support/vaults.ts';

/** Returns the parts of a text that ranges name. */
function cut(text: string, ranges: readonly (readonly [number, number])[]): string[] {
  return ranges.map(([start, end]) => text.slice(start, end));
}

test.each([
  ['A fox, 😀 Fox and 😀fox!', 'fox', ['fox', 'Fox', 'fox']],
  ['Öl und Übermut', 'ubermut', ['Übermut']],
  ['one two three two three', '"two three"', ['two three', 'two three']],
  ['one two three', 'two three', ['two', 'three']],
  ['שלום עולם', 'עולם', ['עולם']],
  ['before\0after', 'after', ['after']],
  ['half \ud800 pair', 'pair', ['pair']],
])('%j with %s', (text, query, expected) => {
  for (const tokenizer of ['unicode61', 'words'] as const) {
    const [found] = vaultWith([text], { tokenizer }).search(query, { highlight: { before: '<<', after: '>>' } });
    const ranges = found?.highlights?.content.ranges ?? [];
    expect(cut(text, ranges)).toEqual(expected);
    const marked = found?.highlights?.content.marked ?? '';
    expect(marked.match(/<<.*?>>/gsu)).toEqual(expected.map((part) => `<<${part}>>`));
    expect(marked.replace(/<<|>>/g, '')).toBe(text.toWellFormed());
  }
});

test('each column has its highlights, and without markers nothing is marked', () => {
  const vault = vaultOf<null, 'a' | 'b' | 'c'>({ columns: ['a', 'b', 'c'] });
  vault.insert({ a: 'x y', b: 'y', c: 'z' });
  expect(vault.search('y', { highlight: true })[0]?.highlights).toEqual({
    a: { ranges: [[2, 3]] },
    b: { ranges: [[0, 1]] },
    c: { ranges: [] },
  });
});

test('markers are data: quotes, SQL and patterns change nothing', () => {
  for (const marker of ["'", '"', "', '') --", '$&', '$1', '\0', '\\']) {
    const [found] = vaultWith(['a fox']).search('fox', {
      highlight: { before: marker, after: marker },
      snippet: { before: marker, after: marker },
    });
    expect(found?.highlights?.content.marked).toBe(`a ${marker}fox${marker}`);
    expect(found?.snippet?.marked).toBe(`a ${marker}fox${marker}`);
  }
});

test('a snippet has the part with the most matches, and where it begins', () => {
  const filler = (word: string, count: number) => Array.from({ length: count }, (_, at) => `${word}${at}`).join(' ');
  const text = `${filler('a', 300)} fox ${filler('b', 300)} the quick brown fox and the other fox ${filler('c', 300)}`;
  const [found] = vaultWith([text]).search('fox', { snippet: { tokens: 12, before: '[', after: ']' } });
  const snippet = found?.snippet;
  expect(snippet?.column).toBe('content');
  expect(text.slice(snippet?.start, (snippet?.start ?? 0) + (snippet?.text.length ?? 0))).toBe(snippet?.text);
  expect(cut(snippet?.text ?? '', snippet?.ranges ?? [])).toEqual(['fox', 'fox']);
  expect(snippet?.text.split(' ')).toHaveLength(12);
  expect(snippet?.marked).toContain('brown [fox] and the other [fox]');
});

test('a snippet comes from the column that matches', () => {
  const vault = vaultOf<null, 'title' | 'body'>({ columns: ['title', 'body'] });
  vault.insert({ title: 'a title', body: 'some words, and the one' });
  expect(vault.search('one', { snippet: true })[0]?.snippet).toEqual({
    column: 'body',
    text: 'some words, and the one',
    start: 0,
    ranges: [[20, 23]],
  });
});

test('snippets of texts without spaces, of one long word and of emoji are short', () => {
  const texts = ['天气很好'.repeat(5_000), 'x'.repeat(100_000), `fox ${'😀'.repeat(5_000)}`];
  const vault = vaultWith(texts, { tokenizer: 'words' });
  for (const query of ['天气', 'x'.repeat(100_000), 'fox']) {
    const [found] = vault.search(query, { k: 1, snippet: { tokens: 8 } });
    expect(found?.snippet?.text.isWellFormed()).toBe(true);
    expect(found?.snippet?.ranges.length).toBeGreaterThan(0);
    if (query !== texts[1]) expect(found?.snippet?.text.length).toBeLessThan(400);
  }
});
