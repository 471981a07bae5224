import { once } from 'node:events';
import { SkipList } from '@kohakuvault/ordered';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { worker } from './support/worker.ts';

function codeOfRejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'resolved',
    (error) => error.code,
  );
}

describe('waitForChange', () => {
  test('ends with the next change of any key, or of one key', async () => {
    using list = new SkipList<string, number>({ entries: [['a', 1]] });
    const any = list.waitForChange();
    const ofA = list.waitForChange({ key: 'a' });
    const ofB = list.waitForChange({ key: 'b', seen: undefined });
    let isOver = false;
    ofA.then(() => {
      isOver = true;
    });
    list.set('b', 1);
    expect([await any, await ofB, isOver]).toEqual([true, true, false]);
    list.delete('a');
    expect(await ofA).toBe(true);
  });

  test.each<[string, (list: SkipList<string, number>) => unknown]>([
    ['set', (list) => list.set('a', 2)],
    ['insert', (list) => list.insert('a', 2)],
    ['remove', (list) => list.remove('a')],
    ['compareAndSet', (list) => list.compareAndSet('a', 1, 2)],
    ['a removing compareAndSet', (list) => list.compareAndSet('a', 1, undefined)],
    ['update', (list) => list.update('a', () => 2)],
    ['popFirst', (list) => list.popFirst()],
    ['popLast', (list) => list.popLast()],
    ['deleteRange', (list) => list.deleteRange({ gte: 'a' })],
    ['clear', (list) => list.clear()],
  ])('ends with %s', async (_name, change) => {
    using list = new SkipList<string, number>({ entries: [['a', 1]] });
    const { version } = list;
    const waits = [list.waitForChange({ key: 'a' }), list.waitForChange()];
    change(list);
    expect(await Promise.all(waits)).toEqual([true, true]);
    expect(list.version).toBe(version + 1);
  });

  test('does not wait for what has happened', async () => {
    using list = new SkipList<string, number>();
    const since = list.version;
    list.setDefault('a', 1);
    expect(await list.waitForChange({ since })).toBe(true);
    expect(await list.waitForChange({ key: 'a', seen: undefined })).toBe(true);
    expect(list.waitForChangeSync({ since })).toBe(true);
    expect(list.waitForChangeSync({ key: 'a', seen: 2 })).toBe(true);
  });

  test('ends without a change after the timeout', async () => {
    using list = new SkipList<string, number>({ entries: [['a', 1]] });
    list.setDefault('a', 2);
    expect(list.compareAndSet('a', 2, 3)).toBe(false);
    expect(await list.waitForChange({ timeout: 1 })).toBe(false);
    expect(await list.waitForChange({ key: 'a', seen: 1, timeout: 0 })).toBe(false);
    expect(list.waitForChangeSync({ timeout: 60 })).toBe(false);
    expect(list.waitForChangeSync({ key: 'b', timeout: 0 })).toBe(false);
  });

  test('ends with an error when it is aborted or its list is closed', async () => {
    const list = new SkipList<string, number>();
    const abort = new AbortController();
    const reason = new Error('mine');
    const aborted = list.waitForChange({ signal: abort.signal });
    abort.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await expect(list.waitForChange({ signal: abort.signal })).rejects.toBe(reason);
    const waits = [list.waitForChange(), list.waitForChange({ key: 'a' })].map(codeOfRejection);
    list.close();
    expect(await Promise.all(waits)).toEqual(['KV_CLOSED', 'KV_CLOSED']);
    expect(await codeOfRejection(list.waitForChange())).toBe('KV_CLOSED');
    expect(codeOf(() => list.waitForChangeSync())).toBe('KV_CLOSED');
  });

  test.each<[string, unknown]>([
    ['a negative timeout', { timeout: -1 }],
    ['a timeout beyond timers', { timeout: 2 ** 31 }],
    ['a timeout that is not a number', { timeout: '1' }],
    ['seen without key', { seen: 1 }],
    ['key with since', { key: 'a', since: 1 }],
    ['a since that is not a version', { since: 0.5 }],
    ['a key without an order', { key: null }],
    ['a value that cannot be kept', { key: 'a', seen: () => 1 }],
    ['an unknown option', { timout: 1 }],
    ['options that are not an object', 5],
  ])('refuses %s', async (_name, options) => {
    using list = new SkipList<unknown, unknown>();
    expect(await codeOfRejection(list.waitForChange(options as never))).toBe('KV_INVALID_ARGUMENT');
    expect(codeOf(() => list.waitForChangeSync(options as never))).toBe('KV_INVALID_ARGUMENT');
  });

  test('refuses a signal that is none, and any signal where it blocks', async () => {
    using list = new SkipList<string, number>();
    expect(await codeOfRejection(list.waitForChange({ signal: {} as never }))).toBe('KV_INVALID_ARGUMENT');
    const options = { signal: new AbortController().signal };
    expect(codeOf(() => list.waitForChangeSync(options as never))).toBe('KV_INVALID_ARGUMENT');
  });

  test.each([true, false])('misses no change of another thread (the other thread blocks: %s)', async (blocks) => {
    const rounds = 2000;
    using list = new SkipList<string, number>({ entries: [['answer', 0]] });
    const thread = worker('waiter.ts', { handle: list.share(), rounds, blocks });
    const done = once(thread, 'message');
    const ended = once(thread, 'exit');
    for (let round = 1; round <= rounds; round++) {
      list.set('question', round);
      while (list.get('answer') !== round) await list.waitForChange({ key: 'answer', seen: round - 1 });
    }
    expect((await done)[0]).toBe('done');
    await ended;
  });

  test.each([true, false])('does not keep its thread from ending (which blocks: %s)', async (blocks) => {
    using list = new SkipList<string, number>();
    const thread = worker('waits-for-ever.ts', { handle: list.share(), blocks });
    await once(thread, 'message');
    list.set('other', 1);
    await thread.terminate();
    // Nobody is there to be woken.
    list.set('never', 1);
    expect(list.get('never')).toBe(1);
  });
});
