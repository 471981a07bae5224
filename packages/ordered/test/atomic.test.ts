// Changes of a SkipList that depend on what it has, at one instant, whatever other threads do.
import { once } from 'node:events';
import { type OrderedKey, SkipList } from '@kohakuvault/ordered';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { KINDS } from './support/keys.ts';
import { Model } from './support/model.ts';
import { worker } from './support/worker.ts';

describe('threads that share a rate limiter', () => {
  test('let exactly 500 requests through', async () => {
    const limit = 500;
    using list = new SkipList<string, number>();
    for (let token = 0; token < limit; token++) list.set(`token ${token}`, token);
    const start = new SharedArrayBuffer(4);
    const threads = Array.from({ length: 8 }, () =>
      worker('limiter.ts', { handle: list.share(), start, limit, requests: 200 }),
    );
    const ended = Promise.all(threads.map((thread) => once(thread, 'exit')));
    await Promise.all(threads.map((thread) => once(thread, 'message')));
    const results = Promise.all(threads.map((thread) => once(thread, 'message')));
    Atomics.store(new Int32Array(start), 0, 1);
    Atomics.notify(new Int32Array(start), 0);
    const passed = (await results).map(([message]) => message as Record<string, number>);
    await ended;
    const sum = (method: string) => passed.reduce((total, thread) => total + (thread[method] ?? Number.NaN), 0);
    expect(['update', 'compareAndSet', 'popFirst'].map(sum)).toEqual([limit, limit, limit]);
    expect([...list]).toEqual([
      ['compareAndSet', limit],
      ['update', limit],
    ]);
    expect(list.size).toBe(2);
  });
});

describe('compareAndSet', () => {
  test('sets, adds and removes only what is as expected', () => {
    using list = new SkipList<string, unknown>();
    expect(list.compareAndSet('a', 1, 2)).toBe(false);
    expect(list.has('a')).toBe(false);
    expect(list.compareAndSet('a', undefined, { n: [1] })).toBe(true);
    expect(list.compareAndSet('a', undefined, 2)).toBe(false);
    expect(list.compareAndSet('a', { n: [2] }, 2)).toBe(false);
    expect(list.get('a')).toEqual({ n: [1] });
    expect(list.compareAndSet('a', list.get('a'), 2)).toBe(true);
    expect(list.compareAndSet('a', 3, undefined)).toBe(false);
    expect([list.get('a'), list.size]).toEqual([2, 1]);
    expect(list.compareAndSet('a', 2, undefined)).toBe(true);
    expect([list.has('a'), list.size]).toEqual([false, 0]);
    expect(list.compareAndSet('a', undefined, undefined)).toBe(true);
    expect(list.compareAndSet('a', 2, undefined)).toBe(false);
    expect([list.has('a'), list.size]).toEqual([false, 0]);
  });

  test('takes a stored undefined for what get returns', () => {
    using list = new SkipList<string, unknown>({ entries: [['a', undefined]] });
    expect(list.compareAndSet('a', undefined, 1)).toBe(true);
    expect([list.get('a'), list.size]).toEqual([1, 1]);
  });

  test('knows again each value that get returned', () => {
    using list = new SkipList<number, unknown>();
    fc.assert(
      fc.property(fc.anything({ withDate: true, withMap: true, withSet: true, withBigInt: true }), (value) => {
        list.set(1, value);
        expect(list.compareAndSet(1, list.get(1), 'next')).toBe(true);
      }),
    );
  });

  test('refuses what cannot be a key or a value, and changes nothing', () => {
    using list = new SkipList<unknown, unknown>({ entries: [['a', 1]] });
    for (const [key, expected, value] of [
      [null, 1, 2],
      ['a', () => 1, 2],
      ['a', 1, () => 1],
    ] as const) {
      expect(codeOf(() => list.compareAndSet(key, expected, value))).toBe('KV_INVALID_ARGUMENT');
    }
    expect([...list]).toEqual([['a', 1]]);
  });
});

