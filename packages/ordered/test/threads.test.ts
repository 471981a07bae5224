import { once } from 'node:events';
import { nativeCore } from '@kohakuvault/core-native/internal';
import { SkipList, type SkipListHandle } from '@kohakuvault/ordered';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { worker } from './support/worker.ts';

const { binding } = nativeCore();

describe('a SkipList that threads share', () => {
  test('four threads replace and remove, and every value is removed once or remains', async () => {
    const rounds = 30_000;
    const keys = 64;
    using list = new SkipList<number, number>();
    for (let key = -10; key < 0; key++) list.set(key, 0);
    // So long that most look-ups need no search.
    for (let key = 0; key < 1_000; key++) list.set(1e6 + key, 0);
    const start = new SharedArrayBuffer(4);
    const threads = [0, 1, 2, 3].map((thread) =>
      worker('hammer.ts', { handle: list.share(), start, thread, rounds, keys }),
    );
    const ended = Promise.all(threads.map((thread) => once(thread, 'exit')));
    await Promise.all(threads.map((thread) => once(thread, 'message')));
    const results = Promise.all(threads.map((thread) => once(thread, 'message')));
    Atomics.store(new Int32Array(start), 0, 1);
    Atomics.notify(new Int32Array(start), 0);
    const told = (await results).map(([message]) => message as { out: number[]; missed: number });
    await ended;

    expect(told.map((thread) => thread.missed)).toEqual([0, 0, 0, 0]);
    const left = [...list.entries({ gte: 0, lt: 1e6 })];
    expect(left.length + 1_010).toBe(list.size);
    const values = [...told.flatMap((thread) => thread.out), ...left.map((entry) => entry[1])];
    // Equal lengths and no value twice or missing: each was inserted exactly once.
    expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: rounds * 4 }, (_unused, i) => i));
    const found = [...list.keys()];
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    for (const [key, value] of left)
      expect(Math.imul(value, 2_654_435_761) >>> 0).toSatisfy((hash: number) => hash % keys === key);
  });

  test('a worker that is terminated while it works leaks nothing', async () => {
    const before = binding.listsAlive();
    const list = new SkipList<number, number>();
    const busy = worker('hold.ts', { handle: list.share() });
    const [theirs] = (await once(busy, 'message')) as [SkipListHandle];
    const attached = SkipList.attach<string, string>(theirs);
    expect(attached.get('of the worker')).toBe('x');
    expect(binding.listsAlive()).toBe(before + 2);
    await busy.terminate();
    // This thread holds it too, so it lives on until this thread releases it.
    expect(attached.get('of the worker')).toBe('x');
    attached.close();
    expect(binding.listsAlive()).toBe(before + 1);
    expect(codeOf(() => SkipList.attach(theirs))).toBe('KV_INVALID_ARGUMENT');
    expect([...list.keys()].length).toBe(list.size);
  });

  test('lives in the thread that shared it after its object is closed', async () => {
    const list = new SkipList<string, string>({ entries: [['main', 'hello']] });
    const handle = list.share();
    list.close();
    const other = worker('attach.ts', { handle });
    const ended = once(other, 'exit');
    const [keys] = await once(other, 'message');
    expect(keys).toEqual(['main', 'worker']);
    await ended;
    using again = SkipList.attach<string, unknown>(handle);
    expect(again.get('worker')).toEqual({ seen: 'hello' });
  });

  test('is freed with its last object if it was never shared', () => {
    const before = binding.listsAlive();
    const list = new SkipList({ entries: [[1, 1]] });
    expect(binding.listsAlive()).toBe(before + 1);
    list.close();
    expect(binding.listsAlive()).toBe(before);
  });

  test.each<[string, unknown]>([
    ['one that nobody holds', { kind: 'kohakuvault.SkipList', id: 999_999_999, process: process.pid }],
    ['one of another process', { kind: 'kohakuvault.SkipList', id: 1, process: process.pid + 1 }],
    ['another object', { id: 1 }],
    ['no object', 1],
    ['undefined', undefined],
    ['an id that is none', { kind: 'kohakuvault.SkipList', id: -1, process: process.pid }],
  ])('does not attach %s', (_name, handle) => {
    expect(codeOf(() => SkipList.attach(handle as never))).toBe('KV_INVALID_ARGUMENT');
  });
});

describe('the values of a SkipList', () => {
  test('are copies, in and out', () => {
    using list = new SkipList<string, { list: number[] }>();
    const value = { list: [1] };
    list.set('a', value);
    value.list.push(2);
    const read = list.get('a');
    expect(read).toEqual({ list: [1] });
    read?.list.push(3);
    expect(list.get('a')).toEqual({ list: [1] });
  });

  test('are copies also when setDefault returns what it set', () => {
    const key = ['a', 'b', 'c', 'd'].values();
    for (const given of [
      Buffer.from([1, 2]),
      new Uint8Array([1, 2]),
      new Uint8Array([9, 1, 2]).subarray(1),
      memory(),
    ]) {
      using list = new SkipList<string, unknown>();
      const name = key.next().value as string;
      const returned = list.setDefault(name, given) as Uint8Array;
      returned.fill(7);
      new Uint8Array(returned.buffer).fill(7);
      expect([given, list.get(name)]).toEqual([
        given instanceof ArrayBuffer ? memory() : expect.objectContaining({ 0: 1, 1: 2 }),
        Buffer.from([1, 2]),
      ]);
      new Uint8Array(given instanceof ArrayBuffer ? given : given.buffer).fill(8);
      expect([...returned]).toEqual([7, 7]);
      expect(list.setDefault(name, 'another')).toEqual(Buffer.from([1, 2]));
    }
    function memory(): ArrayBuffer {
      return new Uint8Array([1, 2]).buffer;
    }
  });

  test('do not change when others are read later', () => {
    using list = new SkipList<number, Uint8Array>();
    list.set(1, new Uint8Array([1, 1, 1, 1])).set(2, new Uint8Array([2, 2, 2, 2]));
    const first = list.get(1);
    list.get(2);
    expect(first).toEqual(Buffer.from([1, 1, 1, 1]));
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['bytes that begin as undefined is copied', Buffer.from([0x89, 0x4b])],
    ['a typed array', new Float32Array([1, 2])],
    ['a long string', 'long '.repeat(100_000)],
    ['a Map', new Map([[1, new Set([2])]])],
    ['a Date', new Date(5)],
    ['a bigint', 2n ** 100n],
    ['-0', -0],
  ])('may be %s', (_name, value) => {
    using list = new SkipList<number, unknown>();
    expect(list.set(1, value).has(1)).toBe(true);
    expect(list.get(1, 'none')).toEqual(value);
    expect([...list.values()]).toEqual([value]);
  });

  test('that cannot be copied are refused, and the old value remains', () => {
    using list = new SkipList<number, unknown>({ entries: [[1, 'old']] });
    for (const value of [() => 1, Symbol('value'), { deep: [() => 1] }]) {
      expect(codeOf(() => list.set(1, value))).toBe('KV_INVALID_ARGUMENT');
    }
    expect(list.get(1)).toBe('old');
  });
});
