import { expect, test } from 'vitest';
import { QUERIES, REFUSED, TEXTS } from '../../../../text/test/support/query-cases.ts';
import { rejects } from '../contract.ts';
import type { TextContext } from './text-context.ts';

/** Registers the tests of searches in texts, each with what it must find. */
export function testTextSearches(context: TextContext): void {
  const { fresh, filled } = context;

  test('what users type is a query', async () => {
    const { vault } = await filled(TEXTS);
    for (const [query, match, found] of QUERIES) {
      const results = await vault.search(query, { match });
      expect(results.map(({ value }) => value).toSorted(), `${query} ${match}`).toEqual(found);
      expect(await vault.count(query, { match }), `${query} ${match}`).toBe(found.length);
    }
    for (const [query, position] of REFUSED) {
      for (const options of [{ match: 'raw' }, { match: 'raw', columns: ['content'] }] as const) {
        const error = await rejects('KV_INVALID_ARGUMENT', () => vault.search(query, options), query);
        expect(error.message, query).toContain(`position ${position}`);
      }
      await rejects('KV_INVALID_ARGUMENT', () => vault.count(query, { match: 'raw' }), query);
    }
    for (const options of [{ k: -1 }, { offset: 0.5 }, { match: 'some' }, { columns: ['none'] }, { limit: 1 }]) {
      await rejects('KV_INVALID_ARGUMENT', () => vault.search('fox', options as never), JSON.stringify(options));
    }
    await rejects('KV_INVALID_ARGUMENT', () => vault.search(5 as never));
    await rejects('KV_INVALID_ARGUMENT', () => vault.search('lang', { match: 'raw', prefix: true }));
  });

  test('no query leaves the columns that are searched', async () => {
    const vault = await fresh({ columns: ['open', 'secret'] });
    await vault.insert({ open: 'public', secret: 'hidden' });
    const columns = ['open'];
    for (const match of ['all', 'any', 'phrase'] as const) {
      for (const query of ['public OR hidden', 'public) OR (hidden', 'x" OR secret : hidden', '"public" OR "hidden"']) {
        const found = await vault.search(query, { columns, match, highlight: true });
        for (const { highlights } of found) expect(highlights?.secret?.ranges).toEqual([]);
      }
    }
    expect(await vault.search('hidden', { columns })).toEqual([]);
    expect(await vault.search('nothing OR hidden', { columns, match: 'raw' })).toEqual([]);
    await rejects('KV_INVALID_ARGUMENT', () => vault.search('nothing) OR (hidden', { columns, match: 'raw' }));
  });

  test('the best come first, page by page, and only those that a filter accepts', async () => {
    const texts = Array.from({ length: 200 }, (_, n) => `fox ${'fox '.repeat(n % 5)}${'word '.repeat(n % 7)}`);
    const { vault, ids } = await filled(texts);
    const all = await vault.search('fox', 1_000);
    expect(all).toHaveLength(200);
    for (const [place, { score, id }] of all.entries()) {
      const before = all[place - 1];
      if (before) expect(before.score > score || (before.score === score && before.id < id)).toBe(true);
    }
    const pages = [];
    for (let offset = 0; offset < 200; offset += 60) pages.push(...(await vault.search('fox', { k: 60, offset })));
    expect(pages.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    const some = new Set(ids.slice(50, 60));
    const expected = all.filter(({ id }) => some.has(id)).map(({ id }) => id);
    const among = async (options: object) => (await vault.search('fox', options)).map(({ id }) => id);
    expect(await among({ filter: some })).toEqual(expected);
    expect(await among({ filter: (_: bigint, value: number) => value > 50 && value <= 60 })).toEqual(expected);
    expect(await among({ filter: (id: bigint) => some.has(id), k: 3, offset: 2 })).toEqual(expected.slice(2, 5));
    expect(await among({ filter: [] })).toEqual([]);
    expect(await among({ k: 0 })).toEqual([]);
    await expect(
      vault.search('fox', {
        filter: () => {
          throw new RangeError('mine');
        },
      }),
    ).rejects.toThrow('mine');
    await rejects('KV_INVALID_ARGUMENT', () => vault.search('fox', { filter: (async () => true) as never }));
    await expect(vault.search('fox', { signal: AbortSignal.abort(new RangeError('stop')) })).rejects.toThrow('stop');
    expect(await among({ timeout: 60_000, k: 2 })).toEqual(all.slice(0, 2).map(({ id }) => id));
  });

  test('highlights and snippets are ranges of the text', async () => {
    const { vault } = await filled(['A fox, 😀 Fox and 😀fox!', 'Öl und Übermut', 'one two three two three']);
    const cut = (text = '', ranges: readonly (readonly [number, number])[] = []) =>
      ranges.map(([start, end]) => text.slice(start, end));
    for (const [query, expected] of [
      ['fox', ['fox', 'Fox', 'fox']],
      ['ubermut', ['Übermut']],
      ['"two three"', ['two three', 'two three']],
      ['one two', ['one', 'two', 'two']],
    ] as const) {
      const options = { highlight: { before: '<<', after: '>>' }, snippet: { before: '[', after: ']' } };
      const [found] = await vault.search(query, options);
      expect(cut(found?.texts.content, found?.highlights?.content?.ranges), query).toEqual(expected);
      expect(found?.highlights?.content?.marked?.match(/<<.*?>>/gsu), query).toEqual(
        expected.map((one) => `<<${one}>>`),
      );
      expect(cut(found?.snippet?.text, found?.snippet?.ranges), query).toEqual(expected);
      expect(found?.snippet?.marked?.match(/\[.*?\]/gsu), query).toEqual(expected.map((one) => `[${one}]`));
    }
    expect((await vault.search('fox'))[0]).not.toHaveProperty('highlights');
  });

  test('words of scripts without spaces are found', async () => {
    const { vault } = await filled(['東京都', '京都の寺', '커피를 마셨다', 'ｶﾞｿﾘﾝ น้ำ ＡＢＣ', 'Crème 🦊fox'], {
      tokenizer: 'words',
    });
    const cases: [string, number[]][] = [
      ['京都', [2, 1]],
      ['커피', [3]],
      ['피를', []],
      ['ガソリン', [4]],
      ['น้ำ abc', [4]],
      ['creme fox', [5]],
      ['東京 都', [1]],
    ];
    for (const [query, found] of cases) {
      expect(
        (await vault.search(query)).map(({ value }) => value),
        query,
      ).toEqual(found);
    }
    const { vault: english } = await filled(['she was running', 'he runs', 'a connected ran'], { tokenizer: 'porter' });
    expect((await english.search('run')).map(({ value }) => value).toSorted()).toEqual([1, 2]);
    expect(await english.count('connections')).toBe(1);
  });

  test('words are suggested', async () => {
    const { vault } = await filled(['fox fog', 'fox Föhn', "fox' dog", 'a\\b']);
    expect(await vault.suggest('fo')).toEqual([
      { term: 'fox', documents: 3 },
      { term: 'fog', documents: 1 },
      { term: 'fohn', documents: 1 },
    ]);
    expect(await vault.suggest('FÖ', 1)).toEqual([{ term: 'fox', documents: 3 }]);
    expect(await vault.suggest('', 2)).toEqual([
      { term: 'fox', documents: 3 },
      { term: 'a', documents: 1 },
    ]);
    expect(await vault.suggest("x'\\")).toEqual([]);
    await rejects('KV_INVALID_ARGUMENT', () => vault.suggest(1 as never));
  });
}
