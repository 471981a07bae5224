import { CSBTree } from '@kohakuvault/ordered';
import { describe, expect, test } from 'vitest';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';

describe('a CSBTree with compare', () => {
  test('accepts any keys', () => {
    const tree = new CSBTree<Date, string>({ compare: (a, b) => a.getTime() - b.getTime() });
    tree.set(new Date(2), 'b').set(new Date(1), 'a');
    expect([...tree.values()]).toEqual(['a', 'b']);
    expect(tree.get(new Date(2))).toBe('b');
    expect(tree.floor(new Date(5))?.[1]).toBe('b');
  });

  test('is unchanged when compare throws, at any comparison', () => {
    for (let failing = 0; failing < 40; failing++) {
      let calls = Number.NEGATIVE_INFINITY;
      const tree = new CSBTree<number, number>({
        order: 3,
        compare(a, b) {
          if (calls++ === failing) throw new RangeError('mine');
          return a - b;
        },
      });
      for (let key = 0; key < 50; key++) tree.set(key * 2, key);
      const before = [...tree];
      for (const change of [
        () => tree.set(33, 1),
        () => tree.delete(34),
        () => tree.range(3, 90),
        () => tree.setDefault(7, 1),
      ]) {
        calls = 0;
        try {
          change();
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          calls = Number.NEGATIVE_INFINITY;
          expect([...tree]).toEqual(before);
        }
        calls = Number.NEGATIVE_INFINITY;
        tree.delete(33);
        tree.set(34, 17);
        tree.delete(7);
      }
      expect([...tree]).toEqual(before);
    }
  });

  test('does no harm when compare contradicts itself', () => {
    let state = 1;
    const random = () => {
      state = (state * 48_271) % 0x7fffffff;
      return state;
    };
    const tree = new CSBTree<number, number>({ order: 4, compare: () => (random() % 3) - 1 });
    for (let step = 0; step < 20_000; step++) {
      if (random() % 3 > 0) tree.set(random(), step);
      else tree.delete(random());
      if (step % 1000 === 0) tree.range(random(), random());
    }
    expect([...tree].length).toBeLessThanOrEqual(tree.size);
    tree.clear();
    expect([...tree]).toEqual([]);
  });

  test('refuses a compare that changes the tree', () => {
    const tree: CSBTree<number, number> = new CSBTree<number, number>({
      compare(a, b) {
        if (a !== b) tree.clear();
        return a - b;
      },
    });
    tree.set(1, 1);
    expect(thrownBy(() => tree.set(2, 2)).message).toMatch(/compare tried to change the tree/);
    expect(tree.size).toBe(1);
  });

  test.each([undefined, Number.NaN, '1', true, 1n])('refuses a compare that returns %s', (result) => {
    const tree = new CSBTree<number, number>({ compare: () => result as never });
    expect(codeOf(() => tree.set(1, 1))).toBe('KV_INVALID_ARGUMENT');
    expect(tree.size).toBe(0);
  });

  test('refuses a prefix, whose keys may not be adjacent', () => {
    const tree = new CSBTree<string, number>({ compare: (a, b) => (a < b ? 1 : a > b ? -1 : 0) });
    expect(codeOf(() => tree.range({ prefix: 'a' }))).toBe('KV_INVALID_ARGUMENT');
  });

  test('returns its keys as numbers', () => {
    const tree = new CSBTree<unknown, number>({ compare: (a, b) => Number(b) - Number(a) });
    tree.set(1, 1).set(2, 2);
    expect(tree.numberKeys()).toEqual(new Float64Array([2, 1]));
    tree.set('3', 3);
    expect(codeOf(() => tree.numberKeys())).toBe('KV_INVALID_ARGUMENT');
  });
});
