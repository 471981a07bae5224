import { expect, test } from 'vitest';
import { embedWith } from '../../../../text/test/support/embed.ts';
import { rejects } from '../contract.ts';
import type { DocumentContext } from './document-context.ts';
import { FISH, LOCKS } from './samples.ts';

/** Registers the tests of the calls of documents: what they store and find, and what they refuse. */
export function testDocumentCalls(context: DocumentContext): void {
  const { fresh } = context;

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