describe('update of a key', () => {
  test('sets what the function makes of the value, and nothing if that is undefined', () => {
    using list = new SkipList<string, { hits: number }>();
    expect(list.update('a', (value) => ({ hits: (value?.hits ?? 0) + 1 }))).toEqual({ hits: 1 });
    const changed = list.update('a', (value) => {
      if (value) value.hits += 10;
      return value;
    });
    expect(changed).toEqual({ hits: 11 });
    expect(list.update('a', () => undefined)).toBe(undefined);
    expect(list.update('b', () => undefined)).toBe(undefined);
    expect([...list]).toEqual([['a', { hits: 11 }]]);
  });

  test('calls the function again with the value that was set meanwhile', () => {
    using list = new SkipList<string, number>({ entries: [['a', 1]] });
    using other = SkipList.attach<string, number>(list.share());
    const seen: unknown[] = [];
    const result = list.update('a', (value = 0) => {
      seen.push(value);
      if (seen.length === 1) other.set('a', 5);
      if (seen.length === 2) other.delete('a');
      return value + 1;
    });
    expect([result, seen, list.get('a')]).toEqual([1, [1, 5, 0], 1]);
  });

  test('changes nothing if the function throws, closes the list, or returns what cannot be kept', () => {
    using list = new SkipList<string, unknown>({ entries: [['a', 1]] });
    const failure = new Error('mine');
    const closes = SkipList.attach<string, unknown>(list.share());
    expect(() =>
      list.update('a', () => {
        throw failure;
      }),
    ).toThrow(failure);
    expect(
      codeOf(() =>
        closes.update('a', () => {
          closes.close();
          return 2;
        }),
      ),
    ).toBe('KV_CLOSED');
    for (const made of [Promise.resolve(2), () => 2, Symbol('two')]) {
      expect(codeOf(() => list.update('a', () => made))).toBe('KV_INVALID_ARGUMENT');
    }
    for (const wrong of [undefined, 1, {}]) {
      expect(codeOf(() => list.update('a', wrong as never))).toBe('KV_INVALID_ARGUMENT');
    }
    expect([...list]).toEqual([['a', 1]]);
  });

  test('refuses a function that changes the same key each time', () => {
    using list = new SkipList<string, number>({ entries: [['a', 1]] });
    const changes = (value = 0) => {
      list.set('a', value + 1);
      return value + 10;
    };
    expect(codeOf(() => list.update('a', changes))).toBe('KV_INVALID_ARGUMENT');
    // It may change others, and update others inside.
    const result = list.update('b', () => list.update('c', () => 3));
    expect([result, list.get('b'), list.get('c')]).toEqual([3, 3, 3]);
  });

  test('of entries still adds them', () => {
    using list = new SkipList<string, number>();
    expect(list.update([['a', 1]])).toBe(list);
    expect([...list]).toEqual([['a', 1]]);
  });
});

test.each(Object.keys(KINDS))('ranges of %s are counted, popped and deleted as those of a sorted array', (kind) => {
  const keys = KINDS[kind] as fc.Arbitrary<OrderedKey>;
  const range = fc.record({ gte: keys, lt: keys, reverse: fc.boolean(), limit: fc.nat(6) }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.array(keys, { maxLength: 30 }), range, range, (given, first, second) => {
      using list = new SkipList<OrderedKey, unknown>();
      const model = new Model();
      for (const [value, key] of given.entries()) {
        list.insert(key, value);
        model.insert(key, value);
      }
      const expectPopped = (popped: [OrderedKey, unknown] | undefined, entry: [OrderedKey, unknown] | undefined) => {
        expect(popped).toEqual(entry);
        if (entry) model.remove(entry[0]);
      };
      expect(list.count(first)).toBe(model.range(first).length);
      expectPopped(list.popFirst(first), model.range(first)[0]);
      expectPopped(list.popFirst(), model.range({})[0]);
      const { limit, ...unlimited } = second;
      const last = limit === 0 ? undefined : model.range(unlimited).at(-1);
      expectPopped(list.popLast(second), last);
      const removed = model.range(second);
      expect(list.deleteRange(second)).toBe(removed.length);
      for (const [key] of removed) model.remove(key);
      expect([[...list], list.size, list.count()]).toEqual([model.entries, model.entries.length, model.entries.length]);
      expect([list.deleteRange(), list.size, list.popLast()]).toEqual([model.entries.length, 0, undefined]);
    }),
    { numRuns: 50 },
  );
});
