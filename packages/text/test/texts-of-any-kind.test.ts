import { expect, test } from 'vitest';
import { vaultOf, vaultWith } from './support/vaults.ts';

const TEXTS = [
  '',
  ' \n\t',
  '😀👨‍👩‍👧‍👦',
  'a\0b',
  '\0',
  '\ud800 lone \udfff',
  'שלום',
  'مرحبا بالعالم',
  '\ufeffmark',
  'e\u0301',
  '\'"`',
  '\u202eabc',
];

test.each(['unicode61', 'porter', 'trigram', 'words'] as const)('%s stores and returns any text', (tokenizer) => {
  const vault = vaultWith(TEXTS, { tokenizer });
  // A half of a character has no form in UTF-8.
  expect(Array.from(vault, ([, { content }]) => content)).toEqual(TEXTS.map((text) => text.toWellFormed()));
  for (const [number, text] of TEXTS.entries()) {
    expect(vault.getById(number + 1)?.texts.content).toBe(text.toWellFormed());
    expect(vault.get(text)).toBe(number);
    vault.search(text);
    vault.search(text, { match: 'phrase', highlight: true, snippet: true });
  }
  vault.database.exec("INSERT INTO text_vault(text_vault, rank) VALUES ('integrity-check', 1)");
  expect(vault.deleteMany([...vault.keys()])).toBe(TEXTS.length);
  vault.database.exec("INSERT INTO text_vault(text_vault, rank) VALUES ('integrity-check', 1)");
});

test('what stands behind a NUL is found', () => {
  const vault = vaultWith(['before\0behind']);
  expect(vault.count('behind')).toBe(1);
  expect(vault.search('behind')[0]?.texts.content).toBe('before\0behind');
});

test('right-to-left texts are found', () => {
  const vault = vaultWith(['שלום עולם', 'مرحبا بالعالم']);
  expect([vault.count('עולם'), vault.count('بالعالم')]).toEqual([1, 1]);
});

test('a document of 10 MB is found by a word at its end, with highlight and snippet', () => {
  const vault = vaultOf<string>();
  const text = `${'some words of a long document. '.repeat(330_000)}needle`;
  vault.insert(text, 'long');
  const [found] = vault.search('needle', { highlight: true, snippet: true });
  expect(found?.texts.content).toBe(text);
  expect(found?.highlights?.content.ranges).toEqual([[text.length - 6, text.length]]);
  expect(found?.snippet?.text.endsWith('needle')).toBe(true);
  expect(vault.get(text)).toBe('long');
  expect(vault.update(1, { texts: 'short' })).toBe(true);
  expect([vault.count('needle'), vault.count('short')]).toEqual([0, 1]);
});
