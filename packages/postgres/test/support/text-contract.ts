import { TextVault } from '@kohakuvault/text';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { QUERIES, REFUSED, TEXTS } from '../../../text/test/support/query-cases.ts';
import { collect, rejects } from './contract.ts';
import type { AnyTexts, Place, SharedTextsOptions } from './places.ts';

const SEED = Number(process.env.KOHAKUVAULT_SEED ?? Date.now() % 2 ** 31);

/** Registers the tests that texts pass wherever they are stored. */
export function testAsyncTexts(make: () => Promise<Place>): void {
  let place: Place;
  let count = 0;
  beforeAll(async () => {
    place = await make();
  });
  afterAll(async () => await place?.close());

  const fresh = (options?: SharedTextsOptions): Promise<AnyTexts> => place.texts(`t${count++}`, options);
  const tokenizers = () => [
    ...(['unicode61', 'porter', 'words'] as const),
    ...(place.hasTrigrams ? (['trigram'] as const) : []),
  ];
  /** Texts whose values are 1, 2, 3 and so on. */
  const filled = async (texts: readonly string[], options?: SharedTextsOptions) => {
    const vault = await fresh(options);
    const ids = await vault.insertMany(texts.map((text, number) => [text, number + 1] as const));
    return { vault, ids };
  };

  test('documents are inserted, read, changed and deleted', async () => {
    const vault = await fresh();
    const id = await vault.insert('It rained all day.', { day: 1 });
    const [second, third] = await vault.insertMany([['The sun came out.', { day: 2 }], ['Fog.']]);
    expect([typeof id, (second as bigint) > id, (third as bigint) > (second as bigint)]).toEqual([
      'bigint',
      true,
      true,
    ]);
    expect(await vault.getById(id)).toEqual({ id, texts: { content: 'It rained all day.' }, value: { day: 1 } });
    expect(await vault.getById(third as bigint)).toEqual({ id: third, texts: { content: 'Fog.' }, value: null });
    expect(await vault.getById(12_345)).toBeUndefined();
    expect([await vault.has(id), await vault.has(12_345n)]).toEqual([true, false]);
    expect(await vault.get('The sun came out.')).toEqual({ day: 2 });
    expect(await vault.get('The sun came out')).toBeUndefined();
    expect(await vault.get('...')).toBeUndefined();
    expect(await vault.update(id, { texts: 'It rained in the morning.' })).toBe(true);
    expect(await vault.update(id, { value: { day: 10 } })).toBe(true);
    expect(await vault.update(12_345, { value: 1 })).toBe(false);
    expect(await vault.update(12_345, { texts: 'x' })).toBe(false);
    expect([await vault.count('day'), await vault.count('morning')]).toEqual([0, 1]);
    expect(await collect(vault)).toEqual([
      [id, { content: 'It rained in the morning.' }, { day: 10 }],
      [second, { content: 'The sun came out.' }, { day: 2 }],
      [third, { content: 'Fog.' }, null],
    ]);
    expect(await vault.size()).toBe(3);
    expect([await vault.delete(id), await vault.delete(id)]).toEqual([true, false]);
    expect(await vault.deleteMany([second as bigint, 12_345, second as bigint])).toBe(1);
    expect([await vault.count('sun'), await vault.count('fog')]).toEqual([0, 1]);
    await vault.clear();
    expect([await vault.size(), await vault.count('fog')]).toEqual([0, 0]);
    expect(await vault.insertMany([])).toEqual([]);
  });

  test('documents have columns, and ids of the user', async () => {
    const vault = await fresh({ columns: ['title', 'body'] });
    expect(await vault.insert({ title: 'a', body: 'fox' }, 1, { id: 7 })).toBe(7n);
    await rejects('KV_INVALID_ARGUMENT', () => vault.insert({ title: 'b', body: 'fox' }, 2, { id: 7n }));
    await rejects('KV_INVALID_ARGUMENT', () => vault.insert({ title: 'b', body: 'fox' }, 2, { id: 0 }));
    await rejects('KV_INVALID_ARGUMENT', () => vault.insert('fox'));
    await rejects('KV_INVALID_ARGUMENT', () => vault.insert({ title: 'b' }));
    await rejects('KV_INVALID_ARGUMENT', () => vault.insert({ title: 'b', body: 1 } as never));
    await rejects('KV_INVALID_ARGUMENT', () => vault.insertMany([[{ title: 'b', body: 'c' }, 1], ['fox']]));
    await rejects('KV_INVALID_ARGUMENT', () => vault.insertMany([['a', 1, 2] as never]));
    await rejects('KV_INVALID_ARGUMENT', () => vault.insert({ title: 'b', body: 'c' }, () => 1));
    await rejects('KV_INVALID_ARGUMENT', () => vault.update(7, {}));
    await rejects('KV_INVALID_ARGUMENT', () => vault.update('7' as never, { value: 1 }));
    expect(await vault.size()).toBe(1);
    expect(await vault.update(7, { texts: { title: 'hen' }, value: 3 })).toBe(true);
    expect(await vault.getById(7)).toEqual({ id: 7n, texts: { title: 'hen', body: 'fox' }, value: 3 });
    expect(await vault.get({ title: 'hen', body: 'fox' })).toBe(3);
    expect([await vault.count('hen fox'), await vault.count('"hen fox"')]).toEqual([1, 0]);
    const info = await vault.info();
    expect(info).toMatchObject({ columns: ['title', 'body'], tokenizer: 'unicode61', prefixes: [], count: 1 });
  });

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

  test(`scores, matches and places are those of a local vault, with the seed ${SEED}`, async () => {
    const word = fc.constantFrom('red', 'green', 'blue', 'redder', 'x1', 'Réd', 'running', 'runs', 'a', 'b');
    const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));
    const documents = fc.array(fc.record({ a: text, b: text }), { minLength: 1, maxLength: 12 });
    const query = fc
      .array(
        fc.tuple(fc.boolean(), fc.array(word, { minLength: 1, maxLength: 3 })).map(([isWithout, words]) => {
          const phrase = words.length > 1 ? `"${words.join(' ')}"` : words[0];
          return (isWithout ? '-' : '') + phrase;
        }),
        { minLength: 1, maxLength: 3 },
      )
      .map((parts) => parts.join(' '));
    const options = fc.record({
      match: fc.constantFrom('all' as const, 'any' as const, 'phrase' as const),
      prefix: fc.boolean(),
      columns: fc.constantFrom(undefined, ['a'], ['b']),
    });
    const weights = { a: 2, b: 0.5 };
    for (const tokenizer of tokenizers()) {
      using twin = new TextVault<number, 'a' | 'b'>(':memory:', { columns: ['a', 'b'], tokenizer, weights });
      const vault = await fresh({ columns: ['a', 'b'], tokenizer, weights });
      await fc.assert(
        fc.asyncProperty(documents, fc.array(fc.tuple(query, options), { maxLength: 4 }), async (rows, queries) => {
          twin.clear();
          await vault.clear();
          const theirs = twin.insertMany(rows.map((row, n) => [row, n]));
          const ours = await vault.insertMany(rows.map((row, n) => [row, n] as const));
          expect(theirs).toHaveLength(ours.length);
          for (const [wanted, how] of queries) {
            const asked = { ...how, k: 100, highlight: true, snippet: { tokens: 5 } };
            const shown = (found: readonly { value: number; score: number }[]) =>
              found.map(({ score, ...rest }) => ({ ...rest, id: 0, score: score.toPrecision(6) }));
            const found = shown((await vault.search(wanted, asked)) as never);
            expect(found, `${tokenizer}: ${wanted} ${JSON.stringify(how)}`).toEqual(shown(twin.search(wanted, asked)));
          }
          expect(await vault.suggest('r', 20)).toEqual(twin.suggest('r', 20));
        }),
        { seed: SEED, numRuns: 25 },
      );
    }
  }, 120_000);

  test(`raw queries for the first words of columns find what they find in a file, with the seed ${SEED}`, async () => {
    const word = fc.constantFrom('red', 'green', 'redder', "it's", 'a', 'b', '東京');
    const words = (most: number) => fc.array(word, { minLength: 1, maxLength: most }).map((all) => all.join(' '));
    const documents = fc.array(fc.record({ a: words(6), b: words(6) }), { minLength: 1, maxLength: 12 });
    const phrase = fc
      .tuple(
        fc.constantFrom('', '^', '^', 'a : ^', '{a b} : ^', '- b : ^'),
        words(3),
        fc.constantFrom('', '', '*', ' + r*'),
      )
      .map(([first, text, last]) => `${first} "${text}" ${last}`);
    const query = fc
      .array(fc.tuple(phrase, fc.constantFrom(' ', ' AND ', ' OR ', ' NOT ')), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.map(([text, operator], nth) => (nth === 0 ? text : operator + text)).join(''));
    for (const tokenizer of tokenizers()) {
      const weights = { a: 2, b: 0.5 };
      using twin = new TextVault<number, 'a' | 'b'>(':memory:', { columns: ['a', 'b'], tokenizer, weights });
      const vault = await fresh({ columns: ['a', 'b'], tokenizer, weights });
      await fc.assert(
        fc.asyncProperty(documents, fc.array(query, { minLength: 4, maxLength: 4 }), async (rows, queries) => {
          twin.clear();
          await vault.clear();
          twin.insertMany(rows.map((row, n) => [row, n]));
          await vault.insertMany(rows.map((row, n) => [row, n] as const));
          for (const wanted of queries) {
            const asked = { match: 'raw', k: 100, highlight: true } as const;
            // If one side of an OR is not true of a row, FTS5 counts and marks words of that side or not, by how far it has
            // read.
            const shown = (found: readonly { value: number; score: number }[]) =>
              wanted.includes(' OR ')
                ? found.map(({ value }) => value).sort((a, b) => a - b)
                : found.map(({ score, ...rest }) => ({ ...rest, id: 0, score: score.toPrecision(6) }));
            const found = shown((await vault.search(wanted, asked)) as never);
            expect(found, `${tokenizer}: ${wanted}`).toEqual(shown(twin.search(wanted, asked)));
            expect(await vault.count(wanted, { match: 'raw' }), wanted).toBe(found.length);
          }
        }),
        { seed: SEED, numRuns: 20 },
      );
      for (const wrong of ['a ^', '^ ^ a', 'a + ^ b', '^ (a)', '^ * a']) {
        await rejects('KV_INVALID_ARGUMENT', () => vault.search(wrong, { match: 'raw' }), wrong);
        await rejects('KV_INVALID_ARGUMENT', async () => twin.search(wrong, { match: 'raw' }), wrong);
      }
    }
  }, 120_000);

  test(`phrases near each other are those of a local vault, with the seed ${SEED}`, async () => {
    const word = fc.constantFrom('red', 'green', 'redder', 'runs', 'running', 'a', 'b', 'b', '東京', 'abcd');
    const words = (most: number) => fc.array(word, { minLength: 1, maxLength: most }).map((all) => all.join(' '));
    const documents = fc.array(fc.record({ a: words(40), b: words(12) }), { minLength: 1, maxLength: 12 });
    const phrase = fc
      .tuple(words(2), fc.constantFrom('', '', '', ' *', ' + b'))
      .map(([text, end]) => `"${text}"${end}`);
    const near = fc
      .tuple(
        fc.constantFrom('', '', 'a : ', '- a : '),
        fc.array(phrase, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', ', 0', ', 1', ', 2', ', 3', ', 5', ', 20', ', 99999999999'),
      )
      .map(([column, phrases, distance]) => `${column}NEAR(${phrases.join(' ')}${distance})`);
    const query = fc
      .array(fc.tuple(fc.oneof(near, near, phrase), fc.constantFrom(' ', ' AND ', ' OR ', ' NOT ')), {
        minLength: 1,
        maxLength: 2,
      })
      .map((parts) => parts.map(([text, operator], nth) => (nth === 0 ? text : operator + text)).join(''));
    let found = 0;
    for (const tokenizer of tokenizers()) {
      const weights = { a: 2, b: 0.5 };
      using twin = new TextVault<number, 'a' | 'b'>(':memory:', { columns: ['a', 'b'], tokenizer, weights });
      const vault = await fresh({ columns: ['a', 'b'], tokenizer, weights });
      await fc.assert(
        fc.asyncProperty(documents, fc.array(query, { minLength: 5, maxLength: 5 }), async (rows, queries) => {
          twin.clear();
          await vault.clear();
          twin.insertMany(rows.map((row, n) => [row, n]));
          await vault.insertMany(rows.map((row, n) => [row, n] as const));
          for (const wanted of queries) {
            const asked = { match: 'raw', k: 100, highlight: true } as const;
            // FTS5 counts and marks what it has read of a side of an OR, or of a NEAR after NOT, that is not true of a row.
            const shown = (results: readonly { value: number; score: number }[]) =>
              / OR | NOT .*NEAR/.test(wanted)
                ? results.map(({ value }) => value).sort((a, b) => a - b)
                : results.map(({ score, ...rest }) => ({ ...rest, id: 0, score: score.toPrecision(6) }));
            const ours = shown((await vault.search(wanted, asked)) as never);
            expect(ours, `${tokenizer}: ${wanted}`).toEqual(shown(twin.search(wanted, asked)));
            expect(await vault.count(wanted, { match: 'raw' }), wanted).toBe(ours.length);
            found += ours.length;
          }
        }),
        { seed: SEED, numRuns: 12, endOnFailure: true },
      );
    }
    expect(found).toBeGreaterThan(100);
  }, 120_000);

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
    if (!place.hasTrigrams) {
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
  }, 120_000);

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

  test('ids are selected by ranges', async () => {
    const vault = await fresh();
    for (let id = 1; id <= 300; id++) await vault.insert(`text ${id}`, id, { id });
    const of = async (range?: object) => (await collect(vault.keys(range))).join();
    expect((await collect(vault.keys())).length).toBe(300);
    expect(await of({ gt: 3, lte: 6 })).toBe('4,5,6');
    expect(await of({ gte: 298n, reverse: true })).toBe('300,299,298');
    expect(await of({ limit: 2 })).toBe('1,2');
    expect((await collect(vault.entries({ lt: 3, reverse: true }))).map(([, , value]) => value)).toEqual([2, 1]);
    await rejects('KV_INVALID_ARGUMENT', () => of({ gt: 1, gte: 1 }));
  });

  test('values have the encodings of a dict', async () => {
    const name = `t${count++}`;
    for (const valueEncoding of ['json', 'msgpack'] as const) {
      const table = `${name}${valueEncoding}`;
      const vault = await place.texts(table, { valueEncoding });
      await vault.insertMany(Array.from({ length: 20 }, (_, n) => [`text ${n}`, { id: n, title: `t${n}` }] as const));
      const again = await place.texts(table, { valueEncoding });
      expect((await again.search('text 7'))[0]?.value).toEqual({ id: 7, title: 't7' });
      expect(again.valueEncoding).toBe(valueEncoding);
      await rejects('KV_INVALID_ARGUMENT', () => place.texts(table));
    }
    const bytes = await fresh({ autoPack: false });
    await bytes.insert('a', Buffer.from('raw'));
    expect(await bytes.get('a')).toEqual(Buffer.from('raw'));
  });

  test('a table has the columns and the tokenizer that it was made with', async () => {
    const name = `t${count++}`;
    const vault = await place.texts(name, { columns: ['a', 'b'], tokenizer: 'porter' });
    expect((await (await place.texts(name, { columns: ['a', 'b'] })).info()).tokenizer).toBe('porter');
    await rejects('KV_INVALID_ARGUMENT', () => place.texts(name, { columns: ['a'] }));
    await rejects('KV_INVALID_ARGUMENT', () => place.texts(name, { columns: ['a', 'b'], tokenizer: 'words' }));
    for (const options of [
      { columns: [] },
      { columns: ['1'] },
      { columns: ['a', 'A'] },
      { weights: { b: 1 } },
      { x: 1 },
    ]) {
      await rejects('KV_INVALID_ARGUMENT', () => fresh(options as never), JSON.stringify(options));
    }
    await vault.close();
    await vault.close();
    expect(vault.open).toBe(false);
    const calls = {
      insert: () => vault.insert({ a: '', b: '' }),
      search: () => vault.search('a'),
      count: () => vault.count('a'),
      getById: () => vault.getById(1),
      delete: () => vault.delete(1),
      iterate: () => collect(vault.keys()),
      suggest: () => vault.suggest('a'),
    };
    for (const [what, call] of Object.entries(calls)) await rejects('KV_CLOSED', call, what);
  });
}
