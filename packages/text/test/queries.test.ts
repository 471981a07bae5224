// What users type is never a syntax error, and what they mean is found.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { QUERIES, REFUSED, TEXTS } from './support/query-cases.ts';
import { idsOf, vaultOf, vaultWith } from './support/vaults.ts';

test.each(QUERIES)('%j, match %s', (query, match, found) => {
  const vault = vaultWith(TEXTS);
  const results = vault.search(query, { match });
  expect(idsOf(results).toSorted()).toEqual(found);
  expect(vault.count(query, { match })).toBe(found.length);
});

test.each(REFUSED)('the raw query %j is refused at position %i', (query, position) => {
  const vault = vaultWith(TEXTS);
  for (const search of [
    () => vault.search(query, { match: 'raw' }),
    () => vault.count(query, { match: 'raw' }),
    () => vault.search(query, { match: 'raw', columns: ['content'] }),
  ]) {
    const { code, message } = thrownBy(search);
    expect(code).toBe('KV_INVALID_ARGUMENT');
    expect(message).toContain(`position ${position}`);
  }
});

test('no query leaves the columns that are searched', () => {
  const vault = vaultOf<null, 'open' | 'secret'>({ columns: ['open', 'secret'] });
  vault.insert({ open: 'public', secret: 'hidden' });
  const columns = ['open'] as const;
  for (const match of ['all', 'any', 'phrase'] as const) {
    for (const query of ['public OR hidden', 'public) OR (hidden', 'x" OR secret : hidden', '"public" OR "hidden"']) {
      const found = vault.search(query, { columns, match, highlight: true });
      for (const { highlights } of found) expect(highlights?.secret.ranges).toEqual([]);
    }
  }
  expect(vault.search('hidden', { columns })).toEqual([]);
  expect(vault.search('nothing OR hidden', { columns, match: 'raw' })).toEqual([]);
  const { message } = thrownBy(() => vault.search('nothing) OR (hidden', { columns, match: 'raw' }));
  expect(message).toMatch(/position 7/);
});

/** Queries that have broken other programs, and parts of them. */
const HOSTILE = [
  ...'"\'`\\()[]{}<>*^+-:,.;!?&|~@#$%/=\0\n\t\u00a0\u200b\ufeff\ud800\udfff😀é',
  ...[
    '""',
    '"""',
    "''",
    '--',
    '/*',
    '*/',
    '(*',
    '^*',
    'a*b',
    'NEAR(',
    'NEAR/2',
    'AND',
    'OR',
    'NOT',
    'content:',
    '{content}:',
  ],
  ...[
    "'; DROP TABLE text_vault; --",
    'rank',
    'rowid',
    'text_vault',
    '-',
    '- -',
    '-"',
    '-"-"',
    '"-',
    'a"b',
    'a -b"c',
    '漢字',
    'ابجد',
  ],
];

test('500 hostile queries find something, or nothing', () => {
  const vaults = (['unicode61', 'porter', 'trigram', 'words'] as const).map((tokenizer) =>
    vaultWith(TEXTS, { tokenizer }),
  );
  const query = fc.array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string(), fc.constantFrom('dog', ' ', 'fox ')), {
    maxLength: 8,
  });
  const match = fc.constantFrom('all', 'any', 'phrase' as const);
  fc.assert(
    fc.property(query, match, fc.boolean(), (parts, match, prefix) => {
      for (const vault of vaults) {
        const options = { match, prefix, snippet: true, highlight: true } as const;
        const found = vault.search(parts.join(''), options);
        expect(found.length).toBeLessThanOrEqual(TEXTS.length);
        expect(vault.count(parts.join(''), { match, prefix })).toBe(found.length);
      }
    }),
    { numRuns: 500 },
  );
});

test('raw queries of any kind are found or refused, and nothing else', () => {
  const vault = vaultWith(TEXTS);
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(...HOSTILE), fc.constantFrom('dog', ' ', 'fox')), { maxLength: 6 }),
      (parts) => {
        try {
          vault.search(parts.join(''), { match: 'raw' });
        } catch (error) {
          expect(error).toMatchObject({ code: 'KV_INVALID_ARGUMENT', message: expect.stringMatching(/position \d+/) });
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('long queries are read too', () => {
  const vault = vaultWith(TEXTS);
  const text = readFileSync(import.meta.filename, 'utf8');
  expect(vault.search(text, { match: 'any' }).length).toBeGreaterThan(0);
  const words = Array.from({ length: 20_000 }, (_, number) => `w${number}`).join(' ');
  expect(idsOf(vault.search(`${words} fox`, { match: 'any' }))).toEqual([1]);
  expect(vault.search(`${words} fox`)).toEqual([]);
  expect(vault.search(words, { match: 'phrase' })).toEqual([]);
  expect(idsOf(vault.search(`fox ${words.replaceAll('w', '-w')}`))).toEqual([1]);
});
