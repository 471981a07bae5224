import { expect, test } from 'vitest';
import { collect, rejects } from '../contract.ts';
import type { TextContext } from './text-context.ts';

/** Registers the tests of texts as rows: how they are stored, read, changed and opened again. */
export function testTextRows(context: TextContext): void {
  const { fresh, nameOf } = context;

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
    const name = nameOf();
    for (const valueEncoding of ['json', 'msgpack'] as const) {
      const table = `${name}${valueEncoding}`;
      const vault = await context.place.texts(table, { valueEncoding });
      await vault.insertMany(Array.from({ length: 20 }, (_, n) => [`text ${n}`, { id: n, title: `t${n}` }] as const));
      const again = await context.place.texts(table, { valueEncoding });
      expect((await again.search('text 7'))[0]?.value).toEqual({ id: 7, title: 't7' });
      expect(again.valueEncoding).toBe(valueEncoding);
      await rejects('KV_INVALID_ARGUMENT', () => context.place.texts(table));
    }
    const bytes = await fresh({ autoPack: false });
    await bytes.insert('a', Buffer.from('raw'));
    expect(await bytes.get('a')).toEqual(Buffer.from('raw'));
  });

  test('a table has the columns and the tokenizer that it was made with', async () => {
    const name = nameOf();
    const vault = await context.place.texts(name, { columns: ['a', 'b'], tokenizer: 'porter' });
    expect((await (await context.place.texts(name, { columns: ['a', 'b'] })).info()).tokenizer).toBe('porter');
    await rejects('KV_INVALID_ARGUMENT', () => context.place.texts(name, { columns: ['a'] }));
    await rejects('KV_INVALID_ARGUMENT', () => context.place.texts(name, { columns: ['a', 'b'], tokenizer: 'words' }));
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
