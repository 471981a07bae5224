// The functions of the core, called without the classes: they trust no argument.
import { KohakuVaultError, nativeCore } from '@kohakuvault/core-native/internal';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { Float16 } from './support/float16.ts';

const { binding } = nativeCore();
type Name = Extract<keyof typeof binding, `tree${string}` | `list${string}` | 'compareKeys'>;
const NAMES = Object.keys(Object.getPrototypeOf(binding)).filter((name): name is Name =>
  /^(tree|list)[A-Z]|^compareKeys$/.test(name),
);
// It counts lists and has no argument.
const CALLED = NAMES.filter((name) => name !== 'listsAlive');

const call = (name: Name, ...given: unknown[]) => (binding[name] as (...given: unknown[]) => unknown)(...given);

let tree = 0;
let list = 0;

beforeEach(() => {
  tree = binding.treeLoad(3, ['a', 'b', 'c', 'd', 'e']);
  list = binding.listCreate();
  for (const key of ['a', 'b', 'c', 'd', 'e']) binding.listSet(list, key, Buffer.from(key));
});

afterEach(() => {
  binding.treeDrop(tree);
  binding.listRelease(list);
});

/** Checks that both are unchanged. */
function expectWhole(): void {
  const slots = new Int32Array(9);
  expect(binding.treePage(tree, undefined, undefined, 0, slots)).toBe(5);
  expect([...slots.subarray(0, 5)].map((slot) => 'abcde'[slot])).toEqual(['a', 'b', 'c', 'd', 'e']);
  const [keys, values] = binding.listPage(list, undefined, undefined, 0, 100);
  expect([keys, String(values)]).toEqual([['a', 'b', 'c', 'd', 'e'], 'abcde']);
}

describe('treeLoad refuses', () => {
  const ORDERS = [
    2 ** 53 - 1,
    2 ** 40,
    2 ** 31,
    65_536,
    2,
    0,
    -1,
    3.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e300,
    '64',
    undefined,
  ];
  test.each(ORDERS)('an order of %s', (order) => {
    expect(codeOf(() => call('treeLoad', order, ['a']))).toBe('KV_INVALID_ARGUMENT');
    expect(codeOf(() => call('treeLoad', order, []))).toBe('KV_INVALID_ARGUMENT');
  });

  const sparse: unknown[] = [];
  sparse.length = 2 ** 32 - 1;
  test.each<[string, unknown]>([
    ['an array that claims any length', sparse],
    ['an array in an array that does', [sparse]],
    ['no array', 5],
    ['an object', { length: 1e9 }],
    ['undefined', undefined],
    ['a proxy of an array', new Proxy(['a'], {})],
    ['keys that are none', ['a', null]],
    ['keys out of order', ['b', 'a']],
  ])('keys that are %s', (_name, keys) => {
    expect(codeOf(() => call('treeLoad', 64, keys))).toBe('KV_INVALID_ARGUMENT');
  });

  test('an array whose getter throws, with the same error', () => {
    const keys = Object.defineProperty(['a'], 0, {
      get() {
        throw new RangeError('mine');
      },
    });
    expect(() => binding.treeLoad(64, keys)).toThrow(RangeError);
  });

  test('but not the largest order', () => {
    const handle = binding.treeLoad(65_535, ['a', 'b']);
    expect(binding.treeInsert(handle, 'c')).toBe(~2);
    binding.treeDrop(handle);
  });
});

describe('a handle', () => {
  test('is never reused, and throws KV_CLOSED after it was released', () => {
    const seen = new Set<number>();
    for (let round = 0; round < 1000; round++) {
      const handles = [binding.treeLoad(3, []), binding.listCreate()] as const;
      for (const handle of handles) expect(Number.isSafeInteger(handle)).toBe(true);
      binding.treeDrop(handles[0]);
      binding.listRelease(handles[1]);
      expect(codeOf(() => binding.treeFind(handles[0], 'a'))).toBe('KV_CLOSED');
      expect(codeOf(() => binding.listHas(handles[1], 'a'))).toBe('KV_CLOSED');
      // A second release does no harm.
      binding.treeDrop(handles[0]);
      binding.listRelease(handles[1]);
      seen.add(handles[0]);
    }
    expect(seen.size).toBe(1000);
    expectWhole();
  });

  test.each([0.5, -1, -0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e300, 2 ** 53])(
    '%s more than one there is, is none',
    (more) => {
      expect(codeOf(() => binding.treeClear(tree + more))).toBe('KV_CLOSED');
      expect(codeOf(() => binding.listClear(list + more))).toBe('KV_CLOSED');
      binding.treeDrop(tree + more);
      binding.listRelease(list + more);
      expectWhole();
    },
  );

  test('that a getter in the key releases does not lead to the next map', () => {
    for (const name of ['treeFind', 'treeInsert', 'treeRemove'] as const) {
      const handle = binding.treeLoad(3, [[1]]);
      let other = 0;
      const key = Object.defineProperty([1], 0, {
        get() {
          binding.treeDrop(handle);
          other = binding.treeLoad(3, [[1]]);
          return 1;
        },
      });
      expect(codeOf(() => binding[name](handle, key))).toBe('KV_CLOSED');
      expect(binding.treeFind(other, [1])).toBe(0);
      binding.treeDrop(other);
    }
  });
});

