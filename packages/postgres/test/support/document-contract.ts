import { DocumentVault, type DocumentWhere } from '@kohakuvault/text';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { embedWith } from '../../../text/test/support/embed.ts';
import { rejects } from './contract.ts';
import type { Place, SharedDocumentsOptions } from './places.ts';

const SEED = Number(process.env.KOHAKUVAULT_SEED ?? Date.now() % 2 ** 31);
const DIMENSIONS = 16;
const LOCKS =
  'A writer takes the write lock. Others wait for the lock until it is free. Readers never wait for a writer.';
const FISH = 'Salmon swim up the river. They lay their eggs there. The young fish swim to the sea.';

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

/** Registers the tests that documents pass wherever they are stored. */
export function testAsyncDocuments(make: () => Promise<Place>): void {
  let place: Place;
  let count = 0;
  beforeAll(async () => {
    place = await make();
  });
  afterAll(async () => await place?.close());
  const open = (name: string, options: Partial<SharedDocumentsOptions> = {}) => {
    if (!place.documents) throw new Error(`${place.name} has no pgvector`);
    const defaults = { embed: embedWith(DIMENSIONS), dimensions: DIMENSIONS, chunk: { size: 80, overlap: 20 } };
    return place.documents(name, { ...defaults, ...options });
  };
  const fresh = (options?: Partial<SharedDocumentsOptions>) => open(`d${count++}`, options);

  test('documents are got, changed and deleted with all their chunks', async () => {
    const vault = await fresh();
    const fields = {
      year: 2020,
      big: 2n ** 60n,
      low: -(2n ** 63n),
      open: true,
      name: null,
      text: 'a "b" 1',
      part: 0.1,
    };
    await vault.add([
      { id: 'a', text: LOCKS, value: new Map([['a', 1n]]), fields },
      { id: 'b', text: '' },
    ]);
    await vault.add({ id: '', text: 'Café 😀.', value: undefined, fields: { year: undefined } });
    expect(await vault.get('a')).toEqual({ id: 'a', text: LOCKS, value: new Map([['a', 1n]]), fields });
    expect(await vault.get('b')).toEqual({ id: 'b', text: '', value: null, fields: {} });
    expect(await vault.get('')).toEqual({ id: '', text: 'Café 😀.', value: null, fields: {} });
    expect([await vault.size(), await vault.ids()]).toEqual([3, ['a', 'b', '']]);
    expect([await vault.has('a'), await vault.has('c'), await vault.get('c'), await vault.model()]).toEqual([
      true,
      false,
      undefined,
      '',
    ]);
    expect(await vault.update('a', { value: 2 })).toBe(true);
    expect(await vault.update('b', { text: FISH, fields: { year: 1 } })).toBe(true);
    expect(await vault.update('c', { text: FISH })).toBe(false);
    expect(await vault.get('b')).toEqual({ id: 'b', text: FISH, value: null, fields: { year: 1 } });
    expect(await vault.get('a')).toEqual({ id: 'a', text: LOCKS, value: 2, fields });
    expect((await vault.search('eggs', { mode: 'text' })).map(({ document }) => document.id)).toEqual(['b']);
    expect(await vault.update('b', { text: LOCKS })).toBe(true);
    expect(await vault.search('eggs', { mode: 'text' })).toEqual([]);
    expect([await vault.delete('a'), await vault.delete('a'), await vault.delete('c\0')]).toEqual([true, false, false]);
    expect((await vault.search('lock', { k: 100, distinct: true })).map(({ document }) => document.id)).toEqual([
      'b',
      '',
    ]);
    expect([await vault.delete('b'), await vault.delete(''), await vault.search('lock')]).toEqual([true, true, []]);
    await vault.add([]);
    expect(await vault.size()).toBe(0);
  });

  test('a question finds the chunk that answers it, with its document, place and neighbors', async () => {
    const vault = await fresh();
    await vault.add([
      { id: 'locks', text: LOCKS, value: { title: 'Locks' } },
      { id: 'fish', text: FISH, value: { title: 'Fish' } },
    ]);
    const [found] = await vault.search('where do salmon lay eggs?');
    expect(found?.document).toEqual({ id: 'fish', value: { title: 'Fish' } });
    expect(found?.text).toBe(FISH.slice(found?.start, found?.end));
    expect(found?.text).toContain('eggs');
    expect(found?.neighbors.length).toBeGreaterThan(0);
    for (const neighbor of found?.neighbors ?? []) expect(FISH).toContain(neighbor);
    for (const mode of ['text', 'vector', 'hybrid'] as const) {
      expect((await vault.search('the young fish', { mode, k: 1 }))[0]?.document.id).toBe('fish');
    }
    expect(await vault.search('fish', 0)).toEqual([]);
    expect(await vault.search('\0 -- "', { mode: 'text' })).toEqual([]);
  });

  test('what is refused changes nothing', async () => {
    const vault = await fresh({ fields: { year: 'i64' } });
    await vault.add({ id: 'first', text: LOCKS, fields: { year: 1 } });
    const any = vault as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>;
    const text = FISH;
    const calls: [method: string, ...given: unknown[]][] = [
      ...[undefined, null, 5, 'text', [5], {}, { id: 'a' }, { text }, { id: 1, text }].map(
        (given): [string, unknown] => ['add', given],
      ),
      ['add', { id: 'a', text, other: 1 }],
      ['add', { id: 'a', text, value: Symbol('a') }],
      [
        'add',
        [
          { id: 'a', text },
          { id: 'first', text },
        ],
      ],
      [
        'add',
        [
          { id: 'a', text },
          { id: 'a', text },
        ],
      ],
      ['add', { id: 'a', text, fields: 'year' }],
      ['add', { id: 'a', text, fields: { month: 1 } }],
      ['add', { id: 'a', text, fields: { year: '1' } }],
      ['update', 5, { text }],
      ['update', 'first'],
      ['update', 'first', {}],
      ['update', 'first', { text: 5 }],
      ['update', 'first', { value: () => {} }],
      ['update', 'first', { fields: { year: 0.5 } }],
      ['delete', 5],
      ['has', null],
      ['get', {}],
      ['search', 5],
      ['search', 'a', -1],
      ['search', 'a', { mode: 'other' }],
      ['search', 'a', { where: { month: 1 } }],
      ['search', 'a', { where: { year: { $near: 1 } } }],
      ['search', 'a', { limit: 1 }],
      ['reembed'],
      ['reembed', { embed: embedWith(3), dimensions: 0 }],
    ];
    for (const [method, ...given] of calls) {
      await rejects(
        'KV_INVALID_ARGUMENT',
        async () => await (any[method] as (...given: unknown[]) => unknown)(...given),
        `${method} ${given.map(String)}`,
      );
    }
    expect([await vault.ids(), (await vault.get('first'))?.text]).toEqual([['first'], LOCKS]);
    for (const options of [{ embed: undefined }, { dimensions: 0 }, { chunk: { size: 9, overlap: 9 } }, { x: 1 }]) {
      await rejects('KV_INVALID_ARGUMENT', () => fresh(options as never), JSON.stringify(options));
    }
  });

  test('what the model throws is passed on, and wrong vectors are refused', async () => {
    const reason = new Error('the model is gone');
    let answer: (texts: string[]) => unknown = embedWith(DIMENSIONS);
    const vault = await fresh({ embed: async (texts) => answer(texts) as never });
    await vault.add({ id: 'first', text: LOCKS });
    answer = () => {
      throw reason;
    };
    for (const call of [
      () => vault.add({ id: 'a', text: FISH }),
      () => vault.update('first', { text: FISH }),
      () => vault.search('fish'),
    ]) {
      await expect(call()).rejects.toBe(reason);
    }
    for (const wrong of [[], [new Float32Array(3)], 'vectors', [undefined], [new Float32Array(DIMENSIONS).fill(NaN)]]) {
      answer = () => wrong;
      await rejects('KV_INVALID_ARGUMENT', () => vault.add({ id: 'a', text: 'short' }), String(wrong));
    }
    expect([await vault.ids(), (await vault.get('first'))?.text]).toEqual([['first'], LOCKS]);
    answer = () => new Promise(() => {});
    const controller = new AbortController();
    const searching = vault.search('fish', { signal: controller.signal });
    controller.abort(reason);
    await expect(searching).rejects.toBe(reason);
    expect(await vault.search('lock', { mode: 'text', k: 1 })).toHaveLength(1);
  });

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
    for (const tokenizer of ['unicode61', ...(place.hasTrigrams ? (['trigram'] as const) : []), 'words'] as const) {
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

  test('a new model takes over when all its vectors are made, and the old one is searched until then', async () => {
    const name = `d${count++}`;
    const vault = await open(name, { model: 'old' });
    await vault.add(Array.from({ length: 90 }, (_, n) => ({ id: `${n}`, text: `${FISH} number ${n}` })));
    const steps: number[] = [];
    let searchedMeanwhile = 0;
    let isDone = false;
    await vault.reembed({
      embed: async (texts) => {
        if (steps.length === 1) await vault.add({ id: 'late', text: LOCKS });
        if (steps.length === 2) await vault.delete('3');
        if (steps.length === 2) await vault.update('4', { text: LOCKS });
        // Later it is the model of the vault, which a search would ask again.
        if (!isDone) searchedMeanwhile = (await vault.search('young fish')).length;
        return embedWith(12)(texts);
      },
      dimensions: 12,
      model: 'new',
      onProgress: ({ done, total }) => {
        expect(done).toBeLessThanOrEqual(total + 10);
        steps.push(done);
      },
    });
    isDone = true;
    expect([await vault.model(), searchedMeanwhile, steps.length > 2]).toEqual(['new', 10, true]);
    const nearest = async (question: string) =>
      (await vault.search(question, { k: 100, mode: 'vector', distinct: true })).map(({ document }) => document.id);
    expect((await nearest('write lock')).slice(0, 2).toSorted()).toEqual(['4', 'late']);
    expect(await nearest('fish')).not.toContain('3');
    await vault.add({ id: 'after', text: LOCKS });
    expect(await nearest('write lock')).toHaveLength(91);
    await vault.close();
    await rejects('KV_INVALID_ARGUMENT', () => open(name, { model: 'old' }));
    await rejects('KV_INVALID_ARGUMENT', () => open(name, { model: 'new' }));
    const again = await open(name, { model: 'new', dimensions: 12, embed: embedWith(12) });
    expect(await again.size()).toBe(91);
  });

  test('a reembed that was ended goes on where it was, and another model begins again', async () => {
    const vault = await fresh();
    await vault.add(Array.from({ length: 120 }, (_, n) => ({ id: `${n}`, text: `text ${n}` })));
    const embedded: number[] = [];
    const options = (model: string) => ({
      embed: (texts: string[]) => {
        embedded.push(texts.length);
        return embedWith(8)(texts);
      },
      dimensions: 8,
      model,
    });
    const reason = new Error('enough');
    const ended = async (model: string) => {
      const controller = new AbortController();
      const onProgress = () => controller.abort(reason);
      await expect(vault.reembed({ ...options(model), signal: controller.signal, onProgress })).rejects.toBe(reason);
    };
    await ended('a');
    expect((await vault.search('text 5', { mode: 'vector' })).length).toBe(10);
    await vault.reembed(options('a'));
    expect(embedded).toEqual([64, 56]);
    await ended('b');
    await vault.reembed(options('c'));
    expect([await vault.model(), embedded]).toEqual(['c', [64, 56, 64, 64, 56]]);
  });

  test('a closed vault refuses all calls', async () => {
    const vault = await fresh();
    await vault.add({ id: 'a', text: FISH });
    await vault.close();
    await vault.close();
    expect(vault.open).toBe(false);
    const calls = {
      add: () => vault.add({ id: 'b', text: FISH }),
      update: () => vault.update('a', { text: LOCKS }),
      delete: () => vault.delete('a'),
      has: () => vault.has('a'),
      get: () => vault.get('a'),
      ids: () => vault.ids(),
      search: () => vault.search('a'),
      reembed: () => vault.reembed({ embed: embedWith(3), dimensions: 3 }),
      size: () => vault.size(),
    };
    for (const [what, call] of Object.entries(calls)) await rejects('KV_CLOSED', call, what);
  });
}
