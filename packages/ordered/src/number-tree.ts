import { InvalidArgument, LIMIT, nativeCore } from '@kohakuvault/core-native/internal';
import { ArenaTree, type KeyArray } from './arena-tree.ts';
import type { Walk } from './key-range.ts';

/** The entries of a tree whose keys are all numbers, in one Float64Array. */
export class NumberTree<V> extends ArenaTree<number, V> {
  /**
   * Above every other key, so that a search need not read the number of keys of a leaf, which costs a memory access.
   */
  protected readonly blank = Number.POSITIVE_INFINITY;

  constructor(order: number) {
    super(order);
    this.clear();
  }

  override find(key: number): number {
    const number = typeof key === 'number' ? key : equalNumber(key);
    if (number === undefined) return -1;
    if (checked(number) === this.blank) return super.find(number);
    const { keys } = this;
    const base = this.leafOf(number) * this.order;
    const position = this.lowerBound(keys, base, base + this.order, number);
    return position < base + this.order && keys[position] === number ? position : -1;
  }

  override insert(key: number, value: V): number {
    // Turns -0 into 0.
    return super.insert(checked(key) + 0, value);
  }

  override loadSorted(keys: readonly number[], values: readonly V[]): void {
    const numbers = keys.map((key) => checked(key) + 0);
    super.loadSorted(numbers, values);
  }

  override remove<A>(key: number, absent: A): V | A {
    const number = typeof key === 'number' ? key : equalNumber(key);
    return number === undefined ? absent : super.remove(checked(number), absent);
  }

  numberKeys(walk: Walk<number>): Float64Array {
    const ranges: number[] = [];
    let count = 0;
    this.ranges(walk, walk.limit, (from, to) => {
      ranges.push(from, to);
      count += to - from;
    });
    const { keys } = this;
    const found = new Float64Array(count);
    let at = 0;
    for (let i = 0; i < ranges.length; i += 2) {
      const from = ranges[i] as number;
      const to = ranges[i + 1] as number;
      if (walk.reverse)
        for (let position = to - 1; position >= from; position--) found[at++] = keys[position] as number;
      else for (let position = from; position < to; position++) found[at++] = keys[position] as number;
    }
    return found;
  }

  protected override ranges(walk: Walk<number>, most: number, visit: (from: number, to: number) => void): void {
    const among = amongNumbers(walk);
    if (among) super.ranges(among, most, visit);
  }

  protected grown(old: Float64Array | undefined, length: number): KeyArray<number> {
    const keys = new Float64Array(length);
    if (old) keys.set(old);
    return keys.fill(this.blank, old?.length ?? 0);
  }

  protected lowerBound(keys: KeyArray<number>, from: number, to: number, key: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((keys[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  protected upperBound(keys: KeyArray<number>, from: number, to: number, key: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((keys[middle] as number) <= key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  protected signOf(left: number, right: number): number {
    return left < right ? -1 : left === right ? 0 : 1;
  }
}

function checked(key: number): number {
  if (!Number.isNaN(key)) return key;
  throw new InvalidArgument('the key is NaN, which has no place in the order; expected another number');
}

/** Returns the number that equals a bigint key, if there is one. Throws for a value that is not a key. */
function equalNumber(key: unknown): number | undefined {
  nativeCore().binding.compareKeys(key, 0);
  if (typeof key !== 'bigint') return undefined;
  const number = Number(key);
  return Number.isFinite(number) && BigInt(number) === key ? number : undefined;
}

/** Returns a walk with numbers as limits; undefined if it has no numbers. */
function amongNumbers(walk: Walk<number>): Walk<number> | undefined {
  let among = walk;
  if (walk.lowerIs !== LIMIT.none) {
    const { lower } = walk;
    if (typeof lower === 'number') checked(lower);
    else {
      const nearest = nearestNumber(lower);
      // Keys of every other type are above the numbers.
      if (nearest === undefined) return undefined;
      const lowerIs = nearest.side === 0 ? walk.lowerIs : nearest.side < 0 ? LIMIT.excluded : LIMIT.included;
      among = { ...among, lower: nearest.number, lowerIs };
    }
  }
  if (walk.upperIs !== LIMIT.none) {
    const { upper } = walk;
    if (typeof upper === 'number') checked(upper);
    else {
      const nearest = nearestNumber(upper);
      if (nearest === undefined) return { ...among, upper: undefined, upperIs: LIMIT.none };
      const upperIs = nearest.side === 0 ? walk.upperIs : nearest.side < 0 ? LIMIT.included : LIMIT.excluded;
      among = { ...among, upper: nearest.number, upperIs };
    }
  }
  return among;
}

/** Returns the number next to a bigint, and the side of the bigint on which it is. */
function nearestNumber(key: unknown): { number: number; side: number } | undefined {
  nativeCore().binding.compareKeys(key, 0);
  if (typeof key !== 'bigint') return undefined;
  const number = Number(key);
  return { number, side: number < key ? -1 : number > key ? 1 : 0 };
}