test('treeRenumber refuses an array of the wrong length before it changes a slot', () => {
  binding.treeRemove(tree, 'a');
  for (const old of [
    new Int32Array(3),
    new Int32Array(5),
    new Int32Array(0),
    new Float16(8),
    [1, 2, 3, 4],
    undefined,
  ]) {
    expect(codeOf(() => call('treeRenumber', tree, old))).toBe('KV_INVALID_ARGUMENT');
    expect(binding.treeFind(tree, 'b')).toBe(1);
  }
  const old = new Int32Array(4);
  binding.treeRenumber(tree, old);
  expect([[...old], binding.treeFind(tree, 'b')]).toEqual([[1, 2, 3, 4], 0]);
  // Restores what the check of all tests expects.
  binding.treeInsert(tree, 'a');
});

describe('every function', () => {
  const detached = new Uint8Array(8);
  structuredClone(detached, { transfer: [detached.buffer] });
  const memory = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }]) as ArrayBuffer & {
    resize(length: number): void;
  };
  const shrunk = new Uint8Array(memory, 4, 4);
  memory.resize(2);
  const nested: unknown[] = [];
  nested.push(nested);
  const VALUES: unknown[] = [
    ...[undefined, null, true, '', 'a', 'a\ud800', 'x'.repeat(5000), Symbol('s'), () => 1, {}, new Date(0), nested],
    ...[
      0,
      -0,
      -1,
      0.5,
      1,
      3,
      16,
      31,
      32,
      64,
      2 ** 26,
      2 ** 31,
      2 ** 32,
      2 ** 53,
      1e300,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ],
    ...[
      0n,
      1n,
      -(2n ** 70n),
      2n ** 64n,
      [],
      [1],
      [undefined],
      [[['a']]],
      ['a', 1n, Buffer.from('b')],
      new Proxy([1], {}),
    ],
    ...[detached, detached.buffer, shrunk, shrunk.buffer, new Uint8Array(0), new Uint8Array(4096), new Int32Array(4)],
    ...[
      new Float16(4),
      new DataView(new ArrayBuffer(3)),
      new SharedArrayBuffer(4),
      new Int32Array(new SharedArrayBuffer(8)),
    ],
  ];

  test('returns or throws one of our errors for each value in each argument', () => {
    const harmless = new Set<unknown>([tree, list]);
    for (const name of CALLED) {
      for (const value of VALUES) {
        for (let place = 0; place < 5; place++) {
          const base: unknown[] = [name.startsWith('tree') ? tree : list, 'zz', 'zz', 0, new Int32Array(8)];
          if (/Clear|Drop|Release|Insert|Remove|Set|Delete|Append|Default|Pop/.test(name)) base[0] = -5;
          base[place] = value;
          if (place > 0 && harmless.has(value)) continue;
          tryCall(name, base);
        }
      }
    }
    expectWhole();
  });

  const rounds = process.env.KOHAKUVAULT_LONG ? 2_000_000 : 20_000;
  test(`works after ${rounds} calls with random arguments, and getters that create and release handles`, () => {
    const seed = Number(process.env.KOHAKUVAULT_SEED ?? Date.now() % 2 ** 31);
    let state = seed;
    const below = (end: number) => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
    };
    const trees = [binding.treeLoad(3, ['a'])];
    const lists = [binding.listCreate()];
    let depth = 0;
    const callBack = () => {
      if (depth > 2) return;
      depth++;
      for (let steps = below(3); steps > 0; steps--) step();
      depth--;
    };
    const trap = () =>
      Object.defineProperty([1, 2], below(2), {
        get() {
          callBack();
          return value();
        },
      });
    const value = (): unknown => (below(6) === 0 ? trap() : VALUES[below(VALUES.length)]);
    const step = () => {
      const name = CALLED[below(CALLED.length)] as Name;
      const handles = name.startsWith('tree') ? trees : lists;
      const given: unknown[] = [
        below(5) === 0 ? value() : handles[below(handles.length)],
        value(),
        value(),
        value(),
        value(),
      ];
      if (name === 'treeLoad') given[0] = below(3) === 0 ? value() : 3 + below(300);
      if (/Page|Numbers/.test(name) && below(2) === 0) given[3] = below(40);
      const made = tryCall(name, given);
      if (typeof made !== 'number') return;
      if (name === 'treeLoad' || name === 'listCreate' || name === 'listAttach') {
        if (handles.length < 20) handles.push(made);
        else handles[below(20)] = made;
      }
    };
    try {
      for (let round = 0; round < rounds; round++) step();
      expectWhole();
    } catch (error) {
      throw new Error(`KOHAKUVAULT_SEED=${seed}`, { cause: error });
    } finally {
      for (const handle of trees) binding.treeDrop(handle);
      for (const handle of lists) binding.listRelease(handle);
    }
  });
});

function tryCall(name: Name, given: unknown[]): unknown {
  try {
    const result = call(name, ...given);
    // A wait would keep the process running.
    if (/^listWait/.test(name)) binding.listEndWait(result as number);
    return result;
  } catch (error) {
    if (error instanceof KohakuVaultError && !/defect in the native core/.test(error.message)) return undefined;
    throw new Error(`${name}(${given.map((value) => typeof value).join(', ')})`, { cause: error });
  }
}
