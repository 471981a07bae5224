import { TextVault } from '@kohakuvault/text';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rejects } from '../contract.ts';
import { SEED } from '../seed.ts';
import type { TextContext } from './text-context.ts';

/** Registers the tests of how texts are cut into what is found: words, and parts of three characters. */
export function testTextTokens(context: TextContext): void {
  const { fresh, filled, tokenizers } = context;

  test('any part of a text is found by its characters', async () => {
    const texts = [
      'a\\b%c_d (e)',
      'ABCABCABC',
      'Straße und Übermut',
      '東京都庁舎',
      'a'.repeat(17_000),
      'aaaa b aaa',
      'ab',
    ];
    if (!context.place.hasTrigrams) {
      const { message } = await rejects('KV_RUNTIME_UNSUPPORTED', () => fresh({ tokenizer: 'trigram' }));
      expect(message).toMatch(/pg_trgm.*install it/);
      return;
    }
    using twin = new TextVault<number>(':memory:', { tokenizer: 'trigram' });
    const { vault } = await filled(texts, { tokenizer: 'trigram' });
    twin.insertMany(texts.map((text, number) => [text, number + 1]));
    const shown = (found: readonly { value: number; score: number }[]) =>
      found.map(({ score, ...rest }) => ({ ...rest, id: 0, score: score.toPrecision(6) }));
    const queries = [
      'bcab',
      'ABC',
      'cab',
      '\\b%',
      '%c_',
      '_d (',
      '(e)',
      'RASSE',
      'raße',
      'übe',
      'UBE',
      '京都庁',
      'aaa',
      'aaaaa',
      'ab',
      'a b a',
    ];
    for (const query of queries) {
      for (const match of ['all', 'phrase', 'any'] as const) {
        const asked = { match, highlight: true, snippet: true } as const;
        expect(shown((await vault.search(query, asked)) as never), query).toEqual(shown(twin.search(query, asked)));
      }
    }
    for (const raw of [
      '^ "abc"',
      '^ bca',
      'abc + bca',
      'abc + cab',
      'NEAR(aaa "b a", 2)',
      'NEAR("aaaa" "aaa", 1)',
      'abc*',
    ]) {
      const asked = { match: 'raw', highlight: true } as const;
      expect(shown((await vault.search(raw, asked)) as never), raw).toEqual(shown(twin.search(raw, asked)));
    }
    for (const beginning of ['', 'a', 'AB', 'abc', 'abca', '%', '\\']) {
      expect(await vault.suggest(beginning, 100), beginning).toEqual(twin.suggest(beginning, 100));
    }
    expect([await vault.get('東京都庁舎'), await vault.get('ab'), await vault.get('a\\b%c_d (e)')]).toEqual([4, 7, 1]);
    expect(await vault.update((await vault.search('都庁'.concat('舎')))[0]?.id ?? 0, { texts: 'nothing' })).toBe(true);
    expect([await vault.count('京都庁'), await vault.count('othin')]).toEqual([0, 1]);
    expect((await vault.info()).tokenizer).toBe('trigram');
  });

  test('the words of any text are those of a local vault', async () => {
    const letters = [
      ...'aZéßÉçžşΣςάйЙ٣5_-.\'"\\ \n',
      'e\u0301',
      'ǖ',
      '東',
      'ｶ',
      'ﾞ',
      '커',
      'น้ำ',
      '😀',
      'İ',
      'ı',
      'ſ',
      'µ',
      'ﬁ',
    ];
    const stem = fc.constantFrom(
      'ational',
      'tional',
      'izer',
      'ness',
      'ing',
      'ed',
      'eed',
      'ies',
      'sses',
      'y',
      'ly',
      'ement',
    );
    const english = fc.tuple(fc.string({ unit: fc.constantFrom(...'aeioubcdlstwxyz'), maxLength: 6 }), stem);
    const any = fc.oneof(
      fc.string({ unit: fc.constantFrom(...letters), maxLength: 20 }),
      fc
        .array(
          english.map((parts) => parts.join('')),
          { maxLength: 4 },
        )
        .map((words) => words.join(' ')),
    );
    const texts = fc.sample(any, { seed: SEED, numRuns: 300 });
    for (const tokenizer of tokenizers()) {
      using twin = new TextVault(':memory:', { tokenizer });
      const vault = await fresh({ tokenizer });
      twin.insertMany(texts.map((text) => [text]));
      await vault.insertMany(texts.map((text) => [text] as const));
      const shown = (found: readonly { term: string; documents: number }[]) =>
        found.map(({ term, documents }) => `${term} ${documents}`).toSorted();
      expect(shown(await vault.suggest('', 10_000)), tokenizer).toEqual(shown(twin.suggest('', 10_000)));
    }
  });
}
