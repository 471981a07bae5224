import { nativeCore } from '@kohakuvault/core-native/internal';
import { CSBTree, type OrderedKey, SkipList } from '@kohakuvault/ordered';
import { describe, expect, test } from 'vitest';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';

const MAPS = {
  'a CSBTree of numbers': () => new CSBTree<OrderedKey, number>({ entries: [[1, 1]] }),
  'a CSBTree of all kinds': () => new CSBTree<OrderedKey, number>({ entries: [['a', 1]] }),
  'a SkipList': () => new SkipList<OrderedKey, number>({ entries: [['a', 1]] }),
};

const nested: unknown[] = [];
nested.push(nested);
const NOT_KEYS: [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['a boolean', true],
  ['an object', {}],
  ['a Date', new Date(0)],
  ['a symbol', Symbol('key')],
  ['a function', () => 1],
  ['NaN', Number.NaN],
  ['a lone surrogate', 'a\ud800b'],
  ['a tuple with NaN', [1, Number.NaN]],
  ['a tuple with undefined', [undefined]],
  ['a tuple with a lone surrogate', ['\udc00']],
  ['a tuple that holds itself', nested],
];

describe.each(Object.entries(MAPS))('%s', (_, make) => {
  test.each(NOT_KEYS)('refuses %s before anything changes', (_name, key) => {
    const map = make();
    const before = [...map];
    const calls: ((key: never) => unknown)[] = [
      (bad) => map.set(bad, 1),
      (bad) => map.insert(bad, 1),
      (bad) => map.setDefault(bad, 1),
      (bad) => map.get(bad),
      (bad) => map.has(bad),
      (bad) => map.delete(bad),
      (bad) => map.remove(bad),
      (bad) => map.floor(bad),
      (bad) => map.ceiling(bad),
      (bad) => map.range(bad, 5),
      (bad) => map.range(0, bad),
      (bad) => map.update([[bad, 1]]),
    ];
    for (const call of calls) expect(codeOf(() => call(key as never))).toBe('KV_INVALID_ARGUMENT');
    expect([...map]).toEqual(before);
    expect(map.size).toBe(1);
  });

  test('names the given and the expected value', () => {
    expect(thrownBy(() => make().set(true as never, 1)).message).toMatch(
      /a boolean; expected a number, a bigint, a string/,
    );
  });

  test('accepts a string with the replacement character, which is not a lone surrogate', () => {
    const map = make();
    map.set('\ufffd', 2);
    expect(map.get('\ufffd')).toBe(2);
  });

  test('has one key for 1 and 1n, and returns the first of them', () => {
    const map = make();
    map.clear();
    map.set(1n, 1).set(1, 2).set(2, 3).set(2n, 4).set([3n, 3], 5).set([3, 3n], 6);
    expect([...map]).toEqual([
      [1n, 2],
      [2, 4],
      [[3n, 3], 6],
    ]);
  });

  test('has one key for 0 and -0', () => {
    const map = make();
    map.clear();
    map.set(-0, 1).set(0, 2);
    expect([...map]).toEqual([[0, 2]]);
  });

  test('copies bytes and tuples', () => {
    const map = make();
    map.clear();
    const bytes = new Uint8Array([1, 2]);
    const tuple: [number, Uint8Array] = [1, new Uint8Array([7])];
    map.set(bytes, 1).set(tuple, 2);
    bytes[0] = 9;
    tuple[0] = 9;
    tuple[1][0] = 9;
    const [first] = [...map.keys()];
    if (first instanceof Uint8Array) first[0] = 8;
    expect([...map.keys()]).toEqual([Buffer.from([1, 2]), [1, Buffer.from([7])]]);
    expect(map.get(new Uint8Array([1, 2]))).toBe(1);
  });

  test('accepts bytes in any form', () => {
    const map = make();
    map.clear();
    const { buffer } = new Uint8Array([1, 2]);
    for (const form of [new Uint8Array([1, 2]), new DataView(buffer), buffer, new Uint16Array(buffer)]) {
      expect(map.set(form as never, 1).get(form as never)).toBe(1);
      expect([...map.keys()]).toEqual([Buffer.from([1, 2])]);
      expect(map.delete(form as never)).toBe(true);
    }
  });

  test('reads a getter of a tuple once', () => {
    const map = make();
    map.clear();
    let calls = 0;
    const tuple = Object.defineProperty([0], 0, { get: () => ++calls, enumerable: true });
    map.set(tuple as unknown as OrderedKey, 1);
    expect([...map.keys()]).toEqual([[1]]);
  });

  test('passes the error of a getter unchanged', () => {
    const map = make();
    const tuple = Object.defineProperty([0], 0, {
      get() {
        throw new RangeError('mine');
      },
    });
    expect(() => map.set(tuple as unknown as OrderedKey, 1)).toThrow(RangeError);
    expect(map.size).toBe(1);
  });

  test('accepts integers of any size as limits between numbers', () => {
    const map = make();
    map.clear();
    for (const key of [2 ** 53, 2 ** 53 + 2, 1e300, Number.POSITIVE_INFINITY, -1e300]) map.set(key, 1);
    expect([...map.keys({ gt: 2n ** 53n, lt: 2n ** 53n + 3n })]).toEqual([2 ** 53 + 2]);
    expect([...map.keys({ gt: 2n ** 53n + 1n, lte: 10n ** 400n })]).toEqual([2 ** 53 + 2, 1e300]);
    expect([...map.keys({ gt: 10n ** 400n, lt: 'text' })]).toEqual([Number.POSITIVE_INFINITY]);
    expect([...map.keys({ lt: -(10n ** 300n) })]).toEqual([-1e300].filter((key) => BigInt(key) < -(10n ** 300n)));
    expect([...map.keys({ gte: 'text' })]).toEqual([]);
  });

  test('returns all keys of a range of numbers as a Float64Array', () => {
    const map = make();
    map.clear();
    for (let key = 0; key < 1000; key++) map.set(key / 2, key);
    expect(map.numberKeys()).toEqual(Float64Array.from({ length: 1000 }, (_unused, i) => i / 2));
    expect(map.numberKeys({ gte: 1, lt: 3, reverse: true, limit: 3 })).toEqual(new Float64Array([2.5, 2, 1.5]));
    map.set(4n, 1).set('text', 1);
    expect(map.numberKeys({ gte: 3.5, lte: 4 })).toEqual(new Float64Array([3.5, 4]));
    expect(codeOf(() => map.numberKeys())).toBe('KV_INVALID_ARGUMENT');
  });

  test.each<[string, unknown]>([
    ['gt with gte', { gt: 1, gte: 1 }],
    ['lt with lte', { lt: 1, lte: 1 }],
    ['a misspelt name', { revers: true }],
    ['a limit below zero', { limit: -1 }],
    ['a limit that is no whole number', { limit: 1.5 }],
    ['a prefix that is no string', { prefix: 1 }],
    ['no object', 5],
    ['a limit that is no key', { gt: Number.NaN }],
  ])('refuses a range with %s', (_name, range) => {
    const map = make();
    expect(codeOf(() => [...map.keys(range as never)])).toBe('KV_INVALID_ARGUMENT');
    expect(codeOf(() => map.range(range as never))).toBe('KV_INVALID_ARGUMENT');
  });

  test.each<[string, unknown]>([
    ['no iterable', 5],
    ['a string', 'ab'],
    ['keys alone', [1, 2]],
    ['pairs without a value', [[1]]],
  ])('refuses entries that are %s', (_name, entries) => {
    expect(codeOf(() => make().update(entries as never))).toBe('KV_INVALID_ARGUMENT');
  });

  test('throws KV_CLOSED after close, which may be called again', () => {
    const map = make();
    map.close();
    map.close();
    expect(map.size).toBe(0);
    const calls: (() => unknown)[] = [
      () => map.set(1, 1),
      () => map.insert(1, 1),
      () => map.setDefault(1, 1),
      () => map.get(1),
      () => map.has(1),
      () => map.delete(1),
      () => map.remove(1),
      () => map.clear(),
      () => map.first(),
      () => map.floor(1),
      () => map.range(1, 2),
      () => map.numberKeys(),
      () => [...map],
      () => map.keys().next(),
    ];
    for (const call of calls) expect(codeOf(call)).toBe('KV_CLOSED');
  });
});

