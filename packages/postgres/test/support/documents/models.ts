import { expect, test } from 'vitest';
import { embedWith } from '../../../../text/test/support/embed.ts';
import { rejects } from '../contract.ts';
import { DIMENSIONS, type DocumentContext } from './document-context.ts';
import { FISH, LOCKS } from './samples.ts';

/** Registers the tests of models: that fail, and that take the place of others. */
export function testDocumentModels(context: DocumentContext): void {
  const { fresh, nameOf, open } = context;

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

  test('a new model takes over when all its vectors are made, and the old one is searched until then', async () => {
    const name = nameOf();
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
}
