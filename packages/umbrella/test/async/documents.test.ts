// Documents in a thread: they do what those of this thread do, and the model is a function of this one.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { DocumentVault, type DocumentVaultOptions, type Embed } from '@kohakuvault/text';
import { type AsyncDocumentVault, type AsyncStore, open } from 'kohakuvault/async';
import { describe, expect, onTestFinished, test } from 'vitest';
import { promised } from '../../../../tools/testing/src/promised.ts';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { embedWith } from '../../../text/test/support/embed.ts';

const DIMENSIONS = 64;
const embed: Embed = embedWith(DIMENSIONS);
const OPTIONS = { embed, dimensions: DIMENSIONS, chunk: { size: 80, overlap: 20 } };
const LOCKS =
  'A writer takes the write lock. Others wait for the lock until it is free. Readers never wait for a writer.';
const FISH = 'Salmon swim up the river. They lay their eggs there. The young fish swim to the sea.';

async function opened(): Promise<AsyncStore> {
  const store = await open(tempFile());
  onTestFinished(() => store.close());
  return store;
}

async function vaultOf<V>(options: Partial<DocumentVaultOptions> = {}): Promise<AsyncDocumentVault<V>> {
  return await (await opened()).documents<V>('notes', { ...OPTIONS, ...options });
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => 'it did not fail',
    (error: { code?: string }) => error.code,
  );
}

test('documents are added, found, changed and deleted as in this thread', async () => {
  const store = await opened();
  const vault = await store.documents<number>('notes', { ...OPTIONS, fields: { year: 'i64' } });
  await vault.add({ id: 'locks', text: LOCKS, value: 1, fields: { year: 2020 } });
  await vault.add(new Set([{ id: 'fish', text: FISH }]));
  using local = new DocumentVault<number>(store.path, { ...OPTIONS, table: 'notes' });
  for (const mode of ['text', 'vector', 'hybrid'] as const) {
    const question = ['where do salmon lay eggs?', { mode, k: 2 }] as const;
    expect(await vault.search(...question)).toEqual(await local.search(...question));
  }
  expect((await vault.search('the write lock', { where: { year: { $gte: 2_000 } } }))[0]?.document.id).toBe('locks');
  expect([await vault.get('locks'), await vault.get('none')]).toEqual([local.get('locks'), undefined]);
  expect([await vault.ids(), await vault.size(), await vault.has('fish')]).toEqual([['locks', 'fish'], 2, true]);
  expect([await vault.update('locks', { value: 2 }), await vault.update('none', { text: 'a' })]).toEqual([true, false]);
  expect(await vault.update('fish', { text: LOCKS, fields: { year: 1 } })).toBe(true);
  expect((await local.search('salmon', { mode: 'text' })).length).toBe(0);
  expect([await vault.delete('fish'), await vault.delete('fish'), await vault.model()]).toEqual([true, false, '']);
  expect([vault.table, vault.open]).toEqual(['notes', true]);
  await vault.close();
  expect([vault.open, await codeOf(vault.has('locks')), await codeOf(vault.add({ id: 'x', text: 'y' }))]).toEqual([
    false,
    'KV_CLOSED',
    'KV_CLOSED',
  ]);
});

test('what is refused changes nothing, and says why', async () => {
  const store = await opened();
  expect(await codeOf(store.documents('notes', {} as never))).toBe('KV_INVALID_ARGUMENT');
  expect(await codeOf(store.documents('notes', { ...OPTIONS, embed: 5 as never }))).toBe('KV_INVALID_ARGUMENT');
  const vault = await store.documents('notes', OPTIONS);
  await vault.add({ id: 'a', text: LOCKS });
  const refused = {
    'a known id': () => vault.add({ id: 'a', text: FISH }),
    'two of one id': () =>
      vault.add([
        { id: 'b', text: '' },
        { id: 'b', text: '' },
      ]),
    'no text': () => vault.add({ id: 'b' } as never),
    'a function as its value': () => vault.add({ id: 'b', text: '', value: () => 1 }),
    'no changes': () => vault.update('a', {}),
    'a question that is a number': () => vault.search(5 as never),
    'a signal that is none': () => vault.search('a', { signal: 5 as never }),
    'a model that is none': () => vault.reembed({ dimensions: 3 } as never),
  };
  for (const [what, work] of Object.entries(refused)) expect(await codeOf(work()), what).toBe('KV_INVALID_ARGUMENT');
  expect(await vault.ids()).toEqual(['a']);
});