describe('the options of CSBTree', () => {
  test.each<[string, unknown]>([
    ['an order of 2', { order: 2 }],
    ['an order that is no whole number', { order: 3.5 }],
    ['an order of text', { order: '64' }],
    ['a misspelt name', { ordr: 64 }],
    ['compare that is no function', { compare: 'a' }],
    ['entries that are no iterable', { entries: 5 }],
  ])('refuse %s', (_name, options) => {
    expect(codeOf(() => new CSBTree(options as never))).toBe('KV_INVALID_ARGUMENT');
  });

  test('entries fill it', () => {
    expect([
      ...new CSBTree({
        entries: new Map([
          [2, 'b'],
          [1, 'a'],
        ]),
      }),
    ]).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
  });
});

describe('fromSorted', () => {
  test.each<[string, OrderedKey[]]>([
    ['numbers', Array.from({ length: 1000 }, (_unused, i) => i / 3)],
    ['strings', Array.from({ length: 1000 }, (_unused, i) => `key ${String(i).padStart(4, '0')}`)],
    ['mixed keys', [-1, 2n, 3, 'a', new Uint8Array(), [], ['a']]],
    ['nothing', []],
  ])('creates a tree of %s that can be changed', (_name, keys) => {
    for (const order of [3, 4, 64]) {
      const tree = CSBTree.fromSorted(
        keys.map((key, i) => [key, i] as const),
        { order },
      );
      expect(tree.size).toBe(keys.length);
      for (const [i, key] of keys.entries()) expect(tree.get(key)).toBe(i);
      for (const key of keys) expect(tree.delete(key)).toBe(true);
      expect([...tree]).toEqual([]);
    }
  });

  test.each<[string, Iterable<[OrderedKey, unknown]>, number]>([
    ['nothing', [], 0],
    [
      'an array',
      [
        [1, 'a'],
        [2n, new Uint8Array([1])],
        ['b', undefined],
        [Buffer.from('c'), 4],
        [['d'], { e: [5] }],
      ],
      5,
    ],
    [
      'a map',
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
      2,
    ],
    [
      'a generator',
      (function* () {
        for (let i = 0; i < 3000; i++) yield [i / 2, i] as [number, number];
      })(),
      3000,
    ],
  ])('creates a SkipList of %s', (_name, entries, size) => {
    const all = [...entries];
    using list = SkipList.fromSorted(all.values());
    expect(list.size).toBe(size);
    expect([...list]).toEqual([...new SkipList<OrderedKey, unknown>({ entries: all })]);
    list.set(-1, 'changed').delete(1);
    expect(list.first()).toEqual([-1, 'changed']);
    expect(SkipList.attach(list.share()).size).toBe(list.size);
  });

  test.each<[string, unknown]>([
    [
      'a key twice',
      [
        [1, 1],
        [1, 2],
      ],
    ],
    [
      '1 and 1n',
      [
        [1, 1],
        [1n, 2],
      ],
    ],
    [
      'keys out of order',
      [
        ['a', 1],
        [2, 2],
      ],
    ],
    [
      'a key that is none',
      [
        [1, 1],
        [null, 2],
      ],
    ],
    [
      'a value that cannot be copied',
      [
        [1, 1],
        [2, () => 1],
      ],
    ],
    ['keys alone', [1, 2]],
    ['no iterable', 5],
  ])('refuses a SkipList of %s, and leaks none', (_name, entries) => {
    const { binding } = nativeCore();
    const before = binding.listsAlive();
    expect(codeOf(() => SkipList.fromSorted(entries as never))).toBe('KV_INVALID_ARGUMENT');
    expect(binding.listsAlive()).toBe(before);
  });

  test('names the key of a SkipList that is out of order', () => {
    const entries: [number, number][] = [
      [1, 1],
      [3, 1],
      [2, 1],
    ];
    expect(thrownBy(() => SkipList.fromSorted(entries)).message).toMatch(
      /entry 2, 2, is not above the previous key, 3/,
    );
  });

  test('uses the comparator', () => {
    const tree = CSBTree.fromSorted(
      [
        ['b', 1],
        ['a', 2],
      ],
      { compare: (a, b) => (a < b ? 1 : a > b ? -1 : 0) },
    );
    expect([...tree.keys()]).toEqual(['b', 'a']);
  });

  test.each<[string, [OrderedKey, number][]]>([
    [
      'numbers',
      [
        [1, 1],
        [1, 2],
      ],
    ],
    [
      'strings',
      [
        ['b', 1],
        ['a', 2],
      ],
    ],
    [
      'mixed keys',
      [
        ['b', 1],
        [1, 2],
      ],
    ],
  ])('refuses %s out of order, with the index', (_name, entries) => {
    expect(thrownBy(() => CSBTree.fromSorted(entries)).message).toMatch(/entry 1/);
  });
});
