import type { KeyRange, OrderedKey } from '@kohakuvault/ordered';

type Entry = [OrderedKey, unknown];

/** The documented order, implemented as simply as possible. */
export function compareKeys(left: OrderedKey, right: OrderedKey): number {
  const kinds = kindOf(left) - kindOf(right);
  if (kinds !== 0) return kinds;
  if (typeof left === 'string' && typeof right === 'string') {
    return compareLists([...left].map(codePoint), [...right].map(codePoint), (a, b) => a - b);
  }
  if (left instanceof Uint8Array && right instanceof Uint8Array)
    return compareLists([...left], [...right], (a, b) => a - b);
  if (Array.isArray(left) && Array.isArray(right)) return compareLists(left, right, compareKeys);
  return left < right ? -1 : left > right ? 1 : 0;
}

function kindOf(key: OrderedKey): number {
  if (typeof key === 'number' || typeof key === 'bigint') return 0;
  if (typeof key === 'string') return 1;
  return key instanceof Uint8Array ? 2 : 3;
}

const codePoint = (character: string) => character.codePointAt(0) ?? 0;

function compareLists<T>(left: readonly T[], right: readonly T[], compare: (a: T, b: T) => number): number {
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compare(left[i] as T, right[i] as T);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Turns -0 into 0. */
function asKept(key: OrderedKey): OrderedKey {
  if (typeof key === 'number') return key + 0;
  return Array.isArray(key) ? key.map(asKept) : key;
}

/** An ordered map as a sorted array. */
export class Model {
  entries: Entry[] = [];
  readonly compare: (a: OrderedKey, b: OrderedKey) => number;

  constructor(compare = compareKeys) {
    this.compare = compare;
  }

  #at(key: OrderedKey): number {
    return this.entries.findIndex((entry) => this.compare(entry[0], key) === 0);
  }

  get(key: OrderedKey): unknown {
    return this.entries[this.#at(key)]?.[1];
  }

  has(key: OrderedKey): boolean {
    return this.#at(key) >= 0;
  }

  insert(key: OrderedKey, value: unknown): unknown {
    const entry = this.entries[this.#at(key)];
    if (entry) {
      const replaced = entry[1];
      entry[1] = value;
      return replaced;
    }
    const behind = this.entries.findIndex((other) => this.compare(other[0], key) > 0);
    this.entries.splice(behind < 0 ? this.entries.length : behind, 0, [
      this.compare === compareKeys ? asKept(key) : key,
      value,
    ]);
    return undefined;
  }

  remove(key: OrderedKey): unknown {
    const at = this.#at(key);
    return at < 0 ? undefined : this.entries.splice(at, 1)[0]?.[1];
  }

  clear(): void {
    this.entries = [];
  }

  range({ prefix, gt, gte, lt, lte, reverse, limit }: KeyRange<OrderedKey>): Entry[] {
    const found = this.entries.filter(
      ([key]) =>
        (gt === undefined || this.compare(key, gt) > 0) &&
        (gte === undefined || this.compare(key, gte) >= 0) &&
        (lt === undefined || this.compare(key, lt) < 0) &&
        (lte === undefined || this.compare(key, lte) <= 0) &&
        (prefix === undefined || (typeof key === 'string' && key.startsWith(prefix))),
    );
    return (reverse ? found.reverse() : found).slice(0, limit).map(([key, value]) => [key, value]);
  }
}