describe('the model', () => {
  test('gives its own error to the caller, and nothing is stored', async () => {
    const mine = Object.assign(new RangeError('too many requests'), { status: 429 });
    let fails = true;
    const vault = await vaultOf({
      embed: async (texts) => {
        if (fails) throw mine;
        return await embed(texts);
      },
    });
    await expect(vault.add({ id: 'a', text: LOCKS })).rejects.toBe(mine);
    await expect(vault.search('lock')).rejects.toBe(mine);
    expect(await vault.size()).toBe(0);
    fails = false;
    await vault.add({ id: 'a', text: LOCKS });
    expect(await vault.size()).toBe(1);
  });

  test('may return vectors in any form, and not anything else', async () => {
    let made: (texts: string[]) => unknown = embed;
    const vault = await vaultOf({ embed: ((texts) => made(texts)) as Embed });
    await vault.add({ id: 'a', text: LOCKS });
    made = (texts) => texts.map(() => Float32Array.from({ length: DIMENSIONS }, (_, nth) => nth));
    await vault.add({ id: 'b', text: LOCKS });
    const wrong: unknown[] = [undefined, [], 'text', () => 1, [new Array(DIMENSIONS).fill('a')]];
    for (const result of wrong) {
      made = () => result;
      expect(await codeOf(vault.add({ id: 'c', text: 'short' })), String(result)).toBe('KV_INVALID_ARGUMENT');
    }
    expect(await vault.size()).toBe(2);
  });

  test('may use the store itself, also while many calls wait for it', async () => {
    const store = await opened();
    const known = await store.kvault<number>('known');
    const vault = await store.documents('notes', {
      ...OPTIONS,
      embed: async (texts) => {
        await known.increment('calls');
        return await embed(texts);
      },
    });
    await Promise.all(Array.from({ length: 40 }, (_, nth) => vault.add({ id: `${nth}`, text: `${LOCKS} ${nth}` })));
    expect([await vault.size(), await known.get('calls')]).toEqual([40, 40]);
  });

  test('does not hold up other calls, nor a signal', async () => {
    const [answered, called] = [promised(), promised()];
    const vault = await vaultOf({
      embed: async (texts) => {
        called.resolve();
        await answered.promise;
        return await embed(texts);
      },
    });
    const ending = new AbortController();
    const searched = vault.search('lock', { signal: ending.signal });
    await called.promise;
    expect(await vault.size()).toBe(0);
    ending.abort(new Error('enough'));
    await expect(searched).rejects.toThrow('enough');
    const added = vault.add({ id: 'a', text: FISH });
    answered.resolve();
    await added;
    expect(await vault.ids()).toEqual(['a']);
  });

  test('that never answers holds up no close once the search has been ended', async () => {
    const store = await open(tempFile());
    const called = promised();
    const vault = await store.documents('notes', {
      ...OPTIONS,
      embed: () => {
        called.resolve();
        return new Promise(() => {});
      },
    });
    const ending = new AbortController();
    const searched = vault.search('lock', { signal: ending.signal });
    await called.promise;
    ending.abort(new Error('enough'));
    await expect(searched).rejects.toThrow('enough');
    await store.close();
    expect(store.open).toBe(false);
  });

  test('that never answers holds up no close: calls that wait for it are refused', async () => {
    const file = tempFile();
    let refused: Promise<unknown[]>;
    {
      await using store = await open(file);
      const waiting = promised();
      let asked = 0;
      const model = async (texts: string[]) => {
        if (asked++ === 0) return await embed(texts);
        if (asked === 5) waiting.resolve();
        return await new Promise<never>(() => {});
      };
      const vault = await store.documents('notes', { ...OPTIONS, embed: model });
      await vault.add({ id: 'a', text: LOCKS });
      const known = await store.kvault<number>('known');
      refused = Promise.all([
        codeOf(vault.add([{ id: 'b', text: LOCKS }])),
        codeOf(vault.update('a', { text: FISH })),
        codeOf(vault.search('lock')),
        codeOf(vault.reembed({ embed: model, dimensions: DIMENSIONS, model: 'next' })),
      ]);
      await waiting.promise;
      // What waits for nobody is finished.
      void known.set('last', 1);
    }
    expect(await refused).toEqual(Array(4).fill('KV_CLOSED'));
    using local = new DocumentVault(file, { ...OPTIONS, table: 'notes' });
    expect([local.ids(), local.get('a')?.text, local.model]).toEqual([['a'], LOCKS, '']);
    using kv = new KVault(file, { table: 'known' });
    expect(kv.get('last')).toBe(1);
  });

  test('is asked no more once the store closes, and a signal still gives its reason', async () => {
    const store = await open(tempFile());
    const first = promised();
    const vault = await store.documents('notes', {
      ...OPTIONS,
      embed: (texts) => {
        first.resolve();
        return new Promise((resolve) => setImmediate(() => resolve(embed(texts))));
      },
    });
    const ending = new AbortController();
    const aborted = vault.search('lock', { signal: ending.signal });
    await first.promise;
    // More chunks than the model gets at once, and a call that has not been sent.
    const added = codeOf(vault.add(Array.from({ length: 200 }, (_, nth) => ({ id: `${nth}`, text: FISH }))));
    const closed = store.close();
    ending.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await closed;
    expect([await added, await codeOf(vault.search('lock'))]).toEqual(['KV_CLOSED', 'KV_CLOSED']);
    using local = new DocumentVault(store.path, { ...OPTIONS, table: 'notes' });
    expect(local.ids()).toEqual([]);
  });

  test('that never answers keeps no process running after a close', () => {
    const script = join(import.meta.dirname, '../scripts/silent-model.ts');
    const words = ['--conditions', '@kohakuvault/source', script, tempFile()];
    const output = execFileSync(process.execPath, words, { encoding: 'utf8', timeout: 60_000 });
    expect(output).toBe('refused: KV_CLOSED, stored: 0\n');
  });
});

