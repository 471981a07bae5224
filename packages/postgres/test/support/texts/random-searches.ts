import { TextVault } from '@kohakuvault/text';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rejects } from '../contract.ts';
import { SEED } from '../seed.ts';
import type { TextContext } from './text-context.ts';

/** Registers the tests of random searches in random texts: they find what a local vault finds. */
export function testRandomTextSearches(context: TextContext): void {
  const { fresh, tokenizers } = context;

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
  });

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
  });

  test(`phrases near each other are those of a local vault, with the seed ${SEED}`, async () => {
    // Few words, so that most queries find something.
    const word = fc.constantFrom('red', 'green', 'redder', 'running', '東京');
    const words = (most: number) => fc.array(word, { minLength: 1, maxLength: most }).map((all) => all.join(' '));
    const documents = fc.array(fc.record({ a: words(40), b: words(12) }), { minLength: 1, maxLength: 12 });
    const phrase = fc
      .tuple(words(2), fc.constantFrom('', '', '', ' *', ' + b'))
      .map(([text, end]) => `"${text}"${end}`);
    const near = fc
      .tuple(
        fc.constantFrom('', '', 'a : ', '- a : '),
        fc.array(phrase, { minLength: 2, maxLength: 4 }),
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
    // How much is found depends on the seed.
    for (let round = 0; found <= 200; round++) {
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
          { seed: SEED + round, numRuns: 12, endOnFailure: true },
        );
      }
    }
  });
}
