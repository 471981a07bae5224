import { DocumentVault, type DocumentWhere } from '@kohakuvault/text';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { embedWith } from '../../../../text/test/support/embed.ts';
import { SEED } from '../seed.ts';
import type { DocumentContext } from './document-context.ts';

/** Values of fields, some of which are equal to others, or nearly. */
const VALUES: (string | number | bigint | boolean | null | undefined)[] = [
  ...[0, 1, 2, 1.5, -3, 2n ** 60n, 2n ** 60n + 1n, 2 ** 60, 1e20, 0.1, true, false, null, undefined],
  ...['', 'a', 'B', 'ä', "it's", '1', '😀', '\uffff'],
];

/** Makes a vector of a text that no other text is as near to. */
function unlike(dimensions: number): (texts: string[]) => Float32Array[] {
  return (texts) =>
    texts.map((text) => {
      let state = 17;
      for (let at = 0; at < text.length; at++) state = (Math.imul(state, 31) + text.charCodeAt(at)) | 0;
      return Float32Array.from(
        { length: dimensions },
        (_, nth) => Math.sin(state % 9_973) + Math.cos(state / (nth + 2)),
      );
    });
}

/** Registers the tests of searches with conditions: they find what a local vault finds. */
export function testDocumentSearches(context: DocumentContext): void {
  const { fresh } = context;

  test(`searches find what they find in a file, with the seed ${SEED}`, async () => {
    const word = fc.constantFrom('red', 'green', 'blue', 'redder', 'salmon', 'lock', '東京', 'a', 'b');
    const sentence = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => `${words.join(' ')}. `);
    const text = fc.array(sentence, { maxLength: 6 }).map((all) => all.join(''));
    const value = fc.constantFrom(...VALUES);
    const fields = fc.record({ x: value, y: value });
    const plain = value.filter((one) => one !== undefined);
    const condition = fc.oneof(
      plain,
      fc.record({ $eq: plain }),
      fc.record({ $ne: plain }),
      fc.record({ $gt: plain, $lte: plain }, { requiredKeys: [] }),
      fc.record({ $lt: plain, $gte: plain }, { requiredKeys: [] }),
      fc.record({ $in: fc.array(plain, { maxLength: 3 }) }),
      fc.record({ $nin: fc.array(plain, { maxLength: 3 }) }),
      fc.record({ $exists: fc.boolean() }),
    );
    const { where } = fc.letrec((tie) => ({
      where: fc.oneof(
        { maxDepth: 2 },
        fc.record({ x: condition, y: condition }, { requiredKeys: [] }),
        fc.record({ $not: tie('where') }),
        fc.record({ $or: fc.array(tie('where'), { maxLength: 3 }) }),
        fc.record({ $and: fc.array(tie('where'), { maxLength: 3 }), x: condition }, { requiredKeys: [] }),
      ),
    }));
    const asked = fc.record(
      {
        k: fc.constantFrom(1, 3, 100),
        mode: fc.constantFrom('hybrid', 'text', 'vector'),
        distinct: fc.boolean(),
        where,
      },
      { requiredKeys: [] },
    );
    const documents = fc.array(fc.record({ text, fields }), { minLength: 1, maxLength: 10 });
    const options = { embed: unlike(8), dimensions: 8, chunk: { size: 40, overlap: 15 } };
    for (const tokenizer of [
      'unicode61',
      ...(context.place.hasTrigrams ? (['trigram'] as const) : []),
      'words',
    ] as const) {
      using twin = new DocumentVault<number>(':memory:', { ...options, tokenizer });
      const vault = await fresh({ ...options, tokenizer });
      await fc.assert(
        fc.asyncProperty(documents, fc.array(fc.tuple(text, asked), { maxLength: 6 }), async (rows, queries) => {
          for (const id of twin.ids()) twin.delete(id);
          for (const id of await vault.ids()) await vault.delete(id);
          const all = rows.map((row, n) => ({ ...row, id: `${n}`, value: n }));
          await twin.add(all);
          await vault.add(all);
          expect(await Promise.all(all.map(({ id }) => vault.get(id)))).toEqual(all.map(({ id }) => twin.get(id)));
          for (const [question, how] of queries) {
            const found = await vault.search(question, how as object);
            const expected = await twin.search(question, how as object);
            expect(
              found,
              `${tokenizer}: ${question} ${JSON.stringify(how, (_, one) => (typeof one === 'bigint' ? `${one}n` : one))}`,
            ).toEqual(expected);
          }
        }),
        { seed: SEED, numRuns: 12 },
      );
    }
  }, 240_000);

  test('conditions on fields mean what they mean in a file', async () => {
    const options = { embed: embedWith(4), dimensions: 4 };
    using twin = new DocumentVault<number>(':memory:', options);
    const vault = await fresh(options);
    const all = VALUES.map((x, n) => ({ id: `${n}`, text: 'a text', fields: { x } }));
    await twin.add(all);
    await vault.add(all);
    const found = async (of: { search: DocumentVault['search'] }, where: DocumentWhere) =>
      (await of.search('text', { k: 100, mode: 'text', where })).map(({ document }) => document.id).join();
    const shown = (where: DocumentWhere) =>
      JSON.stringify(where, (_, one) => (typeof one === 'bigint' ? `${one}n` : one));
    for (const value of VALUES.filter((one) => one !== undefined)) {
      for (const operator of ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte']) {
        const where = { x: { [operator]: value } };
        expect(await found(vault, where), shown(where)).toBe(await found(twin, where));
      }
    }
    const others = [{ $in: [1, 'a', null] }, { $nin: [true, 'a'] }, { $nin: [null] }, { $exists: false }, { $in: [] }];
    for (const condition of others) {
      for (const where of [{ x: condition }, { $not: { x: condition } }]) {
        expect(await found(vault, where), shown(where)).toBe(await found(twin, where));
      }
    }
  });
}