test('another model takes over, with progress and until a signal', async () => {
  const vault = await vaultOf({ model: 'first' });
  await vault.add(Array.from({ length: 100 }, (_, nth) => ({ id: `${nth}`, text: `${LOCKS} ${FISH} ${nth}` })));
  const second = { embed: embedWith(8), dimensions: 8, model: 'second' };
  const ending = new AbortController();
  const steps: { done: number; total: number }[] = [];
  const aborted = vault.reembed({
    ...second,
    signal: ending.signal,
    onProgress: (progress) => {
      steps.push(progress);
      ending.abort(new Error('enough'));
    },
  });
  await expect(aborted).rejects.toThrow('enough');
  expect([await vault.model(), steps.length]).toEqual(['first', 1]);
  const mine = new RangeError('mine');
  const thrown = vault.reembed({
    ...second,
    onProgress: () => {
      throw mine;
    },
  });
  await expect(thrown).rejects.toBe(mine);
  // The thread ends what it has begun before it begins something else.
  while (
    (await codeOf(vault.reembed({ ...second, onProgress: (progress) => void steps.push(progress) }))) !==
    'it did not fail'
  );
  expect([await vault.model(), steps.at(-1)?.done]).toEqual(['second', steps.at(-1)?.total]);
  expect((await vault.search('where do salmon lay eggs?', 1)).length).toBe(1);
  await vault.add({ id: 'new', text: FISH });
  expect(await vault.size()).toBe(101);
});

test('calls without the model belong to a transaction, and calls that wait for it do not', async () => {
  const store = await opened();
  const vault = await store.documents('notes', OPTIONS);
  await vault.add({ id: 'a', text: LOCKS });
  const adding = store.transaction((tx) => {
    tx.on(vault).delete('a');
    tx.on(vault).add({ id: 'b', text: FISH });
  });
  expect(await codeOf(adding)).toBe('KV_INVALID_ARGUMENT');
  expect(await vault.ids()).toEqual(['a']);
  expect(await store.transaction((tx) => [tx.on(vault).delete('a'), tx.on(vault).size()])).toEqual([true, 0]);
});
